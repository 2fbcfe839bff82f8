// The attention page's map: key roles above, query positions at the left, the cell under the cursor below.

import Engine
import GAR
import Interpretability

/// What is drawn of a map.
struct AttentionPicture {
  let state: ExplorerState
  let map: AttentionMap
  let detail: ItemDetail
  let grid: PageGrid
  let inner: Rect
  private let scroll: PageCursor
  private let cursor: PageCursor
  private let run: RunShown
  /// The change at which a cell is full; shares are full at 1.
  private let limit: Float

  init(state: ExplorerState, map: AttentionMap, detail: ItemDetail, grid: PageGrid, inner: Rect) {
    self.state = state
    self.map = map
    self.detail = detail
    self.grid = grid
    self.inner = inner
    scroll = state.pages.scroll[.attention] ?? PageCursor()
    cursor = state.pageCursor
    run = state.shownRun
    limit = run == .change ? map.values(.change).reduce(0) { max($0, abs($1)) } : 1
  }

  private var keys: Range<Int> {
    scroll.column..<min(grid.columns, scroll.column + grid.visibleColumns)
  }
  private var queries: Range<Int> { scroll.row..<min(grid.rows, scroll.row + grid.visibleRows) }

  private func x(_ key: Int) -> Int { grid.area.x + (key - scroll.column) * grid.cellWidth }

  /// Role letters over the key positions, and the number of the one under the cursor.
  func drawKeys(into cells: inout CellBuffer) {
    cells.put(
      padded("query ↓ key →", to: attentionLabelWidth(inner) - 1), x: inner.x, y: inner.y,
      style: .faint,
      clip: inner)
    for key in keys {
      let role = detail.tokens[key].role
      let style = role.map { Style(.role($0), .bold) } ?? .faint
      let isHere = key == cursor.column
      cells.put(
        role?.letter ?? "·", x: x(key), y: inner.y + 1,
        style: isHere ? style.with([.reverse]) : style, clip: inner)
    }
    guard keys.contains(cursor.column) else { return }
    let name = "\(cursor.column)"
    let left = min(x(cursor.column), inner.maxX - name.count)
    cells.put(name, x: left, y: inner.y, style: Style(.key, .bold), clip: inner)
  }

  func drawRows(into cells: inout CellBuffer) {
    for query in queries {
      let y = grid.area.y + query - scroll.row
      let isHere = query == cursor.row
      drawLabel(query, y: y, isHere: isHere, into: &cells)
      for key in keys {
        guard let value = map.value(query: query, key: key, run) else { break }
        let face = run == .change ? heatGlyph(value, limit: limit) : shareGlyph(value)
        let isCell = isHere && key == cursor.column
        let glyphs =
          face.isEmpty
          ? padded(face.glyph, to: grid.cellWidth)
          : String(
            repeating: face.glyph, count: max(1, grid.cellWidth - (grid.cellWidth > 1 ? 1 : 0)))
        cells.put(
          glyphs, x: x(key), y: y, style: isCell ? face.style.with([.reverse]) : face.style,
          clip: grid.area)
      }
    }
  }

  private func drawLabel(_ query: Int, y: Int, isHere: Bool, into cells: inout CellBuffer) {
    let token = detail.tokens[query]
    let role = token.role.map { Style(.role($0), .bold) } ?? .faint
    let width = attentionLabelWidth(inner) - 5
    cells.put(isHere ? "▸" : " ", x: inner.x, y: y, style: Style(.key, .bold), clip: inner)
    cells.put(token.role?.letter ?? "·", x: inner.x + 1, y: y, style: role, clip: inner)
    let text = clipped(bareToken(token.text), to: width)
    cells.put(
      padded(text, to: width), x: inner.x + 3, y: y,
      style: isHere
        ? Style(token.role.map { .role($0) } ?? .plain, .bold)
        : token.role.map { Style(.role($0)) } ?? .plain,
      clip: inner)
  }

  /// The cell under the cursor, and what the signs mean.
  func drawFoot(into cells: inout CellBuffer) {
    let y = grid.area.y + grid.visibleRows
    var line: Line = [Span("from ", .faint)] + tokenSpans(detail, cursor.row)
    line += [Span(" \(cursor.row) to ", .faint)] + tokenSpans(detail, cursor.column)
    line.append(Span(" \(cursor.column): ", .faint))
    if let plain = map.value(query: cursor.row, key: cursor.column, .plain) {
      line.append(Span(decimal(plain, 3), Style(.before, .bold)))
      if let edited = map.edited.flatMap({ _ in
        map.value(query: cursor.row, key: cursor.column, .edited)
      }) {
        line += [Span(" → ", .faint), Span(decimal(edited, 3), Style(.after, .bold))]
        line.append(Span(" (\(decimal(edited - plain, 3, signed: true)))", .faint))
      }
    } else {
      line.append(Span("after the query, never seen", .faint))
    }
    cells.put(fitted(line, to: inner.width), x: inner.x, y: y, clip: inner)
    let legend: [Line] =
      run == .change
      ? [
        [
          Span("░▒▓█", Style(.heat(24))), Span(" more ", .faint),
          Span("-=*#", Style(.heat(-24))),
          Span(" less, by quarters of ±\(decimal(limit, 3))", .faint),
        ]
      ]
      : [
        [
          Span("· below 0.02  ", .faint), Span("░", Style(.heat(6))), Span(" to 0.15  ", .faint),
          Span("▒", Style(.heat(12))), Span(" to 0.4  ", .faint), Span("▓", Style(.heat(20))),
          Span(" to 0.7  ", .faint), Span("█", Style(.heat(31))),
          Span(" to 1 · k v E: K' V' END", .faint),
        ]
      ]
    cells.put(fitted(legend[0], to: inner.width), x: inner.x, y: y + 1, clip: inner)
  }
}
