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
}
