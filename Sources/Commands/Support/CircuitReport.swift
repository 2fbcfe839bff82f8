// What `gar circuit` prints.

import Engine
import Interpretability
import JSONText
import Results

struct CircuitReport {
  let file: CircuitFile
  /// `answer Yes, against No`; `nil` for sets.
  var detail: String?
  /// Of the edges that were patched as well: estimate and effect.
  var exact: [(edge: CircuitEdge, effect: Float)] = []
  var curves: [FaithfulnessCurve] = []
  var ablation = ""

  private var circuit: Circuit { file.circuit }

  var json: JSONValue {
    var members = file.json.object?.members.map { ($0.key, $0.value) } ?? []
    if !exact.isEmpty {
      members.append(("edgePatchingCorrelation", .double(correlation)))
    }
    if !curves.isEmpty { members.append(("faithfulness", .array(curves.map(Self.json)))) }
    return .object(members)
  }

  static func json(_ curve: FaithfulnessCurve) -> JSONValue {
    .object([
      ("order", .string(curve.name)), ("items", .int(curve.itemCount)),
      ("fullMetric", .double(curve.fullMetric)), ("ablatedMetric", .double(curve.ablatedMetric)),
      ("area", .double(curve.area)),
      (
        "points",
        .array(
          curve.points.map { point in
            .object([
              ("heads", .int(point.size)), ("metric", .double(point.metric)),
              ("faithfulness", .double(point.faithfulness)),
              ("interval", .array([.double(point.interval.low), .double(point.interval.high)])),
            ])
          })
      ),
    ])
  }

  private var correlation: Double {
    Statistics.correlation(exact.map { Double($0.edge.score) }, exact.map { Double($0.effect) })
  }

  // MARK: Text

  var text: String {
    var parts = [header]
    if !circuit.nodes.isEmpty { parts += [nodeTable, edgeTable] }
    if let loops { parts.append(loops) }
    if !exact.isEmpty { parts.append(exactTable) }
    if !curves.isEmpty { parts.append(Self.curveTable(curves, ablation: ablation)) }
    return parts.joined(separator: "\n\n")
  }

  private var header: String {
    let metric =
      "logit difference \(signed(Double(circuit.cleanMetric), 2))"
      + (circuit.referenceMetric.map { ", corrupted \(signed(Double($0), 2))" } ?? "")
    return """
      \(circuit.method.title) · \(file.subject) · \(circuit.heads.count) heads, \
      \(circuit.edges.count) edges
      \(detail.map { "\($0): " } ?? "")\(metric)
      """
  }

  private var nodeTable: String {
    let isSet = circuit.itemCount > 1 && circuit.method == .stepwise
    var table = Table(["node", "at", "class", ">score", "role pair"] + (isSet ? [">items"] : []))
    for node in circuit.nodes.reversed() {
      table.add(
        [
          node.label, node.id.role ?? "", node.job?.title ?? "", signed(Double(node.score), 3),
          node.rolePair?.summary ?? "",
        ] + (isSet ? ["\(node.itemCount)"] : []))
    }
    return table.text
  }

  private var edgeTable: String {
    var table = Table(["sender", "receiver", "input", ">score"])
    for edge in circuit.edges.prefix(20) {
      table.add([
        name(edge.sender), name(edge.receiver), edge.input == .stream ? "" : edge.input.rawValue,
        signed(Double(edge.score), 3),
      ])
    }
    let rest = circuit.edges.count - 20
    return table.text + (rest > 0 ? "\n… \(rest) more; --csv has them all" : "")
  }

  private func name(_ id: CircuitNode.ID) -> String {
    (CircuitNode(id: id, score: 0).label) + (id.role.map { " at \($0)" } ?? "")
  }

  private var loops: String? {
    guard !circuit.cycles.isEmpty else { return nil }
    let shown = circuit.cycles.prefix(3).map { cycle in
      "loop \(cycle.title), weakest link \(fixed(Double(cycle.strength), 2)) logits\n"
        + cycle.links.map { "  \($0.summary)" }.joined(separator: "\n")
    }
    let rest = circuit.cycles.count - shown.count
    return (shown + (rest > 0 ? ["\(rest) more loops"] : [])).joined(separator: "\n")
  }

