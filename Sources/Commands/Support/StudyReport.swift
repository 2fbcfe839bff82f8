// What `gar intervene` prints and writes.

import Engine
import GAR
import Interpretability
import JSONText

struct StudyReport {
  let model: String
  let result: StudyResult

  private static let columns = [
    "heads", "what", ">after", ">95 %", ">change", ">95 %", ">lost", ">gained", ">p", ">random",
  ]

  // MARK: Text

  var text: String {
    var blocks = [title]
    for form in forms {
      blocks.append(caption(form))
      blocks.append(table(form).text)
    }
    if !result.sweep.isEmpty {
      for form in forms {
        blocks.append("Strengths, \(noun(form))")
        blocks.append(sweepTable(form).text)
      }
    }
    blocks.append(legend)
    return blocks.joined(separator: "\n\n")
  }

  var markdown: String {
    var blocks = [title]
    for form in forms { blocks += [caption(form), table(form).markdown] }
    if !result.sweep.isEmpty {
      for form in forms {
        blocks += ["Strengths, \(noun(form))", sweepTable(form).markdown]
      }
    }
    return (blocks + [legend]).joined(separator: "\n\n") + "\n"
  }

  var title: String {
    "\(model) · \(heads("True", result.heads.trueHeads)) · \(heads("False", result.heads.falseHeads))"
  }

  private func heads(_ name: String, _ heads: [HeadIndex]) -> String {
    heads.isEmpty
      ? "no \(name) head"
      : "\(name) \(heads.count == 1 ? "head" : "heads") \(heads.map(\.dotted).joined(separator: ", "))"
  }

  var forms: [TaskForm] {
    [.classification, .generation].filter { !result.groupings(of: $0).isEmpty }
  }

  private func noun(_ form: TaskForm) -> String {
    form == .classification ? "statements" : "sentences to complete"
  }

  private func caption(_ form: TaskForm) -> String {
    let counts = StudyQuestion.Group.allCases.filter { $0.form == form }
      .compactMap { group in result.counts[group].map { "\($0) \(name(group.rawValue))" } }
    let start = form == .classification ? "Statements" : "Sentences to complete"
    return "\(start): \(counts.joined(separator: ", ")); "
      + "right by accuracy.\(result.settings.metric.rawValue)"
  }

  private func name(_ group: String) -> String {
    group == "yes" || group == "no" ? group.capitalized : group
  }

  private func table(_ form: TaskForm) -> Table {
    var table = Table(Self.columns)
    for (name, groups) in result.groupings(of: form) {
      guard let before = result.outcomes.lazy.compactMap({ $0.summary(groups) }).first else {
        continue
      }
      table.add(
        ["\(self.name(name)), before", "", percent(before.before), range(before.beforeInterval)]
          + [String](repeating: "", count: 6))
      for outcome in result.outcomes {
        guard let summary = outcome.summary(groups) else { continue }
        table.add(cells(outcome, summary, groups))
      }
    }
    return table
  }

  private func cells(
    _ outcome: ConditionOutcome, _ summary: OutcomeSummary, _ groups: [StudyQuestion.Group]
  ) -> [String] {
    let digits = summary.drawCount > 1 ? 1 : 0
    return [
      "  " + (outcome.condition.choice.isRandom ? "random" : outcome.condition.choice.name),
      outcome.condition.action.name + (summary.drawCount > 1 ? " ×\(summary.drawCount)" : ""),
      percent(summary.after), range(summary.afterRange), signed(100 * summary.change, 1),
      "\(signed(100 * summary.changeRange.low, 1)) to \(signed(100 * summary.changeRange.high, 1))",
      fixed(summary.lost, digits), fixed(summary.gained, digits), summary.p.map(pText) ?? "",
      result.randomAtLeast(outcome, groups).map { "\($0.count) of \($0.draws)" } ?? "",
    ]
  }

  private func range(_ interval: Interval) -> String {
    "\(fixed(100 * interval.low, 1))–\(fixed(100 * interval.high, 1))"
  }

  private func pText(_ p: Double) -> String { p < 0.0001 ? "<0.0001" : fixed(p, 4) }

  private func sweepTable(_ form: TaskForm) -> Table {
    let groupings = result.groupings(of: form)
    var table = Table(
      ["heads", "what", ">strength"]
        + groupings.flatMap { [">\(self.name($0.name))", ">95 %"] })
    for outcome in result.sweep where outcome.condition.action.forms.contains(form) {
      let cells = groupings.flatMap { grouping in
        outcome.summary(grouping.groups).map { [percent($0.after), range($0.afterRange)] }
          ?? ["", ""]
      }
      table.add(
        [
          outcome.condition.choice.name, outcome.condition.action.name,
          outcome.condition.action.strength.map { "\($0)" } ?? "",
        ] + cells)
    }
    return table
  }

