// The help screen, made from the binding table.

/// Draws help over the whole screen.
package func drawHelp(_ state: ExplorerState, into cells: inout CellBuffer) {
  let area = Rect(x: 0, y: 0, width: state.size.width, height: state.size.height)
  let inner = drawPanel(
    [Span("help", Style(.title, .bold)), Span(" · Esc closes · j and k scroll")], isFocused: true,
    in: area, into: &cells)
  let lines = helpLines(width: state.size.width)
  for (row, line) in lines.dropFirst(state.scroll.help).prefix(inner.height).enumerated() {
    cells.put(fitted(line, to: inner.width - 1), x: inner.x + 1, y: inner.y + row, clip: inner)
  }
}

/// Every line of help: the keys and commands by group, the words of the filter, the signs; in two
/// columns where there is room.
package func helpLines(width: Int) -> [Line] {
  guard width >= 150 else { return helpColumn(width: width) }
  let gap = 4
  let lines = helpColumn(width: (width - gap) / 2)
  // The second column begins with a group.
  let half = (lines.count + 1) / 2
  let split = lines.indices.first { $0 >= half && lines[$0].isEmpty } ?? half
  let right = lines[split...].drop(while: \.isEmpty)
  return (0..<max(split, right.count)).map { row in
    let left = row < split ? lines[row] : []
    guard row < right.count else { return left }
    let space = (width - gap) / 2 - left.reduce(0) { $0 + $1.width }
    return left + [Span(String(repeating: " ", count: max(1, space)))]
      + right[right.startIndex + row]
  }
}

private func helpColumn(width: Int) -> [Line] {
  let keyWidth = 13
  let nameWidth = width >= 70 ? 16 : 0
  var lines: [Line] = []
  for group in Binding.Group.all {
    let bindings = Binding.all.filter { $0.group == group }
    guard !bindings.isEmpty else { continue }
    if !lines.isEmpty { lines.append([]) }
    lines.append([Span(group.title, Style(.title, .bold))])
    for binding in bindings {
      lines += bindingLines(binding, keyWidth: keyWidth, nameWidth: nameWidth, width: width - 4)
    }
  }
  lines += [[], [Span("Words of the item filter; all must hold", Style(.title, .bold))]]
  for entry in ItemFilter.vocabulary {
    lines += entryLines(
      [Span(padded(entry.words, to: keyWidth + 4), Style(.key))], entry.meaning, width: width - 4)
  }
  lines += [[], [Span("Signs", Style(.title, .bold))]]
  for (signs, meaning) in signs {
    lines += entryLines(
      [Span(padded(signs, to: keyWidth + 4), Style(.key))], meaning, width: width - 4)
  }
  return lines
}

private func bindingLines(
  _ binding: Binding, keyWidth: Int, nameWidth: Int, width: Int
) -> [Line] {
  let argument = binding.argument.map { " " + $0 } ?? ""
  let command = ":" + binding.names[0] + argument
  let isCommandOnly = binding.keys.isEmpty
  let keys = isCommandOnly ? command : binding.keys.map(\.name).joined(separator: " ")
  var line: Line = [Span(padded(keys, to: keyWidth) + " ", Style(.key, .bold))]
  if nameWidth > 0 {
    let name = isCommandOnly || binding.context != .browse ? "" : command
    line.append(Span(padded(name, to: nameWidth) + " ", .faint))
  }
  return entryLines(line, binding.help, width: width)
}

/// A term with its meaning beside it, on as many lines as that takes.
private func entryLines(_ term: Line, _ meaning: String, width: Int) -> [Line] {
  let indent = term.reduce(0) { $0 + displayWidth($1.text) }
  let parts = wrapped(meaning, width: max(20, width - indent))
  return parts.enumerated().map { index, part in
    index == 0 ? term + [Span(part)] : [Span(String(repeating: " ", count: indent)), Span(part)]
  }
}

private let signs: [(String, String)] = [
  ("░▒▓█ -=*#", "score above and below 0, by quarters of the limit in the title"),
  ("· ?", "near 0, not known"),
  ("× μ ↑ ↓ →", "zeroed, replaced by the mean, scaled up, scaled down, another attention row"),
  ("T F [ ]", "True head, False head, selected head"),
  ("✓ ✗ in items", "right, wrong; a second sign where the edits change it"),
  ("k v E ^", "in the attention strip: K', V', END, the query position"),
  ("numbers", "items, layers and heads count from 0; scores are in logits"),
  ("mouse", "click a head to select, again to toggle; click an item; wheel scrolls"),
]
