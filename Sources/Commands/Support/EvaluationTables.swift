// An evaluation as text for a terminal and as Markdown, made of the same rows.

import Engine
import GAR
import Interpretability

/// Some rows of a table under a heading of their own.
private struct Section {
  var title: String?
  var rows: [[String]]
}

extension EvaluationReport {
  /// For a terminal; `edits` says what was changed in the models.
  func text(edits: String?) -> String {
    var blocks = [title(edits: edits)]
    blocks.append(table(metricSections(), columns: metricColumns).text)
    if summaries.contains(where: { !$0.gaps.isEmpty }) {
      blocks.append(partsTitle + "\n\n" + table(partSections(), columns: metricColumns).text)
      blocks.append(gapTitle + "\n\n" + table(gapSections(), columns: gapColumns).text)
    }
    if !comparisons.isEmpty {
      blocks.append(
        differenceTitle + "\n\n" + table(differenceSections(), columns: differenceColumns).text)
    }
    return (blocks + workLines).joined(separator: "\n\n")
  }

  /// For a page; `edits` says what was changed in the models.
  func markdown(edits: String?) -> String {
    var blocks = title(edits: edits).split(separator: "\n").map(String.init)
    func add(_ sections: [Section], _ columns: [String]) {
      for section in sections {
        if let title = section.title { blocks.append("### By \(title)") }
        blocks.append(table([Section(title: nil, rows: section.rows)], columns: columns).markdown)
      }
    }
    add(metricSections(), metricColumns)
    if summaries.contains(where: { !$0.gaps.isEmpty }) {
      blocks.append("## " + partsTitle)
      add(partSections(), metricColumns)
      blocks.append("## " + gapTitle)
      add(gapSections(), gapColumns)
    }
    if !comparisons.isEmpty {
      blocks.append("## " + differenceTitle)
      add(differenceSections(), differenceColumns)
    }
    return (blocks + workLines).joined(separator: "\n\n") + "\n"
  }

  private func table(_ sections: [Section], columns: [String]) -> Table {
    var table = Table(columns)
    for section in sections {
      if let title = section.title {
        table.add([title] + Array(repeating: "", count: columns.count - 1))
      }
      for row in section.rows {
        table.add([(section.title == nil ? "" : "  ") + row[0]] + row.dropFirst())
      }
    }
    return table
  }

  // MARK: Titles

  /// `A`, `B`, … where there are several models.
  private func letter(_ index: Int) -> String {
    index < 26 ? String(UnicodeScalar(UInt8(65 + index))) : "M\(index + 1)"
  }

  private func prefix(_ index: Int) -> String { runs.count == 1 ? "" : letter(index) + " " }

  private func title(edits: String?) -> String {
    let end = "\(set.items.count) items" + (edits.map { ", \($0)" } ?? "")
    func name(_ run: EvaluationRun) -> String {
      run.model + (run.arithmetic.remark.map { ", \($0)" } ?? "")
    }
    if runs.count == 1 { return "\(name(runs[0])), \(end)" }
    return runs.indices.map { "\(letter($0)) = \(name(runs[$0]))" }.joined(separator: "\n")
      + "\n" + end
  }

  private var partsTitle: String { "Sub-questions" }
  private var gapTitle: String {
    "Compositionality gap: of the items whose sub-questions are all right by "
      + "accuracy.\(gapMetric.rawValue), those that are wrong"
  }
  private var differenceTitle: String {
    "Differences: accuracies with Newcombe's interval and McNemar's exact test, means with the "
      + "normal interval"
  }

  private var workLines: [String] {
    summaries.indices.compactMap { index in
      if let server = summaries[index].server { return prefix(index) + server.line }
      guard let work = summaries[index].work, work.asked > 0 else { return nil }
      let share = percent(Double(work.computed) / Double(work.asked))
      return "\(prefix(index))computed \(work.computed) of \(work.asked) tokens (\(share)); "
        + "the rest are in prefixes that prompts share"
    }
  }

  // MARK: Metrics

  private var metricColumns: [String] {
    ["", ">items"]
      + runs.indices.flatMap { index -> [String] in
        let p = ">" + prefix(index)
        var columns: [String] = []
        for metric in shownAccuracies {
          columns.append(p + metric.rawValue)
          if metric == shownAccuracies.first { columns.append(p + "95 %") }
        }
        return columns + means.map { p + ($0 == .logitDifference ? "logit diff" : $0.rawValue) }
      }
  }

