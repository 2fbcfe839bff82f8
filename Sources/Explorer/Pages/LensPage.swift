// The lens page: the residual stream after every layer read by the unembedding, position by position.

import Engine
import GAR
import Interpretability
import Results

/// What a middle layer would answer at every position (logit lens).
public struct LensReading: Equatable, Sendable {
  /// One place of the residual stream.
  public struct Cell: Equatable, Sendable {
    /// The likeliest token there and its probability.
    public var token: String
    public var probability: Float
    /// The right answer's first token minus the foil's, in logits.
    public var logitDifference: Float
    /// The probability of the right answer's first token, and its rank from 1.
    public var answerProbability: Float
    public var answerRank: Int

    public init(
      token: String, probability: Float, logitDifference: Float, answerProbability: Float,
      answerRank: Int
    ) {
      self.token = token
      self.probability = probability
      self.logitDifference = logitDifference
      self.answerProbability = answerProbability
      self.answerRank = answerRank
    }
  }

  /// What each row is read from: the embedding, then the stream after each layer.
  public var names: [String]
  /// T.
  public var tokenCount: Int
  /// `[names, T]`, the embedding first.
  public var cells: [Cell]

  /// - Precondition: `cells` holds `names.count * tokenCount` of them.
  public init(names: [String], tokenCount: Int, cells: [Cell]) {
    precondition(
      cells.count == names.count * tokenCount,
      "LensReading: \(cells.count) cells for \(names.count) rows of \(tokenCount) tokens")
    self.names = names
    self.tokenCount = tokenCount
    self.cells = cells
  }

  package subscript(row: Int, position: Int) -> Cell { cells[row * tokenCount + position] }
}

/// What the lens shows of each cell.
public enum LensQuantity: String, CaseIterable, Codable, Sendable {
  case top, answer, difference, rank

  package var title: String {
    switch self {
    case .top: "likeliest token"
    case .answer: "probability of the answer"
    case .difference: "logit difference"
    case .rank: "rank of the answer"
    }
  }
}

extension PageDefinition {
  static let lens = PageDefinition(
    title: "lens", help: "logit lens: what each layer would say at each position", names: ["lens"],
    question: { state in state.item.map { .lens(item: $0, edits: state.edits) } },
    caption: { state in
      [
        Span(" · \(state.lensQuantity.title)", Style(.key)),
        Span(state.edits.isEmpty ? "" : " · edited run", .ablated),
      ]
    },
    body: .grid(lensGrid, draw: drawLens), files: lensFiles,
    bindings: [
      Binding(
        [.char("v")], ["lens-value"], .on(.lens),
        "likeliest token, the answer's probability, logit difference, the answer's rank",
        hint: "value", .nextLensQuantity)
    ])
}

extension ExplorerState {
  package var lens: LensReading? {
    if case .lens(let reading)? = finding(.lens) { reading } else { nil }
  }

  mutating func nextLensQuantity() {
    let all = LensQuantity.allCases
    lensQuantity = all[((all.firstIndex(of: lensQuantity) ?? 0) + 1) % all.count]
  }
}

/// Columns for the name of a row.
private let nameWidth = 6

/// Two rows above for the tokens and their roles, two below for the cell and the legend.
private func lensGrid(_ state: ExplorerState, _ inner: Rect) -> PageGrid {
  let lens = state.lens
  let area = Rect(
    x: inner.x + nameWidth, y: inner.y + 2, width: inner.width - nameWidth,
    height: inner.height - 4)
  let rows = lens?.names.count ?? 0
  let columns = lens?.tokenCount ?? 0
  let width = state.lensQuantity == .top ? 12 : 8
  return PageGrid(
    rows: rows, columns: columns, area: area, cellWidth: width,
    cellHeight: rows > 0 && area.height >= 2 * rows ? 2 : 1,
    start: PageCursor(row: 0, column: max(0, columns - 1)))
}

private func drawLens(
  _ state: ExplorerState, _ grid: PageGrid, _ inner: Rect, _ cells: inout CellBuffer
) {
  guard let lens = state.lens, let detail = state.detail, detail.tokens.count == lens.tokenCount
  else {
    let line = state.waitingLine(.lens, "reading the layers…")
    cells.put(fitted(line, to: inner.width), x: inner.x, y: inner.y, clip: inner)
    return
  }
  let picture = LensPicture(state: state, lens: lens, detail: detail, grid: grid, inner: inner)
  picture.drawTokens(into: &cells)
  picture.drawCells(into: &cells)
  picture.drawFoot(into: &cells)
}

private struct LensPicture {
  let state: ExplorerState
  let lens: LensReading
  let detail: ItemDetail
  let grid: PageGrid
  let inner: Rect
  private let scroll: PageCursor
  private let cursor: PageCursor
  /// The difference at which a cell is full.
  private let limit: Float

  init(state: ExplorerState, lens: LensReading, detail: ItemDetail, grid: PageGrid, inner: Rect) {
    self.state = state
    self.lens = lens
    self.detail = detail
    self.grid = grid
    self.inner = inner
    scroll = state.pages.scroll[.lens] ?? PageCursor()
    cursor = state.pageCursor
    limit = lens.cells.reduce(0) {
      $1.logitDifference.isFinite ? max($0, abs($1.logitDifference)) : $0
    }
  }

  private var positions: Range<Int> {
    scroll.column..<min(grid.columns, scroll.column + grid.visibleColumns)
  }

