// The forward pass of the one block that every family is made of, over a batch of sequences whose
// rows lie one after the other.

import CKernels

/// One run over a batch. Rows of all sequences are normalized and multiplied together; attention,
/// positions and interventions go by sequence.
struct ForwardPass {
  let model: Model
  let recording: TraceOptions
  let logitRows: LogitRows
  let arithmetic: Arithmetic
  private(set) var plans: [SequencePlan]
  var layers: [[LayerTrace]]
  /// The residual stream, `[R, D]`, R rows of all sequences.
  private var stream: Tensor

  var configuration: ModelConfiguration { model.configuration }
  private var rowCount: Int { stream.shape[0] }

  init(
    model: Model, plans: [SequencePlan], recording: TraceOptions, logits: LogitRows,
    arithmetic: Arithmetic
  ) {
    self.model = model
    self.arithmetic = arithmetic
    self.plans = plans
    self.recording = recording
    logitRows = logits
    let startLayer = plans[0].startLayer
    precondition(
      plans.allSatisfy { $0.startLayer == startLayer && $0.reusesZ == plans[0].reusesZ },
      "forward(batch:): all must start at the same layer")
    layers = plans.map { plan in
      let recorded = plan.past?.layers ?? []
      let kept = recording.isEmpty ? [] : recorded.prefix(startLayer)
      let missing = model.configuration.layerCount - kept.count
      return kept + [LayerTrace](repeating: LayerTrace(), count: missing)
    }
    stream = plans.count == 1 ? plans[0].start : concatenate(plans.map(\.start))
  }

  mutating func run() throws -> [Trace] {
    let last = configuration.layerCount - 1
    for layer in plans[0].startLayer...last {
      intervene(layer, on: stream, width: configuration.dModel) {
        if case .residual = $0 { 0 } else { nil }
      }
      record(layer, \.residPre, stream, .residualStream, copied: true)
      runBlock(
        layer, model.weights.layers[layer],
        narrowing: layer == last && recording.isSubset(of: .keysAndValues))
    }
    return try finish()
  }

  /// stream += attention(stream), stream += MLP(stream); in a parallel block both read the stream
  /// as it was. With `narrowing`, all rows give keys and values, and only those whose logits are
  /// asked for go on.
  private mutating func runBlock(_ layer: Int, _ weights: LayerWeights, narrowing: Bool) {
    let z = headOutputs(layer, weights, narrowing: narrowing)
    if configuration.isParallel {
      let output = mlpOutput(layer, weights)
      addAttention(layer, weights, z)
      add(output, to: stream)
    } else {
      addAttention(layer, weights, z)
      record(layer, \.residMid, stream, .residualStream, copied: true)
      // Product and sum stay two steps: with one chain, recording the output or changing one row of
      // it would change the rounding of all others.
      add(mlpOutput(layer, weights), to: stream)
    }
  }

  // MARK: Attention

  /// z after interventions, `[R, H·K]`.
  private mutating func headOutputs(
    _ layer: Int, _ weights: LayerWeights, narrowing: Bool
  ) -> Tensor {
    let z: Tensor
    if plans[0].reusesZ, layer == plans[0].startLayer {
      if narrowing { narrow() }
      z = recordedZ(layer)
    } else {
      z = computeZ(layer, weights, narrowing: narrowing)
    }
    intervene(layer, on: z, width: configuration.dHead) {
      if case .head(let head) = $0 { head.head * configuration.dHead } else { nil }
    }
    record(layer, \.headZ, z, .headZ, inner: [configuration.headCount, configuration.dHead])
    return z
  }

  /// stream += W_O · z, normalized where the model does so.
  private mutating func addAttention(_ layer: Int, _ weights: LayerWeights, _ z: Tensor) {
    guard let norm = weights.attentionPostNorm else {
      project(z, weights.wO, addingTo: stream)
      return
    }
    let result = project(z, weights.wO)
    record(layer, \.attentionResult, result, .queries)
    add(norm.apply(result), to: stream)
  }

  private mutating func computeZ(
    _ layer: Int, _ weights: LayerWeights, narrowing: Bool
  ) -> Tensor {
    let attention = configuration.attention
    var normed = weights.attentionNorm?.apply(stream) ?? stream
    let k = headInput(layer, project(normed, weights.wK), weights.keyNorm, \.keyInput)
    let v = project(normed, weights.wV)
    rotate(layer, k, heads: attention.kvHeadCount)
    let keys = keysOrValues(layer, new: k, \.k)
    let values = keysOrValues(layer, new: v, \.v)
    if narrowing {
      let before = plans.map(\.rows)
      narrow()
      normed = gather(normed, before: before)
    }
    let q = headInput(layer, project(normed, weights.wQ), weights.queryNorm, \.queryInput)
    rotate(layer, q, heads: attention.headCount)
    record(layer, \.q, q, .queries, inner: [attention.headCount, attention.dHead])
    let z = Tensor(uninitialized: [rowCount, configuration.queryWidth])
    for index in plans.indices {
      mix(layer, sequence: index, q: q, keys: keys[index], values: values[index], into: z)
    }
    return z
  }

  /// Queries or keys `[R, W]` after their norm, where there is one.
  private mutating func headInput(
    _ layer: Int, _ x: Tensor, _ norm: Norm?, _ path: WritableKeyPath<LayerTrace, Tensor?>
  ) -> Tensor {
    guard let norm else { return x }
    record(layer, path, x, .queries)
    return norm.apply(x)
  }

