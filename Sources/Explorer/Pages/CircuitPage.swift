// The circuit page: the graph behind the open item's answer, walked edge by edge.

import Engine
import GAR
import Interpretability
import Results

extension PageDefinition {
  static let circuit = PageDefinition(
    title: "circuit", help: "the circuit of this item: what gives what to which head",
    keys: [.char("c")], hint: "circuit",
    question: { state in
      state.item.map {
        .circuit(item: $0, method: state.circuitMethod, edits: state.edits)
      }
    },
    caption: { state in
      [Span(" · \(state.circuitMethod.title) · item \(state.item ?? 0)")]
    },
    body: .lines(circuitLines), move: walkCircuit,
    files: { state in
      guard let file = state.circuit else { return [] }
      return [
        ExportFile(".json", .text(file.jsonText)), ExportFile(".dot", .text(file.dot)),
        ExportFile(".svg", .text(file.svg)), ExportFile(".csv", .text(file.circuit.csv)),
      ]
    },
    bindings: [
      Binding([.char("c")], ["circuit-close"], .on(.circuit), "back to the item page", .closePage),
      Binding(
        [.char("v")], ["circuit-method"], .on(.circuit), "step-wise tracing or edge attribution",
        hint: "method", .toggleCircuitMethod),
    ])
}

extension ExplorerState {
  /// The open item's circuit, if it has been traced.
  package var circuit: CircuitFile? {
    if case .circuit(let file)? = finding(.circuit) { file } else { nil }
  }

  /// The node that is looked at: where the arrows went, or the selected head's, or the logits.
  package var circuitNode: Int? {
    guard let nodes = circuit?.circuit.nodes, !nodes.isEmpty else { return nil }
    if let row = pages.cursors[.circuit]?.row, nodes.indices.contains(row) {
      let other = nodes[row].id.site.head
      if other == nil || other == head { return row }
    }
    return nodes.firstIndex { $0.id.site.head == head } ?? nodes.count - 1
  }

  /// Which of its incoming edges is chosen.
  fileprivate var circuitEdge: Int { max(0, pages.cursors[.circuit]?.column ?? 0) }
}

/// Down follows the chosen edge to its sender, up the strongest edge to a reader; left and right choose
/// among the edges that come in. A head that is reached is the selected one on every page.
private func walkCircuit(
  _ state: inout ExplorerState, _ direction: Direction, _ count: Int
) -> [Effect] {
  guard let circuit = state.circuit?.circuit, let here = state.circuitNode else { return [] }
  let id = circuit.nodes[here].id, into = circuit.edges(into: id)
  let place = min(state.circuitEdge, max(0, into.count - 1))
  var target: CircuitNode.ID?
  switch direction {
  case .left, .right:
    let next = min(max(0, place + (direction == .left ? -count : count)), max(0, into.count - 1))
    state.pages.cursors[.circuit] = PageCursor(row: here, column: next)
  case .down: target = into.indices.contains(place) ? into[place].sender : nil
  case .up: target = circuit.edges(from: id).first?.receiver
  }
  guard let target, let row = circuit.nodes.firstIndex(where: { $0.id == target }) else {
    return []
  }
  state.pages.cursors[.circuit] = PageCursor(row: row)
  return target.site.head.map { state.select($0) } ?? []
}

// MARK: View

private func circuitLines(_ state: ExplorerState, width: Int) -> PageLines {
  guard let file = state.circuit, let here = state.circuitNode else {
    let share = Int(((state.live[.page]?.progress ?? 0) * 100).rounded())
    let text = "tracing the circuit…" + (share > 0 ? " \(share) %" : "")
    return PageLines([[Span(" ")] + state.waitingLine(.circuit, text)])
  }
  let view = CircuitView(file: file, here: here, edge: state.circuitEdge, width: width)
  let graph = view.graph
  let lines = graph.lines + [[]] + view.details + view.loops
  return PageLines(count: lines.count, selected: graph.selected) { lines[$0] }
}

private struct CircuitView {
  let file: CircuitFile
  let here: Int
  let edge: Int
  let width: Int

  private var circuit: Circuit { file.circuit }
  private var node: CircuitNode { circuit.nodes[here] }
  private var loopNodes: Set<CircuitNode.ID> {
    circuit.cycles.first.map { circuit.nodes(of: $0) } ?? []
  }

