// Edge attribution patching with integrated gradients: a score for every edge from a few passes.

import Engine

extension Model {
  /// Estimates the effect of patching every single edge.
  ///
  ///     score(u → v) = Σ_{t,d} Δout_u[t,d] · mean_{k=1..n} (dm/d in_v)(e_k)[t,d]
  ///
  /// Δout_u is how the sender's output differs from the reference, in_v the residual stream as the
  /// input v reads it (before its norm; each head's query, key and value by itself), and
  /// e_k = eReference + k/n · (eClean − eReference). With n = 1 the gradient is that of the clean run.
  ///
  /// - Returns: scores of all edges, in logits; positive: the edge helps the clean answer.
  /// - Throws: `AttributionError` where the reference is a corrupted prompt that does not align;
  ///   `EngineError`; what `progress` throws.
  /// - Complexity: n forward and n backward passes, 3·L·H small ones, and L²/2 products of
  ///   `[3H + 1, T·D]` with `[H + 1, T·D]` for each of them. Results of heads are made a layer at a time
  ///   where all do not fit.
  ///
  /// Source: Syed et al. 2023 (arXiv:2310.10348); Hanna et al. 2024 (arXiv:2403.17806), whose inputs
  /// are embeddings too. Where attention's output is normalized before it is added (Gemma 2, OLMo 2), a
  /// head's Δout is taken to first order.
  public func edgeAttribution(
    _ item: LabeledPair, settings: CircuitSettings = .init(),
    progress: ProgressHandler = { _, _ in }
  ) throws -> EdgeScores {
    try edgeAttribution(
      CircuitRuns(self, item, settings), metric: item.pair.metric, progress: progress)
  }

  func edgeAttribution(
    _ runs: CircuitRuns, metric: LogitMetric, progress: ProgressHandler = { _, _ in }
  ) throws -> EdgeScores {
    var pass = EdgeAttributionPass(self, runs)
    for index in 0..<runs.pointCount {
      try pass.add(try runs.point(index), metric: metric) { layer in
        try progress(
          index * configuration.layerCount + layer,
          runs.pointCount * configuration.layerCount)
      }
    }
    return pass.scores
  }
}

/// Sums over the points of the integral.
private struct EdgeAttributionPass {
  let model: Model
  let runs: CircuitRuns
  private(set) var scores: EdgeScores

  private var heads: Int { model.configuration.headCount }

  init(_ model: Model, _ runs: CircuitRuns) {
    self.model = model
    self.runs = runs
    scores = EdgeScores(model.configuration)
  }

  mutating func add(
    _ point: Trace, metric: LogitMetric, each: (_ layer: Int) throws -> Void
  ) throws {
    let gradients = model.backward(point, of: metric, keeping: .mlpOutput)
    let layers = model.configuration.layerCount
    let atLogits = model.logitInputGradient(point, of: metric)
    add(atLogits.asRow, receivers: [scores.index(ofReceiver: .logits, .stream)], below: layers)
    for layer in (0..<layers).reversed() {
      try each(layers - 1 - layer)
      let inputs = model.headInputGradients(
        point, layer: layer, heads: Array(0..<heads), gradHeadZ: gradients.gradHeadZ[layer])
      for (place, gradient) in [inputs.query, inputs.key, inputs.value].enumerated() {
        let first = layer * (3 * heads + 1) + place * heads
        add(gradient, receivers: Array(first..<first + heads), below: layer)
      }
      let mlp = model.mlpInputGradient(
        point, layer: layer, gradOutput: gradients.gradMLPOutput[layer]
      ).asRow
      let receiver = scores.index(ofReceiver: .mlp(layer: layer), .stream)
      add(mlp, receivers: [receiver], below: layer)
      if !scores.isParallel { add(mlp, receivers: [receiver], layer: layer, headsOnly: true) }
    }
  }

  /// Adds the edges into some inputs, gradients `[N, T, D]`, from the embeddings and all layers below.
  private mutating func add(_ gradients: Tensor, receivers: [Int], below limit: Int) {
    let products = gradients.innerProducts(with: runs.differences.embeddings.asRow)
    for (row, receiver) in receivers.enumerated() {
      add(products[row, 0], receiver: receiver, sender: 0)
    }
    for layer in 0..<limit { add(gradients, receivers: receivers, layer: layer) }
  }

  private mutating func add(
    _ gradients: Tensor, receivers: [Int], layer: Int, headsOnly: Bool = false
  ) {
    let products = gradients.innerProducts(with: runs.differences.outputs(layer: layer))
    for (row, receiver) in receivers.enumerated() {
      for column in 0..<(headsOnly ? heads : heads + 1) {
        add(
          products[row, column], receiver: receiver, sender: 1 + layer * (heads + 1) + column)
      }
    }
  }

  private mutating func add(_ product: Float, receiver: Int, sender: Int) {
    scores.add(product / Float(runs.pointCount), receiver: receiver, sender: sender)
  }
}

extension Tensor {
  /// `[1, …]`.
  fileprivate var asRow: Tensor { reshaped([1] + shape) }
}
