// An item's explanation over the whole screen.

/// Draws the explanation of the open item.
package func drawItemPage(_ state: ExplorerState, into cells: inout CellBuffer) {
  let area = Rect(x: 0, y: 0, width: state.size.width, height: state.size.height)
  let title: Line = [Span("item \(state.item ?? 0)", Style(.title, .bold))]
  let keys = " · Esc closes · j k scroll · n p other items · a demonstrations"
  let inner = drawPanel(
    title + [Span(keys)], foot: pageFoot(state, height: area.inner.height), isFocused: true,
    in: area, into: &cells)
  let lines = pageLines(state)
  for (row, line) in lines.dropFirst(state.scroll.page).prefix(inner.height).enumerated() {
    cells.put(fitted(line, to: inner.width - 2), x: inner.x + 1, y: inner.y + row, clip: inner)
  }
}

/// Wider pages are harder to read.
package let widestPage = 120

/// Every line of the explanation, or why there is none.
func pageLines(_ state: ExplorerState) -> [Line] {
  guard let page = state.page else {
    let waiting = state.item == nil ? "no item is open" : "reading the item…"
    let text = state.failures[.page] ?? waiting
    return [[Span(text, .faint)]]
  }
  let options = PageOptions(
    width: min(widestPage, state.size.width - 4), showsAllRows: state.showsAllRows,
    allRowsHint: "a", display: state.display)
  return itemPageLines(page, options)
}

/// Where in the page the screen is, if it does not hold all of it.
private func pageFoot(_ state: ExplorerState, height: Int) -> Line {
  let count = pageLines(state).count
  guard count > height, height > 0 else { return [] }
  let last = min(count, state.scroll.page + height)
  return [Span("lines \(state.scroll.page + 1)–\(last) of \(count)", .faint)]
}
