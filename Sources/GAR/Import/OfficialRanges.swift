// The token ranges of a line of the release: read, and checked for what no tokenizer could give.

import JSONText

/// Where the roles of one example stand, in tokens; half-open, BOS at 0.
package struct OfficialRanges: Sendable, Equatable {
  /// By our names: `A'` is `.answer`, and K', V' bear the names that the release gives them.
  package var roles: [Role: [Range<Int>]]
  package var example: Range<Int>?

  /// The place among `count` pairs of the one that gives the answer, told by the order of keys or
  /// values. `nil` where a list has more entries than the context has other pairs, as happens where
  /// one name stands inside another.
  func target(count: Int, isNegated: Bool) -> Int? {
    let singles: [(Role, Role)] =
      isNegated
      ? [(.distractorKeys, .key), (.distractorValues, .value)]
      : [(.key, .distractorKeys), (.value, .distractorValues)]
    for (single, list) in singles {
      guard let one = roles[single]?.first, let others = roles[list],
        others.count == count - 1, !others.contains(where: { $0.lowerBound == one.lowerBound })
      else { continue }
      return others.count { $0.lowerBound < one.lowerBound }
    }
    return nil
  }
}

extension OfficialReader {
  /// Reads `ranges`: one object for each row.
  ///
  /// - Throws: `ItemFileError` for a role that is missing or has more bounds than it may, a range
  ///   that is empty, out of bounds or outside its example, and examples or names that overlap.
  func readRanges(
    _ value: JSONValue, rows: [ParsedText.Row], isNegated: Bool, textLength: Int, _ line: JSONLine
  ) throws -> [OfficialRanges] {
    let list = try line.array(value, "\"ranges\"")
    guard list.count == rows.count else {
      throw line.inconsistent(
        value, "\"ranges\" has \(list.count) entries for \(rows.count) rows")
    }
    var end = 0
    return try zip(list, rows).map { entry, row in
      // A token stands for a byte at least, but for BOS and the space put before a text.
      let reader = RangeReader(
        line: line, row: row, isNegated: isNegated, limit: textLength + 2)
      let ranges = try reader.read(entry)
      if let example = ranges.example {
        guard example.lowerBound >= end else {
          throw line.inconsistent(entry, "the range \"example\" begins inside the one before it")
        }
        end = example.upperBound
      }
      return ranges
    }
  }
}

private struct RangeReader {
  let line: JSONLine
  let row: ParsedText.Row
  let isNegated: Bool
  let limit: Int

  func read(_ entry: JSONValue) throws -> OfficialRanges {
    guard let object = entry.object else {
      throw line.wrongType(entry, "an entry of \"ranges\"", "an object")
    }
    let example = try object["example"].flatMap { $0.isNull ? nil : try range($0, "example") }
    var ranges = OfficialRanges(roles: [:], example: example)
    for (name, role) in roleNames(object) {
      let value = try line.member(name, of: entry, "an entry of \"ranges\"")
      if value.isNull, role == .negation, !isNegated { continue }
      let found = try self.ranges(value, name)
      try check(found, name, role, within: example, at: value)
      ranges.roles[role] = found
    }
    try checkOverlap(ranges, at: entry)
    try checkOrder(ranges, at: entry)
    return ranges
  }

  /// A context stands before what is asked of it, and END ends the prompt.
  private func checkOrder(_ ranges: OfficialRanges, at entry: JSONValue) throws {
    if !isNegated, ranges.roles[.negation] != nil {
      throw line.inconsistent(entry, "the range \"R\" stands in an affirmative example")
    }
    guard let query = ranges.roles[.query]?.first, let answer = ranges.roles[.answer]?.first,
      let end = ranges.roles[.end]?.first
    else { return }
    let singles: [Role] =
      isNegated ? [.distractorKeys, .distractorValues] : [.key, .value]
    let context = singles.compactMap { ranges.roles[$0]?.first?.upperBound }.max() ?? 0
    for (name, range) in [("Q", query), ("A", answer)] where range.lowerBound < context {
      throw line.inconsistent(entry, "the range \"\(name)\" begins inside the context")
    }
    let isStatement = row.label != nil
    guard end.upperBound >= query.upperBound,
      isStatement == (end.lowerBound > answer.lowerBound)
    else {
      throw line.inconsistent(
        entry,
        "the range \"END\" does not stand behind the query and "
          + (isStatement ? "the statement" : "before the answer"))
    }
  }

