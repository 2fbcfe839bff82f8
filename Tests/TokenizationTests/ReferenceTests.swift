// Ids, ranges and decoded text against huggingface/tokenizers, on the samples in Fixtures.

import Foundation
import TestSupport
import Testing
import Tokenization

/// What `make_fixtures.py` wrote for one tokenizer.
struct ReferenceSamples: Decodable {
  struct Answer: Decodable {
    let ids: [Int32]
    let ranges: [[Int]]
    let decoded: String
  }

  struct Sample: Decodable {
    let text: String
    /// Special tokens are text; the post-processor is applied.
    let plain: Answer
    /// Special tokens are parsed; the post-processor is not applied.
    let parsed: Answer
  }

  struct Piece: Decodable {
    let id: Int32
    let raw: String?
    let text: String
  }

  let samples: [Sample]
  let pieces: [Piece]

  init(_ name: String) throws {
    let path = fixture("TokenizationTests", "samples-\(name).json")
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
  }
}

let tokenizerNames = ["built-in", "llama3", "qwen2", "odd"]

func referenceTokenizer(_ name: String) throws -> Tokenizer {
  let trained = fixture("TokenizationTests", name)
  return try Tokenizer.load(path: name == "built-in" ? packageRoot + "/Assets/model" : trained)
}

/// Swift's `==` on strings ignores canonical differences; tests must not.
func sameScalars(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

@Test(arguments: tokenizerNames)
func idsEqualTheReference(name: String) throws {
  let tokenizer = try referenceTokenizer(name)
  let reference = try ReferenceSamples(name)
  #expect(reference.samples.count > 100)
  for sample in reference.samples {
    let plain = tokenizer.encode(sample.text)
    #expect(plain.ids == sample.plain.ids, "plain: \(sample.text.debugDescription)")
    let parsed = tokenizer.encode(sample.text, addBOS: false, parseSpecial: true)
    #expect(parsed.ids == sample.parsed.ids, "parsed: \(sample.text.debugDescription)")
  }
}

@Test(arguments: tokenizerNames)
func decodedTextEqualsTheReference(name: String) throws {
  let tokenizer = try referenceTokenizer(name)
  let reference = try ReferenceSamples(name)
  for sample in reference.samples {
    for answer in [sample.plain, sample.parsed] {
      let decoded = tokenizer.decode(answer.ids, skipSpecial: true)
      #expect(sameScalars(decoded, answer.decoded), "\(sample.text.debugDescription)")
    }
  }
  #expect(reference.pieces.count > 100)
  for piece in reference.pieces {
    #expect(tokenizer.rawPiece(piece.id) == piece.raw)
    guard let raw = piece.raw else { continue }
    #expect(tokenizer.tokenID(ofPiece: raw) == piece.id)
    let text = try #require(tokenizer.piece(piece.id))
    #expect(sameScalars(text, piece.text), "piece \(piece.id)")
  }
}

@Test(arguments: tokenizerNames)
func rangesEqualTheReference(name: String) throws {
  let tokenizer = try referenceTokenizer(name)
  for sample in try ReferenceSamples(name).samples {
    let encoding = tokenizer.encode(sample.text)
    let expected = sample.plain.ranges.map { $0[0]..<$0[1] }
    if name == "qwen2", !isComposed(sample.text) {
      // The reference gives a composed scalar the range of its first part, we that of the cluster.
      try #require(encoding.ranges.count == expected.count)
      for (range, inner) in zip(encoding.ranges, expected) {
        #expect(range.contains(inner), "\(sample.text.debugDescription)")
      }
    } else {
      #expect(encoding.ranges == expected, "\(sample.text.debugDescription)")
    }
  }
}

private func isComposed(_ text: String) -> Bool {
  sameScalars(text, text.precomposedStringWithCanonicalMapping)
}
