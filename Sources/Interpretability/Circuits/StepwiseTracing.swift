// The paper's circuit tracing: from the logits backwards, one hop at a time, each head's query, key and
// value by itself with all else frozen.

import Engine

/// One edge between positions: a sender's output at one position, read by a receiver for its output at
/// another.
struct PositionEdge: Sendable {
  var sender, receiver: PositionNode
  var input: CircuitInput
  var score: Float
}

/// One part of the model at one position.
struct PositionNode: Hashable, Sendable {
  var site: CircuitSite
  var position: Int
}

extension Model {
  /// Traces one item.
  ///
  /// The first hop scores every sender at END by the logits' gradient. Each sender that is followed,
  /// head h of layer l at position t, is then a receiver: the gradient that reached its output along
  /// the edges followed so far goes back through this head alone, with pattern, values and all other
  /// heads as they are, to the stream as its query (at t), its keys and its values (at s <= t) read
  /// it, and every earlier sender u at every position is scored by
  ///
  ///     score(u,s → input) = Σ_d Δout_u[s,d] · mean_{k=1..n} G_input(e_k)[s,d].
  ///
  /// An MLP is followed at its own position. Senders of one input are followed if they are among the
  /// `width` largest, have at least `share` of the largest, and `floor` of the largest of the first hop.
  ///
  /// Source: Ni et al. 2025 (arXiv:2412.12841): query-wise, key-wise and value-wise attribution.
  /// Different here: all hops integrate over the same n points between reference and clean prompt,
  /// and MLPs are nodes like heads.
  func stepwiseTrace(
    _ runs: CircuitRuns, metric: LogitMetric, settings: CircuitSettings,
    progress: ProgressHandler = { _, _ in }
  ) throws -> [PositionEdge] {
    var tracing = StepwiseTracing(
      model: self, runs: runs, settings: settings,
      points: try (0..<runs.pointCount).map(runs.point))
    return try tracing.run(metric, progress: progress)
  }
}

private struct StepwiseTracing {
  let model: Model
  let runs: CircuitRuns
  let settings: CircuitSettings
  let points: [Trace]
  private var edges: [PositionEdge] = []
  /// Nodes still to be followed, and the gradient that reached their output: `[D]` for each point.
  private var pending: [PositionNode: [[Float]]] = [:]
  private var floor: Float = 0

  private var configuration: ModelConfiguration { model.configuration }
  private var end: Int { runs.clean.tokenCount - 1 }

  init(model: Model, runs: CircuitRuns, settings: CircuitSettings, points: [Trace]) {
    self.model = model
    self.runs = runs
    self.settings = settings
    self.points = points
  }

  mutating func run(
    _ metric: LogitMetric, progress: ProgressHandler
  ) throws -> [PositionEdge] {
    let atLogits = points.map { model.logitInputGradient($0, of: metric) }
    follow(atLogits, into: PositionNode(site: .logits, position: end), .stream, rows: end..<end + 1)
    floor = settings.floor * (edges.map { abs($0.score) }.max() ?? 0)
    var count = 0
    while let node = nextNode, count < settings.nodeLimit, let gradients = pending[node] {
      try progress(count, count + pending.count)
      pending[node] = nil
      count += 1
      switch node.site {
      case .head(let head): trace(head, node, gradients)
      case .mlp(let layer): trace(mlp: layer, node, gradients)
      case .embedding, .logits: break
      }
    }
    return edges
  }

  /// The one that all of its readers come before.
  private var nextNode: PositionNode? {
    pending.keys.max {
      ($0.site.depth, $0.site.name, $0.position) < ($1.site.depth, $1.site.name, $1.position)
    }
  }

  // MARK: One hop

  private mutating func trace(_ head: HeadIndex, _ node: PositionNode, _ gradients: [[Float]]) {
    let inputs = zip(points, gradients).map { point, gradient in
      let gradZ = model.headZGradient(
        point, layer: head.layer, gradOutput: placed(gradient, at: node.position))
      return model.headInputGradients(
        point, layer: head.layer, heads: [head.head], gradHeadZ: gradZ)
    }
    let before = 0..<node.position + 1, own = node.position..<node.position + 1
    follow(inputs.map { $0.query.withoutFirst }, into: node, .query, rows: own)
    follow(inputs.map { $0.key.withoutFirst }, into: node, .key, rows: before)
    follow(inputs.map { $0.value.withoutFirst }, into: node, .value, rows: before)
  }

