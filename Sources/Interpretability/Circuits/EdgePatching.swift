// The exact effect of single edges, as the truth that edge attribution is held against.

import Engine

extension Model {
  /// Runs the reference again for each edge, with the receiver's one input reading the stream in which
  /// the sender's output is the clean one.
  ///
  ///     effect(u → v) = m(corrupted run, in_v + Δout_u) − m(corrupted run)
  ///
  /// - Returns: effects in the order of the edges, in logits.
  /// - Throws: `AttributionError` unless the prompts align; what `progress` throws.
  /// - Complexity: two part passes for each edge.
  ///
  /// Source: path patching, Wang et al. 2022 (arXiv:2211.00593) and Goldowsky-Dill et al. 2023
  /// (arXiv:2304.05969), of paths of one edge.
  public func edgePatching(
    _ pair: PromptPair, edges: [(sender: CircuitSite, receiver: CircuitSite, input: CircuitInput)],
    progress: ProgressHandler = { _, _ in }
  ) throws -> [Float] {
    let corrupted = try pair.alignedCorrupted()
    let base = try forward(
      corrupted, interventions: pair.interventions,
      recording: [.rerun, .queries, .mlpOutput])
    let clean = try forward(
      pair.clean, interventions: pair.interventions, recording: [.headZ, .mlpOutput])
    let differences = SenderDifferences(
      self, clean: clean, reference: base,
      embeddings: .difference(try embed(pair.clean), try embed(corrupted)))
    let before = pair.metric.value(base)
    return try edges.enumerated().map { index, edge in
      try progress(index, edges.count)
      let change = differences.output(edge.sender)
      let after = try patched(base, edge.receiver, edge.input, change, pair.metric)
      return after - before
    }
  }

  /// m of the run whose receiver reads the stream plus `change`.
  private func patched(
    _ base: Trace, _ receiver: CircuitSite, _ input: CircuitInput, _ change: Tensor,
    _ metric: LogitMetric
  ) throws -> Float {
    switch receiver {
    case .embedding: preconditionFailure("edgePatching: the embeddings receive nothing")
    case .logits:
      let end = base.tokenCount - 1
      let change = change.row(end), stream = base.residFinal.row(base.residFinal.shape[0] - 1)
      let logits = try unembed(
        Tensor(zip(stream, change).map(+), shape: [1, configuration.dModel]))
      return metric.value(UnsafeBufferPointer(start: logits.pointer, count: logits.count))
    case .mlp(let layer):
      let output = try mlpOutput(
        layer: layer, reading: .sum(base.mlpInput(layer, configuration), change))
      let source = Trace(
        headZ: base.layers.indices.map(base.headZ), mlpOutput: base.layers.map { _ in output })
      return metric.value(
        try forward(
          .rerun(
            base, adding: [Intervention(.mlp(layer: layer), .replace(with: source))])))
    case .head(let head):
      guard let which = HeadInput(rawValue: input.rawValue) else {
        preconditionFailure("edgePatching: a head has no input \(input)")
      }
      guard let residPre = base.layers[head.layer].residPre else {
        preconditionFailure("edgePatching: no residual stream")
      }
      let z = try headZ(
        base, layer: head.layer, reading: .sum(residPre, change), by: which)
      let source = Trace(headZ: base.layers.map { _ in z }, mlpOutput: [])
      return metric.value(
        try forward(
          .rerun(base, adding: [Intervention(.head(head), .replace(with: source))])))
    }
  }
}

extension SenderDifferences {
  /// Δout of one sender, `[T, D]`.
  func output(_ site: CircuitSite) -> Tensor {
    func row(_ layer: Int, _ index: Int) -> Tensor {
      let all = outputs(layer: layer)
      return Tensor(Array(all.row(index)), shape: Array(all.shape.dropFirst()))
    }
    switch site {
    case .embedding: return embeddings
    case .head(let head): return row(head.layer, head.head)
    case .mlp(let layer): return row(layer, outputs(layer: layer).shape[0] - 1)
    case .logits: preconditionFailure("SenderDifferences: the logits send nothing")
    }
  }
}

extension Trace {
  /// The stream that a layer's MLP reads, `[T, D]`.
  fileprivate func mlpInput(_ layer: Int, _ configuration: ModelConfiguration) -> Tensor {
    let recorded = layers[layer]
    guard let input = configuration.isParallel ? recorded.residPre : recorded.residMid else {
      preconditionFailure("edgePatching: no residual stream")
    }
    return input
  }
}

extension Tensor {
  fileprivate static func sum(_ a: Tensor, _ b: Tensor) -> Tensor {
    Tensor(zip(a.values, b.values).map(+), shape: a.shape)
  }
}
