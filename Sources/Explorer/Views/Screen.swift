// The whole screen: header, panels, footer, help.

/// Draws the screen of a state.
public func draw(_ state: ExplorerState) -> CellBuffer {
  var cells = CellBuffer(width: state.size.width, height: state.size.height)
  let layout = Layout(state)
  if layout.form == .tooSmall {
    drawTooSmall(state, into: &cells)
  } else if state.isHelpShown {
    drawHelp(state, into: &cells)
  } else {
    drawHeader(state, in: layout.header, into: &cells)
    drawTabs(state, in: layout.tabs, into: &cells)
    if state.page == .item {
      for (panel, area) in layout.panels { drawPanel(panel, state, in: area, into: &cells) }
    } else {
      drawPage(state, in: layout.body, into: &cells)
    }
    drawFooter(state, in: layout.footer, into: &cells)
  }
  return state.display.hasUnicode ? cells : cells.ascii
}

private func drawPanel(
  _ panel: Panel, _ state: ExplorerState, in area: Rect, into cells: inout CellBuffer
) {
  switch panel {
  case .items: drawItems(state, in: area, into: &cells)
  case .prompt: drawPrompt(state, in: area, into: &cells)
  case .heatmap: drawHeatmap(state, in: area, into: &cells)
  case .answer: drawAnswer(state, in: area, into: &cells)
  case .head: drawHeadPanel(state, in: area, into: &cells)
  }
}

private func drawTooSmall(_ state: ExplorerState, into cells: inout CellBuffer) {
  let text = "gar needs 40x12 cells; here are \(state.size). Make the window larger; q quits."
  var x = 0
  var y = 0
  for word in text.split(separator: " ") {
    let width = displayWidth(String(word))
    if x > 0, x + width > cells.width { (x, y) = (0, y + 1) }
    x = cells.put(String(word), x: x, y: y, clip: cells.area) + 1
  }
}

/// Draws the first line: model, item, accuracy. Where it is narrow the least needed parts go.
package func drawHeader(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  let help = "? help"
  let room = area.width - displayWidth(help) - 2
  var parts = headerParts(state)
  func width() -> Int { parts.reduce(2) { $0 + $1.line.reduce(3) { $0 + $1.width } } }
  while width() > room, let least = parts.indices.min(by: { parts[$0].need < parts[$1].need }),
    parts.count > 1
  {
    parts.remove(at: least)
  }
  var line: Line = [Span("gar", Style(.brand, .bold)), Span("  ")]
  for (index, part) in parts.enumerated() {
    if index > 0, part.line.first?.text.hasPrefix(" ") == false {
      line.append(Span(" · ", .faint))
    }
    line += part.line
  }
  cells.put(fitted(line, to: max(0, room)), x: area.x, y: area.y, clip: area)
  cells.put(help, x: area.maxX - displayWidth(help), y: area.y, style: .faint, clip: area)
}

private func headerParts(_ state: ExplorerState) -> [(line: Line, need: Int)] {
  let facts = state.facts
  var parts: [(line: Line, need: Int)] = [
    ([Span(clipped(facts.name, to: 28), Style(.plain, .bold))], 4),
    ([Span("\(facts.layerCount)L×\(facts.headCount)H")], 2),
  ]
  if facts.answersAreRounded { parts.append(([Span("int8 answers", Style(.after, .bold))], 7)) }
  if state.page != .item, Layout(state).tabs.isEmpty {
    parts.insert(([Span(state.page.definition.title, Style(.key, .bold))], 7), at: 0)
  }
  if let source = state.stored?.source {
    parts.append(([Span("from \(source)", .faint)], 3))
  }
  if !facts.note.isEmpty { parts.append(([Span(facts.note, .faint)], 0)) }
  guard let item = state.item else { return parts + [([Span("no items")], 5)] }
  parts.append(([Span(state.items[item].task)], 1))
  parts.append(([Span("item \(item)/\(state.items.count)")], 5))
  guard !state.selfTest.isOn else { return parts + [(selfTestTally(state), 6)] }
  let (before, after) = state.accuracy(state.items.indices)
  var line: Line = [Span("set acc ", .faint), Span(percent(before.share), Style(.before, .bold))]
  if !state.edits.isEmpty {
    line += [Span(" → ", .faint), Span(percent(after.share), Style(.after, .bold))]
  }
  parts.append((line, 6))
  if !state.edits.isEmpty { parts.append(([Span(editSummary(state.edits), .ablated)], 3)) }
  return parts
}

