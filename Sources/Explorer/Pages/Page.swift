// The pages of the explorer, and what a page is made of.

/// A page of the explorer; the order is that of the tab line and of the number keys.
public enum Page: String, CaseIterable, Sendable {
  /// Items, prompt, heatmap, answer and head as panels.
  case item
  /// The open item explained.
  case explain
  /// Every head, ranked, with its evidence.
  case heads
  /// The selected head's attention pattern.
  case attention
  /// What each layer would say.
  case lens
  /// What carries the open item's answer, as a graph.
  case circuit
  /// Two methods, items or models side by side.
  case compare
  /// The models on this machine.
  case models
}

/// What one page shows and asks. `PageDefinition.of` is the table.
///
/// To add a page: a case of `Page`, of `PageQuestion` and of `PageFinding`, and one file in `Pages`
/// with its `PageDefinition` (its view, its keys), listed in `PageDefinition.of`. Tab line, number
/// keys, dispatch, footer, help, `:` completion, asking again when something changes, scrolling,
/// the cursor, clicks and the export key follow from these.
package struct PageDefinition: Sendable {
  /// One word, for the tab line and the title.
  package var title: String
  /// What it shows, for the help of its key.
  package var help: String
  /// Keys that open it besides its number.
  package var keys: [Key] = []
  /// Command names besides `go-` and its title.
  package var names: [String] = []
  /// A word for the footer of the item page.
  package var hint: String?
  /// Whether it shows the open item: then it begins anew with each item, and is closed while a
  /// person has yet to answer.
  package var isAboutItem = true
  /// Whether the keys that edit heads mean something here.
  package var takesEdits = true
  /// Asked of the workbench while the page is shown, and again when it changes.
  package var question: @Sendable (ExplorerState) -> PageQuestion? = { _ in nil }
  /// Follows the title in the panel's border.
  package var caption: @Sendable (ExplorerState) -> Line = { _ in [] }
  package var body: PageBody
  /// What the arrows do; without it they scroll, or move the cursor of a grid.
  package var move: (@Sendable (inout ExplorerState, Direction, Int) -> [Effect])?
  /// What a click does, by row and column of the lines or the grid.
  package var click: (@Sendable (inout ExplorerState, PageCursor) -> [Effect])?
  /// Files that the export key writes beside the screen.
  package var files: @Sendable (ExplorerState) -> [ExportFile] = { _ in [] }
  /// Keys of this page alone; they go before those of every page. They are part of the table of pages
  /// and so must not look into it.
  package var bindings: [Binding] = []
}

/// How a page fills its area.
package enum PageBody: Sendable {
  /// The panels of the item page.
  case panels
  /// Lines that scroll.
  case lines(@Sendable (_ state: ExplorerState, _ width: Int) -> PageLines)
  /// Cells in rows and columns, with a cursor, and what is drawn of them inside the border.
  case grid(
    @Sendable (_ state: ExplorerState, _ inner: Rect) -> PageGrid,
    draw:
      @Sendable (
        _ state: ExplorerState, _ grid: PageGrid, _ inner: Rect, _ cells: inout CellBuffer
      ) -> Void)
  /// Drawn to fit inside the border.
  case drawn(
    @Sendable (_ state: ExplorerState, _ inner: Rect, _ cells: inout CellBuffer) -> Void)
}

/// Lines of a page; those that are not visible are never made.
package struct PageLines: Sendable {
  /// Stay at the top.
  package var pinned: [Line] = []
  package var count: Int
  package var line: @Sendable (Int) -> Line
  /// Kept in view when it moves.
  package var selected: Int?

  package init(
    pinned: [Line] = [], count: Int, selected: Int? = nil, line: @escaping @Sendable (Int) -> Line
  ) {
    self.pinned = pinned
    self.count = count
    self.line = line
    self.selected = selected
  }

  package init(_ lines: [Line]) {
    self.init(count: lines.count) { lines[$0] }
  }
}

/// Where the cells of a page lie on the screen.
package struct PageGrid: Equatable, Sendable {
  package var rows: Int
  package var columns: Int
  /// The part of the screen that holds cells.
  package var area: Rect
  package var cellWidth: Int
  package var cellHeight: Int
  /// Where the cursor is before it is moved.
  package var start: PageCursor

  package init(
    rows: Int, columns: Int, area: Rect, cellWidth: Int, cellHeight: Int = 1,
    start: PageCursor = PageCursor()
  ) {
    self.rows = rows
    self.columns = columns
    self.area = area
    self.cellWidth = max(1, cellWidth)
    self.cellHeight = max(1, cellHeight)
    self.start = start
  }

  package var visibleRows: Int { min(rows, area.height / cellHeight) }
  package var visibleColumns: Int { min(columns, area.width / cellWidth) }
}

/// A row and a column of a page: its cursor, or the first that is visible.
package struct PageCursor: Codable, Hashable, Sendable {
  package var row = 0
  package var column = 0

  package init(row: Int = 0, column: Int = 0) {
    self.row = row
    self.column = column
  }
}

extension PageDefinition {
  /// The table of pages.
  package static func of(_ page: Page) -> PageDefinition {
    switch page {
    case .item: item
    case .explain: explain
    case .heads: heads
    case .attention: attention
    case .lens: lens
    case .circuit: circuit
    case .compare: compare
    case .models: models
    }
  }

  private static let item = PageDefinition(
    title: "item", help: "the item: prompt, heatmap, answer and head", isAboutItem: false,
    body: .panels,
    files: { state in
      let item = state.item.map { "item \($0)" } ?? ""
      return state.scores?.files(title: "\(state.method.title), \(item)") ?? []
    })
}

extension Page {
  package var definition: PageDefinition { PageDefinition.of(self) }

  /// Its number on the tab line, from 1.
  package var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }
}
