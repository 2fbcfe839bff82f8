// The `task_id` strings of the paper's release: written from a task, and read back.

import Foundation

extension GARTask {
  /// The identifier in the paper's release, whose contexts have three pairs.
  public var officialID: String { officialID(pairCount: 3) }

  /// The identifier with another number of pairs in the context (`cxt_len`).
  public func officialID(pairCount: Int) -> String {
    // The release marks the pairs of first names and nouns this way; it says nothing more.
    let mark = Self.hasCandidateMark(schemaPair) ? "[dict_candidates=True]" : ""
    let generator = "rlr_gen" + mark
    let negation = isNegated ? "neg_" : ""
    let query = "\(keySchema.officialName).\(negation)\(relation0.rawValue)"
    let answer = "\(valueSchema.officialName).\(relation1.rawValue)"
    let options = "[cxt_len=\(pairCount)\(isExchanged ? ",rev_item2str" : "")]"
    let head = form == .generation ? generator : "g2c[\(generator)]"
    return "\(head)[\(query),\(answer)]\(options)"
  }

  private static func hasCandidateMark(_ pair: [SchemaID]) -> Bool {
    pair[0] == .genders && pair[1] != .adjectives
  }

  /// Reads an identifier of the paper's release.
  ///
  /// - Returns: the task and the number of pairs in the context, or `nil` if no task of the
  ///   benchmark is written so.
  public static func parse(officialID id: String) -> (task: GARTask, pairCount: Int)? {
    guard let countStart = id.range(of: "[cxt_len=")?.upperBound else { return nil }
    let digits = id[countStart...].prefix { $0.isASCII && $0.isNumber }
    guard let pairCount = Int(digits), pairCount >= 2,
      let task = officialTasks[id[..<countStart] + "3" + id[digits.endIndex...]],
      task.officialID(pairCount: pairCount) == id
    else { return nil }
    return (task, pairCount)
  }

  private static let officialTasks: [String: GARTask] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.officialID, $0) })

  /// What to say of an identifier that names no task: what is wrong with it, and the nearest known.
  package static func unknownID(_ id: String) -> String {
    let start = "no task has the id \"\(id)\""
    guard id.unicodeScalars.count <= 400 else { return start + ": it is too long" }
    let counts = id.firstRange(of: /cxt_len=([0-9]+)/).flatMap { Int(id[$0].dropFirst(8)) } ?? 3
    let pairCount = max(2, counts)
    let known = all.map { $0.officialID(pairCount: pairCount) }
    let nearest = known.map { (distance($0, id), $0) }.min { $0.0 < $1.0 }?.1
    return start + (nearest.map { "; the nearest known is \"\($0)\"" } ?? "")
  }

  /// Levenshtein's distance in bytes.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (index, byte) in left.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let change = diagonal + (byte == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(change, row[column] + 1, row[column + 1] + 1)
      }
    }
    return row[right.count]
  }
}
