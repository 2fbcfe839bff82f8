// Role pairs of heads, summed over items.

import Engine

/// Σ over items of each head's attribution-weighted attention by role pair.
public struct RolePairTable: Sendable {
  private struct Key: Hashable {
    var head: HeadIndex
    var query, key: String
  }

  private struct Sum {
    var attribution: Float = 0, attention: Float = 0
    var count = 0
  }

  private var sums: [Key: Sum] = [:]
  private var itemCount = 0

  public init() {}

  /// Adds the role pairs of some heads in one item.
  public mutating func add(
    _ attribution: PatternAttribution, heads: [HeadIndex], labels: [String?]
  ) {
    itemCount += 1
    for head in heads {
      for pair in attribution.rolePairs(head, labels: labels) {
        let key = Key(head: head, query: pair.query, key: pair.key)
        sums[key, default: Sum()].attribution += pair.attribution
        sums[key, default: Sum()].attention += pair.attention
        sums[key, default: Sum()].count += 1
      }
    }
  }

  /// The pairs of a head by their share, of one query role where it is given: mean attribution over all
  /// items, mean attention over those that have both roles.
  public func pairs(_ head: HeadIndex, query: String? = nil) -> [RolePair] {
    sums.filter { $0.key.head == head && (query == nil || $0.key.query == query) }.map { key, sum in
      RolePair(
        query: key.query, key: key.key, attribution: sum.attribution / Float(max(1, itemCount)),
        attention: sum.attention / Float(max(1, sum.count)))
    }.sorted {
      (abs($0.attribution), $1.query, $1.key) > (abs($1.attribution), $0.query, $0.key)
    }
  }
}
