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
  /// - Precondition: the run recorded `TraceOptions.backward`, in `Arithmetic.float32`.
  /// - Returns: gradients in logits per unit of the activation.
  /// - Complexity: about the cost of a forward pass.
  public func backward(
    _ trace: Trace, of metric: LogitMetric, keeping options: GradientOptions = []
  ) -> Gradients {
    trace.requireExactActivations(for: "backward")
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
      let needsInput =
        layer > 0 || options.contains(.residualStream) || options.contains(.embeddings)
      runBlock(layer, needsInput: needsInput)
      guard needsInput else { break }
      if options.contains(.residualStream) { result.gradResidPre[layer] = stream.copy() }
      intervene(layer, on: stream, width: configuration.dModel) {
        if case .residual = $0 { 0 } else { nil }
      }
    }
    if options.contains(.embeddings) || options.contains(.residualStream) {
      result.gradEmbeddings = stream
    }
    return result
  }

  /// stream += attention(stream), stream += MLP(stream), backwards; in a parallel block the gradient
  /// to attention's output is that to the block's output.
  private mutating func runBlock(_ layer: Int, needsInput: Bool) {
    let weights = model.weights.layers[layer]
    let recorded = trace.layers[layer]
    if configuration.isParallel {
      let gradZ = headGradient(layer, weights, recorded)
      feedForward(layer, weights, recorded, input: need(recorded.residPre))
      attend(layer, weights, recorded, gradZ: gradZ, needsInput: needsInput)
    } else {
      feedForward(layer, weights, recorded, input: need(recorded.residMid))
      let gradZ = headGradient(layer, weights, recorded)
      attend(layer, weights, recorded, gradZ: gradZ, needsInput: needsInput)
    }
  }

  /// Through the unembedding and the final norm, at END: logit[v] = W_U[v, :] · norm(x), capped where
  /// the model does so: d(cap · tanh(x / cap))/dx = 1 − (logit / cap)².
  private func unembed(_ metric: LogitMetric) {
    let d = configuration.dModel
    let gradNormed = Tensor(zeros: [1, d])
    let row = Tensor(uninitialized: [1, d])
    for term in metric.terms {
      model.weights.unembedding.copyRow(Int(term.token), to: row.pointer)
      var weight = term.weight
      if let cap = configuration.logitCap {
        let share = trace.endLogits[Int(term.token)] / cap
        weight *= 1 - share * share
      }
      kernel_scale_add(gradNormed.pointer, weight, row.pointer, d)
    }
    let end = trace.residFinal.rowPointer(trace.residFinal.shape[0] - 1)
    model.weights.finalNorm.backward(into: stream.rowPointer(firstRow), dy: gradNormed, x: end)
  }

  /// Adds dm/d(input) of what the MLP adds to the stream: W_down · (f(gate) · up), gate and up of
  /// norm(input).
  private func feedForward(
    _ layer: Int, _ weights: LayerWeights, _ recorded: LayerTrace, input: Tensor
  ) {
    let gate = need(recorded.mlpGate), rows = firstRow..<trace.tokenCount
    var gradOutput = stream.rows(rows)
    intervene(layer, on: gradOutput, firstPosition: firstRow, width: configuration.dModel) {
      if case .mlp = $0 { 0 } else { nil }
    }
    if let norm = weights.mlpPostNorm {
      gradOutput = through(norm, gradOutput, input: need(recorded.mlpResult))
    }
    let gradInner = projectBackward(gradOutput, weights.wDown)
    let gradGate = Tensor(uninitialized: gradInner.shape)
    let gradUp = weights.wUp.map { _ in Tensor(uninitialized: gradInner.shape) }
    kernel_activate_backward(
      configuration.mlp.activation.kernel, gradGate.pointer, gradUp?.pointer, gradInner.pointer,
      gate.rowPointer(firstRow), recorded.mlpUp?.rowPointer(firstRow), gradInner.count)
    let gradNormed = projectBackward(gradGate, weights.wGate)
    if let wUp = weights.wUp, let gradUp {
      projectBackward(gradUp, wUp, addingTo: gradNormed)
    }
    addToStream(gradNormed, through: weights.mlpNorm, input: input)
  }

  /// dm/dz of z as it flows on, `[T, H·K]`: back through W_O and the norm of its result.
  private mutating func headGradient(
    _ layer: Int, _ weights: LayerWeights, _ recorded: LayerTrace
  ) -> Tensor {
    let count = trace.tokenCount
    let gradZ = Tensor(zeros: [count, configuration.queryWidth])
    var gradResult = stream.rows(firstRow..<count)
    if let norm = weights.attentionPostNorm {
      gradResult = through(norm, gradResult, input: need(recorded.attentionResult))
    }
    projectBackward(gradResult, weights.wO, into: gradZ.rowPointer(firstRow))
    result.gradHeadZ[layer] = gradZ.reshaped([
      count, configuration.headCount, configuration.dHead,
    ])
    return gradZ
  }

  /// Adds dm/d(residPre) of the path through attention, given dm/dz.
  private mutating func attend(
    _ layer: Int, _ weights: LayerWeights, _ recorded: LayerTrace, gradZ: Tensor, needsInput: Bool
  ) {
    let count = trace.tokenCount
    guard needsInput || options.contains(.attentionPattern) else { return }
    let gradOwnZ = changesHeads(layer) ? gradZ.copy() : gradZ
    intervene(layer, on: gradOwnZ, width: configuration.dHead) {
      if case .head(let head) = $0 { head.head * configuration.dHead } else { nil }
    }
    let shape = configuration.attentionShape(
      layer: layer, rows: count, firstPosition: 0, keys: count)
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
    firstRow = 0
    let gradNormed = projectBackward(
      turnedBack(layer, gradQ, weights.queryNorm, input: recorded.queryInput), weights.wQ)
    projectBackward(
      turnedBack(layer, gradK, weights.keyNorm, input: recorded.keyInput), weights.wK,
      addingTo: gradNormed)
    projectBackward(gradV, weights.wV, addingTo: gradNormed)
    addToStream(gradNormed, through: weights.attentionNorm, input: need(recorded.residPre))
  }

  /// The gradient to queries or keys before rotation and norm, given that after; `x` is changed.
  private func turnedBack(_ layer: Int, _ x: Tensor, _ norm: Norm?, input: Tensor?) -> Tensor {
    if let table = model.ropeTable(layer: layer) {
      let angles = table.angles(tokenCount: trace.tokenCount)
      kernel_rope(
        x.pointer, x.rowWidth, angles.cosine.pointer, angles.sine.pointer, trace.tokenCount,
        x.rowWidth / configuration.dHead, configuration.dHead, table.rope.width,
        table.rope.pairing.kernel, true)
    }
    return norm.map { through($0, x, input: need(input)) } ?? x
  }

  /// The gradient to a norm's input, of the rows from `firstRow` on.
  private func through(_ norm: Norm, _ dy: Tensor, input: Tensor) -> Tensor {
    let dx = Tensor(zeros: dy.shape)
    norm.backward(into: dx.pointer, dy: dy, x: input.rowPointer(firstRow))
    return dx
  }

  /// Adds to the stream's gradient, from `firstRow` on, what reaches `input` through its norm.
  private func addToStream(_ dy: Tensor, through norm: Norm?, input: Tensor) {
    let dx = stream.rowPointer(firstRow)
    if let norm {
      norm.backward(into: dx, dy: dy, x: input.rowPointer(firstRow))
    } else {
      kernel_add(dx, dy.pointer, dy.count)
    }
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