  /// Attention of one sequence, a block of query rows at a time unless the pattern is kept.
  private mutating func mix(
    _ layer: Int, sequence: Int, q: Tensor, keys: Tensor, values: Tensor, into z: Tensor
  ) {
    let plan = plans[sequence]
    let keepsPattern = recording.contains(.attentionPattern)
    let blockLimit = max(1, (16 << 20) / (configuration.headCount * plan.tokenCount))
    let block = keepsPattern ? plan.rows.count : min(plan.rows.count, blockLimit)
    let pattern = Tensor(
      uninitialized: [configuration.headCount, block, plan.tokenCount])
    for first in stride(from: 0, to: plan.rows.count, by: block) {
      let shape = configuration.attentionShape(
        layer: layer, rows: min(block, plan.rows.count - first),
        firstPosition: plan.firstPosition + first, keys: plan.tokenCount)
      let row = plan.rows.lowerBound + first
      kernel_attention_pattern(pattern.pointer, q.rowPointer(row), keys.pointer, shape)
      kernel_attention_mix(z.rowPointer(row), pattern.pointer, values.pointer, shape)
    }
    if keepsPattern {
      layers[sequence][layer].attentionPattern = withPastRows(layer, plan, pattern: pattern)
    }
  }

  /// Keys or values of every position of each sequence, `[T, G, K]`.
  private mutating func keysOrValues(
    _ layer: Int, new: Tensor, _ path: WritableKeyPath<LayerTrace, Tensor?>
  ) -> [Tensor] {
    let inner = [configuration.attention.kvHeadCount, configuration.dHead]
    return plans.indices.map { index in
      let whole = ownRows(of: new, plans[index], layer: layer, path, inner: inner)
      if recording.contains(.keysAndValues) { layers[index][layer][keyPath: path] = whole }
      return whole
    }
  }

  private func rotate(_ layer: Int, _ x: Tensor, heads: Int) {
    guard let table = model.ropeTable(layer: layer) else { return }
    for plan in plans {
      let angles = table.angles(tokenCount: plan.tokenCount)
      kernel_rope(
        x.rowPointer(plan.rows.lowerBound), x.rowWidth,
        angles.cosine.rowPointer(plan.firstPosition), angles.sine.rowPointer(plan.firstPosition),
        plan.rows.count, heads, configuration.dHead, table.rope.width, table.rope.pairing.kernel,
        false)
    }
  }

  /// The recorded z of the rows that are computed.
  private func recordedZ(_ layer: Int) -> Tensor {
    let parts = plans.map { plan in
      guard let z = plan.past?.layers[layer].headZ else {
        preconditionFailure("rerun: the trace lacks z")
      }
      return z.rows(plan.positions)
    }
    return concatenate(parts)
  }

  // MARK: MLP

  /// What the MLP adds to the stream, after interventions, `[R, D]`: W_down · (f(W_gate · x) · W_up · x),
  /// or W_down · f(W_gate · x).
  private mutating func mlpOutput(_ layer: Int, _ weights: LayerWeights) -> Tensor {
    let normed = weights.mlpNorm?.apply(stream) ?? stream
    let gate = project(normed, weights.wGate)
    let up = weights.wUp.map { project(normed, $0) }
    record(layer, \.mlpGate, gate, .mlp)
    if let up { record(layer, \.mlpUp, up, .mlp) }
    let inner = recording.contains(.mlp) ? Tensor(uninitialized: gate.shape) : gate
    activate(configuration.mlp.activation, gate, up, into: inner)
    var output = project(inner, weights.wDown)
    if let norm = weights.mlpPostNorm {
      record(layer, \.mlpResult, output, .mlp)
      output = norm.apply(output)
    }
    intervene(layer, on: output, width: configuration.dModel) {
      if case .mlp = $0 { 0 } else { nil }
    }
    record(layer, \.mlpOutput, output, .mlpOutput)
    return output
  }

  // MARK: Logits

  private mutating func finish() throws -> [Trace] {
    narrow()
    let logits = try model.unembed(stream) { position(ofRow: $0) }
    return plans.indices.map { index in
      let plan = plans[index]
      return Trace(
        tokens: plan.tokens, tokenCount: plan.tokenCount, interventions: plan.interventions,
        arithmetic: arithmetic, layers: layers[index], residFinal: stream.rows(plan.rows),
        logits: logits.rows(plan.rows))
    }
  }

  private func position(ofRow row: Int) -> Int {
    let plan = plans.first { $0.rows.contains(row) } ?? plans[0]
    return plan.firstPosition + row - plan.rows.lowerBound
  }

  /// Keeps the rows whose logits are asked for.
  private mutating func narrow() {
    let before = plans.map(\.rows)
    var row = 0
    for index in plans.indices {
      plans[index].narrow(
        to: logitRows.count(tokenCount: plans[index].tokenCount), firstRow: row)
      row = plans[index].rows.upperBound
    }
    if row < rowCount { stream = gather(stream, before: before) }
  }

  /// Each sequence's last rows, as many as its plan now has.
  private func gather(_ x: Tensor, before: [Range<Int>]) -> Tensor {
    concatenate(
      zip(plans, before).map { plan, old in
        x.rows(old.upperBound - plan.rows.count..<old.upperBound)
      })
  }

  // MARK: Shared steps

  /// Applies a layer's interventions to the rows of `x`. `offset` gives the first column of a site,
  /// or `nil` for sites that are not in `x`.
  private func intervene(
    _ layer: Int, on x: Tensor, width: Int, offset: (Intervention.Site) -> Int?
  ) {
    for plan in plans {
      for intervention in plan.interventions(layer: layer) {
        guard let column = offset(intervention.site) else { continue }
        for position in intervention.positions.indices(in: plan.positions) {
          let row = plan.rows.lowerBound + position - plan.firstPosition
          intervention.apply(
            to: x.rowPointer(row) + column, width: width, position: position)
        }
      }
    }
  }
}
