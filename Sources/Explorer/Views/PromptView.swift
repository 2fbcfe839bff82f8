// The prompt, token by token, with its roles.

import GAR

/// One token, or a piece of decoration, in a line of the prompt.
package struct PromptSpan: Equatable {
  package var text: String
  package var role: Role?
  /// Its number in the prompt.
  package var token: Int
  package var column: Int
  package var width: Int
}

/// The lines of a prompt, broken at words; a line break in the prompt is shown and followed.
/// Without colour, roles are named in parentheses.
package func promptLines(_ detail: ItemDetail, width: Int, display: Display) -> [[PromptSpan]] {
  guard width > 0 else { return [] }
  var lines: [[PromptSpan]] = []
  var line: [PromptSpan] = []
  var column = 0
  func breakLine() {
    lines.append(line)
    line = []
    column = 0
  }
  for word in promptWords(detail, display: display) {
    let wordWidth = word.reduce(0) { $0 + $1.width } - leadingSpaces(word.first?.text ?? "")
    let gap = leadingSpaces(word.first?.text ?? "")
    if column > 0, column + gap + wordWidth > width { breakLine() }
    for var span in word {
      if column == 0 {
        span.text = String(span.text.drop { $0 == " " })
        span.width = displayWidth(span.text)
      } else if column + span.width > width {
        breakLine()
      }
      span.column = column
      span.width = min(span.width, width)
      line.append(span)
      column += span.width
      if span.text.hasSuffix("\\n") { breakLine() }
    }
  }
  if !line.isEmpty { breakLine() }
  return lines
}

/// Tokens gathered into words: a word starts at a token with a leading space.
private func promptWords(_ detail: ItemDetail, display: Display) -> [[PromptSpan]] {
  var words: [[PromptSpan]] = []
  for (index, token) in detail.tokens.enumerated() {
    var text = clusters(token.text).map(\.text).joined()
    let isLastOfRole =
      index + 1 == detail.tokens.count || detail.tokens[index + 1].role != token.role
    if let role = token.role, isLastOfRole, !display.hasColor { text += "(\(role.rawValue))" }
    let span = PromptSpan(
      text: text, role: token.role, token: index, column: 0, width: displayWidth(text))
    if text.hasPrefix(" ") || words.isEmpty {
      words.append([span])
    } else {
      words[words.count - 1].append(span)
    }
  }
  return words
}

private func leadingSpaces(_ text: String) -> Int { text.prefix { $0 == " " }.count }

/// Draws the prompt panel.
package func drawPrompt(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  var title: Line = [Span("prompt", Style(.title, .bold)), Span(" · roles ", .plain)]
  for role in Role.allCases {
    title.append(Span(role.rawValue, Style(.role(role), .underline)))
    title.append(Span(" "))
  }
  title.removeLast()
  let isOld = state.live[.detail] != nil
  let inner = drawPanel(
    title, isFocused: state.focus == .prompt, in: area, into: &cells)
  guard let detail = state.shownDetail else {
    let waiting = state.item == nil ? "no item is open" : "opening the item…"
    let text = state.failures[.detail] ?? waiting
    cells.put(text, x: inner.x, y: inner.y, style: .faint, clip: inner)
    return
  }
  let lines = promptLines(detail, width: inner.width, display: state.display)
  for (row, line) in lines.dropFirst(state.scroll.prompt).prefix(inner.height).enumerated() {
    for span in line {
      var style = span.role.map { Style(.role($0), .underline) } ?? .plain
      if isOld { style = .faint }
      if span.token == state.queryPosition { style = style.with([.reverse]) }
      let spaces = leadingSpaces(span.text)
      let x = inner.x + span.column
      cells.put(String(repeating: " ", count: spaces), x: x, y: inner.y + row, clip: inner)
      cells.put(
        String(span.text.dropFirst(spaces)), x: x + spaces, y: inner.y + row, style: style,
        clip: inner)
    }
  }
}
