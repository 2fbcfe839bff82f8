// The hand-written scanners against the reference's regular expressions.

import Foundation
import TestSupport
import Testing

import Tokenization

private struct Words: Decodable {
  struct Pattern: Decodable {
    let pattern: String
    /// For each text, the scalar offsets where its words end.
    let ends: [[Int]]
  }

  let texts: [String]
  let patterns: [String: Pattern]
}

private func decodeFixture<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
  let path = fixture("TokenizationTests", name)
  return try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path)))
}

@Test func wordsEqualTheReference() throws {
  let reference = try decodeFixture(Words.self, "words.json")
  #expect(reference.patterns.count == SplitPattern.known.count)
  for (name, words) in reference.patterns {
    let known = try #require(SplitPattern.known.first { $0.text == words.pattern })
    for (text, ends) in zip(reference.texts, words.ends) {
      let found = known.pattern.words(Array(text.unicodeScalars)).map(\.upperBound)
      #expect(found == ends, "\(name): \(text.debugDescription)")
    }
  }
}

/// Scalars that came with Unicode 17 are left out: the reference's tables end at 16.
@Test func scalarClassesEqualTheReference() throws {
  let runs = try decodeFixture([String: [[UInt32]]].self, "classes.json")
  func scalars(_ name: String) throws -> Set<UInt32> {
    Set(try #require(runs[name]).flatMap { $0[0]..<$0[1] })
  }
  let (letters, numbers) = (try scalars("letter"), try scalars("number"))
  let spaces = try scalars("space")
  #expect(letters.count > 100_000)
  for value in UInt32(0)..<0x110000 {
    guard let scalar = Unicode.Scalar(value), scalar.properties.age?.major ?? 0 <= 16 else {
      continue
    }
    var expected = spaces.contains(value) ? ScalarClass.space : .other
    if letters.contains(value) { expected = .letter }
    if numbers.contains(value) { expected = .number }
    if value == 0x0A || value == 0x0D { expected = .newline }
    if ScalarClass(scalar) != expected {
      Issue.record("U+\(String(value, radix: 16)) is \(ScalarClass(scalar)), not \(expected)")
    }
  }
}
