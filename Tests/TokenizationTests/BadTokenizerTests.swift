// Broken and unsupported tokenizers: each gives its own error, in one line with the remedy.

import Checkpoints
import Foundation
import TestSupport
import Testing
import Tokenization

/// A tokenizer of two letters, with parts that a test may replace.
private func tokenizerJSON(
  model: String = #""type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]"#,
  added: String = "[]", normalizer: String = "null",
  preTokenizer: String = #"{"type":"ByteLevel","add_prefix_space":false}"#,
  postProcessor: String = "null", decoder: String = #"{"type":"ByteLevel"}"#
) -> String {
  """
  {"added_tokens":\(added),"normalizer":\(normalizer),"pre_tokenizer":\(preTokenizer),
  "post_processor":\(postProcessor),"decoder":\(decoder),"model":{\(model)}}
  """
}

private func load(_ json: String) throws -> Tokenizer {
  let directory = try TemporaryDirectory()
  try directory.write(json, to: "tokenizer.json")
  return try Tokenizer.load(path: directory.path)
}

private func failure(_ json: String) throws -> String {
  let text = try #require(throws: TokenizerError.self) { _ = try load(json) }.description
  #expect(text.contains("/tokenizer.json: ") && !text.contains("\n"))
  return text
}

@Test func smallestTokenizerLoads() throws {
  let tokenizer = try load(tokenizerJSON())
  #expect(tokenizer.encode("aabb").ids == [0, 2, 1])
  #expect(tokenizer.bosTokenID == nil && tokenizer.eosTokenID == nil)
}

@Test func missingFilesAreNamed() throws {
  #expect(throws: TokenizerError.file(.missing(path: "/nowhere"))) {
    try Tokenizer.load(path: "/nowhere")
  }
  let directory = try TemporaryDirectory()
  let empty = try #require(throws: TokenizerError.self) {
    try Tokenizer.load(path: directory.path)
  }
  #expect(empty == .noTokenizer(directory: directory.path, found: []))
  try directory.write("", to: "weights.bin")
  let other = try #require(throws: TokenizerError.self) {
    try Tokenizer.load(path: directory.path)
  }
  #expect(other.description.contains("no tokenizer.json or tokenizer.model (found weights.bin)"))
}

