// The gradient of a scalar of the final logits with respect to a recorded run's activations.

import CKernels

/// Which gradients a backward pass keeps; those of z are always kept.
public struct GradientOptions: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let attentionPattern = GradientOptions(rawValue: 1)
  /// Before each layer; includes the embeddings.
  public static let residualStream = GradientOptions(rawValue: 2)
  public static let embeddings = GradientOptions(rawValue: 4)
}

/// Gradients of a metric m, each with the shape of its activation.
public struct Gradients: Sendable {
  /// dm/dz by layer, `[T, H, K]`, of z as it flows on (after interventions).
  public internal(set) var gradHeadZ: [Tensor]
  /// dm/dA by layer, `[H, T, S]`, each cell a free variable; 0 where a key is not seen.
  public internal(set) var gradAttentionPattern: [Tensor]
  /// dm/d(residPre) by layer, `[T, D]`.
  public internal(set) var gradResidPre: [Tensor]
  /// dm/d(embeddings), `[T, D]`.
  public internal(set) var gradEmbeddings: Tensor?
}

extension Model {
  /// The gradient of `metric` with respect to the activations of a recorded run.
  ///
  /// - Precondition: the run recorded `TraceOptions.backward`.
  /// - Returns: gradients in logits per unit of the activation.
  /// - Complexity: about the cost of a forward pass.
  public func backward(
    _ trace: Trace, of metric: LogitMetric, keeping options: GradientOptions = []
  ) -> Gradients {
    var pass = BackwardPass(model: self, trace: trace, options: options)
    return pass.run(metric)
  }
}

/// One backward pass over one recorded run, last layer first.
private struct BackwardPass {
  let model: Model
  let trace: Trace
  let options: GradientOptions
  private let stream: Tensor
  /// Rows before this one have no gradient yet: only END reaches the metric until the first
  /// attention is passed.
  private var firstRow: Int
  private var result: Gradients

  private var configuration: ModelConfiguration { model.configuration }

  init(model: Model, trace: Trace, options: GradientOptions) {
    self.model = model
    self.trace = trace
    self.options = options
    let layerCount = model.configuration.layerCount
    let empty = Tensor(zeros: [0])
    stream = Tensor(zeros: [trace.tokenCount, model.configuration.dModel])
    firstRow = trace.tokenCount - 1
    func slots(_ wanted: Bool) -> [Tensor] {
      wanted ? [Tensor](repeating: empty, count: layerCount) : []
    }
    result = Gradients(
      gradHeadZ: slots(true), gradAttentionPattern: slots(options.contains(.attentionPattern)),
      gradResidPre: slots(options.contains(.residualStream)))
  }

  mutating func run(_ metric: LogitMetric) -> Gradients {
    unembed(metric)
    for layer in (0..<configuration.layerCount).reversed() {
      let weights = model.weights.layers[layer]
      let recorded = trace.layers[layer]
      feedForward(layer, weights, recorded)
      let needsInput =
        layer > 0 || options.contains(.residualStream) || options.contains(.embeddings)
      attend(layer, weights, recorded, needsInput: needsInput)
      guard needsInput else { break }
      if options.contains(.residualStream) { result.gradResidPre[layer] = stream.copy() }
      intervene(layer, on: stream, width: configuration.dModel) {
        if case .residual = $0 { 0 } else { nil }
      }
      firstRow = 0
    }
    if options.contains(.embeddings) || options.contains(.residualStream) {
      result.gradEmbeddings = stream
    }
    return result
  }

  /// Through the unembedding and the final norm, at END: logit[v] = W_U[v, :] · norm(x).
  private func unembed(_ metric: LogitMetric) {
    let d = configuration.dModel
    let gradNormed = Tensor(zeros: [1, d])
    let row = Tensor(uninitialized: [1, d])
    for term in metric.terms {
      model.weights.unembedding.copyRow(Int(term.token), to: row.pointer)
      kernel_scale_add(gradNormed.pointer, term.weight, row.pointer, d)
    }
    let end = trace.residFinal.rowPointer(trace.residFinal.shape[0] - 1)
    let inverseRMS = Tensor(uninitialized: [1])
    let gain = model.weights.finalNorm.pointer
    kernel_rmsnorm(row.pointer, inverseRMS.pointer, end, gain, 1, d, configuration.norm.epsilon)
    kernel_rmsnorm_backward(
      stream.rowPointer(firstRow), gradNormed.pointer, end, gain, inverseRMS.pointer, 1, d)
  }

  /// residPost = residMid + W_down · (silu(gate) · up), gate and up of norm(residMid).
  private func feedForward(_ layer: Int, _ weights: LayerWeights, _ recorded: LayerTrace) {
    let gate = need(recorded.mlpGate), up = need(recorded.mlpUp)
    let rows = trace.tokenCount - firstRow
    let gradOutput = stream.rows(firstRow..<trace.tokenCount)
    intervene(layer, on: gradOutput, firstPosition: firstRow, width: configuration.dModel) {
      if case .mlp = $0 { 0 } else { nil }
    }
    let gradInner = multiplyBackward(gradOutput, weights.wDown)
    let gradGate = Tensor(uninitialized: gradInner.shape)
    let gradUp = Tensor(uninitialized: gradInner.shape)
    kernel_swiglu_backward(
      gradGate.pointer, gradUp.pointer, gradInner.pointer, gate.rowPointer(firstRow),
      up.rowPointer(firstRow), gradInner.count)
    let gradNormed = multiplyBackward(gradGate, weights.wGate)
    multiplyBackward(gradUp, weights.wUp, addingTo: gradNormed)
    kernel_rmsnorm_backward(
      stream.rowPointer(firstRow), gradNormed.pointer,
      need(recorded.residMid).rowPointer(firstRow), weights.mlpNorm.pointer,
      need(recorded.mlpInverseRMS).rowPointer(firstRow), rows, configuration.dModel)
  }

