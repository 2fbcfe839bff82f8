// The page of an item, section by section.

import GAR

/// How a page is put into lines.
package struct PageOptions: Equatable, Sendable {
  package var width: Int
  /// Whether preamble and demonstrations are shown.
  package var showsAllRows: Bool
  /// What would show them, for the line that stands in their place: `--all-rows`.
  package var allRowsHint: String
  package var display: Display

  package init(width: Int, showsAllRows: Bool, allRowsHint: String, display: Display) {
    self.width = width
    self.showsAllRows = showsAllRows
    self.allRowsHint = allRowsHint
    self.display = display
  }
}

/// Every line of an item's page: what it is, the loop, the reasoning, the prompt with its roles, the
/// sub-questions and the counterfactuals.
package func itemPageLines(_ page: ItemPage, _ options: PageOptions) -> [Line] {
  let inner = max(1, options.width - 2)
  func section(_ name: String, _ lines: [Line]) -> [Line] {
    [[], [Span(name, Style(.title, .bold))]] + lines.map { $0.isEmpty ? $0 : [Span("  ")] + $0 }
  }
  var lines = titleLines(page, options)
  lines += section("relational loop", loopLines(page.loop, width: inner, display: options.display))
  let reasoning = page.reasoning.text(isASCII: !options.display.hasUnicode)
  lines += section(
    "solver",
    wrapped(reasoning, width: inner).map {
      [Span($0, page.reasoning.agrees ? .plain : Style(.problem))]
    })
  lines += section("prompt and roles", promptSection(page, options, width: inner))
  lines += section("sub-questions", subQuestionLines(page, width: inner, options.display))
  lines += section("counterfactuals", counterfactualLines(page, width: inner, options.display))
  return lines
}

/// One line, or two where the item has a long id.
private func titleLines(_ page: ItemPage, _ options: PageOptions) -> [Line] {
  let task = page.task
  let dot = separator(options.display)
  let relations = options.display.hasUnicode ? task.summary : asciiSummary(task)
  let name = Span("item \(page.id)", Style(.title, .bold))
  let kind = Span("\(relations)\(dot)n_r \(task.relationCount)")
  let isShort = name.width + kind.width + displayWidth(dot) <= options.width
  return isShort
    ? [[name, Span(dot), kind]] : [[name], [kind]].map { fitted($0, to: options.width) }
}

private func asciiSummary(_ task: GARTask) -> String {
  func name(_ schema: SchemaID, _ relation: Relation) -> String {
    schema.shortName + " " + RelationSigns.ascii.first(relation, holds: true)
  }
  return name(task.keySchema, task.relation0) + ", " + name(task.valueSchema, task.relation1)
    + (task.isNegated ? " neg" : "") + (task.isExchanged ? " rev" : "")
    + (task.form == .generation ? " gen" : " cls")
}

private func separator(_ display: Display) -> String { display.hasUnicode ? " · " : " - " }

private func promptSection(_ page: ItemPage, _ options: PageOptions, width: Int) -> [Line] {
  var lines: [Line] = []
  let folded = foldedTokenCount(page)
  if folded > 0, !options.showsAllRows {
    let shots =
      page.shotCount == 0
      ? "" : page.shotCount == 1 ? "1 demonstration, " : "\(page.shotCount) demonstrations, "
    lines.append([
      Span("(before it: \(shots)\(folded) tokens; \(options.allRowsHint) shows them)", .faint)
    ])
  }
  lines += tokenLines(
    page, width: width, showsAllRows: options.showsAllRows, display: options.display)
  let pieces = page.answerTokens.map { $0.drop { $0 == " " } }.joined(separator: "|")
  let arrow = options.display.hasUnicode ? "→ " : "-> "
  lines.append([
    Span(arrow, .faint), Span(page.answer, Style(.role(.answer), .bold)),
    Span(
      page.answerTokens.count > 1 ? "  \(page.answerTokens.count) tokens: \(pieces)" : "", .faint),
  ])
  return lines
}

extension SubQuestionKind {
  /// What it is called on the page.
  package var title: String {
    switch self {
    case .recall: "recall"
    case .knowledge(let relation): relation == 0 ? "fact Q-K" : "fact V-A"
    case .exclusion: "exclusion"
    }
  }
}

