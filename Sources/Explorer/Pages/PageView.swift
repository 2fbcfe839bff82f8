// The tab line, and the frame that every page but the item page is drawn in.

/// Draws the line that says which pages there are and which one is shown.
package func drawTabs(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  // The shown one is last: its brackets may lie where other tabs begin and end.
  let all = tabs(state, in: area)
  for tab in all.filter({ $0.page != state.page }) + all.filter({ $0.page == state.page }) {
    let isHere = tab.page == state.page
    let style = isHere ? Style(.key, [.bold, .reverse]) : Style(.faint)
    cells.put(isHere ? "[" : " ", x: tab.x, y: area.y, style: style, clip: area)
    let x = cells.put(
      "\(tab.page.number)", x: tab.x + 1, y: area.y, style: isHere ? style : Style(.key),
      clip: area)
    let end = cells.put(tab.text, x: x, y: area.y, style: style, clip: area)
    cells.put(isHere ? "]" : " ", x: end, y: area.y, style: style, clip: area)
  }
}

/// The tabs with their places. Where the line is too narrow for all of them they share the spaces
/// between them, and then the titles are cut.
private func tabs(
  _ state: ExplorerState, in area: Rect
) -> [(page: Page, text: String, x: Int, width: Int)] {
  func text(_ page: Page, _ letters: Int) -> String {
    let title = page.definition.title
    let shown = page == state.page ? title : String(title.prefix(letters))
    return shown.isEmpty ? "" : " " + shown
  }
  func width(_ page: Page, _ letters: Int, _ spaces: Int) -> Int {
    spaces + "\(page.number)".count + text(page, letters).count
  }
  func total(_ letters: Int, _ spaces: Int) -> Int {
    Page.allCases.reduce(2 - spaces) { $0 + width($1, letters, spaces) }
  }
  let longest = 12
  let spaces = total(longest, 2) <= area.width ? 2 : 1
  let letters =
    stride(from: longest, through: 0, by: -1).first { total($0, spaces) <= area.width } ?? 0
  var x = area.x
  return Page.allCases.map { page in
    let own = width(page, letters, spaces)
    defer { x += own }
    return (page, text(page, letters), x, own)
  }
}

/// The page whose tab is at a cell.
func tab(atX x: Int, y: Int, _ state: ExplorerState) -> Page? {
  let area = Layout(state).tabs
  guard area.contains(x: x, y: y) else { return nil }
  return tabs(state, in: area).first { x >= $0.x && x < $0.x + $0.width }?.page
}

/// Draws a page other than the item page.
package func drawPage(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  let definition = state.page.definition
  let title: Line = [Span(definition.title, Style(.title, .bold))] + definition.caption(state)
  let inner = area.inner
  let scroll = state.pages.scroll[state.page] ?? PageCursor()
  switch definition.body {
  case .panels: break
  case .drawn(let draw):
    _ = drawPanel(title, isFocused: true, in: area, into: &cells)
    draw(state, inner, &cells)
  case .lines(let make):
    let content = make(state, inner.width)
    let room = max(0, inner.height - content.pinned.count)
    _ = drawPanel(
      title, foot: placeText("lines", scroll.row, room, of: content.count), isFocused: true,
      in: area, into: &cells)
    let shown =
      content.pinned
      + (scroll.row..<max(scroll.row, min(content.count, scroll.row + room))).map(content.line)
    for (row, line) in shown.enumerated() {
      cells.put(fitted(line, to: inner.width), x: inner.x, y: inner.y + row, clip: inner)
    }
  case .grid(let place, let drawCells):
    let grid = place(state, inner)
    let rows = placeText("rows", scroll.row, grid.visibleRows, of: grid.rows)
    let columns = placeText("columns", scroll.column, grid.visibleColumns, of: grid.columns)
    let both = rows.isEmpty || columns.isEmpty ? [] : [Span(" · ", .faint)]
    _ = drawPanel(title, foot: rows + both + columns, isFocused: true, in: area, into: &cells)
    drawCells(state, grid, inner, &cells)
  }
}

/// Which part is visible, if it is not all: `lines 3–20 of 90`.
private func placeText(_ name: String, _ first: Int, _ visible: Int, of count: Int) -> Line {
  guard count > visible, visible > 0 else { return [] }
  return [Span("\(name) \(first + 1)–\(min(count, first + visible)) of \(count)", .faint)]
}