/// What is replaced, by what, and what the message must say.
@Test(arguments: [
  (tokenizerJSON(model: #""type":"Unigram","vocab":[["a",0.5]]"#), "model type Unigram"),
  (tokenizerJSON(model: #""type":"WordPiece","vocab":{}"#), "model type WordPiece"),
  (
    tokenizerJSON(model: #""type":"BPE","byte_fallback":true,"vocab":{},"merges":[]"#),
    "decoder ByteLevel with model.byte_fallback"
  ),
  (
    tokenizerJSON(model: #""type":"BPE","dropout":0.1,"vocab":{},"merges":[]"#),
    "model.dropout 0.1"
  ),
  (
    tokenizerJSON(model: #""type":"BPE","end_of_word_suffix":"</w>","vocab":{},"merges":[]"#),
    "model.end_of_word_suffix </w>"
  ),
  (tokenizerJSON(normalizer: #"{"type":"Lowercase"}"#), "normalizer Lowercase is not supported"),
  (tokenizerJSON(preTokenizer: "null"), "pre_tokenizer null"),
  (tokenizerJSON(preTokenizer: #"{"type":"Whitespace"}"#), "pre_tokenizer Whitespace"),
  (tokenizerJSON(preTokenizer: #"{"type":"Digits"}"#), "without ByteLevel as its one last step"),
  (
    tokenizerJSON(postProcessor: #"{"type":"BertProcessing"}"#),
    "post_processor type BertProcessing"
  ),
  (tokenizerJSON(decoder: #"{"type":"Metaspace"}"#), "pre_tokenizer ByteLevel"),
  (tokenizerJSON(decoder: #"{"type":"WordPiece"}"#), "decoder WordPiece"),
  (tokenizerJSON(decoder: "null"), "decoder null is not supported; known are ByteLevel, Metaspace"),
])
func unsupportedPartsAreNamed(json: String, reason: String) throws {
  let text = try failure(json)
  #expect(text.contains(reason) && text.contains("known are"), "\(text)")
}

@Test func unknownPatternListsTheKnownOnes() throws {
  let split = #"{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Isolated","invert":false}"#
  let text = try failure(
    tokenizerJSON(
      preTokenizer: #"{"type":"Sequence","pretokenizers":[\#(split),{"type":"ByteLevel"}]}"#))
  #expect(text.contains(#"pattern is unknown: \w+ ; known are those of GPT-2, Llama-3, Qwen2"#))
}

@Test(arguments: [
  (#""vocab":{"a":0,"b":0},"merges":[]"#, "id 0 belongs to both a and b"),
  (#""vocab":{"a":0,"a":1},"merges":[]"#, "piece a is listed twice"),
  (#""vocab":{"a":-1},"merges":[]"#, "id -1 of piece a is not in 0..<65536"),
  (#""vocab":{"a":2000000000},"merges":[]"#, "id 2000000000 of piece a is not in"),
  (#""vocab":{"a":"x"},"merges":[]"#, "key model.vocab.a is a string, not an integer"),
  (#""merges":[]"#, "key model.vocab is missing"),
  (#""vocab":{"a":0,"b":1},"merges":[["a","c"]]"#, "merge 0: names c, which is not in"),
  (#""vocab":{"a":0,"b":1},"merges":["a b"]"#, "merge 0: makes ab, which is not in"),
  (#""vocab":{"a":0},"merges":["a"]"#, "merge 0: needs two pieces"),
  (#""vocab":{"a":0},"merges":["a a a"]"#, "merge 0: needs two pieces"),
  (#""vocab":{"a":0},"merges":[["a"]]"#, "merge 0: needs two pieces"),
  (#""vocab":{"a":0},"merges":{}"#, "key model.merges is an object, not an array"),
  (#""vocab":{"a":0},"merges":[],"unk_token":"<u>""#, "model.unk_token names the token <u>"),
])
func brokenVocabulariesAreExplained(model: String, reason: String) throws {
  let text = try failure(tokenizerJSON(model: #""type":"BPE",\#(model)"#))
  #expect(text.contains(reason), "\(text)")
}

@Test func brokenAddedTokensAreExplained() throws {
  let clash = #"[{"id":1,"content":"<s>","special":true}]"#
  #expect(try failure(tokenizerJSON(added: clash)).contains("id 1 belongs to both b and <s>"))
  let moved = #"[{"id":5,"content":"a","special":true}]"#
  #expect(try failure(tokenizerJSON(added: moved)).contains("piece a is listed twice"))
  #expect(try failure(tokenizerJSON(added: #"[{"id":5}]"#)).contains("added_tokens[0].content"))
  let template =
    #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}"#
  #expect(
    try failure(tokenizerJSON(postProcessor: template))
      .contains("post_processor.special_tokens names the token <s>, which is not defined"))
}

@Test func brokenJSONNamesTheLine() throws {
  #expect(try failure("{\n\n\"model\": }").contains("line 3: not valid JSON"))
  #expect(try failure("").contains("line 1: not valid JSON: the document ends too early"))
  #expect(try failure("{}").contains("key model is missing"))
}

/// No damage may crash: every damaged file either loads, and then encodes, or throws.
@Test func damagedFilesNeverCrash() throws {
  let path = fixture("TokenizationTests", "qwen2/tokenizer.json")
  let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
  let directory = try TemporaryDirectory()
  var random = SeededGenerator(seed: 9)
  var refusals = 0
  for _ in 0..<150 {
    var damaged = whole
    for _ in 0..<3 {
      let place = Int.random(in: 0..<whole.count, using: &random)
      // Half of the damage hits the settings, which fill the end and the beginning.
      damaged[Bool.random(using: &random) ? place : place % 1500] =
        Array("0123456789\"{}[],:aé ".utf8).randomElement(using: &random) ?? 0
    }
    try replaceFile(directory.path + "/tokenizer.json", with: damaged)
    do {
      let tokenizer = try Tokenizer.load(path: directory.path)
      #expect(!tokenizer.encode("Mary has <tool> 12 dogs.\n").ids.contains { $0 < 0 })
    } catch {
      refusals += 1
    }
  }
  #expect(refusals > 20)
}
