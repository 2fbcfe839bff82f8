// One sequence's place in a pass: which positions and layers are computed, and what is taken from an
// earlier run.

struct SequencePlan {
  let tokens: [Int32]
  /// T, positions taken from an earlier run included.
  let tokenCount: Int
  /// The first position of what the trace keeps, keys and values excepted.
  let firstRecorded: Int
  /// The first layer that is computed.
  let startLayer: Int
  /// The position of the first computed row.
  private(set) var firstPosition: Int
  /// This sequence's rows in the batch.
  private(set) var rows: Range<Int>
  /// The run that holds what is not computed.
  let past: Trace?
  /// All interventions that hold, those of the run that is re-evaluated included.
  let interventions: [Intervention]
  /// The stream before `startLayer`, of the computed rows.
  let start: Tensor
  /// The start layer's attention need not be computed: z is recorded and only heads are changed.
  let reusesZ: Bool
  /// Interventions that are still to be applied, by layer.
  private let byLayer: [Int: [Intervention]]

  init(
    _ input: PassInput, model: Model, recording: TraceOptions, logits: LogitRows, firstRow: Int
  ) throws {
    var applied = input.interventions
    var startLayer = 0
    var firstPosition = 0
    var past: Trace?
    var reusesZ = false
    switch input.source {
    case .tokens(let tokens):
      self.tokens = tokens
      tokenCount = tokens.count
      start = try model.embed(tokens)
    case .embeddings(let embeddings):
      tokens = []
      tokenCount = embeddings.shape[0]
      try model.checkLength(tokenCount)
      start = embeddings.copy()
    case .continuing(let trace, let tokens, let shared):
      self.tokens = tokens
      tokenCount = tokens.count
      if model.configuration.sharesKeys(tokens.count, trace.tokenCount) {
        firstPosition = min(shared, tokens.count - logits.count(tokenCount: tokens.count))
        past = trace
      }
      start = try model.embed(tokens, from: firstPosition)
    case .rerun(let trace):
      tokens = trace.tokens
      tokenCount = trace.tokenCount
      let count = trace.tokenCount
      startLayer = Trace.firstLayer(applied) ?? model.configuration.layerCount - 1
      let first = applied.map { $0.positions.first(tokenCount: count) }.min() ?? count
      firstPosition =
        recording.isEmpty ? min(first, count - logits.count(tokenCount: count)) : 0
      reusesZ =
        recording.isEmpty && trace.layers[startLayer].headZ != nil
        && applied.allSatisfy { $0.site.layer > startLayer || $0.site.isHead }
      past = trace
      start = trace.residual(before: startLayer, from: firstPosition)
      applied = trace.interventions + applied
    }
    self.startLayer = startLayer
    self.firstPosition = firstPosition
    firstRecorded = input.recordsOwnRowsOnly ? firstPosition : 0
    precondition(
      firstRecorded > 0 || recording.isSubset(of: .keysAndValues)
        || (past?.firstRecorded ?? 0) == 0,
      "forward: the earlier run recorded its last positions only")
    self.past = past
    self.reusesZ = reusesZ
    rows = firstRow..<firstRow + tokenCount - firstPosition
    interventions = applied
    byLayer = Self.grouped(
      held: applied.count - input.interventions.count, of: applied, startLayer: startLayer,
      reusesZ: reusesZ)
    try Self.check(applied, model: model)
  }

  /// Interventions by layer. The first `held` are those of the run that is re-evaluated: what was
  /// recorded at the start layer holds them already.
  private static func grouped(
    held: Int, of interventions: [Intervention], startLayer: Int, reusesZ: Bool
  ) -> [Int: [Intervention]] {
    var result: [Int: [Intervention]] = [:]
    for (index, intervention) in interventions.enumerated() {
      let layer = intervention.site.layer
      if index < held, layer == startLayer {
        if case .residual = intervention.site { continue }
        if reusesZ, intervention.site.isHead { continue }
      }
      result[layer, default: []].append(intervention)
    }
    return result
  }

  private static func check(_ interventions: [Intervention], model: Model) throws(EngineError) {
    for intervention in interventions {
      switch intervention.site {
      case .head(let head): try model.configuration.check(head)
      case .mlp(let layer), .residual(let layer):
        precondition(layer >= 0 && layer < model.configuration.layerCount, "layer \(layer)")
      }
    }
  }

  func interventions(layer: Int) -> [Intervention] { byLayer[layer] ?? [] }

  /// The positions that are computed.
  var positions: Range<Int> { firstPosition..<tokenCount }

  /// Keeps the last `count` rows only, and moves to `firstRow` in the batch.
  mutating func narrow(to count: Int, firstRow: Int) {
    let kept = min(count, rows.count)
    firstPosition = tokenCount - kept
    rows = firstRow..<firstRow + kept
  }
}

extension Intervention.Site {
  var isHead: Bool { if case .head = self { true } else { false } }
}

extension Tensor {
  func copy() -> Tensor {
    let result = Tensor(uninitialized: shape)
    result.pointer.update(from: pointer, count: count)
    return result
  }

  /// Rows `range` of the first dimension, copied.
  func rows(_ range: Range<Int>) -> Tensor {
    let result = Tensor(uninitialized: [range.count] + shape.dropFirst())
    result.pointer.update(from: rowPointer(range.lowerBound), count: result.count)
    return result
  }
}

extension Trace {
  /// The recorded stream before `layer`, from `position` on.
  fileprivate func residual(before layer: Int, from position: Int) -> Tensor {
    guard let residual = layers[layer].residPre else {
      preconditionFailure("rerun: the trace lacks the residual stream; record TraceOptions.rerun")
    }
    return residual.rows(position..<tokenCount)
  }
}
