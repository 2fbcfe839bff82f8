// The screen as values: a grid of cells that views draw into and a terminal or a test reads.

/// One character cell. A wide character fills its cell and leaves `text` of the next one empty.
public struct Cell: Equatable, Sendable {
  public var text: String
  public var style: Style

  public init(_ text: String = " ", style: Style = .plain) {
    self.text = text
    self.style = style
  }
}

/// A grid of cells, `[height, width]`. Drawing outside it does nothing.
public struct CellBuffer: Equatable, Sendable {
  public let width: Int
  public let height: Int
  public private(set) var cells: [Cell]

  public init(width: Int, height: Int) {
    self.width = max(0, width)
    self.height = max(0, height)
    cells = [Cell](repeating: Cell(), count: self.width * self.height)
  }

  package var area: Rect { Rect(x: 0, y: 0, width: width, height: height) }

  /// - Precondition: the position lies inside.
  public subscript(x: Int, y: Int) -> Cell { cells[y * width + x] }

  /// Every row, joined by line breaks.
  public var text: String {
    (0..<height).map { rowText($0) }.joined(separator: "\n")
  }

  /// `text` without spaces at the ends of rows.
  public var trimmedText: String {
    (0..<height).map { y in
      var row = rowText(y)[...]
      while row.last == " " { row.removeLast() }
      return String(row)
    }.joined(separator: "\n")
  }

  package func rowText(_ y: Int) -> String {
    var line = ""
    for cell in cells[(y * width)..<((y + 1) * width)] { line += cell.text }
    return line
  }

  /// Writes text from `x` to the right, inside `clip`; control characters are made visible first.
  /// - Returns: the column after the last one written.
  @discardableResult
  package mutating func put(
    _ text: String, x: Int, y: Int, style: Style = .plain, clip: Rect
  ) -> Int {
    let clip = clip.intersection(area)
    guard y >= clip.y, y < clip.maxY else { return x }
    var column = x
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      for byte in text.utf8 {
        if column >= clip.maxX { break }
        if column >= clip.x {
          set(asciiTexts[Int(byte) - 0x20], x: column, y: y, style: style)
        }
        column += 1
      }
      return column
    }
    for cluster in clusters(text) {
      if column >= clip.maxX { break }
      place(cluster, x: column, y: y, style: style, clip: clip)
      column += cluster.width
    }
    return column
  }

  private mutating func place(_ cluster: Cluster, x: Int, y: Int, style: Style, clip: Rect) {
    guard x + cluster.width > clip.x else { return }
    guard x >= clip.x, x + cluster.width <= clip.maxX else {
      // Half of a wide character: a space keeps the columns aligned.
      for column in max(x, clip.x)..<min(x + cluster.width, clip.maxX) {
        set(" ", x: column, y: y, style: style)
      }
      return
    }
    set(cluster.text, x: x, y: y, style: style)
    if cluster.width == 2 { write("", x: x + 1, y: y, style: style) }
  }

  /// Replaces one cell and mends a wide character that it cuts in two.
  private mutating func set(_ text: String, x: Int, y: Int, style: Style) {
    let index = y * width + x
    if cells[index].text.isEmpty, x > 0 { cells[index - 1].text = " " }
    if x + 1 < width, cells[index + 1].text.isEmpty { cells[index + 1].text = " " }
    cells[index] = Cell(text, style: style)
  }

  private mutating func write(_ text: String, x: Int, y: Int, style: Style) {
    let index = y * width + x
    if x + 1 < width, cells[index + 1].text.isEmpty { cells[index + 1].text = " " }
    cells[index] = Cell(text, style: style)
  }

  /// Fills a rectangle with spaces.
  package mutating func clear(_ rect: Rect, style: Style = .plain) {
    let rect = rect.intersection(area)
    for y in rect.y..<rect.maxY {
      for x in rect.x..<rect.maxX { set(" ", x: x, y: y, style: style) }
    }
  }

  /// Changes the style of a rectangle and leaves its text.
  package mutating func restyle(_ rect: Rect, _ change: (Style) -> Style) {
    let rect = rect.intersection(area)
    for y in rect.y..<rect.maxY {
      for x in rect.x..<rect.maxX {
        cells[y * width + x].style = change(cells[y * width + x].style)
      }
    }
  }

  /// The same screen in ASCII, for terminals without UTF-8.
  public var ascii: CellBuffer {
    var copy = self
    for index in copy.cells.indices where !copy.cells[index].text.utf8.allSatisfy({ $0 < 128 }) {
      copy.cells[index].text = asciiTwin(copy.cells[index].text)
    }
    for index in copy.cells.indices where copy.cells[index].text.isEmpty {
      copy.cells[index].text = " "
    }
    return copy
  }
}

/// Printable ASCII characters, each as a string.
private let asciiTexts: [String] = (0x20..<0x7F).map { String(Unicode.Scalar(UInt8($0))) }
