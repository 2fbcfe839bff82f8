// The list of items with what the model makes of them.

/// Draws the items panel: before and after the edits, number, task.
package func drawItems(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  let isFiltered = !state.filter.isEmpty
  var title: Line = [Span("items ", Style(.title, .bold))]
  title.append(
    Span(isFiltered ? "\(state.shown.count) of \(state.items.count)" : "\(state.items.count)"))
  let inner = drawPanel(
    title, foot: isFiltered && !state.selfTest.isOn ? filteredAccuracy(state) : [],
    isFocused: state.focus == .items,
    in: area, into: &cells)
  guard !state.shown.isEmpty else {
    let text = state.items.isEmpty ? "no items" : "none passes"
    cells.put(text, x: inner.x, y: inner.y, style: .faint, clip: inner)
    return
  }
  let digits = "\(max(0, state.items.count - 1))".count
  for row in 0..<inner.height {
    let position = state.scroll.items + row
    guard state.shown.indices.contains(position) else { break }
    let item = state.shown[position]
    let isOpen = item == state.item
    let start: Line = [
      Span(isOpen ? "▸" : " ", Style(.key, .bold)),
      state.isHidden(item) ? Span("?", .faint) : mark(state.plainVerdicts[item]),
      changeMark(state, item), Span(padded("\(item)", to: digits, right: true) + " ", .faint),
    ]
    let task = brief(state.items[item].task, width: inner.width - 4 - digits)
    cells.put(
      fitted(start + [Span(task)], to: inner.width), x: inner.x, y: inner.y + row, clip: inner)
    if isOpen {
      cells.restyle(Rect(x: inner.x, y: inner.y + row, width: inner.width, height: 1)) {
        $0.with(state.focus == .items ? [.reverse] : [.bold])
      }
    }
  }
}

/// A task such as `Genders∋,Kinds∋ neg cls` with the names of its schemas shortened to fit.
package func brief(_ task: String, width: Int) -> String {
  guard displayWidth(task) > width, let names = task.split(separator: " ").first else {
    return task
  }
  let rest = task.dropFirst(names.count)
  let parts = names.split(separator: ",")
  for letters in stride(from: 6, through: 1, by: -1) {
    let short = parts.map { part in
      part.prefix { $0.isLetter }.prefix(letters) + part.drop { $0.isLetter }
    }
    let text = short.joined(separator: letters == 1 ? "" : ",") + rest
    if displayWidth(text) <= width || letters == 1 { return text }
  }
  return task
}

private func filteredAccuracy(_ state: ExplorerState) -> Line {
  let (before, after) = state.accuracy(state.shown)
  guard let share = before.share else { return [] }
  var line: Line = [Span(percent(share), Style(.before))]
  if after.total > 0 { line.append(Span("→" + percent(after.share), Style(.after))) }
  return line
}

private func mark(_ verdict: Bool?) -> Span {
  switch verdict {
  case true: Span("✓", Style(.right))
  case false: Span("✗", Style(.wrong))
  case nil: Span("·", .faint)
  }
}

/// What the edits made of it, where that differs.
private func changeMark(_ state: ExplorerState, _ item: Int) -> Span {
  guard !state.edits.isEmpty, !state.isHidden(item), let edited = state.editedVerdicts[item],
    edited != state.plainVerdicts[item]
  else { return Span(" ") }
  return mark(edited)
}