/// Such as ` with 3 heads off`; it follows the accuracy without a dot.
private func editSummary(_ edits: HeadEdits) -> String {
  let off = edits.values.count(where: \.isOff)
  let scaled = edits.values.filter { if case .scale = $0.kind { true } else { false } }.count
  func heads(_ count: Int) -> String { count == 1 ? "1 head" : "\(count) heads" }
  if off == edits.count { return " with \(heads(off)) off" }
  return scaled == edits.count
    ? " with \(heads(scaled)) scaled" : " with \(heads(edits.count)) edited"
}

/// Draws the last line: the line being typed, a message or the keys that matter now; at its
/// right end the progress of slow work.
package func drawFooter(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  let progress = progressLine(state)
  let progressWidth = progress.reduce(0) { $0 + $1.width }
  let shown = area.width >= progressWidth + 30 ? progress : []
  let room = area.width - (shown.isEmpty ? 0 : progressWidth + 2)
  let left = Rect(x: area.x, y: area.y, width: room, height: area.height)
  cells.put(shown, x: area.maxX - progressWidth, y: area.y, clip: area)
  if let line = state.line {
    let text = tail(line.prompt + line.text, width: room - 1)
    let x = cells.put(text, x: area.x, y: area.y, style: Style(.plain, .bold), clip: left)
    cells.put("▏", x: x, y: area.y, style: Style(.key), clip: left)
    if let message = state.message {
      cells.put("  " + message.text, x: x + 1, y: area.y, style: .faint, clip: left)
    }
  } else if let message = state.message {
    let style = Style(message.isProblem ? .problem : .message)
    cells.put(clipped(message.text, to: room), x: area.x, y: area.y, style: style, clip: left)
  } else {
    cells.put(hints(state, width: room), x: area.x, y: area.y, clip: left)
  }
}

/// The end of a text that is too long for its line.
private func tail(_ text: String, width: Int) -> String {
  var kept = clusters(text)
  while kept.reduce(0, { $0 + $1.width }) > max(0, width) { kept.removeFirst() }
  return kept.map(\.text).joined()
}

private func hints(_ state: ExplorerState, width: Int) -> Line {
  var line: Line = []
  var left = width
  // On the item page those of the focused panel, elsewhere the page's own before what it shares.
  let own = Binding.all.filter { $0.pages.contains(state.page) && $0.context == .browse }
  let ordered = own.filter(\.isOfOnePage) + own.filter { !$0.isOfOnePage }
  let taken = Set(own.filter(\.isOfOnePage).flatMap(\.keys))
  let panel: Panel =
    state.page == .item ? state.focus : state.page.definition.takesEdits ? .heatmap : .items
  for binding in ordered {
    let isHidden = !binding.isOfOnePage && binding.keys.first.map(taken.contains) ?? false
    guard let hint = binding.hint, !isHidden, binding.panels.contains(panel),
      binding.disabledReason(state) == nil, let key = binding.keys.first
    else { continue }
    let spans: Line = [Span(key.name, Style(.key, .bold)), Span(" \(hint)  ", .faint)]
    let needed = spans.reduce(0) { $0 + $1.width }
    guard needed - 2 <= left else { break }
    line += spans
    left -= needed
  }
  return line
}

/// The most urgent slow work that says how far it is.
private func progressLine(_ state: ExplorerState) -> Line {
  let names: [(Topic, String)] = [
    (.scores, "scores"), (.accuracy, "set accuracy"), (.headClasses, "True and False heads"),
  ]
  for (topic, name) in names {
    guard let work = state.live[topic], topic != .scores || work.progress > 0 else { continue }
    let share = min(1, max(0, work.progress.isFinite ? work.progress : 0))
    let filled = Int(share * 12)
    return [
      Span(name + " ", .faint), Span(String(repeating: "▇", count: filled), Style(.progress)),
      Span(String(repeating: "·", count: 12 - filled), .faint),
      Span(padded("\(Int(share * 100))%", to: 5, right: true)),
    ]
  }
  return []
}
