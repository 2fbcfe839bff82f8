// The few shapes that our pictures are made of.

import Foundation

/// An SVG document that grows shape by shape. Sizes are pixels.
struct SVGDrawing {
  private var body = ""
  private let width, height: Int
  /// For a page whose style sheet gives the classes `p` (positive), `n` (negative) and `u` (not a
  /// number) their colours, which then suit its background.
  private let isEmbedded: Bool

  init(width: Int, height: Int, isEmbedded: Bool = false) {
    (self.width, self.height) = (width, height)
    self.isEmbedded = isEmbedded
  }

  mutating func text(
    _ text: String, x: Int, y: Int, anchor: String? = nil, color: String? = nil
  ) {
    let anchor = anchor.map { " text-anchor=\"\($0)\"" } ?? ""
    let color = color.map { " fill=\"\($0)\"" } ?? ""
    body += "<text x=\"\(x)\" y=\"\(y)\"\(anchor)\(color)>\(escaped(text))</text>\n"
  }

  /// A cell of a heatmap: white at strength 0, towards blue (1) or orange (−1); grey for NaN.
  mutating func cell(
    x: Int, y: Int, width: Int, height: Int, strength: Float, title: String
  ) {
    body += """
      <rect x="\(x)" y="\(y)" width="\(width)" height="\(height)" \
      \(look(strength))><title>\(escaped(title))</title></rect>

      """
  }

  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
    viewBox="0 0 \(width) \(height)" font-family="sans-serif" font-size="11">
    \(background)\(body)</svg>

    """
  }

  private var background: String {
    isEmbedded ? "" : "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
  }

  private func look(_ fraction: Float) -> String {
    guard isEmbedded else { return "fill=\"\(color(fraction))\"" }
    guard fraction.isFinite else { return "class=\"u\"" }
    let strength = String(format: "%.3f", Double(min(1, abs(fraction))))
    return "class=\"\(fraction >= 0 ? "p" : "n")\" fill-opacity=\"\(strength)\""
  }

  private func color(_ fraction: Float) -> String {
    guard fraction.isFinite else { return "rgb(190,190,190)" }
    let strength = min(1, abs(fraction))
    let end: (Float, Float, Float) = fraction >= 0 ? (33, 102, 172) : (217, 95, 14)
    func mix(_ channel: Float) -> Int { Int((255 + (channel - 255) * strength).rounded()) }
    return "rgb(\(mix(end.0)),\(mix(end.1)),\(mix(end.2)))"
  }

  /// Characters that XML forbids are left out, since no escape makes them legal.
  private func escaped(_ text: String) -> String {
    let legal = text.unicodeScalars.filter {
      $0.value >= 0x20 || "\t\n\r".unicodeScalars.contains($0)
    }
    return String(String.UnicodeScalarView(legal))
      .replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
