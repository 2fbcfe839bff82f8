// Head scores as CSV and as an SVG heatmap.

import Engine
import Foundation
import Interpretability

extension HeadScores {
  /// One line a head: `layer,head,score`.
  public var csv: String {
    heads.reduce(into: "layer,head,score\n") { text, head in
      text += "\(head.layer),\(head.head),\(self[head])\n"
    }
  }

  /// A heatmap, layer 0 at the bottom as in the explorer, blue for positive and orange for negative;
  /// a cell's title gives its number.
  ///
  /// - Parameters:
  ///   - title: shown above, with the limit.
  ///   - unit: of the scores; empty for none.
  ///   - marks: a letter or two that stand in a head's cell.
  ///   - isEmbedded: see `SVGDrawing`.
  /// - Returns: a whole SVG document, or an element of a page.
  public func svg(
    title: String, unit: String = "logits", marks: [HeadIndex: String] = [:],
    isEmbedded: Bool = false
  ) -> String {
    let cell = 24, left = 44, top = 40
    let height = top + layerCount * cell + 36
    let scale = limit > 0 ? limit : 1
    var drawing = SVGDrawing(
      width: left + headCount * cell + 12, height: height, isEmbedded: isEmbedded)
    let extent = "±\(rounded(limit))" + (unit.isEmpty ? "" : " \(unit)")
    drawing.text("\(title) · \(extent)", x: left, y: 22)
    for layer in 0..<layerCount {
      let y = top + (layerCount - 1 - layer) * cell
      drawing.text("L\(layer)", x: left - 8, y: y + 16, anchor: "end")
      for head in 0..<headCount {
        let value = self[layer, head]
        drawing.cell(
          x: left + head * cell, y: y, width: cell - 1, height: cell - 1, strength: value / scale,
          title: "L\(layer)H\(head) \(value)")
        guard let mark = marks[HeadIndex(layer: layer, head: head)] else { continue }
        drawing.text(
          mark, x: left + head * cell + (cell - 1) / 2, y: y + 16, anchor: "middle",
          color: abs(value / scale) > 0.6 ? "white" : "black", isBold: true)
      }
    }
    for head in 0..<headCount {
      drawing.text(
        "\(head)", x: left + head * cell + cell / 2, y: height - 16, anchor: "middle")
    }
    return drawing.document
  }

  private func rounded(_ value: Float) -> String { String(format: "%.3g", Double(value)) }
}
