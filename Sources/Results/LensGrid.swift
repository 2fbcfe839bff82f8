// One number of the logit lens for every layer and position, and its SVG heatmap.

import Foundation
import Interpretability

/// A number that each cell of the lens has.
public enum LensValue: String, CaseIterable, Sendable {
  case logitDifference, probability, logit, rank, topProbability

  public var title: String {
    switch self {
    case .logitDifference: "logit difference"
    case .probability: "probability of the answer"
    case .logit: "logit of the answer"
    case .rank: "rank of the answer"
    case .topProbability: "largest probability"
    }
  }

  /// How many tokens must be followed: the answer, or the answer and its foil.
  public var trackedCount: Int {
    switch self {
    case .logitDifference: 2
    case .probability, .logit, .rank: 1
    case .topProbability: 0
    }
  }

  func of(_ cell: LensCell) -> Float {
    switch self {
    case .logitDifference: cell.metric ?? .nan
    case .probability: cell.tracked.first?.probability ?? .nan
    case .logit: cell.tracked.first?.logit ?? .nan
    case .rank: cell.tracked.first.map { Float($0.rank) } ?? .nan
    case .topProbability: cell.top.first?.probability ?? .nan
    }
  }

  /// From −1 to 1, for the colour; `limit` is the largest magnitude.
  func strength(_ value: Float, limit: Float) -> Float {
    switch self {
    case .logitDifference, .logit: limit > 0 ? value / limit : 0
    case .probability, .topProbability: value
    // The first place is the strongest, each further one a step of its logarithm weaker.
    case .rank: limit > 1 ? 1 - log(value) / log(limit) : 1
    }
  }
}

/// Values by boundary and position.
public struct LensGrid: Sendable {
  public let value: LensValue
  /// `[L + 1][positions]`; NaN where the lens did not follow what the value needs.
  public let values: [[Float]]

  public init(_ lens: LogitLens, value: LensValue) {
    self.value = value
    values = lens.cells.map { $0.map(value.of) }
  }

  public var shape: [Int] { [values.count, values.first?.count ?? 0] }

  /// A heatmap with the boundary before layer 0 at the bottom, positions from left to right, and in
  /// each cell the most probable token; a cell's title gives its number.
  ///
  /// - Parameters:
  ///   - title: shown above.
  ///   - positions: the prompt's tokens as text, one for each position.
  ///   - cells: the most probable token of each cell, `[L + 1][positions]`.
  /// - Returns: a whole SVG document.
  public func svg(title: String, positions: [String], cells: [[String]]) -> String {
    let (width, height, left, top) = (64, 22, 44, 40)
    let (rows, columns) = (shape[0], shape[1])
    let limit = values.joined().reduce(0) { max($0, abs($1)) }
    var drawing = SVGDrawing(
      width: left + columns * width + 12, height: top + rows * height + 36)
    drawing.text(title, x: left, y: 22)
    for row in 0..<rows {
      let y = top + (rows - 1 - row) * height
      drawing.text("L\(row)", x: left - 8, y: y + 15, anchor: "end")
      for column in 0..<columns {
        let number = values[row][column]
        let strength = value.strength(number, limit: limit)
        let name = "L\(row) position \(column) \(number)"
        drawing.cell(
          x: left + column * width, y: y, width: width - 1, height: height - 1,
          strength: strength, title: name)
        drawing.text(
          short(cells[row][column]), x: left + column * width + width / 2, y: y + 15,
          anchor: "middle", color: abs(strength) > 0.6 ? "white" : "black")
      }
    }
    for (column, token) in positions.enumerated() {
      drawing.text(
        short(token), x: left + column * width + width / 2, y: top + rows * height + 16,
        anchor: "middle")
    }
    return drawing.document
  }

  private func short(_ text: String) -> String {
    let visible = text.map { $0.isNewline ? "↵" : String($0) }.joined()
    return visible.count > 9 ? visible.prefix(8) + "…" : visible
  }
}
