// Circuits of an item or of a set, by either method, named and with their loops.

import Engine

/// Sums over items that make a circuit.
public struct CircuitSearch: Sendable {
  public let method: CircuitMethod
  public let settings: CircuitSettings
  private let configuration: ModelConfiguration
  /// Mean over the items so far, for edge attribution.
  private var edgeScores: EdgeScores
  /// For step-wise tracing, by role.
  private var nodes: [CircuitNode.ID: (score: Float, items: Int)] = [:]
  private var edges: [EdgeKey: Float] = [:]
  private var roles = RolePairTable()
  private var itemCount = 0
  private var clean: Float = 0, reference: Float?

  private struct EdgeKey: Hashable {
    var sender, receiver: CircuitNode.ID
    var input: CircuitInput
  }

  public init(
    _ model: Model, method: CircuitMethod, settings: CircuitSettings = .init()
  ) {
    self.method = method
    self.settings = settings
    configuration = model.configuration
    edgeScores = EdgeScores(model.configuration)
  }

  /// Adds one item.
  /// - Throws: `AttributionError` where the reference is a corrupted prompt that does not align;
  ///   `EngineError`; what `progress` throws.
  public mutating func add(
    _ item: LabeledPair, of model: Model, progress: ProgressHandler = { _, _ in }
  ) throws {
    let runs = try CircuitRuns(model, item, settings)
    switch method {
    case .edgeAttribution:
      edgeScores.add(
        try model.edgeAttribution(runs, metric: item.pair.metric, progress: progress))
    case .stepwise:
      let found = try model.stepwiseTrace(
        runs, metric: item.pair.metric, settings: settings, progress: progress)
      add(found, item)
    }
    if !item.labels.isEmpty {
      let attribution = model.patternAttribution(runs.clean, metric: item.pair.metric)
      roles.add(attribution, heads: configuration.heads, labels: item.labels)
    }
    itemCount += 1
    clean += runs.cleanMetric
    if let metric = runs.referenceMetric { reference = (reference ?? 0) + metric }
  }

  private mutating func add(_ found: [PositionEdge], _ item: LabeledPair) {
    func id(_ node: PositionNode) -> CircuitNode.ID {
      .init(
        node.site, role: node.site == .logits ? nil : item.role(at: node.position))
    }
    var own: [CircuitNode.ID: Float] = [:]
    for edge in found {
      let key = EdgeKey(sender: id(edge.sender), receiver: id(edge.receiver), input: edge.input)
      edges[key, default: 0] += edge.score
      own[key.sender, default: 0] += edge.score
      if key.receiver.site == .logits { own[key.receiver, default: 0] += edge.score }
    }
    for (id, score) in own {
      let old = nodes[id] ?? (0, 0)
      nodes[id] = (old.score + score, old.items + 1)
    }
  }

  // MARK: Results

  /// Each head's size in the circuit, `[L, H]`: |score| summed over its nodes.
  public var headSizes: HeadScores {
    var sizes = HeadScores(
      layerCount: configuration.layerCount, headCount: configuration.headCount)
    for (id, sum) in nodes {
      if let head = id.site.head { sizes[head] += abs(sum.score) / Float(max(1, itemCount)) }
    }
    return sizes
  }

  /// Mean scores of all edges; zero for step-wise tracing.
  public var meanEdgeScores: EdgeScores {
    var mean = EdgeScores(configuration)
    mean.add(edgeScores, scale: 1 / Float(max(1, itemCount)))
    return mean
  }

  /// The circuit of the items so far.
  public func circuit() -> Circuit {
    var circuit =
      method == .edgeAttribution
      ? meanEdgeScores.circuit(edgeLimit: settings.edgeLimit) : stepwiseCircuit
    circuit.itemCount = itemCount
    circuit.cleanMetric = clean / Float(max(1, itemCount))
    circuit.referenceMetric = reference.map { $0 / Float(max(1, itemCount)) }
    for index in circuit.nodes.indices {
      guard let head = circuit.nodes[index].id.site.head else { continue }
      let pairs = roles.pairs(head, query: circuit.nodes[index].id.role)
      circuit.nodes[index].rolePair = pairs.first
    }
    circuit.assignJobs()
    circuit.cycles = circuit.roleCycles()
    return circuit
  }

  /// Over a set, edges below `floor` of the largest are left out, and what no longer leads to the logits.
  private var stepwiseCircuit: Circuit {
    let count = Float(max(1, itemCount))
    let largest = edges.values.map(abs).max() ?? 0
    let least = itemCount > 1 ? settings.floor * largest : 0
    var chosen = edges.filter { abs($0.value) >= least }
    var reached: Set<CircuitNode.ID> = [.init(.logits)]
    var grows = true
    while grows {
      let before = reached.count
      for edge in chosen.keys where reached.contains(edge.receiver) { reached.insert(edge.sender) }
      grows = reached.count > before
    }
    chosen = chosen.filter { reached.contains($0.key.receiver) }
    return Circuit(
      method: .stepwise, layerCount: configuration.layerCount,
      headCount: configuration.headCount,
      nodes: reached.map { id in
        CircuitNode(
          id: id, score: (nodes[id]?.score ?? 0) / count, itemCount: nodes[id]?.items ?? 0)
      },
      edges: chosen.map { key, score in
        CircuitEdge(
          sender: key.sender, receiver: key.receiver, input: key.input, score: score / count)
      }
    ).inOrder()
  }
}
