// Circuits as SVG: layers upward, roles as columns, the relational loop marked.

import Engine
import Interpretability

extension CircuitFile {
  /// A whole SVG document.
  ///
  /// Columns are the roles in the order of the prompt, with the item's words where there is one item;
  /// rows the layers, the embeddings at the bottom. Boxes are coloured by class. Edges go to a head's
  /// query (red), key (green) or value (blue), as wide as they are strong, dashed where they lower the
  /// metric. Below the columns the strongest loop is drawn: attention solid, the item's own links
  /// dotted; its heads have a thick frame.
  public var svg: String { CircuitDrawing(self).text }
}

private struct CircuitDrawing {
  let file: CircuitFile
  let layout: CircuitLayout
  /// Left edge of each column, and of the right margin.
  private let lefts: [Double]
  private let loop: RoleCycle?
  private let loopNodes: Set<CircuitNode.ID>
  private let loopHeight: Double

  private static let box = (width: 96.0, height: 44.0)
  private static let gap = 16.0, rowHeight = 92.0, left = 96.0, top = 84.0

  private var circuit: Circuit { file.circuit }
  private var width: Double { (lefts.last ?? 0) + 24 }
  private var gridBottom: Double { Self.top + Double(layout.rows.count) * Self.rowHeight }
  private var height: Double { gridBottom + 64 + loopHeight + 48 }

  init(_ file: CircuitFile) {
    self.file = file
    layout = CircuitLayout(file.circuit)
    var x = Self.left
    var lefts = [x]
    for slots in layout.slots {
      x += Double(slots) * (Self.box.width + Self.gap) + 20
      lefts.append(x)
    }
    self.lefts = lefts
    let columns = Set(layout.columns)
    loop =
      file.circuit.cycles.first { $0.roles.allSatisfy(columns.contains) }
      ?? file.circuit.cycles.first
    loopNodes = loop.map { file.circuit.nodes(of: $0) } ?? []
    loopHeight = loop == nil ? 0 : 96
  }

  var text: String {
    let parts = [head, columns, rows] + edges + nodes + [loopDrawing, legend]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n</svg>\n"
  }

  // MARK: Frame

