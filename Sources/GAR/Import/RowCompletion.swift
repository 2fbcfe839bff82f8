// Completes imported rows: the answers that a text does not spell out, found from facts, from the
// Yes/No partner and from the list of candidates.

/// One row with what is settled about it.
struct SettledRow {
  var row: ParsedText.Row
  var target: Int
  /// The answer that the file gives: of a generation, of a true statement or of its partner.
  var rightAnswer: String?
}

struct RowCompletion {
  let facts: FactBase
  let task: GARTask
  /// The entries of the line that lists candidates; `nil` without one.
  let listed: [String]?

  /// What each pair leads to. Where neither facts nor the list tell, it is empty.
  func rows(_ settled: [SettledRow]) -> [Row] {
    var candidates = settled.map { known($0) }
    if let listed { eliminate(listed, &candidates, settled) }
    return zip(settled, candidates).map { settled, candidates in
      var row = Row(
        pairs: settled.row.pairs, target: settled.target, query: settled.row.query,
        candidates: candidates, claim: settled.row.label == nil ? nil : settled.row.answer)
      // A claim that facts call right and its label wrong leaves the right answer unsaid.
      if row.label != settled.row.label {
        row.candidates[settled.target] = ""
        row.answer = ""
        row.label = settled.row.label
      }
      return row
    }
  }

  private func known(_ settled: SettledRow) -> [String] {
    let row = settled.row
    let isFalse = row.label == Phrasing.Frame.no
    var candidates = row.pairs.enumerated().map { index, pair -> String in
      let isTarget = index == settled.target
      if isTarget, let answer = settled.rightAnswer { return answer }
      if task.relation1 == .equal { return pair.value }
      let sources = facts.sources(of: pair.value, by: task.relation1, in: task.valueSchema)
      // The claim of a false statement is a distractor's answer.
      if isFalse, !isTarget, sources.contains(row.answer) { return row.answer }
      let fitting = listed.map { list in sources.filter(list.contains) } ?? sources
      let open = isTarget && isFalse ? fitting.filter { $0 != row.answer } : fitting
      return open.first ?? (listed == nil ? sources.first : nil) ?? ""
    }
    let open = candidates.indices.filter { candidates[$0].isEmpty && $0 != settled.target }
    if isFalse, open.count == 1, !candidates.contains(row.answer) {
      candidates[open[0]] = row.answer
    }
    return candidates
  }

  /// The list names every candidate: what is left over belongs to the one pair that is left.
  private func eliminate(
    _ listed: [String], _ candidates: inout [[String]], _ settled: [SettledRow]
  ) {
    var open: [(row: Int, pair: Int)] = []
    for row in candidates.indices {
      for pair in candidates[row].indices where candidates[row][pair].isEmpty {
        open.append((row, pair))
      }
    }
    let left = listed.filter { entry in !candidates.contains { $0.contains(entry) } }
    guard left.count == 1 else { return }
    let values = Set(open.map { settled[$0.row].row.pairs[$0.pair].value })
    guard values.count == 1 else { return }
    for place in open { candidates[place.row][place.pair] = left[0] }
  }
}

extension TaskGrammar {
  /// The entries of a line that lists candidates.
  func entries(ofPreamble preamble: String) -> [String] {
    guard let preambleStart, preamble.hasPrefix(preambleStart), preamble.hasSuffix(".") else {
      return []
    }
    let list = preamble.dropFirst(preambleStart.count).dropLast()
    var entries = list.split(separator: Phrasing.Frame.comma)
    if let last = entries.popLast() {
      // Only the last "and" joins entries: "Trinidad and Tobago".
      if let and = last.ranges(of: Phrasing.Frame.and).last {
        entries += [last[..<and.lowerBound], last[and.upperBound...]]
      } else {
        entries.append(last)
      }
    }
    return entries.map(String.init)
  }
}
