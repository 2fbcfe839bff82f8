// Gradients along single paths: to the residual stream as one head's query, key or value reads it, as
// an MLP reads it, and as the unembedding does. What circuits are traced with.

import CKernels

/// What reaches the residual stream before a layer through single inputs of heads, each `[N, T, D]`
/// for N heads. In a model with grouped keys and values a head's key is its share of the group's: what
/// reaches the stream through this head's scores alone.
public struct HeadInputGradients: Sendable {
  public let query, key, value: Tensor
}

extension Model {
  /// The gradient to the stream at the end of the last layer, `[T, D]`; only END's row is not 0.
  ///
  /// - Precondition: the run recorded its logits at END.
  public func logitInputGradient(_ trace: Trace, of metric: LogitMetric) -> Tensor {
    let pass = BackwardPass(model: self, trace: trace)
    pass.unembed(metric)
    return pass.stream
  }

  /// The gradient to the stream as a layer's MLP reads it, by the path through the MLP alone.
  ///
  /// - Precondition: the run recorded `TraceOptions.backward`; `gradOutput`, the gradient to the MLP's
  ///   output, is `[T, D]`.
  /// - Returns: `[T, D]`: of residMid, or of residPre in a parallel block.
  public func mlpInputGradient(_ trace: Trace, layer: Int, gradOutput: Tensor) -> Tensor {
    let pass = BackwardPass(model: self, trace: trace, from: gradOutput)
    let result = Tensor(zeros: gradOutput.shape)
    pass.feedForward(layer, weights.layers[layer], trace.layers[layer], into: result)
    return result
  }

  /// The gradient to every head's z in a layer, `[T, H, K]`, given that to attention's output `[T, D]`.
  public func headZGradient(_ trace: Trace, layer: Int, gradOutput: Tensor) -> Tensor {
    var pass = BackwardPass(model: self, trace: trace, from: gradOutput)
    return pass.headGradient(layer, weights.layers[layer], trace.layers[layer])
      .reshaped([trace.tokenCount, configuration.headCount, configuration.dHead])
  }

  /// The gradients to the stream before a layer as each of some heads reads it, by the path through
  /// that head alone.
  ///
  ///     query: J(x)ᵀ · W_Q[h]ᵀ · dm/dq[h],  J the Jacobian of the norm at x = residPre;
  ///     key and value likewise.
  ///
  /// - Precondition: the run recorded `TraceOptions.backward`; `gradHeadZ`, the gradient to z, is
  ///   `[T, H, K]`. Heads not asked for are not read.
  /// - Returns: three times `[N, T, D]`.
  /// - Complexity: 3N products of `[T, K]` with `[K, D]`, and N backward passes of the norm for each
  ///   input.
  public func headInputGradients(
    _ trace: Trace, layer: Int, heads: [Int], gradHeadZ: Tensor
  ) -> HeadInputGradients {
    HeadInputPass(model: self, trace: trace, layer: layer, heads: heads)
      .run(gradHeadZ: gradHeadZ)
  }

  /// What some heads of a layer add to the stream, `[N, T, D]`: W_O[h] · z[h]. Where the model
  /// normalizes attention's output, the change of that to first order at the run given.
  public func headResults(_ trace: Trace, layer: Int, heads: [Int], z: Tensor) -> Tensor {
    let (d, width) = (configuration.dModel, configuration.dHead)
    let weight = weights.layers[layer].wO.matrix, floats = weight.floatsIfUncuttable
    let result = Tensor(uninitialized: [heads.count, z.shape[0], d])
    for (index, head) in heads.enumerated() {
      let part = weight.inputs(head * width..<(head + 1) * width, floats: floats)
      kernel_view_matmul(
        result.rowPointer(index), d, z.pointer + head * width, z.rowWidth, z.shape[0], part.view,
        false)
      if let norm = weights.layers[layer].attentionPostNorm,
        let input = trace.layers[layer].attentionResult
      {
        norm.differential(of: result.rowPointer(index), at: input.pointer, rows: z.shape[0])
      }
    }
    return result
  }
}

/// The backward pass of some heads of one layer, each by itself.
private struct HeadInputPass {
  let pass: BackwardPass
  let layer: Int
  let heads: [Int]

  private var configuration: ModelConfiguration { pass.configuration }
  private var trace: Trace { pass.trace }
  private var weights: LayerWeights { pass.model.weights.layers[layer] }
  private var width: Int { configuration.dHead }
  private var share: Int { configuration.headCount / configuration.attention.kvHeadCount }

  init(model: Model, trace: Trace, layer: Int, heads: [Int]) {
    pass = BackwardPass(model: model, trace: trace, from: Tensor(zeros: [0]))
    (self.layer, self.heads) = (layer, heads)
  }

  func run(gradHeadZ: Tensor) -> HeadInputGradients {
    let recorded = trace.layers[layer]
    let gradZ = gradHeadZ.copy()
    pass.intervene(layer, on: gradZ, width: width) {
      if case .head(let head) = $0 { head.head * width } else { nil }
    }
    let (gradQ, gradK, gradV) = attentionGradients(recorded, gradZ: columns(gradZ, heads))
    let kvHeads = heads.map { $0 / share }
    return HeadInputGradients(
      query: inputs(
        gradQ, heads, weights.wQ, weights.queryNorm, input: recorded.queryInput, isTurned: true),
      key: inputs(
        gradK, kvHeads, weights.wK, weights.keyNorm, input: recorded.keyInput, isTurned: true),
      value: inputs(gradV, kvHeads, weights.wV, nil, input: nil, isTurned: false))
  }

