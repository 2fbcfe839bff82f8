// The tokens of a prompt with their roles beneath them.

import GAR

/// A token, or what stands in its place, with its role beneath it.
private struct TokenCell {
  var text: String
  /// Stands before the text: a space between words, a bar within one.
  var joint: String
  var label: String
  var style: Style
  var labelStyle: Style
  var width: Int
  var endsLine: Bool
}

/// Lines of tokens, each with a line of roles beneath it where it has any. Tokens of one word are
/// joined by `|`; a role's name is drawn out under all tokens of its word.
///
/// - Parameters:
///   - page: the item.
///   - width: where lines are broken, between words if possible.
///   - showsAllRows: whether preamble and demonstrations are shown, dimmed.
///   - display: without Unicode, roles are drawn out in ASCII.
/// - Returns: the lines.
package func tokenLines(
  _ page: ItemPage, width: Int, showsAllRows: Bool, display: Display
) -> [Line] {
  let stroke = display.hasUnicode ? "─" : "-"
  let shown = page.tokens.filter { showsAllRows || $0.isAsked }
  var lines: [Line] = []
  var row: [TokenCell] = []
  var column = 0
  func breakLine() {
    lines += tokenAndRoleLines(row)
    row = []
    column = 0
  }
  for word in words(shown.map { cell($0, stroke: stroke) }) {
    let wordWidth = word.reduce(0) { $0 + $1.joint.count + $1.width }
    if column > 0, column + wordWidth > width { breakLine() }
    for var cell in word {
      if column > 0, column + cell.joint.count + cell.width > width { breakLine() }
      if column == 0 { cell.joint = "" }
      column += cell.joint.count + cell.width
      row.append(cell)
      if cell.endsLine { breakLine() }
    }
  }
  if !row.isEmpty { breakLine() }
  return lines
}

/// How many tokens are left out where only the asked row is shown.
package func foldedTokenCount(_ page: ItemPage) -> Int { page.tokens.count { !$0.isAsked } }

private func cell(_ token: PageToken, stroke: String) -> TokenCell {
  let visible = clusters(token.text).map(\.text).joined()
  let isWordStart = visible.hasPrefix(" ") && visible != " "
  let text = isWordStart ? String(visible.drop { $0 == " " }) : visible
  let textWidth = displayWidth(text)
  let name = token.continuesRole ? "" : token.roles.map(\.rawValue).joined(separator: ",")
  let role = token.roles.first
  let width = max(textWidth, name.count)
  let drawn = role == nil ? "" : String(repeating: stroke, count: width - name.count)
  let style = role.map { Style(.role($0), .underline) } ?? .plain
  return TokenCell(
    text: text, joint: isWordStart ? " " : "|", label: name + drawn,
    style: token.isAsked ? style : .faint,
    labelStyle: token.isAsked ? role.map { Style(.role($0), .bold) } ?? .plain : .faint,
    width: width, endsLine: token.text.contains("\n"))
}

/// Cells gathered into words: a word starts at a token with a leading space.
private func words(_ cells: [TokenCell]) -> [[TokenCell]] {
  var words: [[TokenCell]] = []
  for cell in cells {
    if cell.joint == " " || words.isEmpty {
      words.append([cell])
    } else {
      words[words.count - 1].append(cell)
    }
  }
  return words
}

private func tokenAndRoleLines(_ row: [TokenCell]) -> [Line] {
  var tokens: Line = []
  var roles: Line = []
  for (index, cell) in row.enumerated() {
    let next = index + 1 < row.count ? row[index + 1] : nil
    tokens += [
      Span(cell.joint, .faint), Span(cell.text, cell.style),
      Span(next == nil ? "" : String(repeating: " ", count: cell.width - displayWidth(cell.text))),
    ]
    let joint = cell.joint.isEmpty ? "" : " "
    roles += [Span(joint), Span(cell.label, cell.labelStyle)]
    roles.append(Span(String(repeating: " ", count: cell.width - displayWidth(cell.label))))
  }
  return row.contains { !$0.label.isEmpty } ? [tokens, roles] : [tokens]
}
