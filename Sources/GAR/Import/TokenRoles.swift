// Roles of whole prompts in tokens, counted as the paper's release counts them.

import Tokenization

extension OfficialRanges {
  /// The ranges of every row of an item under a tokenizer: its whole text is encoded at once, and
  /// a role takes every token that shares a character with it.
  ///
  /// - Parameters:
  ///   - item: the item; its `roles` are in characters.
  ///   - tokenizer: puts BOS first, if it has one.
  /// - Returns: one entry for each row.
  package static func all(of item: Item, tokenizer: Tokenizer) -> [OfficialRanges] {
    let cover = TokenCover(tokenizer.encode(item.text).ranges)
    return zip(item.roles, item.rowRanges).map { roles, row in
      OfficialRanges(
        roles: roles.mapValues { $0.map(cover.tokens(of:)) }, example: cover.tokens(of: row))
    }
  }
}

/// The tokens that stretches of a text fall on.
private struct TokenCover {
  /// For each scalar, the first token that covers it or anything behind it.
  private var first: [Int] = []
  /// For each scalar, one past the last token that begins at it or before.
  private var end: [Int] = []
  private let count: Int

  init(_ ranges: [Range<Int>]) {
    count = ranges.count
    let scalarCount = ranges.map(\.upperBound).max() ?? 0
    first = Array(repeating: count, count: scalarCount)
    end = Array(repeating: 0, count: scalarCount)
    for (token, range) in ranges.enumerated() {
      for scalar in range {
        first[scalar] = min(first[scalar], token)
        end[scalar] = max(end[scalar], token + 1)
      }
    }
  }

  func tokens(of scalars: Range<Int>) -> Range<Int> {
    var (start, stop) = (count, 0)
    for scalar in scalars where first.indices.contains(scalar) {
      start = min(start, first[scalar])
      stop = max(stop, end[scalar])
    }
    return start < stop ? start..<stop : count..<count
  }
}

extension Item {
  /// Where each row stands, in Unicode scalars of `text`, without what separates them.
  package var rowRanges: [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = preamble.map { $0.unicodeScalars.count + 1 } ?? 0
    let lines = text.unicodeScalars.dropFirst(start).split(separator: "\n")
    for (index, line) in lines.enumerated() {
      // Every row but the first begins with the separator's space.
      ranges.append((start + (index == 0 ? 0 : 1))..<(start + line.count))
      start += line.count + 1
    }
    return ranges
  }
}