  private var exactTable: String {
    var table = Table(["edge", "input", ">estimate", ">patched"])
    for (edge, effect) in exact.prefix(10) {
      table.add([
        "\(name(edge.sender)) → \(name(edge.receiver))",
        edge.input == .stream ? "" : edge.input.rawValue, signed(Double(edge.score), 3),
        signed(Double(effect), 3),
      ])
    }
    return table.text
      + "\ncorrelation with patching of \(exact.count) edges: \(fixed(correlation, 3))"
  }

  /// Faithfulness of every order at every size.
  static func curveTable(_ curves: [FaithfulnessCurve], ablation: String) -> String {
    guard let first = curves.first else { return "" }
    var table = Table([">heads", ">share"] + curves.map { ">\($0.name)" })
    for (index, point) in first.points.enumerated() {
      let share = Double(point.size) / Double(first.headCount)
      table.add(
        ["\(point.size)", percent(share)] + curves.map { percent($0.points[index].faithfulness) })
    }
    table.add(["area", ""] + curves.map { fixed($0.area, 3) })
    let tenth = Int((Double(first.headCount) / 10).rounded(.up))
    let best = curves.map { curve -> String in
      let point = curve.points.last { $0.size <= tenth } ?? curve.points[0]
      return "\(curve.name) \(percent(point.faithfulness)) "
        + "(\(percent(point.interval.low)) to \(percent(point.interval.high)))"
    }
    return """
      faithfulness over \(first.itemCount) items, heads outside \(ablation)
      logit difference \(signed(first.fullMetric, 2)) in full, \(signed(first.ablatedMetric, 2)) \
      with every head ablated; MLPs stay

      \(table.text)

      with \(tenth) heads, 95 % intervals: \(best.joined(separator: "; "))
      """
  }
}

/// What `gar circuit --intersect` prints.
struct IntersectionReport {
  let names: [String]
  let intersection: CircuitIntersection

  var json: JSONValue {
    func overlap(_ overlap: CircuitIntersection.Overlap) -> JSONValue {
      .object([
        ("first", .int(overlap.first)), ("second", .int(overlap.second)),
        ("shared", .int(overlap.shared)), ("universe", .int(overlap.universe)),
        ("expected", .double(overlap.expected)), ("jaccard", .double(overlap.jaccard)),
        ("p", .double(overlap.p)),
      ])
    }
    func heads(_ heads: [HeadIndex]) -> JSONValue { .array(heads.map { .string($0.dotted) }) }
    return .object([
      ("first", .string(names[0])), ("second", .string(names[1])),
      ("heads", overlap(intersection.heads)), ("edges", overlap(intersection.edges)),
      ("sharedHeads", heads(intersection.sharedHeads)),
      ("onlyFirst", heads(intersection.onlyFirst)),
      ("onlySecond", heads(intersection.onlySecond)),
    ])
  }

  var text: String {
    var table = Table(["", ">first", ">second", ">shared", ">by chance", ">Jaccard", ">p"])
    for (name, overlap) in [("heads", intersection.heads), ("edges", intersection.edges)] {
      table.add([
        name, "\(overlap.first)", "\(overlap.second)", "\(overlap.shared)",
        fixed(overlap.expected, 1), fixed(overlap.jaccard, 3), pValue(overlap.p),
      ])
    }
    func line(_ title: String, _ heads: [HeadIndex]) -> String {
      "\(title): \(heads.isEmpty ? "none" : heads.map(\.dotted).joined(separator: ", "))"
    }
    let loops = intersection.core.cycles.prefix(3).map { "shared loop \($0.title)" }
    return
      ([
        "\(names[0]) and \(names[1])", "", table.text, "",
        line("shared", intersection.sharedHeads),
        line("only in the first", intersection.onlyFirst),
        line("only in the second", intersection.onlySecond),
      ] + loops).joined(separator: "\n")
  }

  private func pValue(_ p: Double) -> String { p < 0.0001 ? "< 0.0001" : fixed(p, 4) }
}