/// Each sub-question's asked row with its answer; demonstrations are left out.
private func subQuestionLines(_ page: ItemPage, width: Int, _ display: Display) -> [Line] {
  guard !page.subQuestions.isEmpty else {
    return [[Span("none: the item is itself a recall", .faint)]]
  }
  let arrow = display.hasUnicode ? "→" : "->"
  let indent = 11
  return page.subQuestions.flatMap { question -> [Line] in
    let asked = question.prompt.split(separator: "\n").last.map { $0.drop { $0 == " " } } ?? ""
    var lines = wrapped(String(asked), width: width - indent).map { [Span($0)] }
    let answer: Line = [Span(" \(arrow) ", .faint), Span(question.answer, Style(.role(.answer)))]
    let used = (lines.last ?? []).reduce(0) { $0 + $1.width }
    if used + answer.reduce(0, { $0 + $1.width }) <= width - indent, !lines.isEmpty {
      lines[lines.count - 1] += answer
    } else {
      lines.append(answer)
    }
    return lines.enumerated().map { index, line in
      [Span(padded(index == 0 ? question.kind.title : "", to: indent), .faint)] + line
    }
  }
}

extension CounterfactualKind {
  /// What it is called on the page.
  package var title: String {
    switch self {
    case .otherQuery: "other query"
    case .absentQuery: "absent query"
    case .partner: "other claim"
    }
  }
}

/// For each kind the first that aligns, or the first there is, and how many of them align.
private func counterfactualLines(_ page: ItemPage, width: Int, _ display: Display) -> [Line] {
  let arrow = display.hasUnicode ? "→" : "->"
  let rows = counterfactualRows(page).map { row in
    (
      row: row, change: "\(row.shown.original) \(arrow) \(row.shown.change)",
      answer: row.shown.answerText
    )
  }
  guard !rows.isEmpty else {
    return [[Span("none: every other query or claim has the same answer", .faint)]]
  }
  let changeWidth = min(width / 2, rows.map { displayWidth($0.change) }.max() ?? 0)
  let answerWidth = min(width / 4, rows.map { displayWidth($0.answer) }.max() ?? 0)
  return rows.map { row, change, answer in
    let changed: Role = row.shown.kind == .partner ? .answer : .query
    let line: Line = [
      Span(padded(row.shown.kind.title, to: 13)),
      Span(padded(change, to: changeWidth) + "  ", Style(.role(changed))),
      Span(padded(answer, to: answerWidth) + "  ", .plain),
      Span(row.shown.alignmentText, Style(row.shown.isAligned ? .right : .wrong)),
    ]
    let count = row.count > 1 ? "; \(row.alignedCount) of \(row.count) align" : ""
    return fitted(firstFitting([line + [Span(count, .faint)], line], width: width), to: width)
  }
}

/// One kind's counterfactuals, and the one of them that is shown.
package struct CounterfactualRow: Equatable {
  package var shown: CounterfactualAlignment
  package var count: Int
  package var alignedCount: Int
}

package func counterfactualRows(_ page: ItemPage) -> [CounterfactualRow] {
  [CounterfactualKind.partner, .otherQuery, .absentQuery].compactMap { kind in
    let all = page.counterfactuals.filter { $0.kind == kind }
    guard let shown = all.first(where: \.isAligned) ?? all.first else { return nil }
    return CounterfactualRow(
      shown: shown, count: all.count, alignedCount: all.count(where: \.isAligned))
  }
}

extension CounterfactualAlignment {
  /// What is right there: `China`, `China or the United Kingdom`, `no answer`.
  package var answerText: String {
    answer.map { ([$0] + otherAnswers).joined(separator: " or ") } ?? "no answer"
  }

  /// `aligned`, or how the lengths differ.
  package var alignmentText: String {
    if isAligned { return "aligned" }
    switch addedTokens {
    case 0: return "other tokens differ"
    case 1: return "1 token more"
    case -1: return "1 token fewer"
    case 2...: return "\(addedTokens) tokens more"
    default: return "\(-addedTokens) tokens fewer"
    }
  }
}

/// Breaks text at spaces; a word that is longer than a line stands alone.
package func wrapped(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    if let last = lines.last, displayWidth(last) + 1 + displayWidth(String(word)) <= width {
      lines[lines.count - 1] = last + " " + word
    } else {
      lines.append(String(word))
    }
  }
  return lines
}
