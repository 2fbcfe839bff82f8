// Lines of styled text, panels with a border and a title, and bars.

/// A piece of a line in one style.
package struct Span: Equatable, Sendable {
  package var text: String
  package var style: Style

  package init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }

  package var width: Int { displayWidth(text) }
}

package typealias Line = [Span]

extension CellBuffer {
  /// Writes a line from the left edge of `area`'s row `y`.
  @discardableResult
  package mutating func put(_ line: Line, x: Int, y: Int, clip: Rect) -> Int {
    line.reduce(x) { put($1.text, x: $0, y: y, style: $1.style, clip: clip) }
  }
}

/// Draws a panel's border and title; the focused one is heavy and carries a mark.
/// - Returns: the inside.
package func drawPanel(
  _ title: Line, foot: Line = [], isFocused: Bool, in area: Rect, into cells: inout CellBuffer
) -> Rect {
  cells.clear(area)
  guard area.width >= 2, area.height >= 2 else { return area.inner }
  let style = Style(isFocused ? .focusedBorder : .border)
  let glyphs = isFocused ? ["┏", "┓", "┗", "┛", "━", "┃"] : ["┌", "┐", "└", "┘", "─", "│"]
  let bar = String(repeating: glyphs[4], count: area.width - 2)
  cells.put(glyphs[0] + bar + glyphs[1], x: area.x, y: area.y, style: style, clip: area)
  for y in (area.y + 1)..<(area.maxY - 1) {
    cells.put(glyphs[5], x: area.x, y: y, style: style, clip: area)
    cells.put(glyphs[5], x: area.maxX - 1, y: y, style: style, clip: area)
  }
  cells.put(
    glyphs[2] + bar + glyphs[3], x: area.x, y: area.maxY - 1, style: style, clip: area)
  let edge = Rect(x: area.x + 1, y: area.y, width: area.width - 2, height: area.height)
  let marked: Line = [Span(isFocused ? "▸" : " ", style)] + title + [Span(" ")]
  cells.put(fitted(marked, to: edge.width), x: edge.x, y: area.y, clip: edge)
  if !foot.isEmpty {
    let foot = fitted([Span(" ")] + foot + [Span(" ")], to: edge.width)
    let width = foot.reduce(0) { $0 + $1.width }
    cells.put(foot, x: edge.maxX - width, y: area.maxY - 1, clip: edge)
  }
  return area.inner
}

/// A line cut to a width, with `…` where something is missing.
package func fitted(_ line: Line, to width: Int) -> Line {
  guard line.reduce(0, { $0 + $1.width }) > width else { return line }
  var result: Line = []
  var left = width
  for span in line {
    if span.width >= left {
      // The line is too long, so the last span that fits ends in the sign of it.
      let text = span.width == left ? span.text + " " : span.text
      result.append(Span(clipped(text, to: left), span.style))
      return result
    }
    result.append(span)
    left -= span.width
  }
  return result
}

/// The first line that fits, or the last of them: put the fullest first.
package func firstFitting(_ lines: [Line], width: Int) -> Line {
  lines.first { $0.reduce(0) { $0 + $1.width } <= width } ?? lines.last ?? []
}

/// A horizontal bar for a share in 0...1; at least one cell where it is not quite 0.
package func bar(_ share: Float, width: Int) -> String {
  guard share.isFinite, width > 0 else { return "" }
  let filled = Int((min(max(share, 0), 1) * Float(width)).rounded())
  return String(repeating: "▇", count: max(share > 0.005 ? 1 : 0, filled))
}

/// The ASCII stand-in for a glyph of ours; `?` for any other character.
package func asciiTwin(_ text: String) -> String {
  asciiTwins[text] ?? "?"
}

private let asciiTwins: [String: String] = [
  "┌": "+", "┐": "+", "└": "+", "┘": "+", "─": "-", "│": "|",
  "┏": "+", "┓": "+", "┗": "+", "┛": "+", "━": "=", "┃": "|",
  "░": ".", "▒": "o", "▓": "O", "█": "@",
  "▁": ".", "▂": ".", "▃": ":", "▄": ":", "▅": "+", "▆": "+", "▇": "@",
  "×": "x", "μ": "m", "↑": "^", "↓": "v", "←": "<", "→": ">", "↦": ">", "·": ".", "…": "~",
  "✓": "+", "✗": "x", "▸": ">", "±": "~", "–": "-", "−": "-", "∋": "3", "“": "\"", "”": "\"",
  "▏": "_", "≥": ">",
]