  private func x(_ position: Int) -> Int {
    grid.area.x + (position - scroll.column) * grid.cellWidth
  }

  /// Each position's token over its role.
  func drawTokens(into cells: inout CellBuffer) {
    for position in positions {
      let token = detail.tokens[position]
      let isHere = position == cursor.column
      let ink = Style(token.role.map { .role($0) } ?? .plain, isHere ? [.bold] : [])
      cells.put(
        clipped(bareToken(token.text), to: grid.cellWidth - 1), x: x(position), y: inner.y,
        style: ink, clip: inner)
      cells.put(
        clipped("\(position) " + (token.role?.rawValue ?? ""), to: grid.cellWidth - 1),
        x: x(position), y: inner.y + 1, style: token.role == nil ? .faint : ink, clip: inner)
    }
  }

  /// The last layer at the top, as in the heatmap.
  func drawCells(into cells: inout CellBuffer) {
    for row in scroll.row..<min(grid.rows, scroll.row + grid.visibleRows) {
      let layer = lens.names.count - 1 - row
      let y = grid.area.y + (row - scroll.row) * grid.cellHeight
      let isHere = row == cursor.row
      cells.put(
        padded(lens.names[layer], to: nameWidth - 1, right: true), x: inner.x, y: y,
        style: isHere ? Style(.key, .bold) : .faint, clip: inner)
      for position in positions {
        let (text, style) = face(lens[layer, position])
        let isCell = isHere && position == cursor.column
        cells.put(
          padded(text, to: grid.cellWidth - 1), x: x(position), y: y,
          style: isCell ? style.with([.reverse]) : style, clip: grid.area)
      }
    }
  }

  private func face(_ cell: LensReading.Cell) -> (text: String, style: Style) {
    func shade(_ share: Float) -> Style {
      share.isFinite && share >= 0.02
        ? Style(.heat(max(1, Int((min(1, share) * 31).rounded())))) : .faint
    }
    switch state.lensQuantity {
    case .top:
      let token = padded(
        clipped(bareToken(cell.token), to: grid.cellWidth - 5), to: grid.cellWidth - 5)
      return (token + share(cell.probability), shade(cell.probability))
    case .answer: return (decimal(cell.answerProbability, 3), shade(cell.answerProbability))
    case .difference:
      let glyph = heatGlyph(cell.logitDifference, limit: limit)
      return (decimal(cell.logitDifference, 1, signed: true) + " " + glyph.glyph, glyph.style)
    case .rank: return ("\(cell.answerRank)", cell.answerRank == 1 ? Style(.right, .bold) : .plain)
    }
  }

  /// `.98`, in three cells.
  private func share(_ probability: Float) -> String {
    guard probability.isFinite else { return "  ?" }
    return probability > 0.995 ? " 1." : String(decimal(probability, 2).dropFirst())
  }

  /// The cell under the cursor in words.
  func drawFoot(into cells: inout CellBuffer) {
    let y = grid.area.y + grid.visibleRows * grid.cellHeight
    let layer = lens.names.count - 1 - cursor.row
    guard (0..<lens.names.count).contains(layer), cursor.column < lens.tokenCount else { return }
    let cell = lens[layer, cursor.column]
    let place = layer == 0 ? "the embedding" : "after \(lens.names[layer])"
    var line: Line = [Span(place + " at ", .faint)] + tokenSpans(detail, cursor.column)
    line += [
      Span(" \(cursor.column): ", .faint), Span(bareToken(cell.token), Style(.after, .bold)),
      Span(" \(decimal(cell.probability, 3))"),
      Span(" · answer ", .faint), Span(decimal(cell.answerProbability, 3)),
      Span(", rank \(cell.answerRank)", .faint),
      Span(" · logit diff ", .faint), Span(decimal(cell.logitDifference, signed: true)),
    ]
    cells.put(fitted(line, to: inner.width), x: inner.x, y: y, clip: inner)
    let legend =
      state.lensQuantity == .top
      ? "each cell: the likeliest next token and its probability"
      : state.lensQuantity == .difference
        ? "logit of the answer minus the foil's; by quarters of ±\(decimal(limit, 1)): ░▒▓█ for, -=*# against"
        : "\(state.lensQuantity.title) “\(detail.rightAnswer)”"
    cells.put(clipped(legend, to: inner.width), x: inner.x, y: y + 1, style: .faint, clip: inner)
  }
}

private func lensFiles(_ state: ExplorerState) -> [ExportFile] {
  guard let lens = state.lens, let detail = state.detail,
    detail.tokens.count == lens.tokenCount
  else { return [] }
  var csv = CSVText()
  csv.add([
    "row", "position", "token", "role", "top", "top_probability", "answer_probability",
    "answer_rank", "logit_difference",
  ])
  for row in lens.names.indices {
    for position in 0..<lens.tokenCount {
      let cell = lens[row, position]
      let token = detail.tokens[position]
      csv.add([
        lens.names[row], "\(position)", token.text, token.role?.rawValue ?? "", cell.token,
        "\(cell.probability)", "\(cell.answerProbability)", "\(cell.answerRank)",
        "\(cell.logitDifference)",
      ])
    }
  }
  return [
    ExportFile(".csv", .text(csv.text)),
    ExportFile(
      "-difference.npy",
      .array(lens.cells.map(\.logitDifference), shape: [lens.names.count, lens.tokenCount])),
  ]
}
