// Holds the token ranges of a file in the release's format against those that a tokenizer gives.

import Tokenization

/// One role of one example whose ranges are not the file's.
public struct RoleDifference: Sendable, Equatable {
  /// The line in its file, from 1.
  public var line: Int
  /// The row in its prompt, from 0.
  public var row: Int
  /// As the file names it: `A'` in negated examples; `example` for the whole row.
  public var role: String
  /// What the file says, in its order.
  public var file: [Range<Int>]
  /// What the tokenizer gives, in the order of the text.
  public var ours: [Range<Int>]
}

/// How the token ranges of a whole file compare.
public struct RoleComparison: Sendable {
  /// Examples (rows) that have ranges.
  public internal(set) var compared = 0
  /// Those of which every role and the example's own range are equal.
  public internal(set) var exact = 0
  public internal(set) var differences: [RoleDifference] = []
}

extension OfficialImport {
  /// Compares every example that has ranges.
  ///
  /// - Parameter tokenizer: the one that the file's ranges were counted with, or they all differ.
  /// - Returns: `nil` where no line has ranges.
  public func compareRoles(tokenizer: Tokenizer) -> RoleComparison? {
    var comparison = RoleComparison()
    for (line, item) in zip(lines, items) {
      guard let ranges = line.ranges else { continue }
      let ours = OfficialRanges.all(of: item, tokenizer: tokenizer)
      for (row, (file, mine)) in zip(ranges, ours).enumerated() {
        let found = file.differences(from: mine, isNegated: item.task.isNegated)
        comparison.compared += 1
        if found.isEmpty { comparison.exact += 1 }
        comparison.differences += found.map {
          RoleDifference(line: line.number, row: row, role: $0, file: $1, ours: $2)
        }
      }
    }
    return comparison.compared > 0 ? comparison : nil
  }
}

extension OfficialRanges {
  fileprivate func differences(
    from ours: OfficialRanges, isNegated: Bool
  ) -> [(String, [Range<Int>], [Range<Int>])] {
    var found: [(String, [Range<Int>], [Range<Int>])] = []
    for role in Role.allCases {
      let (one, other) = (roles[role] ?? [], ours.roles[role] ?? [])
      if one != other {
        found.append((role == .answer && isNegated ? "A'" : role.rawValue, one, other))
      }
    }
    if let example, example != ours.example {
      found.append(("example", [example], ours.example.map { [$0] } ?? []))
    }
    return found
  }
}