  /// The whole answer first.
  private var shownAccuracies: [AccuracyMetric] {
    [.all, .first, .whole, .candidates].filter(accuracies.contains)
  }

  private func metricCells(_ summary: EvaluationSummary) -> [String] {
    var cells: [String] = []
    for metric in shownAccuracies {
      cells.append(summary[metric].map { percent($0.value) } ?? "–")
      if metric == shownAccuracies.first {
        cells.append(summary[metric].map { range($0.interval) } ?? "–")
      }
    }
    for metric in means {
      let value = summary[metric]?.mean ?? .nan
      cells.append(metric == .logitDifference ? signed(value, 2) : fixed(value, 3))
    }
    return cells
  }

  private func metricSections() -> [Section] {
    func row(_ name: String, _ own: [EvaluationSummary]) -> [String] {
      [name, "\(own[0].count)"] + own.flatMap(metricCells)
    }
    return [Section(title: nil, rows: [row("all", summaries.map(\.overall))])]
      + Breakdown.allCases.indices.map { place in
        let groups = summaries[0].breakdowns[place].groups
        return Section(
          title: summaries[0].breakdowns[place].breakdown.rawValue,
          rows: groups.indices.map { group in
            row(
              groups[group].name,
              summaries.map { $0.breakdowns[place].groups[group].summary })
          })
      }
  }

  private func partSections() -> [Section] {
    let kinds = summaries[0].parts
    return [
      Section(
        title: nil,
        rows: kinds.indices.map { place in
          [kinds[place].kind.name, "\(kinds[place].summary.count)"]
            + summaries.flatMap { metricCells($0.parts[place].summary) }
        })
    ]
  }

  // MARK: Gap

  private var gapColumns: [String] {
    ["", ">items"]
      + runs.indices.flatMap { index in
        ["parts right", "whole wrong", "gap", "95 %"].map { ">" + prefix(index) + $0 }
      }
  }

  private func gapSections() -> [Section] {
    summaries[0].gaps.indices.map { place in
      let groups = summaries[0].gaps[place].groups
      return Section(
        title: summaries[0].gaps[place].breakdown?.rawValue,
        rows: groups.indices.map { group in
          [groups[group].group, "\(groups[group].gap.itemCount)"]
            + summaries.flatMap { gapCells($0.gaps[place].groups[group].gap) }
        })
    }
  }

  private func gapCells(_ gap: CompositionalityGap) -> [String] {
    let wrong = gap.wrong
    guard wrong.count > 0 else { return ["0", "0", "–", "–"] }
    return ["\(wrong.count)", "\(wrong.successes)", percent(wrong.value), range(wrong.interval)]
  }

  // MARK: Differences

  private var differenceColumns: [String] {
    ["", ">difference", ">95 %", ">first alone", ">second alone", ">p"]
  }

  private func differenceSections() -> [Section] {
    comparisons.map { entry in
      var rows: [[String]] = []
      for metric in shownAccuracies {
        guard let difference = entry.comparison[metric] else { continue }
        rows.append([
          metric.rawValue, signed(100 * difference.value, 1) + " %",
          "\(signed(100 * difference.interval.low, 1)) to "
            + signed(100 * difference.interval.high, 1),
          "\(difference.onlyFirst)", "\(difference.onlySecond)", significance(difference.p),
        ])
      }
      for metric in means {
        guard let mean = entry.comparison[metric] else { continue }
        rows.append([
          metric == .logitDifference ? "logit diff" : metric.rawValue, signed(mean.mean, 3),
          "\(signed(mean.interval.low, 3)) to \(signed(mean.interval.high, 3))", "", "", "",
        ])
      }
      return Section(title: "\(letter(entry.first)) − \(letter(entry.second))", rows: rows)
    }
  }

  private func significance(_ p: Double) -> String { p < 0.0001 ? "< 0.0001" : fixed(p, 4) }

  private func range(_ interval: Interval) -> String {
    "\(fixed(100 * interval.low, 1))–\(fixed(100 * interval.high, 1))"
  }
}