  private var head: String {
    let title = "\(file.model) · \(file.subject) · \(circuit.method.title)"
    let metric =
      "logit difference \(signed(circuit.cleanMetric))"
      + (circuit.referenceMetric.map { ", reference \(signed($0))" } ?? "")
      + " · \(circuit.heads.count) heads, \(circuit.edges.count) edges"
    let w = max(width, 560)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(n(w))" height="\(n(height))" \
      viewBox="0 0 \(n(w)) \(n(height))" font-family="Helvetica, Arial, sans-serif" font-size="11">
      <rect width="100%" height="100%" fill="white"/>
      <text x="24" y="32" font-size="16" font-weight="bold">\(svgEscaped(title))</text>
      <text x="24" y="52" fill="#555">\(svgEscaped(metric))</text>
      """
  }

  private var columns: String {
    layout.columns.indices.map { column in
      let x = lefts[column], w = lefts[column + 1] - x - 8
      let role = layout.columns[column], middle = x + w / 2
      let word = file.words[role] ?? ""
      let fill = column.isMultiple(of: 2) ? "#f6f7f9" : "#fbfbfc"
      return """
        <rect x="\(n(x))" y="\(n(Self.top - 12))" width="\(n(w))" \
        height="\(n(gridBottom - Self.top + 60))" rx="6" fill="\(fill)"/>
        <text x="\(n(middle))" y="\(n(gridBottom + 22))" text-anchor="middle" font-size="14" \
        font-weight="bold">\(svgEscaped(role))</text>
        <text x="\(n(middle))" y="\(n(gridBottom + 38))" text-anchor="middle" \
        fill="#555">\(svgEscaped(word))</text>
        """
    }.joined(separator: "\n")
  }

  private var rows: String {
    layout.rows.indices.map { row in
      let y = center(row: row)
      return """
        <line x1="\(n(Self.left - 8))" y1="\(n(y))" x2="\(n(width - 32))" y2="\(n(y))" \
        stroke="#e3e6ea"/>
        <text x="\(n(Self.left - 16))" y="\(n(y + 4))" text-anchor="end" \
        fill="#555">\(svgEscaped(layout.rows[row]))</text>
        """
    }.joined(separator: "\n")
  }

  private func center(row: Int) -> Double {
    gridBottom - (Double(row) + 0.5) * Self.rowHeight
  }

  private func center(_ place: CircuitLayout.Place) -> (x: Double, y: Double) {
    let start = lefts[place.column], end = lefts[place.column + 1] - 8
    let middle = (start + end) / 2
    let offset = (Double(place.slot) - Double(place.slots - 1) / 2) * (Self.box.width + Self.gap)
    return (middle + offset, center(row: place.row))
  }

  // MARK: Nodes and edges

  private var nodes: [String] {
    zip(circuit.nodes, layout.places).map { node, place in
      let (x, y) = center(place)
      let isInLoop = loopNodes.contains(node.id)
      let job = node.job?.abbreviation ?? ""
      let lines = [
        node.label + (job.isEmpty ? "" : " · \(job)"), node.flow ?? node.id.role ?? "",
      ]
      let hint =
        "\(node.label) \(signed(node.score)) logits"
        + (node.job.map { ", \($0.title)" } ?? "") + (node.rolePair.map { ", \($0.summary)" } ?? "")
      return """
        <g><title>\(svgEscaped(hint))</title><rect x="\(n(x - Self.box.width / 2))" \
        y="\(n(y - Self.box.height / 2))" width="\(n(Self.box.width))" \
        height="\(n(Self.box.height))" rx="7" fill="\(CircuitPalette.fill(node.job?.kind))" \
        stroke="\(isInLoop ? "#6a2c91" : "#8a9099")" stroke-width="\(isInLoop ? 3 : 1)"/>
        <text x="\(n(x))" y="\(n(y - 7))" text-anchor="middle" \
        font-weight="bold">\(svgEscaped(lines[0]))</text>
        <text x="\(n(x))" y="\(n(y + 6))" text-anchor="middle" \
        fill="#333">\(svgEscaped(lines[1]))</text>
        <text x="\(n(x))" y="\(n(y + 18))" text-anchor="middle" font-size="10" \
        fill="#666">\(signed(node.score))</text></g>
        """
    }
  }

  /// The weak ones first, so that the strong ones lie above.
  private var edges: [String] {
    let limit = circuit.edges.map { abs($0.score) }.max() ?? 1
    let places = Dictionary(
      zip(circuit.nodes.map(\.id), layout.places), uniquingKeysWith: { first, _ in first })
    return circuit.edges.reversed().compactMap { edge in
      guard let from = places[edge.sender], let to = places[edge.receiver] else { return nil }
      let start = center(from), end = center(to)
      let share = Double(abs(edge.score) / (limit > 0 ? limit : 1))
      // Query, key and value reach the box at different places.
      let shift =
        switch edge.input {
        case .query: -24.0
        case .key: 0.0
        case .value: 24.0
        case .stream: 0.0
        }
      let y0 = start.y - Self.box.height / 2, y1 = end.y + Self.box.height / 2
      let x1 = end.x + shift, bend = max(24, (y0 - y1) * 0.45)
      let dash = edge.score < 0 ? " stroke-dasharray=\"5 4\"" : ""
      return """
        <path d="M\(n(start.x)) \(n(y0)) C\(n(start.x)) \(n(y0 - bend)) \(n(x1)) \(n(y1 + bend)) \
        \(n(x1)) \(n(y1))" fill="none" stroke="\(CircuitPalette.stroke(edge.input))" \
        stroke-width="\(n(0.8 + 4.2 * share))" stroke-opacity="\(n(0.35 + 0.6 * share))"\
        \(dash)><title>\(svgEscaped(title(edge)))</title></path>
        """
    }
  }

  private func title(_ edge: CircuitEdge) -> String {
    func name(_ id: CircuitNode.ID) -> String {
      id.site.name + (id.role.map { " at \($0)" } ?? "")
    }
    return "\(name(edge.sender)) → \(edge.input.rawValue) of \(name(edge.receiver)) "
      + "\(signed(edge.score)) logits"
  }

  // MARK: Loop and legend

  private var loopDrawing: String {
    guard let loop else { return "" }
    let y = gridBottom + 56
    var lines = [
      "<text x=\"24\" y=\"\(n(y + 64))\" fill=\"#6a2c91\" font-weight=\"bold\">loop "
        + "\(svgEscaped(loop.title)) · weakest link \(decimal(loop.strength, 2)) logits</text>"
    ]
    for (index, link) in loop.links.enumerated() {
      guard let from = layout.columns.firstIndex(of: link.from),
        let to = layout.columns.firstIndex(of: link.to)
      else { continue }
      func middle(_ column: Int) -> Double { (lefts[column] + lefts[column + 1] - 8) / 2 }
      let (a, b) = (middle(from), middle(to))
      let depth = y + 14 + 11 * Double(index % 4) + 2 * abs(Double(from - to))
      let dash = link.isOwn ? " stroke-dasharray=\"2 5\"" : ""
      lines.append(
        """
        <path d="M\(n(a)) \(n(y - 10)) C\(n(a)) \(n(depth + 16)) \(n(b)) \(n(depth + 16)) \(n(b)) \
        \(n(y - 10))" fill="none" stroke="#6a2c91" stroke-width="\(link.isOwn ? 2 : 3)"\
        \(dash)><title>\(svgEscaped(link.summary))</title></path>
        """)
    }
    return lines.joined(separator: "\n")
  }

  private var legend: String {
    let y = height - 20
    let inputs: [(String, String)] = [
      ("query", CircuitPalette.stroke(.query)), ("key", CircuitPalette.stroke(.key)),
      ("value", CircuitPalette.stroke(.value)), ("MLP, logits", CircuitPalette.stroke(.stream)),
    ]
    var x = 24.0
    var parts: [String] = []
    for (name, color) in inputs {
      parts.append(
        "<line x1=\"\(n(x))\" y1=\"\(n(y - 4))\" x2=\"\(n(x + 20))\" y2=\"\(n(y - 4))\" "
          + "stroke=\"\(color)\" stroke-width=\"3\"/><text x=\"\(n(x + 26))\" y=\"\(n(y))\">"
          + "\(name)</text>")
      x += 44 + 7 * Double(name.count)
    }
    parts.append(
      "<text x=\"\(n(x + 8))\" y=\"\(n(y))\" fill=\"#555\">dashed: lowers the metric</text>")
    return parts.joined(separator: "\n")
  }

  private func n(_ value: Double) -> String { decimal(Float(value), 1) }
  private func signed(_ value: Float) -> String { (value < 0 ? "" : "+") + decimal(value, 2) }
}

extension RoleCycle.Link {
  /// `K → Q by 3.0, 2.1`, `K – V in the item`.
  public var summary: String {
    isOwn
      ? "\(from) – \(to) in the item"
      : "\(from) → \(to) by \(heads.map(\.dotted).joined(separator: ", "))"
  }
}

func svgEscaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    .replacing("\"", with: "&quot;")
}
