// Faithfulness curves as CSV and as an SVG chart; circuits' edges as CSV.

import Interpretability

extension [FaithfulnessCurve] {
  /// One line for each order and size.
  public var csv: String {
    var text = "order,heads,share,metric,faithfulness,low,high\n"
    for curve in self {
      for point in curve.points {
        let share = Double(point.size) / Double(curve.headCount)
        text +=
          "\(curve.name),\(point.size),\(share),\(point.metric),\(point.faithfulness),"
          + "\(point.interval.low),\(point.interval.high)\n"
      }
    }
    return text
  }

  /// Faithfulness against share of heads, a line for each order, the interval of the first as a band.
  public func svg(title: String) -> String {
    let (width, height, left, top) = (720.0, 460.0, 64.0, 56.0)
    let (w, h) = (width - left - 190, height - top - 64)
    let values = flatMap { $0.points.map(\.faithfulness) }.filter(\.isFinite)
    let low = Swift.min(0, values.min() ?? 0), high = Swift.max(1.05, values.max() ?? 1)
    func n(_ value: Double) -> String { decimal(Float(value), 1) }
    func x(_ share: Double) -> Double { left + w * share }
    func y(_ value: Double) -> Double { top + h * (high - value) / (high - low) }
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(n(width))" height="\(n(height))" \
      viewBox="0 0 \(n(width)) \(n(height))" font-family="Helvetica, Arial, sans-serif" \
      font-size="11">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(n(left))" y="28" font-size="14" font-weight="bold">\(svgEscaped(title))</text>
      """
    ]
    for tick in stride(from: (low * 5).rounded(.up) / 5, through: high, by: 0.2) {
      let tone = abs(tick - 0.8) < 1e-9 ? "#9a9a9a" : "#e3e6ea"
      lines.append(
        "<line x1=\"\(n(left))\" y1=\"\(n(y(tick)))\" x2=\"\(n(left + w))\" y2=\"\(n(y(tick)))\" "
          + "stroke=\"\(tone)\"/><text x=\"\(n(left - 8))\" y=\"\(n(y(tick) + 4))\" "
          + "text-anchor=\"end\">\(decimal(Float(tick), 1))</text>")
    }
    for tick in stride(from: 0.0, through: 1, by: 0.1) {
      lines.append(
        "<text x=\"\(n(x(tick)))\" y=\"\(n(top + h + 18))\" text-anchor=\"middle\">"
          + "\(Int((tick * 100).rounded()))</text>")
    }
    lines.append(
      "<text x=\"\(n(left + w / 2))\" y=\"\(n(top + h + 40))\" text-anchor=\"middle\">"
        + "heads in the circuit, % of all</text><text x=\"18\" y=\"\(n(top + h / 2))\" "
        + "transform=\"rotate(-90 18 \(n(top + h / 2)))\" text-anchor=\"middle\">faithfulness</text>"
    )
    for (index, curve) in enumerated() {
      let color = Self.colors[index % Self.colors.count]
      let points = curve.points.map { point in
        "\(n(x(Double(point.size) / Double(curve.headCount)))),\(n(y(point.faithfulness)))"
      }.joined(separator: " ")
      if index == 0, curve.itemCount > 1 {
        let band =
          curve.points.map { ($0, $0.interval.high) }
          + curve.points.reversed().map { ($0, $0.interval.low) }
        let outline = band.map { point, value in
          "\(n(x(Double(point.size) / Double(curve.headCount)))),\(n(y(value)))"
        }.joined(separator: " ")
        lines.append("<polygon points=\"\(outline)\" fill=\"\(color)\" fill-opacity=\"0.15\"/>")
      }
      let legend = top + 16 + 20 * Double(index)
      lines.append(
        "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>"
          + "<line x1=\"\(n(left + w + 16))\" y1=\"\(n(legend - 4))\" x2=\"\(n(left + w + 36))\" "
          + "y2=\"\(n(legend - 4))\" stroke=\"\(color)\" stroke-width=\"3\"/>"
          + "<text x=\"\(n(left + w + 42))\" y=\"\(n(legend))\">\(svgEscaped(curve.name)) "
          + "\(decimal(Float(curve.area), 2))</text>")
    }
    return lines.joined(separator: "\n") + "\n</svg>\n"
  }

  private static var colors: [String] {
    ["#1f4e9e", "#c0392b", "#2e8b57", "#8e44ad", "#d98200", "#7f8c8d", "#16a085"]
  }
}

extension Circuit {
  /// One line for each edge.
  public var csv: String {
    edges.reduce(into: "sender,sender_role,receiver,receiver_role,input,score\n") { text, edge in
      text +=
        "\(edge.sender.site.name),\(edge.sender.role ?? ""),\(edge.receiver.site.name),"
        + "\(edge.receiver.role ?? ""),\(edge.input.rawValue),\(edge.score)\n"
    }
  }
}
