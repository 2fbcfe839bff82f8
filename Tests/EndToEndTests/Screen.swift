// A terminal's screen as a program's output leaves it: cells, cursor, styles and modes.

/// One cell: what it shows and how. The right half of a wide character has no text.
struct Cell: Equatable {
  var text = " "
  var style = Style()
}

/// How a cell is drawn. Colors count as xterm does, 0 to 255; nil is the terminal's own.
struct Style: Equatable {
  var foreground: Int?
  var background: Int?
  var isBold = false
  var isDim = false
  var isUnderlined = false
  var isReversed = false
}

/// A terminal's size in cells.
struct ScreenSize: Equatable {
  var columns: Int
  var rows: Int
}

/// The cells of a terminal and the operations that escape sequences ask for.
///
/// It models what ncurses sends to `xterm-256color`, `screen` and `vt100`; `VTParser` turns bytes
/// into these operations. Rows and columns start at 0, and every position is clipped.
struct Screen {
  private(set) var size: ScreenSize
  private(set) var rows: [[Cell]]
  private(set) var row = 0
  private(set) var column = 0
  var style = Style()
  /// DEC private modes that are on: 7 wraps at the margin, 25 shows the cursor.
  private(set) var privateModes: Set<Int> = [7, 25]
  private(set) var isAlternate = false
  var insertsCharacters = false
  var usesKeypadMode = false
  /// Whether G0 and G1 hold the line-drawing characters, and which of the two is in use.
  var drawsLines = [false, false]
  var characterSet = 0
  /// How often the whole screen was erased; a program that redraws everything shows here.
  private(set) var fullErasures = 0

  private var top = 0
  private var bottom: Int
  /// The last column is filled and the next character goes to the next row.
  private var wrapsNext = false
  private var savedCursor = (row: 0, column: 0, style: Style())
  private var mainRows: [[Cell]] = []
  private var lastCharacter: Character?

  init(_ size: ScreenSize) {
    self.size = size
    bottom = size.rows - 1
    rows = Self.blank(size, style: Style())
  }

  private static func blank(_ size: ScreenSize, style: Style) -> [[Cell]] {
    let cell = Cell(text: " ", style: style)
    return Array(repeating: Array(repeating: cell, count: size.columns), count: size.rows)
  }

  // MARK: What tests look at

  /// The screen as text, one line a row, without blanks at line ends.
  var text: String { rows.indices.map(line).joined(separator: "\n") }

  /// One row as text, without blanks at its end.
  func line(_ row: Int) -> String {
    let text = rows[row].map(\.text).joined()
    return String(text.reversed().drop { $0 == " " }.reversed())
  }

  var isCursorVisible: Bool { privateModes.contains(25) }

  /// What a program left switched on that a shell's user would notice; empty when all is as at
  /// the start.
  var leftovers: [String] {
    var found: [String] = []
    if isAlternate { found.append("alternate screen") }
    if !isCursorVisible { found.append("hidden cursor") }
    if !privateModes.contains(7) { found.append("no wrapping") }
    let others = privateModes.subtracting([7, 25, 1049, 12])
    if !others.isEmpty { found.append("private modes \(others.sorted())") }
    if style != Style() { found.append("style \(style)") }
    if drawsLines[characterSet] { found.append("line-drawing characters") }
    if insertsCharacters { found.append("insert mode") }
    if usesKeypadMode { found.append("keypad mode") }
    if top != 0 || bottom != size.rows - 1 { found.append("scroll region \(top)...\(bottom)") }
    return found
  }

  // MARK: Writing

  /// Puts one character at the cursor and moves on, wrapping at the margin as xterm does.
  mutating func write(_ scalar: Unicode.Scalar) {
    let width = displayWidth(of: scalar)
    if width == 0 { return combine(scalar) }
    if wrapsNext && privateModes.contains(7) || column + width > size.columns {
      column = 0
      lineFeed()
    }
    wrapsNext = false
    if insertsCharacters { insertCells(width) }
    let shown = drawsLines[characterSet] ? lineDrawing[scalar] ?? scalar : scalar
    lastCharacter = Character(shown)
    put(String(shown), width: width)
  }

  private mutating func put(_ text: String, width: Int) {
    guard column + width <= size.columns else { return }
    rows[row][column] = Cell(text: text, style: style)
    if width == 2 { rows[row][column + 1] = Cell(text: "", style: style) }
    column += width
    if column >= size.columns {
      column = size.columns - 1
      wrapsNext = true
    }
  }

  /// Joins a combining mark to the character before the cursor.
  private mutating func combine(_ scalar: Unicode.Scalar) {
    var target = wrapsNext ? column : column - 1
    while target > 0 && rows[row][target].text.isEmpty { target -= 1 }
    if target >= 0 { rows[row][target].text.unicodeScalars.append(scalar) }
  }

  /// REP: writes the last character again.
  mutating func repeatLast(_ count: Int) {
    guard let scalar = lastCharacter?.unicodeScalars.first else { return }
    let set = drawsLines
    drawsLines = [false, false]
    for _ in 0..<min(count, size.columns * size.rows) { write(scalar) }
    drawsLines = set
  }

  // MARK: The cursor

