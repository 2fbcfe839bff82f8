// Identities that need no reference: round trips, ranges, and merges done the slow way.

import TestSupport
import Testing
import Tokenization

/// Text of scalars from all over Unicode, plain ones and odd ones mixed.
private func randomText(_ random: inout SeededGenerator, upTo length: Int) -> String {
  var text = String.UnicodeScalarView()
  for _ in 0..<Int.random(in: 0...length, using: &random) {
    let bound: UInt32 = [0x80, 0x80, 0x300, 0x3000, 0x110000].randomElement(using: &random) ?? 0x80
    let value = UInt32.random(in: 0..<bound, using: &random)
    text.append(Unicode.Scalar(value) ?? " ")
  }
  return String(text)
}

@Test(arguments: ["built-in", "llama3"])
func decodingRestoresEveryText(name: String) throws {
  let tokenizer = try referenceTokenizer(name)
  var random = SeededGenerator(seed: 5)
  for _ in 0..<500 {
    let text = randomText(&random, upTo: 60)
    let ids = tokenizer.encode(text, addBOS: false).ids
    #expect(sameScalars(tokenizer.decode(ids), text), "\(text.debugDescription)")
  }
}

/// Without BOS, the ranges start at 0, end at the end, and leave no scalar out.
@Test(arguments: tokenizerNames)
func rangesCoverTheText(name: String) throws {
  let tokenizer = try referenceTokenizer(name)
  var random = SeededGenerator(seed: 6)
  for _ in 0..<200 {
    let text = randomText(&random, upTo: 40)
    var end = 0
    for range in tokenizer.encode(text, addBOS: false).ranges {
      #expect(range.lowerBound <= end && !range.isEmpty, "\(text.debugDescription)")
      end = max(end, range.upperBound)
    }
    // Combining marks may be composed away, but only into the cluster that the range covers.
    #expect(end == text.unicodeScalars.count, "\(text.debugDescription)")
  }
}

/// The queue must do what scanning the word again after every merge does.
@Test func queuedMergesEqualRepeatedScans() {
  var random = SeededGenerator(seed: 7)
  for _ in 0..<300 {
    var table = MergeTable(capacity: 40)
    for rank in 0..<40 {
      let pair = (Int32.random(in: 0..<8, using: &random), Int32.random(in: 0..<8, using: &random))
      let id = Int32.random(in: 4..<8, using: &random)
      table.insert(pair.0, pair.1, .init(rank: UInt32(rank), id: id))
    }
    let bytes = (0..<30).map { _ in UInt8.random(in: 0..<4, using: &random) }
    var chain = MergeChain()
    for (index, byte) in bytes.enumerated() { chain.append(Int32(byte), span: index..<index + 1) }
    chain.mergeAll(table)
    var merged: [Int32] = []
    chain.forEachToken { id, _ in merged.append(id) }
    #expect(merged == scanned(bytes.map { Int32($0) }, table))
  }
}

private func scanned(_ ids: [Int32], _ table: MergeTable) -> [Int32] {
  var ids = ids
  while true {
    let candidates = ids.indices.dropLast().compactMap { index in
      table[ids[index], ids[index + 1]].map { (index: index, merge: $0) }
    }
    guard let best = candidates.min(by: { $0.merge.rank < $1.merge.rank }) else { return ids }
    ids.replaceSubrange(best.index...best.index + 1, with: [best.merge.id])
  }
}

/// A word of 100,000 bytes would take minutes if each merge scanned the word.
@Test func longWordsAreQuick() throws {
  let tokenizer = try referenceTokenizer("built-in")
  let text = String(repeating: "wordy", count: 20_000)
  let elapsed = ContinuousClock().measure {
    #expect(sameScalars(tokenizer.decode(tokenizer.encode(text, addBOS: false).ids), text))
  }
  #expect(elapsed < .seconds(5))
}

@Test func unusedIdsHaveNoText() throws {
  let tokenizer = try referenceTokenizer("built-in")
  #expect(tokenizer.piece(-1) == nil && tokenizer.piece(2048) == nil)
  #expect(tokenizer.decode([-1, 99_999, 16]) == ".")
  #expect(tokenizer.tokenID(ofPiece: "no such piece") == nil)
  #expect(tokenizer.isSpecial(0) && !tokenizer.isSpecial(16))
}
