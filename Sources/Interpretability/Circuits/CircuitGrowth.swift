// A circuit out of edge scores: it grows from the logits, the largest edge first.

import Engine

extension EdgeScores {
  /// Grows a circuit from the logits: again and again the edge of the largest |score| whose receiver
  /// belongs to the circuit comes in, and its sender with it.
  ///
  /// - Parameters:
  ///   - edgeLimit: how many edges to take.
  ///   - isWanted: told of every edge that comes in; returns whether to go on.
  /// - Returns: edges in the order in which they come in. Every node has a path to the logits.
  ///
  /// Source: the greedy search of Hanna et al. 2024 (arXiv:2403.17806), section 3.
  func grown(
    edgeLimit: Int, while isWanted: (CircuitEdge) -> Bool = { _ in true }
  ) -> [CircuitEdge] {
    var edges: [CircuitEdge] = []
    var members: Set<CircuitSite> = []
    /// By input, its senders from the largest on, and how many have come in.
    var queues: [(receiver: Int, senders: [Int], next: Int)] = []
    func join(_ site: CircuitSite) {
      guard members.insert(site).inserted else { return }
      for receiver in inputs(of: site) {
        let row = row(receiver)
        let senders = (0..<senderCount).filter { row[row.startIndex + $0] != 0 }
          .sorted { abs(row[row.startIndex + $0]) > abs(row[row.startIndex + $1]) }
        if !senders.isEmpty { queues.append((receiver, senders, 0)) }
      }
    }
    func size(_ queue: Int) -> Float {
      let (receiver, senders, next) = queues[queue]
      return next < senders.count ? abs(values[receiver * senderCount + senders[next]]) : -1
    }
    join(.logits)
    while edges.count < edgeLimit {
      guard let best = queues.indices.max(by: { size($0) < size($1) }), size(best) > 0 else {
        break
      }
      let (receiver, senders, next) = queues[best]
      queues[best].next += 1
      let place = self.receiver(receiver), sender = self.sender(senders[next])
      let edge = CircuitEdge(
        sender: .init(sender), receiver: .init(place.site), input: place.input,
        score: values[receiver * senderCount + senders[next]])
      edges.append(edge)
      join(sender)
      guard isWanted(edge) else { break }
    }
    return edges
  }

  /// The heads in the order in which they come into the growing circuit, those that never do last.
  public func headsByGrowth() -> [HeadIndex] {
    var order: [HeadIndex] = []
    var seen: Set<HeadIndex> = []
    let total = layerCount * headCount
    _ = grown(edgeLimit: .max) { edge in
      if let head = edge.sender.site.head, seen.insert(head).inserted { order.append(head) }
      return order.count < total
    }
    let heads = HeadScores(layerCount: layerCount, headCount: headCount).heads
    return order + heads.filter { !seen.contains($0) }
  }

  /// The circuit of the `edgeLimit` edges that come in first.
  public func circuit(edgeLimit: Int) -> Circuit {
    let edges = grown(edgeLimit: edgeLimit)
    var sites: Set<CircuitSite> = [.logits]
    for edge in edges { sites.insert(edge.sender.site) }
    let nodes = sites.map { site in
      let score =
        site == .logits
        ? row(index(ofReceiver: .logits, .stream)).reduce(0, +) : total(from: site)
      return CircuitNode(id: .init(site), score: score)
    }
    return Circuit(
      method: .edgeAttribution, layerCount: layerCount, headCount: headCount, nodes: nodes,
      edges: edges
    ).inOrder()
  }
}

extension Circuit {
  /// Nodes by depth, edges by size.
  func inOrder() -> Circuit {
    var circuit = self
    circuit.nodes.sort {
      ($0.id.site.depth, $0.id.site.name, $0.id.role ?? "")
        < ($1.id.site.depth, $1.id.site.name, $1.id.role ?? "")
    }
    circuit.edges.sort {
      (abs($0.score), $1.sender.site.name, $1.receiver.site.name)
        > (abs($1.score), $0.sender.site.name, $0.receiver.site.name)
    }
    return circuit
  }
}
