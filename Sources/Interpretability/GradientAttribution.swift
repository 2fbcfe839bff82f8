// Estimates of a head's effect from gradients.

import Engine

extension Model {
  /// Estimates every head's patching effect from two forward passes and one backward pass.
  ///
  ///     denoising: score[l,h] = Σ_{t,k} (zClean − zCorrupted)[l,t,h,k] · gradZCorrupted[l,t,h,k]
  ///
  /// Noising swaps the runs.
  /// - Returns: scores, `[L, H]`, in logits; for denoising, positive where patching the head to clean
  ///   raises the metric.
  /// - Throws: `AttributionError` unless the prompts align.
  ///
  /// Source: Nanda 2023, "Attribution Patching"; Syed et al. 2023 (arXiv:2310.10348).
  public func attributionPatching(
    _ pair: PromptPair, direction: PatchingDirection = .denoising
  ) throws -> HeadScores {
    let runs = try changedRuns(pair, direction: direction)
    return attributionPatching(from: runs.base, to: runs.other, metric: pair.metric)
  }

  /// The same of two finished runs of equal length: `base` recorded `TraceOptions.backward`, `other`
  /// its z.
  func attributionPatching(from base: Trace, to other: Trace, metric: LogitMetric) -> HeadScores {
    let gradients = backward(base, of: metric)
    return weightedSum(of: other, minus: base, by: gradients.gradHeadZ)
  }

  /// The same with the gradient averaged over inputs between the two prompts.
  ///
  ///     score = Σ (zClean − zCorrupted) · mean_{k=1..n} gradZ(e_k),
  ///     e_k = eCorrupted + k/n · (eClean − eCorrupted)
  ///
  /// - Parameters:
  ///   - pair: prompts that align token by token.
  ///   - direction: noising goes from the clean embeddings to the corrupted ones.
  ///   - steps: n, at least 1.
  /// - Returns: scores, `[L, H]`, in logits.
  /// - Throws: `AttributionError` unless the prompts align.
  /// - Complexity: n forward and n backward passes, and two forward passes.
  ///
  /// Source: Hanna et al. 2024 (arXiv:2403.17806), after Sundararajan et al. 2017
  /// (arXiv:1703.01365); inputs are embeddings.
  public func integratedGradients(
    _ pair: PromptPair, direction: PatchingDirection = .denoising, steps: Int = 5
  ) throws -> HeadScores {
    precondition(steps >= 1, "integratedGradients: \(steps) steps")
    let runs = try alignedRuns(pair, recordingBase: .rerun, direction: direction)
    let from = try embed(runs.base.tokens), to = try embed(runs.other.tokens)
    var mean = HeadScores(
      layerCount: configuration.layerCount, headCount: configuration.headCount)
    for step in 1...steps {
      let input = Tensor.interpolated(from, to, at: Float(step) / Float(steps))
      let trace = try forward(
        .embeddings(input, interventions: pair.interventions), recording: .backward)
      let gradients = backward(trace, of: pair.metric)
      let scores = weightedSum(
        of: runs.other, minus: runs.base, by: gradients.gradHeadZ)
      for index in mean.values.indices { mean.values[index] += scores.values[index] / Float(steps) }
    }
    return mean
  }

  /// What a head's output contributes to first order, against an output of zero.
  ///
  ///     score[l,h] = Σ_{t,k} z[l,t,h,k] · gradZ[l,t,h,k]     (of the clean run)
  ///
  /// It needs no corrupted prompt.
  public func zeroBaseline(_ pair: PromptPair) throws -> HeadScores {
    let trace = try forward(
      pair.clean, interventions: pair.interventions, recording: .backward)
    let gradients = backward(trace, of: pair.metric)
    return weightedSum(of: trace, minus: nil, by: gradients.gradHeadZ)
  }

  /// The run to start from, and the run whose activations come in: corrupted and clean when
  /// denoising.
  func alignedRuns(
    _ pair: PromptPair, recordingBase: TraceOptions, direction: PatchingDirection
  ) throws -> (base: Trace, other: Trace) {
    let corrupted = try pair.alignedCorrupted()
    let (baseTokens, otherTokens) =
      direction == .denoising ? (corrupted, pair.clean) : (pair.clean, corrupted)
    let base = try forward(
      baseTokens, interventions: pair.interventions, recording: recordingBase)
    let other =
      pair.interventions.isEmpty
      ? try forward(
        .tokens(otherTokens, sharingPrefixOf: base), recording: [.headZ, .keysAndValues])
      : try forward(otherTokens, interventions: pair.interventions, recording: .headZ)
    return (base, other)
  }

  /// The same runs, recorded from the first position at which the prompts differ on: activations
  /// before it are the same in both, so that they and their gradients change no score. What both share
  /// runs once and leaves its keys and values alone. Under changed attention rows, which may reach
  /// back before that position, the runs are whole.
  private func changedRuns(
    _ pair: PromptPair, direction: PatchingDirection
  ) throws -> (base: Trace, other: Trace) {
    let corrupted = try pair.alignedCorrupted()
    let shared = min(pair.firstDifference, pair.clean.count - 1)
    guard shared > 0, !pair.interventions.contains(where: \.changesRows) else {
      return try alignedRuns(pair, recordingBase: .backward, direction: direction)
    }
    let prefix = try forward(
      Array(pair.clean[..<shared]), interventions: pair.interventions, recording: .keysAndValues)
    let both = direction == .denoising ? [corrupted, pair.clean] : [pair.clean, corrupted]
    let inputs = both.map { tokens in
      PassInput.tokens(tokens, continuing: prefix, shared: shared).recordingOwnRowsOnly
    }
    // Together they read the weights once, but each keeps all that a backward pass needs.
    if 2 * (pair.clean.count - shared) <= pair.clean.count {
      let runs = try forward(batch: inputs, recording: .backward)
      return (runs[0], runs[1])
    }
    return (
      try forward(inputs[0], recording: .backward), try forward(inputs[1], recording: .headZ)
    )
  }

  /// Σ_{t,k} (x − y)[l,t,h,k] · gradient[l,t,h,k] over two runs' z, or of one where there is no y.
  func weightedSum(
    of x: Trace, minus y: Trace?, by gradients: [Tensor]
  ) -> HeadScores {
    let width = configuration.dHead
    var scores = HeadScores(
      layerCount: configuration.layerCount, headCount: configuration.headCount)
    for layer in 0..<configuration.layerCount {
      let z = x.headZ(layer), other = y?.headZ(layer), gradient = gradients[layer]
      for position in 0..<z.shape[0] {
        let zRow = z.row(position), otherRow = other?.row(position), g = gradient.row(position)
        for head in 0..<configuration.headCount {
          var sum: Float = 0
          for column in head * width..<(head + 1) * width {
            sum += (zRow[column] - (otherRow?[column] ?? 0)) * g[column]
          }
          scores[layer, head] += sum
        }
      }
    }
    return scores
  }
}

extension Trace {
  /// A layer's z, `[T, H, K]`, which the run must have recorded.
  func headZ(_ layer: Int) -> Tensor {
    guard let z = layers[layer].headZ else {
      preconditionFailure("the run did not record z of layer \(layer)")
    }
    return z
  }
}

extension Tensor {
  /// a + fraction · (b − a).
  static func interpolated(_ a: Tensor, _ b: Tensor, at fraction: Float) -> Tensor {
    Tensor(zip(a.values, b.values).map { $0 + fraction * ($1 - $0) }, shape: a.shape)
  }
}