  /// To the heads' queries, keys and values, `[T, N, K]`: every head has its own copy of its group's
  /// keys and values.
  private func attentionGradients(
    _ recorded: LayerTrace, gradZ: Tensor
  ) -> (q: Tensor, k: Tensor, v: Tensor) {
    let kvHeads = heads.map { $0 / share }, count = trace.tokenCount
    let q = columns(pass.need(recorded.q), heads)
    let k = columns(pass.need(recorded.k), kvHeads), v = columns(pass.need(recorded.v), kvHeads)
    let all = pass.need(recorded.attentionPattern)
    let pattern = concatenate(heads.map { all.rows($0..<$0 + 1) })
    var shape = configuration.attentionShape(
      layer: layer, rows: count, firstPosition: 0, keys: count)
    (shape.heads, shape.kv_heads) = (heads.count, heads.count)
    let gradPattern = Tensor(uninitialized: pattern.shape)
    let gradQ = Tensor(zeros: q.shape), gradK = Tensor(zeros: q.shape)
    let gradV = Tensor(zeros: q.shape)
    kernel_attention_mix_backward(
      gradPattern.pointer, gradV.pointer, gradZ.pointer, pattern.pointer, v.pointer, shape)
    kernel_attention_pattern_backward(
      gradQ.pointer, gradK.pointer, gradPattern.pointer, pattern.pointer, q.pointer, k.pointer,
      shape)
    return (gradQ, gradK, gradV)
  }

  /// From queries, keys or values `[T, N, K]` to the stream, `[N, T, D]`. `sources` are the heads of
  /// the weights.
  private func inputs(
    _ gradient: Tensor, _ sources: [Int], _ projection: Projection, _ norm: Norm?, input: Tensor?,
    isTurned: Bool
  ) -> Tensor {
    let count = trace.tokenCount, d = configuration.dModel
    let result = Tensor(zeros: [heads.count, count, d])
    let residPre = pass.need(trace.layers[layer].residPre)
    for (index, source) in sources.enumerated() {
      let own = columns(gradient, [index]).reshaped([count, width])
      let normed: Tensor
      if let norm, norm.gain.count > width {
        // The norm spans all heads: one head's gradient reaches the inputs of every head.
        let whole = widened(own, to: projection.matrix.outputs, at: source * width)
        normed = projectBackward(pass.turnedBack(layer, whole, norm, input: input), projection)
      } else {
        let ownInput = input.map {
          columns($0.reshaped([count, $0.count / count / width, width]), [source])
        }
        let turned =
          isTurned ? pass.turnedBack(layer, own, norm, input: ownInput) : own
        normed = Tensor(uninitialized: [count, d])
        let part = projection.matrix.outputs(source * width..<(source + 1) * width)
        kernel_view_matmul_backward(
          normed.pointer, d, turned.pointer, width, count, part.view, false)
      }
      if let norm = weights.attentionNorm {
        norm.backward(into: result.rowPointer(index), dy: normed, x: residPre.pointer)
      } else {
        result.rowPointer(index).update(from: normed.pointer, count: normed.count)
      }
    }
    return result
  }

  /// The columns of some heads, `[T, N, K]` of `[T, H, K]`.
  private func columns(_ x: Tensor, _ heads: [Int]) -> Tensor {
    let result = Tensor(uninitialized: [x.shape[0], heads.count, width])
    for row in 0..<x.shape[0] {
      for (index, head) in heads.enumerated() {
        (result.rowPointer(row) + index * width).update(
          from: x.rowPointer(row) + head * width, count: width)
      }
    }
    return result
  }

  /// `[T, W]`, 0 but for the columns from `first` on.
  private func widened(_ x: Tensor, to outputs: Int, at first: Int) -> Tensor {
    let result = Tensor(zeros: [x.shape[0], outputs])
    for row in 0..<x.shape[0] {
      (result.rowPointer(row) + first).update(from: x.rowPointer(row), count: x.rowWidth)
    }
    return result
  }
}

extension Norm {
  /// Turns changes of the input into changes of the output, to first order at `x`, in place:
  /// dy = gain · r · (dx − mean(dx) − x̂ · mean(x̂ · dx)), x̂ the normalized input, r = 1/deviation;
  /// RMSNorm has no mean(dx).
  func differential(
    of dx: UnsafeMutablePointer<Float>, at x: UnsafePointer<Float>, rows: Int
  ) {
    let width = gain.count, count = Float(width)
    for row in 0..<rows {
      let (dx, x) = (dx + row * width, x + row * width)
      var center: Float = 0, square: Float = 0, meanChange: Float = 0, along: Float = 0
      if bias != nil {
        for index in 0..<width { center += x[index] / count }
        for index in 0..<width { meanChange += dx[index] / count }
      }
      for index in 0..<width { square += (x[index] - center) * (x[index] - center) }
      let r = 1 / (square / count + epsilon).squareRoot()
      for index in 0..<width { along += (x[index] - center) * r * dx[index] / count }
      for index in 0..<width {
        let normed = (x[index] - center) * r
        dx[index] = gain.pointer[index] * r * (dx[index] - meanChange - normed * along)
      }
    }
  }
}
