// Broken and unsupported vocabularies in GGUF and `tokenizer.model`: each has its own error.

import Checkpoints
import TestSupport
import Testing
import Tokenization

/// A SentencePiece vocabulary of seven pieces; a test may change any key.
func tinyGGUF(_ changes: [String: GGUFBytes.Value?] = [:]) -> [UInt8] {
  var values: [(String, GGUFBytes.Value)] = [
    ("general.architecture", .text("llama")),
    ("tokenizer.ggml.model", .text("llama")),
    ("tokenizer.ggml.tokens", .texts(["<unk>", "<s>", "</s>", "<0x21>", "▁", "a", "▁a"])),
    ("tokenizer.ggml.scores", .floats([0, 0, 0, 0, -1, -2, -3])),
    ("tokenizer.ggml.token_type", .ints([2, 3, 3, 6, 1, 1, 1])),
    ("tokenizer.ggml.bos_token_id", .uint32(1)),
    ("tokenizer.ggml.eos_token_id", .uint32(2)),
  ]
  values.removeAll { changes.keys.contains($0.0) }
  var file = GGUFBytes()
  for (key, value) in values { file.add(key, value) }
  for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
    if let value { file.add(key, value) }
  }
  return file.bytes
}

/// A byte-level vocabulary; a test may change any key.
func tinyByteLevelGGUF(_ changes: [String: GGUFBytes.Value?] = [:]) -> [UInt8] {
  let values: [String: GGUFBytes.Value?] = [
    "tokenizer.ggml.model": .text("gpt2"), "tokenizer.ggml.pre": .text("gpt-2"),
    "tokenizer.ggml.tokens": .texts(["a", "b", "ab", "Ġ", "<s>"]),
    "tokenizer.ggml.token_type": .ints([1, 1, 1, 1, 3]),
    "tokenizer.ggml.merges": .texts(["a b"]),
    "tokenizer.ggml.scores": nil, "tokenizer.ggml.bos_token_id": .uint32(4),
    "tokenizer.ggml.eos_token_id": nil,
  ]
  return tinyGGUF(values.merging(changes) { $1 })
}

/// A message field with bytes, as protocol buffers write it.
func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
  precondition(bytes.count < 128 * 128)
  let length = UInt8(bytes.count & 127)
  let count = bytes.count < 128 ? [length] : [length | 128, UInt8(bytes.count >> 7)]
  return [number << 3 | 2] + count + bytes
}

/// A piece of a `tokenizer.model`.
func piece(_ text: String, _ score: Float, type: UInt8 = 1) -> [UInt8] {
  let bits = withUnsafeBytes(of: score.bitPattern.littleEndian) { Array($0) }
  return field(1, field(1, Array(text.utf8)) + [2 << 3 | 5] + bits + [3 << 3, type])
}

/// A `tokenizer.model` of six pieces.
func tinyModel(
  pieces: [[UInt8]] = [], trainer: [UInt8] = [3 << 3, 2], normalizer: [UInt8] = [4 << 3, 0]
) -> [UInt8] {
  let usual =
    [piece("<unk>", 0, type: 2), piece("<s>", 0, type: 3), piece("</s>", 0, type: 3)]
    + [piece("▁", -1), piece("a", -2), piece("▁a", -3)]
  return (usual + pieces).flatMap { $0 } + field(2, trainer) + field(3, normalizer)
}

private func load(_ bytes: [UInt8], as name: String) throws -> Tokenizer {
  try Tokenizer.load(MappedFile(path: "/" + name, copying: bytes))
}

private func failure(_ bytes: [UInt8], as name: String) throws -> String {
  let error = try #require(throws: TokenizerError.self) { _ = try load(bytes, as: name) }
  let text = error.description
  #expect(text.contains("/\(name): ") && !text.contains("\n"))
  return text
}

@Test func smallestVocabulariesLoad() throws {
  let sentencePiece = try load(tinyGGUF(), as: "v.gguf")
  #expect(sentencePiece.encode("aa !").ids == [1, 6, 5, 4, 3])
  #expect(sentencePiece.encode("b").ids == [1, 4, 0])
  let byteLevel = try load(tinyByteLevelGGUF(), as: "v.gguf")
  #expect(byteLevel.encode("ab a").ids == [2, 3, 0] && byteLevel.bosTokenID == 4)
  let model = try load(tinyModel(), as: "tokenizer.model")
  #expect(model.encode("aa b").ids == [1, 5, 4, 3, 0])
}