  private mutating func trace(
    mlp layer: Int, _ node: PositionNode, _ gradients: [[Float]]
  ) {
    let inputs = zip(points, gradients).map { point, gradient in
      model.mlpInputGradient(
        point, layer: layer, gradOutput: placed(gradient, at: node.position))
    }
    follow(inputs, into: node, .stream, rows: node.position..<node.position + 1)
  }

  /// `[T, D]`, 0 but for one row.
  private func placed(_ row: [Float], at position: Int) -> Tensor {
    let result = Tensor(zeros: [end + 1, row.count])
    result.rowPointer(position).update(from: row, count: row.count)
    return result
  }

  /// Scores the senders of one input, given its gradient at every point, `[T, D]`, and marks the chosen
  /// ones to be followed.
  private mutating func follow(
    _ gradients: [Tensor], into receiver: PositionNode, _ input: CircuitInput, rows: Range<Int>
  ) {
    let mean = Tensor.mean(gradients)
    var found: [PositionEdge] = []
    func score(_ outputs: Tensor, _ index: Int, _ site: CircuitSite) {
      for row in rows {
        let output = outputs.pointer + (index * (end + 1) + row) * configuration.dModel
        let score = innerProduct(output, mean.rowPointer(row), configuration.dModel)
        guard score != 0 else { continue }
        found.append(
          PositionEdge(
            sender: PositionNode(site: site, position: row), receiver: receiver, input: input,
            score: score))
      }
    }
    score(runs.differences.embeddings, 0, .embedding)
    for layer in 0..<configuration.layerCount {
      let mlp = CircuitSite.mlp(layer: layer), firstHead = HeadIndex(layer: layer, head: 0)
      guard isBefore(.head(firstHead), receiver.site) else { break }
      let outputs = runs.differences.outputs(layer: layer)
      for head in 0..<configuration.headCount {
        score(outputs, head, .head(HeadIndex(layer: layer, head: head)))
      }
      if isBefore(mlp, receiver.site) { score(outputs, configuration.headCount, mlp) }
    }
    for edge in chosen(found) {
      edges.append(edge)
      if case .embedding = edge.sender.site { continue }
      let rows = gradients.map { Array($0.row(edge.sender.position)) }
      let old = pending[edge.sender]
      pending[edge.sender] = old.map { zip($0, rows).map { zip($0, $1).map(+) } } ?? rows
    }
  }

  private func isBefore(_ sender: CircuitSite, _ receiver: CircuitSite) -> Bool {
    EdgeScores(layerCount: 0, headCount: 0, isParallel: configuration.isParallel)
      .isEdge(from: sender, to: receiver)
  }

  private func chosen(_ found: [PositionEdge]) -> [PositionEdge] {
    let ranked = found.sorted { abs($0.score) > abs($1.score) }
    guard let best = ranked.first.map({ abs($0.score) }) else { return [] }
    let least = max(settings.share * best, floor)
    return ranked.prefix(settings.width).filter { abs($0.score) >= least }
  }
}

/// Σ a · b.
private func innerProduct(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
) -> Float {
  var sums = SIMD8<Float>.zero
  var index = 0
  while index + 8 <= count {
    let x = UnsafeRawPointer(a + index).loadUnaligned(as: SIMD8<Float>.self)
    let y = UnsafeRawPointer(b + index).loadUnaligned(as: SIMD8<Float>.self)
    sums.addProduct(x, y)
    index += 8
  }
  var sum = sums.sum()
  while index < count {
    sum += a[index] * b[index]
    index += 1
  }
  return sum
}

extension Tensor {
  /// `[…]` of `[1, …]`.
  fileprivate var withoutFirst: Tensor { reshaped(Array(shape.dropFirst())) }

  /// The mean of tensors of one shape.
  fileprivate static func mean(_ all: [Tensor]) -> Tensor {
    guard all.count > 1 else { return all[0] }
    let result = Tensor(zeros: all[0].shape)
    for tensor in all {
      for index in 0..<result.count {
        result.pointer[index] += tensor.pointer[index] / Float(all.count)
      }
    }
    return result
  }
}
