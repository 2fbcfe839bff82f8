// Shapes and text put into an SVG document.

import Foundation

/// A picture that grows downwards as shapes are added.
struct SVGCanvas {
  enum Anchor: String { case start, middle, end }

  private var body = ""
  let width: Double
  /// Of the finished document.
  var height: Double

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, color: String = "black",
    isBold: Bool = false
  ) {
    body +=
      "<text x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"\(anchor.rawValue)\" "
      + "fill=\"\(color)\"\(isBold ? " font-weight=\"bold\"" : "")>\(Self.escaped(text))</text>\n"
  }

  mutating func line(
    _ a: (x: Double, y: Double), _ b: (x: Double, y: Double), color: String = "black",
    width: Double = 1, isDashed: Bool = false
  ) {
    body +=
      "<line x1=\"\(short(a.x))\" y1=\"\(short(a.y))\" x2=\"\(short(b.x))\" y2=\"\(short(b.y))\" "
      + "stroke=\"\(color)\" stroke-width=\"\(short(width))\""
      + "\(isDashed ? " stroke-dasharray=\"3 3\"" : "")/>\n"
  }

  /// - Parameter title: shown where the pointer rests.
  mutating func dot(x: Double, y: Double, radius: Double = 3, color: String, title: String) {
    body +=
      "<circle cx=\"\(short(x))\" cy=\"\(short(y))\" r=\"\(short(radius))\" fill=\"\(color)\">"
      + "<title>\(Self.escaped(title))</title></circle>\n"
  }

  mutating func path(_ points: [(x: Double, y: Double)], color: String) {
    let text = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
    body += "<polyline points=\"\(text)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\"/>\n"
  }

  /// The whole document.
  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(short(width))" height="\(short(height))" \
    viewBox="0 0 \(short(width)) \(short(height))" font-family="sans-serif" font-size="11">
    <rect width="100%" height="100%" fill="white"/>
    \(body)</svg>

    """
  }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  private func short(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }
}
