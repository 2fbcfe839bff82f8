// Moving on a page: between pages, its cursor, its scrolling, clicks.

extension ExplorerState {
  mutating func open(_ page: Page) {
    self.page = page
    isHelpShown = false
    revealInPage()
  }

  mutating func step(pages count: Int) -> [Effect] {
    let all = Page.allCases.filter { !isAnswerHidden || !$0.definition.isAboutItem }
    guard let here = all.firstIndex(of: page) else { return [] }
    open(all[(here + count + all.count) % all.count])
    return []
  }

  /// The inside of the page's border.
  package var pageArea: Rect { Layout(self).body.inner }

  /// Moves on a page other than the item page.
  mutating func moveInPage(_ direction: Direction, by count: Int) -> [Effect] {
    let definition = page.definition
    if let move = definition.move {
      let effects = move(&self, direction, count)
      revealInPage()
      return effects
    }
    let down = direction == .down ? count : direction == .up ? -count : 0
    let right = direction == .right ? count : direction == .left ? -count : 0
    switch definition.body {
    case .panels, .drawn: break
    case .lines: pages.scroll[page, default: PageCursor()].row += down
    case .grid:
      var cursor = pageCursor
      cursor.row += down
      cursor.column += right
      setPageCursor(cursor)
    }
    return []
  }

  /// To the first or the last row of a page.
  mutating func jumpInPage(toEnd: Bool) -> [Effect] {
    let far = 1 << 30
    switch page.definition.body {
    case .lines where page.definition.move == nil:
      pages.scroll[page, default: PageCursor()].row = toEnd ? far : 0
      return []
    default: return moveInPage(toEnd ? .down : .up, by: far)
    }
  }

  /// The cursor of the page's grid, within it.
  package var pageCursor: PageCursor {
    guard case .grid(let place, _) = page.definition.body else { return PageCursor() }
    let grid = place(self, pageArea)
    let cursor = pages.cursors[page] ?? grid.start
    return PageCursor(
      row: min(max(0, cursor.row), max(0, grid.rows - 1)),
      column: min(max(0, cursor.column), max(0, grid.columns - 1)))
  }

  mutating func setPageCursor(_ cursor: PageCursor) {
    pages.cursors[page] = cursor
    pages.cursors[page] = pageCursor
    revealInPage()
  }

  /// Scrolls the page so that its cursor or its selected line is visible.
  mutating func revealInPage() {
    var scroll = pages.scroll[page] ?? PageCursor()
    switch page.definition.body {
    case .panels, .drawn: return
    case .lines(let make):
      let content = make(self, pageArea.width)
      guard let selected = content.selected else { return }
      scroll.row = nearest(scroll.row, selected, pageArea.height - content.pinned.count)
    case .grid(let place, _):
      let grid = place(self, pageArea)
      let cursor = pageCursor
      scroll.row = nearest(scroll.row, cursor.row, grid.visibleRows)
      scroll.column = nearest(scroll.column, cursor.column, grid.visibleColumns)
    }
    pages.scroll[page] = scroll
  }

  /// Keeps the page's scrolling within what there is. A page that is still being made takes scrolling
  /// all the same: keys can be faster.
  mutating func clampPageScroll() {
    guard var scroll = pages.scroll[page] else { return }
    switch page.definition.body {
    case .panels, .drawn: return
    case .lines(let make):
      guard page.definition.question(self) == nil || finding(page) != nil else { return }
      let content = make(self, pageArea.width)
      let room = max(0, pageArea.height - content.pinned.count)
      scroll.row = min(max(0, scroll.row), max(0, content.count - room))
    case .grid(let place, _):
      guard finding(page) != nil else { return }
      let grid = place(self, pageArea)
      scroll.row = min(max(0, scroll.row), max(0, grid.rows - grid.visibleRows))
      scroll.column = min(max(0, scroll.column), max(0, grid.columns - grid.visibleColumns))
    }
    pages.scroll[page] = scroll
  }

  mutating func clickInPage(x: Int, y: Int) -> [Effect] {
    let inner = pageArea
    let scroll = pages.scroll[page] ?? PageCursor()
    guard inner.contains(x: x, y: y) else { return [] }
    switch page.definition.body {
    case .panels, .drawn: return []
    case .lines(let make):
      let content = make(self, inner.width)
      let row = y - inner.y - content.pinned.count + scroll.row
      guard y - inner.y >= content.pinned.count, (0..<content.count).contains(row) else {
        return []
      }
      return page.definition.click?(&self, PageCursor(row: row, column: x - inner.x)) ?? []
    case .grid(let place, _):
      let grid = place(self, inner)
      guard grid.area.contains(x: x, y: y) else { return [] }
      let cell = PageCursor(
        row: scroll.row + (y - grid.area.y) / grid.cellHeight,
        column: scroll.column + (x - grid.area.x) / grid.cellWidth)
      guard cell.row < grid.rows, cell.column < grid.columns else { return [] }
      if let click = page.definition.click { return click(&self, cell) }
      setPageCursor(cell)
      return []
    }
  }

  mutating func scrollPage(lines: Int) { pages.scroll[page, default: PageCursor()].row += lines }
}

/// The first visible of `count` places, moved no further than it takes to show `wanted`.
func nearest(_ first: Int, _ wanted: Int, _ count: Int) -> Int {
  count > 0 ? min(max(first, wanted - count + 1), wanted) : first
}
