// What the model says, before and after the edits: on this item and on the whole set.

/// Draws the answer panel.
package func drawAnswer(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  let inner = drawPanel(
    [Span("answer", Style(.title, .bold))]
      + (state.edits.isEmpty ? [] : [Span(" · before → after")]),
    isFocused: state.focus == .answer, in: area, into: &cells)
  let lines = answerLines(state, width: inner.width)
  for (row, line) in lines.dropFirst(state.scroll.answer).prefix(inner.height).enumerated() {
    cells.put(fitted(line, to: inner.width), x: inner.x, y: inner.y + row, clip: inner)
  }
}

/// Every line of the answer panel.
package func answerLines(_ state: ExplorerState, width: Int) -> [Line] {
  guard let detail = state.detail else { return [] }
  if state.isAnswerHidden { return ownQuestionLines(state, width: width) }
  var lines = ownAnswerLines(state, width: width)
  if let plain = state.plainReadout {
    let edited = state.edits.isEmpty ? nil : state.editedReadout
    for index in detail.candidates.indices {
      lines += candidateLines(index, detail, plain, edited, width: width)
    }
    lines.append([])
    lines += differenceLines(detail, plain, edited, width: width)
    lines += topLines(plain, edited, width: width)
  } else {
    lines.append([Span(state.failures[.plainAnswer] ?? "reading the answer…", .faint)])
  }
  if state.selfTest.isOn { return lines }
  lines.append([])
  return lines + setLines(state, width: width)
}

/// One candidate: a line, or two where a line is too narrow for both bars.
private func candidateLines(
  _ index: Int, _ detail: ItemDetail, _ plain: Readout, _ edited: Readout?, width: Int
) -> [Line] {
  let candidate = detail.candidates[index]
  let nameWidth = min(
    max(6, width / 3), detail.candidates.map { displayWidth($0.text) }.max() ?? 0)
  let name = Span(
    padded(candidate.text, to: nameWidth),
    candidate.isRight ? Style(.right, .bold) : .plain)
  let head: Line = [Span(candidate.isRight ? "✓ " : "  ", Style(.right, .bold)), name]
  // Mark, name, a space, and the number with its space.
  let before = share(plain, index, .before)
  let left = width - 2 - nameWidth - 1
  guard let edited else {
    return [head + [Span(" ")] + measured(before, width: left)]
  }
  let after = share(edited, index, .after)
  if left >= 36 {
    let half = (left - 3) / 2
    let first = measured(before, width: half)
    let gap = half - first.reduce(0) { $0 + $1.width }
    return [
      head + [Span(" ")] + first + [Span(String(repeating: " ", count: gap) + " → ", .faint)]
        + measured(after, width: half)
    ]
  }
  let indent = String(repeating: " ", count: max(0, nameWidth))
  return [
    head + [Span("   ")] + measured(before, width: left - 2),
    [Span(indent + "   → ", .faint)] + measured(after, width: left - 2),
  ]
}

private func share(_ readout: Readout, _ index: Int, _ ink: Ink) -> (value: Float, style: Style) {
  let known = readout.probabilities.indices.contains(index)
  return (known ? readout.probabilities[index] : .nan, Style(ink))
}

private func measured(_ share: (value: Float, style: Style), width: Int) -> Line {
  [
    Span(decimal(share.value) + " "),
    Span(bar(share.value, width: min(24, width - 5)), share.style),
  ]
}

private func differenceLines(
  _ detail: ItemDetail, _ plain: Readout, _ edited: Readout?, width: Int
) -> [Line] {
  guard let before = plain.logitDifference(detail.candidates) else { return [] }
  let line: Line = [
    Span("diff ", .faint), Span(decimal(before, signed: true), Style(.before)),
  ]
  guard let after = edited?.logitDifference(detail.candidates) else { return [line] }
  let both = line + [Span(" → ", .faint), Span(decimal(after, signed: true), Style(.after))]
  let change = Span(" (\(decimal(after - before, signed: true)))", .faint)
  return [firstFitting([both + [change], both], width: width)]
}

/// The most probable token of the whole vocabulary; two lines where one is too narrow.
private func topLines(_ plain: Readout, _ edited: Readout?, width: Int) -> [Line] {
  func spans(_ readout: Readout, _ ink: Ink) -> Line {
    let mark = readout.isRight ? Span("✓ ", Style(.right)) : Span("✗ ", Style(.wrong))
    return [
      mark, Span("\(clipped(bareToken(readout.topToken), to: 16)) ", Style(ink)),
      Span(decimal(readout.topProbability), Style(ink)),
    ]
  }
  let before: Line = [Span("top  ", .faint)] + spans(plain, .before)
  guard let edited else { return [before] }
  let after = [Span(" → ", .faint)] + spans(edited, .after)
  let both = before + after
  guard both.reduce(0, { $0 + $1.width }) > width else { return [both] }
  return [before, [Span("  ")] + after]
}

/// A token without its leading spaces; one of spaces alone stands in quotation marks.
func bareToken(_ token: String) -> String {
  let text = String(token.drop { $0 == " " })
  return text.isEmpty ? "“\(token)”" : text
}

/// Accuracy over the set, and over the Yes and the No items where there are such.
private func setLines(_ state: ExplorerState, width: Int) -> [Line] {
  let all = setLine(state, "set  ", Array(state.items.indices), width: width, counts: true)
  let yes = state.items.indices.filter { state.items[$0].label == .yes }
  let no = state.items.indices.filter { state.items[$0].label == .no }
  return [all] + (yes.isEmpty ? [] : [setLine(state, "Yes  ", yes, width: width)])
    + (no.isEmpty ? [] : [setLine(state, "No   ", no, width: width)])
}

private func setLine(
  _ state: ExplorerState, _ name: String, _ items: [Int], width: Int, counts: Bool = false
) -> Line {
  let (before, after) = state.accuracy(items)
  var line: Line = [Span(name, .faint), Span(percent(before.share), Style(.before))]
  if !state.edits.isEmpty {
    line += [Span(" → ", .faint), Span(percent(after.share), Style(.after))]
  }
  let known = state.edits.isEmpty ? before : after
  let counted = line + [Span(" \(known.right)/\(known.total)", .faint)]
  return counts ? firstFitting([counted, line], width: width) : line
}