  mutating func move(row: Int? = nil, column: Int? = nil) {
    self.row = min(max(row ?? self.row, 0), size.rows - 1)
    self.column = min(max(column ?? self.column, 0), size.columns - 1)
    wrapsNext = false
  }

  mutating func moveBy(down: Int = 0, right: Int = 0) {
    move(row: row + down, column: column + right)
  }

  mutating func tab() { move(column: (column / 8 + 1) * 8) }

  mutating func saveCursor() { savedCursor = (row, column, style) }

  mutating func restoreCursor() {
    move(row: savedCursor.row, column: savedCursor.column)
    style = savedCursor.style
  }

  /// LF and IND: down one row, scrolling at the bottom of the scroll region.
  mutating func lineFeed() {
    wrapsNext = false
    if row == bottom { scroll(1) } else { moveBy(down: 1) }
  }

  /// RI: up one row, scrolling at the top of the scroll region.
  mutating func reverseLineFeed() {
    wrapsNext = false
    if row == top { scroll(-1) } else { moveBy(down: -1) }
  }

  // MARK: Erasing and shifting

  /// What erased cells look like: blank, in the present background (xterm's `bce`).
  private var blankCell: Cell { Cell(text: " ", style: Style(background: style.background)) }

  mutating func erase(row: Int, columns: Range<Int>) {
    guard rows.indices.contains(row) else { return }
    for column in columns.clamped(to: 0..<size.columns) { rows[row][column] = blankCell }
  }

  /// ED: 0 from the cursor on, 1 up to and with it, 2 and 3 everything.
  mutating func eraseInDisplay(_ part: Int) {
    if part >= 2 || (part == 0 && row == 0 && column == 0) { fullErasures += 1 }
    if part == 0 || part == 1 { eraseInLine(part) }
    let range = part == 0 ? row + 1..<size.rows : part == 1 ? 0..<row : 0..<size.rows
    for row in range { erase(row: row, columns: 0..<size.columns) }
  }

  /// EL: 0 from the cursor on, 1 up to and with it, 2 the row.
  mutating func eraseInLine(_ part: Int) {
    let columns =
      part == 0 ? column..<size.columns : part == 1 ? 0..<column + 1 : 0..<size.columns
    erase(row: row, columns: columns)
  }

  mutating func eraseCells(_ count: Int) {
    erase(row: row, columns: column..<column + min(count, size.columns))
  }

  mutating func insertCells(_ count: Int) {
    let count = min(count, size.columns - column)
    rows[row].insert(contentsOf: Array(repeating: blankCell, count: count), at: column)
    rows[row].removeLast(count)
  }

  mutating func deleteCells(_ count: Int) {
    let count = min(count, size.columns - column)
    rows[row].removeSubrange(column..<column + count)
    rows[row].append(contentsOf: Array(repeating: blankCell, count: count))
  }

  /// IL and DL: rows appear (or with a negative count vanish) at the cursor.
  mutating func insertLines(_ count: Int) {
    guard (top...bottom).contains(row) else { return }
    shift(from: row, by: -count)
    move(column: 0)
  }

  /// Moves the scroll region's content up, or down with a negative count.
  mutating func scroll(_ count: Int) { shift(from: top, by: count) }

  private mutating func shift(from first: Int, by count: Int) {
    let height = bottom - first + 1
    let amount = min(abs(count), height)
    let blank = Array(repeating: blankCell, count: size.columns)
    let blanks = Array(repeating: blank, count: amount)
    let region = Array(rows[first...bottom])
    let moved =
      count >= 0
      ? Array(region[amount...]) + blanks : blanks + Array(region[..<(height - amount)])
    rows.replaceSubrange(first...bottom, with: moved)
  }

  // MARK: Modes

  /// DECSTBM: rows outside of it do not scroll. An empty region means the whole screen.
  mutating func setScrollRegion(top: Int, bottom: Int) {
    let last = min(bottom, size.rows - 1)
    (self.top, self.bottom) = top < last ? (max(top, 0), last) : (0, size.rows - 1)
    move(row: 0, column: 0)
  }

  mutating func setPrivateMode(_ mode: Int, _ isOn: Bool) {
    if isOn { privateModes.insert(mode) } else { privateModes.remove(mode) }
    guard [47, 1047, 1049].contains(mode), isOn != isAlternate else { return }
    isAlternate = isOn
    if isOn {
      if mode == 1049 { saveCursor() }
      mainRows = rows
      rows = Self.blank(size, style: Style())
    } else {
      rows = mainRows
      if mode == 1049 { restoreCursor() }
    }
  }

  /// Follows a resized terminal: content stays at the top left, new cells are blank.
  mutating func resize(_ new: ScreenSize) {
    func fitted(_ old: [[Cell]]) -> [[Cell]] {
      var cells = Self.blank(new, style: Style())
      for (row, line) in old.prefix(new.rows).enumerated() {
        let kept = line.prefix(new.columns)
        cells[row].replaceSubrange(0..<kept.count, with: kept)
      }
      return cells
    }
    rows = fitted(rows)
    mainRows = fitted(mainRows)
    size = new
    (top, bottom) = (0, new.rows - 1)
    move(row: row, column: column)
  }
}