@Test(
  arguments: [
    (["tokenizer.ggml.model": nil], "holds no tokenizer"),
    (["tokenizer.ggml.model": .text("t5")], "tokenizer.ggml.model t5 is not supported; known are"),
    (["tokenizer.ggml.model": .uint8(1)], "key tokenizer.ggml.model is uint8 1, not a string"),
    (["tokenizer.ggml.tokens": nil], "key tokenizer.ggml.tokens is missing"),
    (["tokenizer.ggml.tokens": .ints([1])], "is an array of int32, not an array of strings"),
    (
      ["tokenizer.ggml.tokens": .array(8, 7, (0..<7).map { .string([0xF0, $0]) })],
      "piece 0 is not UTF-8"
    ),
    (
      ["tokenizer.ggml.tokens": .texts(["a", "b", "c", "d", "e", "f", "a"])],
      "piece a is listed twice"
    ),
    (
      [
        "tokenizer.ggml.tokens": .texts([
          "a", "b", "c", "d", "e", "f", String(repeating: "g", count: 1100),
        ])
      ],
      "piece 6 has 1100 bytes, more than 1024"
    ),
    (["tokenizer.ggml.scores": nil], "key tokenizer.ggml.scores is missing"),
    (["tokenizer.ggml.scores": .floats([0])], "tokenizer.ggml.scores has 1 entries for 7 pieces"),
    (
      ["tokenizer.ggml.scores": .floats([0, 0, .nan, 0, 0, 0, 0])],
      "piece 2 has a score that is not a number"
    ),
    (["tokenizer.ggml.token_type": .ints([1])], "token_type has 1 entries for 7 pieces"),
    (
      ["tokenizer.ggml.token_type": .ints([1, 1, 9, 1, 1, 1, 1])],
      "token_type[2] 9 is not supported"
    ),
    (["tokenizer.ggml.bos_token_id": .uint32(7)], "tokenizer.ggml.bos_token_id names the token 7"),
    (["tokenizer.ggml.add_bos_token": .text("no")], "add_bos_token is a string, not a Boolean"),
  ] as [([String: GGUFBytes.Value?], String)])
func brokenGGUFVocabulariesAreExplained(
  changes: [String: GGUFBytes.Value?], reason: String
) throws {
  let text = try failure(tinyGGUF(changes), as: "v.gguf")
  #expect(text.contains(reason), "\(text)")
}

@Test(
  arguments: [
    (
      ["tokenizer.ggml.pre": .text("klingon")],
      "tokenizer.ggml.pre klingon is not supported; known are gpt-2"
    ),
    (["tokenizer.ggml.pre": nil], "key tokenizer.ggml.pre is missing"),
    (["tokenizer.ggml.merges": nil], "key tokenizer.ggml.merges is missing"),
    (["tokenizer.ggml.merges": .texts(["a c"])], "merge 0: names c, which is not in"),
    (["tokenizer.ggml.merges": .texts(["a b", "b a"])], "merge 1: makes ba, which is not in"),
    (["tokenizer.ggml.merges": .texts(["ab"])], "merge 0: needs two pieces"),
    (["tokenizer.ggml.merges": .texts([" b"])], "merge 0: needs two pieces"),
    (["tokenizer.ggml.merges": .texts(["a "])], "merge 0: needs two pieces"),
    (
      ["tokenizer.ggml.bos_token_id": nil, "tokenizer.ggml.add_bos_token": .bool(1)],
      "key tokenizer.ggml.bos_token_id is missing"
    ),
  ] as [([String: GGUFBytes.Value?], String)])
func brokenByteLevelVocabulariesAreExplained(
  changes: [String: GGUFBytes.Value?], reason: String
) throws {
  let text = try failure(tinyByteLevelGGUF(changes), as: "v.gguf")
  #expect(text.contains(reason), "\(text)")
}