  /// Layers from the logits down, roles as columns; nodes of the loop bear a `°`, senders of the chosen
  /// node `<`, its readers `>`.
  var graph: (lines: [Line], selected: Int) {
    let layout = CircuitLayout(circuit)
    let label = 11, columns = max(1, layout.columns.count)
    let cell = max(6, (width - label - 1) / columns)
    let loop = loopNodes
    let senders = Set(circuit.edges(into: node.id).map(\.sender))
    let readers = Set(circuit.edges(from: node.id).map(\.receiver))
    var lines: [Line] = [header(layout, label: label, cell: cell)]
    var selected = 0
    for row in layout.rows.indices.reversed() {
      var line: Line = [Span(padded(" " + layout.rows[row], to: label), .faint)]
      for column in layout.columns.indices {
        let members = circuit.nodes.indices.filter {
          layout.places[$0].row == row && layout.places[$0].column == column
        }
        var spans: Line = []
        for index in members {
          let node = circuit.nodes[index]
          let mark =
            senders.contains(node.id) ? "<" : readers.contains(node.id) ? ">" : ""
          let text = shortName(node) + (loop.contains(node.id) ? "°" : "") + mark
          spans.append(Span(text, style(index, mark: mark, isInLoop: loop.contains(node.id))))
          spans.append(Span(" "))
          if index == here { selected = lines.count }
        }
        line += filled(spans, to: cell)
      }
      lines.append(line)
    }
    return (lines, selected)
  }

  private func header(_ layout: CircuitLayout, label: Int, cell: Int) -> Line {
    [Span(padded("", to: label))]
      + layout.columns.map { name in
        let word = file.words[name].map { " \($0)" } ?? ""
        let style = Role(rawValue: name).map { Style(.role($0), .bold) } ?? .faint
        return Span(padded(name + word, to: cell - 1) + " ", style)
      }
  }

  private func style(_ index: Int, mark: String, isInLoop: Bool) -> Style {
    if index == here { return Style(.plain, [.reverse, .bold]) }
    if !mark.isEmpty { return Style(.key, isInLoop ? .bold : []) }
    return isInLoop ? Style(.trueHead, .bold) : .plain
  }

  private func shortName(_ node: CircuitNode) -> String {
    switch node.id.site {
    case .embedding: "emb"
    case .mlp: "MLP"
    case .logits: "logits"
    case .head(let head): "H\(head.head)" + (node.job.map { brief($0) } ?? "")
    }
  }

  private func brief(_ job: HeadJob) -> String {
    job.abbreviation.isEmpty ? "" : " " + job.abbreviation
  }

  /// Cut or filled to a width.
  private func filled(_ line: Line, to width: Int) -> Line {
    let cut = fitted(line, to: width)
    let used = cut.reduce(0) { $0 + $1.width }
    return cut + [Span(String(repeating: " ", count: max(0, width - used)))]
  }

  // MARK: The chosen node

  var details: [Line] {
    let pair = node.rolePair.map { "  \($0.summary)" } ?? ""
    var lines: [Line] = [
      [
        Span(" " + name(node.id), Style(.title, .bold)),
        Span("  \(signed(node.score)) logits"),
        Span(node.job.map { "  \($0.title)" } ?? "", Style(.trueHead)), Span(pair, .faint),
      ]
    ]
    let into = circuit.edges(into: node.id), from = circuit.edges(from: node.id)
    let chosen = min(edge, max(0, into.count - 1))
    let limit = (into + from).map { abs($0.score) }.max() ?? 1
    if !into.isEmpty { lines.append([Span(" reads", .faint)]) }
    for (index, edge) in into.enumerated() {
      lines.append(
        line(edge, edge.sender, limit: limit, isChosen: index == chosen))
    }
    if !from.isEmpty { lines.append([Span(" gives to", .faint)]) }
    lines += from.map { line($0, $0.receiver, limit: limit, isChosen: false) }
    return lines
  }

  private func line(
    _ edge: CircuitEdge, _ other: CircuitNode.ID, limit: Float, isChosen: Bool
  ) -> Line {
    let style = isChosen ? Style(.key, .bold) : .plain
    let input = edge.input == .stream ? "" : edge.input.rawValue
    return [
      Span(isChosen ? " ▸ " : "   ", style), Span(padded(name(other), to: 16), style),
      Span(padded(input, to: 6), .faint), Span(padded(signed(edge.score), to: 8, right: true)),
      Span(
        " " + bar(abs(edge.score) / (limit > 0 ? limit : 1), width: 20),
        Style(edge.score < 0 ? .wrong : .right)),
    ]
  }

  /// The strongest loops, each link with its heads.
  var loops: [Line] {
    circuit.cycles.prefix(2).flatMap { cycle -> [Line] in
      [
        [],
        [
          Span(" loop° ", Style(.trueHead, .bold)), Span(cycle.title, Style(.title, .bold)),
          Span("  weakest link \(signed(cycle.strength)) logits", .faint),
        ],
      ] + cycle.links.map { [Span("   " + $0.summary, $0.isOwn ? .faint : .plain)] }
    }
  }

  private func name(_ id: CircuitNode.ID) -> String {
    CircuitNode(id: id, score: 0).label + (id.role.map { " at \($0)" } ?? "")
  }

  private func signed(_ value: Float) -> String {
    let hundredths = Int((abs(value) * 100).rounded())
    let digits = hundredths % 100
    return "\(value < 0 ? "-" : "+")\(hundredths / 100).\(digits < 10 ? "0" : "")\(digits)"
  }
}
