// The few shapes that our pictures are made of.

import Foundation

/// An SVG document that grows shape by shape. Sizes are pixels.
struct SVGDrawing {
  private var body = ""
  private let width: Int
  /// A picture may find out at its end how high it is.
  var height: Int
  /// For a page whose style sheet gives the classes `p` (positive), `n` (negative) and `u` (not a
  /// number) their colours, which then suit its background.
  private let isEmbedded: Bool

  init(width: Int, height: Int, isEmbedded: Bool = false) {
    (self.width, self.height) = (width, height)
    self.isEmbedded = isEmbedded
  }

  mutating func text(
    _ text: String, x: Int, y: Int, anchor: String? = nil, color: String? = nil,
    isBold: Bool = false
  ) {
    let anchor = anchor.map { " text-anchor=\"\($0)\"" } ?? ""
    let color = color.map { " fill=\"\($0)\"" } ?? ""
    let weight = isBold ? " font-weight=\"bold\"" : ""
    body += "<text x=\"\(x)\" y=\"\(y)\"\(anchor)\(color)\(weight)>\(escaped(text))</text>\n"
  }

  mutating func line(
    _ a: (x: Double, y: Double), _ b: (x: Double, y: Double), color: String = "black",
    width: Int = 1, isDashed: Bool = false
  ) {
    body +=
      "<line x1=\"\(short(a.x))\" y1=\"\(short(a.y))\" "
      + "x2=\"\(short(b.x))\" y2=\"\(short(b.y))\" "
      + "stroke=\"\(color)\" stroke-width=\"\(width)\""
      + "\(isDashed ? " stroke-dasharray=\"3 3\"" : "")/>\n"
  }

  /// A point; its title is shown where the pointer rests.
  mutating func dot(x: Double, y: Double, color: String, title: String) {
    body +=
      "<circle cx=\"\(short(x))\" cy=\"\(short(y))\" r=\"3\" fill=\"\(color)\">"
      + "<title>\(escaped(title))</title></circle>\n"
  }

  mutating func path(_ points: [(x: Double, y: Double)], color: String) {
    let text = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
    body +=
      "<polyline points=\"\(text)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\"/>\n"
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

  /// To a tenth of a pixel.
  private func short(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
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
