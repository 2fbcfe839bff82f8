// Ids and ranges of 2,254 texts from all of Unicode against tokenizers and sentencepiece.

import Foundation
import TestSupport
import Testing
import Tokenization

/// What `make_sentencepiece.py` wrote for one vocabulary; all answers are without BOS.
private struct Answers: Decodable {
  /// Special tokens are text.
  let ids: [[Int32]]
  /// Starts and ends by turns, for the first texts.
  let ranges: [[Int]]?
  /// Special tokens are parsed; for the first texts.
  let parsed: [[Int32]]?
}

private func decoded<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
  let path = fixture("TokenizationTests", "vocabularies/\(name)")
  return try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path)))
}

private let sampleTexts = Result { try decoded("texts.json", as: [String].self) }

/// A tokenizer of `Fixtures/vocabularies`, by the name of its file or directory.
func smallTokenizer(_ name: String) throws -> Tokenizer {
  try Tokenizer.load(path: fixture("TokenizationTests", "vocabularies/\(name)"))
}

/// A text with a space for each `▁`, also for one that is part of a larger character.
func withSpaces(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\u{2581}" ? " " : $0 }))
}

/// Files, and the names of their answers.
private let answered = [
  ("llama", "llama"), ("llama/tokenizer.model", "llama"), ("plain", "plain"),
  ("json-llama.json", "json-llama"), ("json-first.json", "json-first"),
  ("json-gemma.json", "json-gemma"), ("json-split.json", "json-split"),
  ("llama-bpe.gguf", "llama-bpe"), ("smollm.gguf", "smollm"),
]

@Test(arguments: answered)
func sampleIdsEqualTheReference(file: String, answers: String) throws {
  let tokenizer = try smallTokenizer(file)
  let texts = try sampleTexts.get()
  let reference = try decoded("ids-\(answers).json", as: Answers.self)
  #expect(reference.ids.count == texts.count && texts.count > 2000)
  for (text, ids) in zip(texts, reference.ids) {
    let found = tokenizer.encode(text, addBOS: false).ids
    if found != ids { Issue.record("\(text.debugDescription): \(found), not \(ids)") }
  }
  for (text, ids) in zip(texts, reference.parsed ?? []) {
    let found = tokenizer.encode(text, addBOS: false, parseSpecial: true).ids
    if found != ids { Issue.record("parsed \(text.debugDescription): \(found), not \(ids)") }
  }
}

@Test(arguments: answered.filter { $0.1 != "llama" && $0.1 != "plain" })
func sampleRangesEqualTheReference(file: String, answers: String) throws {
  let tokenizer = try smallTokenizer(file)
  let reference = try decoded("ids-\(answers).json", as: Answers.self)
  let ranges = try #require(reference.ranges)
  #expect(ranges.count == 500)
  for (text, expected) in zip(try sampleTexts.get(), ranges) {
    let found = tokenizer.encode(text, addBOS: false).ranges.flatMap {
      [$0.lowerBound, $0.upperBound]
    }
    if found != expected {
      Issue.record("\(text.debugDescription): \(found), not \(expected)")
    }
  }
}

/// The converted file differs from its model only in user-defined pieces: text after one gets a
/// prefix, and a run of spaces is looked for before the prefix is there.
@Test func convertedVocabularyGivesTheModelsIds() throws {
  let tokenizer = try smallTokenizer("llama-spm.gguf")
  let reference = try decoded("ids-llama.json", as: Answers.self)
  var count = 0
  for (text, ids) in zip(try sampleTexts.get(), reference.ids) {
    // By scalars: Swift joins a piece with a combining mark after it to one character.
    let scalars = Array(withSpaces(" " + text).unicodeScalars)
    if ["<tool>", "    "].contains(where: { scalars.contains($0.unicodeScalars) }) { continue }
    #expect(tokenizer.encode(text, addBOS: false).ids == ids, "\(text.debugDescription)")
    count += 1
  }
  #expect(count > 2000)
  let tool = try #require(tokenizer.tokenID(ofPiece: "<tool>"))
  #expect(tokenizer.encode("a<tool>b", addBOS: false).ids.contains(tool))
  #expect(tokenizer.piece(tool) == "<tool>" && !tokenizer.isSpecial(tool))
}

@Test func bosFollowsTheFile() throws {
  for name in ["llama", "llama-spm.gguf", "json-llama.json", "plain"] {
    let tokenizer = try smallTokenizer(name)
    #expect(tokenizer.encode("").ids == [1], "\(name)")
    #expect(tokenizer.encode("", addBOS: false).ids == [], "\(name)")
    let encoding = tokenizer.encode("a<s>", parseSpecial: true)
    #expect(encoding.ids.last == 1 && encoding.ranges.last == 1..<4, "\(name)")
    #expect(encoding.ranges.first == 0..<0)
  }
  #expect(try smallTokenizer("llama").bosTokenID == 1)
  #expect(try smallTokenizer("llama").eosTokenID == 2)
  // Its name's default, since the file does not say.
  #expect(try smallTokenizer("llama-bpe.gguf").encode("").ids.count == 1)
  #expect(try smallTokenizer("smollm.gguf").encode("").ids.isEmpty)
}

@Test func modelsSettingsDecideOnBOS() throws {
  let directory = try TemporaryDirectory()
  let model = fixture("TokenizationTests", "vocabularies/llama/tokenizer.model")
  try FileManager.default.copyItem(atPath: model, toPath: directory.path + "/tokenizer.model")
  try directory.write(
    #"{"add_bos_token": false, "add_eos_token": true}"#, to: "tokenizer_config.json")
  #expect(try Tokenizer.load(path: directory.path).encode("").ids == [2])
  // tokenizer.json wins.
  let json = fixture("TokenizationTests", "vocabularies/json-llama.json")
  try FileManager.default.copyItem(atPath: json, toPath: directory.path + "/tokenizer.json")
  #expect(try Tokenizer.load(path: directory.path).encode("").ids == [1])
}

@Test func piecesOfBytesAndSpacesHaveText() throws {
  for name in ["llama", "llama-spm.gguf", "json-llama.json"] {
    let tokenizer = try smallTokenizer(name)
    let newline = try #require(tokenizer.tokenID(ofPiece: "<0x0A>"))
    #expect(tokenizer.piece(newline) == "\n", "\(name)")
    let word = try #require(tokenizer.tokenID(ofPiece: "▁has"))
    #expect(tokenizer.piece(word) == " has", "\(name)")
    #expect(tokenizer.decode([word, newline, word]) == "has\n has", "\(name)")
  }
}