@Test func oldFilesOfGPT2NeedNoPreTokenizer() throws {
  let old = tinyByteLevelGGUF(["tokenizer.ggml.pre": nil, "general.architecture": .text("gptneox")])
  #expect(try load(old, as: "v.gguf").encode("ab a").ids == [2, 3, 0])
}

@Test(
  arguments: [
    ([], "it has no pieces"),
    ([0x0A, 0x02, 0x0A], "byte 2 of a message claims 2 bytes, but 1 are left"),
    ([0x0B], "byte 1 of a message has the wire type 3"),
    ([0x00], "byte 1 of a message has the field number 0"),
    ([0x0A], "byte 1 of a message ends inside a number"),
    (
      [UInt8](repeating: 0xFF, count: 12), "byte 10 of a message has a number of more than 10 bytes"
    ),
    ([0x08, 0x01], "field 1 is not bytes"),
    (field(1, [0x08, 0x01]), "field 1 is not bytes"),
    (field(1, field(1, [0xC3])), "field 1 is not UTF-8 text"),
    (field(1, field(1, [0x61]) + field(2, [])), "field 2 is not a 32-bit number"),
    (field(1, field(1, [0x61]) + [3 << 3, 9]), "type of piece 0 9 is not supported"),
    (field(1, field(1, [])), "piece 0 is empty"),
    (piece("a", .nan), "piece 0 has a score that is not a number"),
    (tinyModel(pieces: [piece("a", 0)]), "piece a is listed twice"),
    (tinyModel(trainer: []), "model_type unigram is not supported; known are BPE"),
    (tinyModel(trainer: [3 << 3, 4]), "model_type char is not supported"),
    (
      tinyModel(normalizer: field(1, Array("nmt_nfkc".utf8)) + field(2, [1, 2])),
      "normalizer nmt_nfkc is not supported; known are identity"
    ),
    (tinyModel(normalizer: [5 << 3, 0]), "escape_whitespaces false is not supported"),
    (tinyModel(trainer: [3 << 3, 2, 0xC0, 1, 1]), "treat_whitespace_as_suffix true is not"),
  ] as [([UInt8], String)])
func brokenModelsAreExplained(bytes: [UInt8], reason: String) throws {
  let text = try failure(bytes, as: "tokenizer.model")
  #expect(text.contains(reason), "\(text)")
}

@Test(arguments: [
  (#"[{"type":"Fuse"}]"#, "decoder Sequence without Replace"),
  (#"[{"type":"Replace","pattern":{"String":"_"},"content":" "}]"#, "Replace of _ by  "),
  (#"[{"type":"BPEDecoder"}]"#, "decoder Sequence with BPEDecoder"),
  (#"[{"type":"Strip","content":" ","start":2,"stop":0}]"#, "Strip of more than one space"),
])
func unsupportedDecodersAreNamed(parts: String, reason: String) throws {
  let json = """
    {"added_tokens":[],"decoder":{"type":"Sequence","decoders":\(parts)},
    "model":{"type":"BPE","vocab":{"a":0},"merges":[]}}
    """
  #expect(try failure(Array(json.utf8), as: "tokenizer.json").contains(reason))
}

@Test(arguments: [
  (#""pre_tokenizer":{"type":"Metaspace","replacement":"_"}"#, "replacement _ is not supported"),
  (#""pre_tokenizer":{"type":"Metaspace","prepend_scheme":"often"}"#, "prepend_scheme often"),
  (#""pre_tokenizer":{"type":"Split","pattern":{"String":" "}}"#, "pre_tokenizer Split"),
  (#""normalizer":{"type":"Replace","pattern":{"Regex":"x"},"content":""}"#, "regular expression"),
  (#""normalizer":{"type":"Precompiled"}"#, "normalizer Precompiled is not supported"),
])
func unsupportedSentencePieceSettingsAreNamed(section: String, reason: String) throws {
  let json = """
    {"added_tokens":[],"decoder":{"type":"Metaspace"},\(section),
    "model":{"type":"BPE","vocab":{"a":0},"merges":[]}}
    """
  #expect(try failure(Array(json.utf8), as: "tokenizer.json").contains(reason))
}