  /// The answer of a negated example is called A'.
  private func roleNames(_ object: JSONObject) -> [(String, Role)] {
    let answer = isNegated && object["A"] == nil ? "A'" : "A"
    var names: [(String, Role)] = [
      ("END", .end), (answer, .answer), ("V", .value), ("V'", .distractorValues), ("Q", .query),
      ("K", .key), ("K'", .distractorKeys),
    ]
    if isNegated || object["R"] != nil { names.append(("R", .negation)) }
    return names
  }

  /// One range `[start, end]`, or two parallel lists `[[starts], [ends]]`.
  private func ranges(_ value: JSONValue, _ name: String) throws -> [Range<Int>] {
    let parts = try line.array(value, "the range \"\(name)\"")
    guard parts.count == 2, parts.allSatisfy({ $0.array != nil }) else {
      return [try range(value, name)]
    }
    let (starts, ends) = (parts[0].array ?? [], parts[1].array ?? [])
    guard starts.count == ends.count else {
      throw line.inconsistent(
        value, "the range \"\(name)\" has \(starts.count) starts and \(ends.count) ends")
    }
    return try zip(starts, ends).map { try bounds($0, $1, name) }
  }

  private func range(_ value: JSONValue, _ name: String) throws -> Range<Int> {
    let parts = try line.array(value, "the range \"\(name)\"")
    guard parts.count == 2 else {
      throw line.inconsistent(value, "the range \"\(name)\" needs a start and an end")
    }
    return try bounds(parts[0], parts[1], name)
  }

  private func bounds(_ start: JSONValue, _ end: JSONValue, _ name: String) throws -> Range<Int> {
    let first = try line.integer(start, "the start of \"\(name)\"")
    let last = try line.integer(end, "the end of \"\(name)\"")
    guard first >= 0, first < last, last <= limit else {
      throw line.inconsistent(
        start,
        "the range \"\(name)\", \(first) to \(last), is empty or out of bounds: "
          + "its text has fewer than \(limit) tokens")
    }
    return first..<last
  }

  private func check(
    _ found: [Range<Int>], _ name: String, _ role: Role, within example: Range<Int>?,
    at value: JSONValue
  ) throws {
    let others = row.pairs.count - 1
    let isList =
      isNegated
      ? role == .key || role == .value
      : role == .distractorKeys || role == .distractorValues
    guard isList ? found.count >= others : found.count == 1 else {
      throw line.inconsistent(
        value,
        "the range \"\(name)\" has \(found.count) entries where its context has "
          + "\(isList ? "\(others) such" : "one")")
    }
    if let example, let stray = found.first(where: { !example.contains($0) }) {
      throw line.inconsistent(
        value,
        "the range \"\(name)\", \(stray.lowerBound) to \(stray.upperBound), lies outside "
          + "its example, \(example.lowerBound) to \(example.upperBound)")
    }
  }

  /// The names of a context cannot share a token. Where one name stands inside another, lists of
  /// the release do hold both places; such a line is not broken for that.
  private func checkOverlap(_ ranges: OfficialRanges, at entry: JSONValue) throws {
    let context: [Role] = [.key, .value, .distractorKeys, .distractorValues]
    let all = context.flatMap { role in (ranges.roles[role] ?? []).map { (role, $0) } }
      .sorted { $0.1.lowerBound < $1.1.lowerBound }
    for (left, right) in zip(all, all.dropFirst()) where left.1.upperBound > right.1.lowerBound {
      let names = row.pairs.flatMap { [$0.key, $0.value] }
      let isNested = names.contains { name in names.contains { $0 != name && $0.contains(name) } }
      if isNested { return }
      throw line.inconsistent(
        entry,
        "the ranges of \(left.0.rawValue) and \(right.0.rawValue) overlap at token "
          + "\(right.1.lowerBound)")
    }
  }
}

extension Range where Bound == Int {
  fileprivate func contains(_ other: Range<Int>) -> Bool {
    lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}