  private var legend: String {
    var lines = [
      "change: after − before, in points of a hundred. 95 %: by Wilson and Newcombe; where a number of "
        + "draws is given,",
      "their least and largest. lost, gained: answers that became wrong, and right. p: McNemar's exact "
        + "test, of several",
      "draws by their majority. Rows \"random\": as many heads as in the row before that are neither True "
        + "nor False;",
      "column \"random\": how many of their draws change accuracy at least as much.",
    ]
    let hasStatements = forms.contains(.classification)
    if hasStatements {
      lines.append(
        "enhance: True heads ×\(result.settings.enhancement) and False heads zero for Yes items, the "
          + "reverse for No items: it uses the label.")
    }
    if hasStatements, !result.settings.patterns.isEmpty {
      lines.append(
        "rows: attention from the claimed answer's last token; weak: as a random head of the layer "
          + "has it; strong: to the query.")
    }
    return (lines + result.notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  // MARK: Picture, CSV and arrays

  var svg: String {
    result.svg(title: title, name: name)
  }

  var csv: String {
    let header =
      "part,form,group,heads,change,strength,draws,items,before,before_low,before_high,after,after_low,"
      + "after_high,difference,difference_low,difference_high,deviation,lost,gained,p,random_at_least\n"
    return rows.reduce(into: header) { text, row in
      let s = row.summary, condition = row.outcome.condition
      let numbers: [Double?] = [
        s.before, s.beforeInterval.low, s.beforeInterval.high, s.after, s.afterRange.low,
        s.afterRange.high, s.change, s.changeRange.low, s.changeRange.high, s.deviation, s.lost,
        s.gained, s.p,
      ]
      let cells: [String] =
        [
          row.part, row.form.rawValue, row.group, "\"\(condition.choice.name)\"",
          condition.action.name, condition.action.strength.map { "\($0)" } ?? "",
          "\(s.drawCount)", "\(s.count)",
        ] + numbers.map { number in number.map { "\($0)" } ?? "" }
        + [row.random.map { "\($0.count)" } ?? ""]
      text += cells.joined(separator: ",") + "\n"
    }
  }

  private struct Row {
    var part: String
    var form: TaskForm
    var group: String
    var outcome: ConditionOutcome
    var summary: OutcomeSummary
    var random: (count: Int, draws: Int)?
  }

  private var rows: [Row] {
    var rows: [Row] = []
    for (part, outcomes) in [("conditions", result.outcomes), ("strengths", result.sweep)] {
      for form in forms {
        for (group, groups) in result.groupings(of: form) {
          for outcome in outcomes {
            guard let summary = outcome.summary(groups) else { continue }
            rows.append(
              Row(
                part: part, form: form, group: group, outcome: outcome, summary: summary,
                random: part == "conditions" ? result.randomAtLeast(outcome, groups) : nil))
          }
        }
      }
    }
    return rows
  }

  /// Accuracy after the change of every line of the strengths: `[lines, groups]`, the groups of the
  /// first form and then those of the second; NaN where a change means nothing.
  var strengthArray: (values: [Float], shape: [Int]) {
    let groupings = forms.flatMap { result.groupings(of: $0) }
    let values = result.sweep.flatMap { outcome in
      groupings.map { outcome.summary($0.groups).map { Float($0.after) } ?? .nan }
    }
    return (values, [result.sweep.count, groupings.count])
  }

  // MARK: JSON

  var json: JSONValue {
    .object([
      ("model", .string(model)),
      ("trueHeads", .array(result.heads.trueHeads.map { .string($0.dotted) })),
      ("falseHeads", .array(result.heads.falseHeads.map { .string($0.dotted) })),
      (
        "items",
        .object(
          StudyQuestion.Group.allCases.compactMap { group in
            result.counts[group].map { (group.rawValue, .int($0)) }
          })
      ),
      ("metric", .string(result.settings.metric.rawValue)),
      ("seed", .int(Int(truncatingIfNeeded: result.settings.seed))),
      ("conditions", .array(rows.filter { $0.part == "conditions" }.map(rowJSON))),
      ("strengths", .array(rows.filter { $0.part == "strengths" }.map(rowJSON))),
      (
        "draws",
        .array(result.outcomes.filter(\.condition.isDrawn).map(drawsJSON))
      ),
      ("notes", .array(result.notes.map { .string($0) })),
    ])
  }

  private func rowJSON(_ row: Row) -> JSONValue {
    let s = row.summary
    return .object([
      ("form", .string(row.form.rawValue)), ("group", .string(row.group)),
      ("heads", .string(row.outcome.condition.choice.name)),
      ("change", .string(row.outcome.condition.action.name)),
      ("strength", row.outcome.condition.action.strength.map { .float($0) } ?? .null),
      ("draws", .int(s.drawCount)), ("items", .int(s.count)), ("before", .double(s.before)),
      ("beforeInterval", s.beforeInterval.json), ("after", .double(s.after)),
      ("afterRange", s.afterRange.json), ("difference", .double(s.change)),
      ("differenceRange", s.changeRange.json),
      ("deviation", s.deviation.map { .double($0) } ?? .null), ("lost", .double(s.lost)),
      ("gained", .double(s.gained)), ("p", s.p.map { .double($0) } ?? .null),
      ("randomAtLeast", row.random.map { .int($0.count) } ?? .null),
    ])
  }

  private func drawsJSON(_ outcome: ConditionOutcome) -> JSONValue {
    .object([
      ("heads", .string(outcome.condition.choice.name)),
      ("change", .string(outcome.condition.action.name)),
      ("drawn", .array(outcome.heads.map { .array($0.map { .string($0.dotted) }) })),
      (
        "after",
        .object(
          StudyQuestion.Group.allCases.compactMap { group -> (String, JSONValue)? in
            let shares = outcome.draws.compactMap { $0[group]?.after }
            return shares.isEmpty ? nil : (group.rawValue, .array(shares.map { .double($0) }))
          })
      ),
    ])
  }
}
