// What each component adds straight to a metric of the logits at END, with every normalizer behind it
// frozen as the run had it.

import CKernels

/// The direct contributions to a metric; they sum to it.
public struct DirectLogitAttribution: Sendable {
  /// Every head's, `[L, H]`, in logits.
  public let heads: Tensor
  /// Of what attention adds by layer whatever the heads do: the bias of W_O, and of a norm behind it.
  public let attentionBiases: [Float]
  /// Every layer's MLP, its biases included, in logits.
  public let mlps: [Float]
  /// Of the stream before the first layer: the embedding of END's token and, where positions are
  /// learned, of its position.
  public let embedding: Float
  /// Of the final norm's bias.
  public let finalBias: Float

  /// The sum of all contributions.
  public var total: Float {
    let parts = heads.values + attentionBiases + mlps + [embedding, finalBias]
    return Float(parts.reduce(0) { $0 + Double($1) })
  }
}

extension TraceOptions {
  /// What `Model.directLogitAttribution` needs.
  public static let directLogitAttribution: TraceOptions = [.residualStream, .headZ, .mlpOutput]
}

extension Model {
  /// Splits a metric of a finished run into what each component adds to it directly.
  ///
  ///     score[l,h] = W_O[l,h] · z[l,END,h] · direction,   direction = Σ_terms weight · gain ⊙ W_U / σ
  ///
  /// σ is the final norm's factor at END; a norm behind attention has its own factor frozen too, and
  /// LayerNorm's subtraction of the mean is linear and kept. Where the logits are capped, a term's
  /// weight is multiplied by capped / uncapped logit, so that the sum is the metric all the same.
  ///
  /// - Parameters:
  ///   - trace: a run that recorded `TraceOptions.directLogitAttribution`, with interventions on
  ///     heads and MLPs at most: one on the residual stream would cut components off.
  ///   - metric: a scalar of the logits at END.
  /// - Returns: contributions in logits.
  /// - Complexity: a row of W_O for each layer; far less than a forward pass.
  ///
  /// Source: Wang et al. 2022 (arXiv:2211.00593), section 3; TransformerLens'
  /// `ActivationCache.logit_attrs`, which leaves caps and norms behind attention to the caller.
  public func directLogitAttribution(
    _ trace: Trace, of metric: LogitMetric
  ) -> DirectLogitAttribution {
    trace.requireExactActivations(for: "directLogitAttribution")
    for intervention in trace.interventions {
      if case .residual = intervention.site {
        preconditionFailure("directLogitAttribution: the run's residual stream was changed")
      }
    }
    let final = finalDirection(trace, metric)
    let layers = trace.layers.enumerated().map { layer, recorded in
      layerContributions(layer, recorded, direction: final.direction)
    }
    let first = trace.layers[0].residPre ?? missing("the residual stream")
    return DirectLogitAttribution(
      heads: Tensor(
        layers.flatMap(\.heads), shape: [configuration.layerCount, configuration.headCount]),
      attentionBiases: layers.map(\.bias), mlps: layers.map(\.mlp),
      embedding: dot(last(first), final.direction), finalBias: final.bias)
  }

  /// dm/d(stream at END) with the final norm frozen, `[1, D]`, and what the norm's bias adds.
  private func finalDirection(
    _ trace: Trace, _ metric: LogitMetric
  ) -> (direction: Tensor, bias: Float) {
    let width = configuration.dModel
    let end = last(trace.residFinal)
    let normed = weights.finalNorm.apply(end)
    let gradNormed = Tensor(zeros: [1, width])
    let row = Tensor(uninitialized: [1, width])
    for term in metric.terms {
      weights.unembedding.copyRow(Int(term.token), to: row.pointer)
      var weight = term.weight
      if configuration.logitCap != nil {
        let uncapped = dot(normed, row)
        if uncapped != 0 { weight *= trace.endLogits[Int(term.token)] / uncapped }
      }
      kernel_scale_add(gradNormed.pointer, weight, row.pointer, width)
    }
    return weights.finalNorm.frozenBackward(dy: gradNormed, x: end)
  }

  private func layerContributions(
    _ layer: Int, _ recorded: LayerTrace, direction: Tensor
  ) -> (heads: [Float], bias: Float, mlp: Float) {
    let layerWeights = weights.layers[layer]
    let z = last(recorded.headZ ?? missing("z"))
    var attention = (direction: direction, bias: Float(0))
    if let norm = layerWeights.attentionPostNorm {
      attention = norm.frozenBackward(dy: direction, x: project(z, layerWeights.wO))
    }
    let bias = layerWeights.wO.bias.map { dot($0, attention.direction) } ?? 0
    let gradZ = projectBackward(attention.direction, layerWeights.wO)
    let width = configuration.dHead
    let heads = (0..<configuration.headCount).map { head in
      kernel_dot(z.pointer + head * width, gradZ.pointer + head * width, width)
    }
    let mlp = dot(last(recorded.mlpOutput ?? missing("the MLP's output")), direction)
    return (heads, bias + attention.bias, mlp)
  }

  /// The last row as `[1, W]`.
  private func last(_ x: Tensor) -> Tensor {
    x.rows(x.shape[0] - 1..<x.shape[0]).reshaped([1, x.rowWidth])
  }

  private func dot(_ a: Tensor, _ b: Tensor) -> Float {
    precondition(a.count == b.count, "dot: \(a.shape) and \(b.shape)")
    return kernel_dot(a.pointer, b.pointer, a.count)
  }

  private func missing(_ what: String) -> Tensor {
    preconditionFailure(
      "directLogitAttribution: the run lacks \(what); record TraceOptions.directLogitAttribution")
  }
}

extension Norm {
  /// The gradient to one row with the norm's factor 1/σ held as that row has it, and what the bias
  /// adds to the metric.
  ///
  ///     RMSNorm:   dx = gain ⊙ dy / σ
  ///     LayerNorm: dx = g − mean(g), g = gain ⊙ dy / σ
  ///
  /// - Parameters:
  ///   - dy: the gradient to the output, `[1, W]`.
  ///   - x: the input, `[1, W]`.
  /// - Returns: dx, `[1, W]`, and bias · dy.
  func frozenBackward(dy: Tensor, x: Tensor) -> (direction: Tensor, bias: Float) {
    let values = x.values.map(Double.init), width = Double(values.count)
    let mean = bias == nil ? 0 : values.reduce(0, +) / width
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / width
    let factor = 1 / (square + Double(epsilon)).squareRoot()
    var scaled = zip(gain.values, dy.values).map { Double($0) * Double($1) * factor }
    guard let bias else { return (Tensor(scaled.map(Float.init), shape: dy.shape), 0) }
    let center = scaled.reduce(0, +) / width
    for index in scaled.indices { scaled[index] -= center }
    return (
      Tensor(scaled.map(Float.init), shape: dy.shape),
      kernel_dot(bias.pointer, dy.pointer, dy.count)
    )
  }
}