  /// residMid = residPre + W_O · z, z of norm(residPre).
  private mutating func attend(
    _ layer: Int, _ weights: LayerWeights, _ recorded: LayerTrace, needsInput: Bool
  ) {
    let count = trace.tokenCount
    let gradZ = Tensor(zeros: [count, configuration.queryWidth])
    kernel_matmul_backward(
      gradZ.rowPointer(firstRow), gradZ.rowWidth, stream.rowPointer(firstRow),
      configuration.dModel, count - firstRow, weights.wO.kernel, false)
    result.gradHeadZ[layer] = gradZ.reshaped([
      count, configuration.headCount, configuration.dHead,
    ])
    guard needsInput || options.contains(.attentionPattern) else { return }
    let gradOwnZ = changesHeads(layer) ? gradZ.copy() : gradZ
    intervene(layer, on: gradOwnZ, width: configuration.dHead) {
      if case .head(let head) = $0 { head.head * configuration.dHead } else { nil }
    }
    let shape = attentionShape(rows: count, firstPosition: 0, keys: count, configuration)
    let pattern = need(recorded.attentionPattern)
    let gradPattern = Tensor(uninitialized: pattern.shape)
    let gradV = Tensor(zeros: [count, configuration.kvWidth])
    kernel_attention_mix_backward(
      gradPattern.pointer, gradV.pointer, gradOwnZ.pointer, pattern.pointer,
      need(recorded.v).pointer, shape)
    if options.contains(.attentionPattern) { result.gradAttentionPattern[layer] = gradPattern }
    guard needsInput else { return }
    let gradQ = Tensor(zeros: [count, configuration.queryWidth])
    let gradK = Tensor(zeros: [count, configuration.kvWidth])
    kernel_attention_pattern_backward(
      gradQ.pointer, gradK.pointer, gradPattern.pointer, pattern.pointer,
      need(recorded.q).pointer, need(recorded.k).pointer, shape)
    rotateBack(gradQ, heads: configuration.headCount)
    rotateBack(gradK, heads: configuration.attention.kvHeadCount)
    let gradNormed = multiplyBackward(gradQ, weights.wQ)
    multiplyBackward(gradK, weights.wK, addingTo: gradNormed)
    multiplyBackward(gradV, weights.wV, addingTo: gradNormed)
    kernel_rmsnorm_backward(
      stream.pointer, gradNormed.pointer, need(recorded.residPre).pointer,
      weights.attentionNorm.pointer, need(recorded.attentionInverseRMS).pointer, count,
      configuration.dModel)
  }

  private func rotateBack(_ x: Tensor, heads: Int) {
    let rope = configuration.rope
    let angles = model.ropeTable.angles(positions: trace.tokenCount)
    kernel_rope(
      x.pointer, x.rowWidth, angles.cosine.pointer, angles.sine.pointer, trace.tokenCount, heads,
      configuration.dHead, rope.width, rope.pairing.kernel, true)
  }

  private func changesHeads(_ layer: Int) -> Bool {
    trace.interventions.contains { $0.site.layer == layer && $0.site.isHead }
  }

  /// Takes the gradient of what a layer's interventions made to what they were given: the last one
  /// first.
  private func intervene(
    _ layer: Int, on gradient: Tensor, firstPosition: Int = 0, width: Int,
    offset: (Intervention.Site) -> Int?
  ) {
    for intervention in trace.interventions.reversed() where intervention.site.layer == layer {
      guard let column = offset(intervention.site) else { continue }
      for position in intervention.positions.indices(in: firstPosition..<trace.tokenCount) {
        intervention.applyBackward(
          to: gradient.rowPointer(position - firstPosition) + column, width: width)
      }
    }
  }

  private func need(_ tensor: Tensor?) -> Tensor {
    guard let tensor else {
      preconditionFailure("backward: the trace lacks activations; record TraceOptions.backward")
    }
    return tensor
  }
}

/// dx = dy · w, `[R, K]` of `[R, N]` and `[N, K]`.
private func multiplyBackward(_ dy: Tensor, _ w: WeightMatrix) -> Tensor {
  let result = Tensor(uninitialized: [dy.shape[0], w.kernel.columns])
  kernel_matmul_backward(
    result.pointer, w.kernel.columns, dy.pointer, dy.rowWidth, dy.shape[0], w.kernel, false)
  return result
}

/// dx += dy · w.
private func multiplyBackward(_ dy: Tensor, _ w: WeightMatrix, addingTo dx: Tensor) {
  kernel_matmul_backward(
    dx.pointer, dx.rowWidth, dy.pointer, dy.rowWidth, dy.shape[0], w.kernel, true)
}
