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
  ///   - title: shown above, with the limit in logits.
  ///   - isEmbedded: for a page whose style sheet gives the classes `p` (positive), `n` (negative) and
  ///     `u` (not a number) their colours, which then suit its background.
  /// - Returns: a whole SVG document, or an element.
  public func svg(title: String, isEmbedded: Bool = false) -> String {
    let cell = 24, left = 44, top = 40
    let width = left + headCount * cell + 12, height = top + layerCount * cell + 36
    let scale = limit > 0 ? limit : 1
    let background =
      isEmbedded ? "" : "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" font-family="sans-serif" font-size="11">
      \(background)<text x="\(left)" y="22">\(escaped(title)) · ±\(rounded(limit)) logits</text>

      """
    for layer in 0..<layerCount {
      let y = top + (layerCount - 1 - layer) * cell
      text += "<text x=\"\(left - 8)\" y=\"\(y + 16)\" text-anchor=\"end\">L\(layer)</text>\n"
      for head in 0..<headCount {
        let value = self[layer, head]
        let look =
          isEmbedded ? style(value / scale) : "fill=\"\(color(value / scale))\""
        text += """
          <rect x="\(left + head * cell)" y="\(y)" width="\(cell - 1)" height="\(cell - 1)" \
          \(look)><title>L\(layer)H\(head) \(value)</title></rect>

          """
      }
    }
    for head in 0..<headCount {
      let x = left + head * cell + cell / 2
      text += "<text x=\"\(x)\" y=\"\(height - 16)\" text-anchor=\"middle\">\(head)</text>\n"
    }
    return text + "</svg>\n"
  }

  private func style(_ fraction: Float) -> String {
    guard fraction.isFinite else { return "class=\"u\"" }
    let strength = String(format: "%.3f", Double(min(1, abs(fraction))))
    return "class=\"\(fraction >= 0 ? "p" : "n")\" fill-opacity=\"\(strength)\""
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

  private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
