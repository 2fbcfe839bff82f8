// Circuits in Graphviz' language.

import Engine
import Interpretability

extension CircuitFile {
  /// A digraph for `dot -Tsvg`: layers upward, nodes of one depth side by side, edges coloured by the
  /// input they go to (query red, key green, value blue), as wide as they are strong.
  public var dot: String {
    let loop = circuit.cycles.first.map { circuit.nodes(of: $0) } ?? []
    let limit = circuit.edges.map { abs($0.score) }.max() ?? 1
    var lines = [
      "digraph circuit {", "  rankdir=BT;",
      "  label=\"\(quoted("\(model) · \(subject) · \(circuit.method.title)"))\";",
      "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];",
      "  edge [fontname=\"sans-serif\", fontsize=9];",
    ]
    for node in circuit.nodes {
      let text = [node.label, node.job?.abbreviation, node.flow ?? node.id.role]
        .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "\\n")
      let color = CircuitPalette.fill(node.job?.kind)
      let width = loop.contains(node.id) ? ", penwidth=3" : ""
      lines.append(
        "  \"\(name(node.id))\" [label=\"\(quotedLines(text))\", fillcolor=\"\(color)\"\(width)];")
    }
    for depth in Set(circuit.nodes.map(\.id.site.depth)).sorted() {
      let names = circuit.nodes.filter { $0.id.site.depth == depth }.map { "\"\(name($0.id))\"" }
      lines.append("  { rank=same; \(names.joined(separator: "; ")); }")
    }
    for edge in circuit.edges {
      let width = 0.5 + 4 * abs(edge.score) / (limit > 0 ? limit : 1)
      lines.append(
        "  \"\(name(edge.sender))\" -> \"\(name(edge.receiver))\" "
          + "[color=\"\(CircuitPalette.stroke(edge.input))\", penwidth=\(decimal(width, 2)), "
          + "style=\(edge.score < 0 ? "dashed" : "solid"), "
          + "tooltip=\"\(edge.input.rawValue) \(edge.score)\"];")
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private func name(_ id: CircuitNode.ID) -> String {
    quoted(id.role.map { "\(id.site.name) \($0)" } ?? id.site.name)
  }

  private func quoted(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  /// `\n` between lines stays.
  private func quotedLines(_ text: String) -> String { text.replacing("\"", with: "\\\"") }
}

/// Colours of the drawings, light enough for black text.
enum CircuitPalette {
  static func fill(_ kind: HeadJob.Kind?) -> String {
    switch kind {
    case .local: "#fdf0c8"
    case .relating: "#c9e7c6"
    case .induction: "#d5cdea"
    case .negativeRelating: "#d9d9d9"
    case .prePredicting: "#f9dcd6"
    case .predicting: "#f4bcb4"
    case .other, nil: "#ffffff"
    }
  }

  static func stroke(_ input: CircuitInput) -> String {
    switch input {
    case .query: "#c0392b"
    case .key: "#2e8b57"
    case .value: "#1f4e9e"
    case .stream: "#555555"
    }
  }
}

/// With a fixed number of digits after the point.
func decimal(_ value: Float, _ digits: Int) -> String {
  guard value.isFinite else { return "0" }
  let scale = (0..<digits).reduce(Float(1)) { value, _ in value * 10 }
  let whole = Int((abs(value) * scale).rounded())
  let fraction = String(whole % Int(scale))
  let padded = String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
  return (value < 0 && whole != 0 ? "-" : "") + "\(whole / Int(scale)).\(padded)"
}
