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
  /// - Returns: a whole SVG document.
  public func svg(
    title: String, unit: String = "logits", marks: [HeadIndex: String] = [:]
  ) -> String {
    let cell = 24, left = 44, top = 40
    let width = left + headCount * cell + 12, height = top + layerCount * cell + 36
    let scale = limit > 0 ? limit : 1
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" font-family="sans-serif" font-size="11">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(left)" y="22">\(SVGCanvas.escaped(title)) · ±\(rounded(limit))\(unit.isEmpty ? "" : " " + unit)</text>

      """
    for layer in 0..<layerCount {
      let y = top + (layerCount - 1 - layer) * cell
      text += "<text x=\"\(left - 8)\" y=\"\(y + 16)\" text-anchor=\"end\">L\(layer)</text>\n"
      for head in 0..<headCount {
        let value = self[layer, head]
        text += """
          <rect x="\(left + head * cell)" y="\(y)" width="\(cell - 1)" height="\(cell - 1)" \
          fill="\(color(value / scale))"><title>L\(layer)H\(head) \(value)</title></rect>

          """
        guard let mark = marks[HeadIndex(layer: layer, head: head)] else { continue }
        text += """
          <text x="\(left + head * cell + (cell - 1) / 2)" y="\(y + 16)" text-anchor="middle" \
          font-weight="bold" fill="\(abs(value / scale) > 0.6 ? "white" : "black")">\(SVGCanvas.escaped(mark))</text>

          """
      }
    }
    for head in 0..<headCount {
      let x = left + head * cell + cell / 2
      text += "<text x=\"\(x)\" y=\"\(height - 16)\" text-anchor=\"middle\">\(head)</text>\n"
    }
    return text + "</svg>\n"
  }

  /// White at 0, towards blue (positive) or orange (negative); grey for NaN.
  private func color(_ fraction: Float) -> String {
    guard fraction.isFinite else { return "rgb(190,190,190)" }
    let strength = min(1, abs(fraction))
    let end: (Float, Float, Float) = fraction >= 0 ? (33, 102, 172) : (217, 95, 14)
    func mix(_ channel: Float) -> Int { Int((255 + (channel - 255) * strength).rounded()) }
    return "rgb(\(mix(end.0)),\(mix(end.1)),\(mix(end.2)))"
  }

  private func rounded(_ value: Float) -> String { String(format: "%.3g", Double(value)) }
}
