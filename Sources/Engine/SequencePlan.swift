// One sequence's place in a pass: which positions and layers are computed, and what is taken from an
// earlier run.

struct SequencePlan {
  let tokens: [Int32]
  /// T, positions taken from an earlier run included.
  let tokenCount: Int
  /// The first layer that is computed.
  let startLayer: Int
  /// The position of the first computed row.
  private(set) var firstPosition: Int
  /// This sequence's rows in the batch.
  private(set) var rows: Range<Int>
  /// The run that holds the keys and values, and whatever else is kept, of earlier positions.
  let past: Trace?
  /// The run that is re-evaluated.
  let recorded: Trace?
  /// All interventions that hold, those of the run that is re-evaluated included.
  let interventions: [Intervention]
  /// The stream before `startLayer`, of the computed rows.
  let start: Tensor
  /// The start layer's attention need not be computed: z is recorded and only heads are changed.
  let reusesZ: Bool
  /// Interventions that are still to be applied, by layer.
  private let byLayer: [Int: [Intervention]]

  init(
    _ input: PassInput, model: Model, recording: TraceOptions, logits: LogitRows
  ) throws {
    var applied = input.interventions
    var startLayer = 0
    var firstPosition = 0
    var past, recorded: Trace?
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
    case .rerun(let trace, let sharing):
      tokens = trace.tokens
      tokenCount = trace.tokenCount
      let count = trace.tokenCount
      try Self.check(applied, model: model, tokenCount: count)
      // Keys and values of earlier positions are those of an earlier run; other recordings are whole.
      let isPartial = recording.isSubset(of: .keysAndValues)
      let restart = Restart(
        trace, adding: applied, layerCount: model.configuration.layerCount, isPartial: isPartial)
      startLayer = restart.layer
      reusesZ = restart.reusesZ
      recorded = trace
      past = trace
      if isPartial {
        let last = count - logits.count(tokenCount: count)
        firstPosition = applied.map { $0.positions.first(tokenCount: count) }.min() ?? count
        if let sharing, sharing.count > firstPosition,
          sharing.run.layers[startLayer].k != nil,
          model.configuration.sharesKeys(count, sharing.run.tokenCount)
        {
          firstPosition = sharing.count
          past = sharing.run
        }
        firstPosition = min(firstPosition, last)
      }
      start = trace.residual(before: startLayer, from: firstPosition)
      applied = trace.interventions + applied
    }
    self.startLayer = startLayer
    self.firstPosition = firstPosition
    self.past = past
    self.recorded = recorded
    self.reusesZ = reusesZ
    rows = 0..<tokenCount - firstPosition
    interventions = applied
    byLayer = Self.grouped(
      held: applied.count - input.interventions.count, of: applied, startLayer: startLayer,
      reusesZ: reusesZ)
    try Self.check(applied, model: model, tokenCount: tokenCount)
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

  private static func check(
    _ interventions: [Intervention], model: Model, tokenCount: Int
  ) throws(EngineError) {
    for intervention in interventions {
      switch intervention.site {
      case .head(let head): try model.configuration.check(head)
      case .mlp(let layer), .residual(let layer):
        precondition(layer >= 0 && layer < model.configuration.layerCount, "layer \(layer)")
      }
      try intervention.rowChange?.check(model.configuration, tokenCount: tokenCount)
    }
  }

  func interventions(layer: Int) -> [Intervention] { byLayer[layer] ?? [] }

  /// A layer's changes of attention rows that are still to be made.
  func rowChanges(layer: Int) -> [RowChange] { interventions(layer: layer).compactMap(\.rowChange) }

  /// The heads of a layer whose rows later layers read, and where.
  func rowsReadLater(layer: Int) -> [(head: HeadIndex, positions: Intervention.Positions)] {
    byLayer.filter { $0.key > layer }.values.joined().compactMap(\.rowChange).compactMap { change in
      change.source.flatMap { $0.layer == layer ? ($0, change.positions) : nil }
    }
  }

  /// Sequences with the same one can go through a pass together.
  var beginning: [Int] { [startLayer, reusesZ ? 1 : 0] }

  /// The positions that are computed.
  var positions: Range<Int> { firstPosition..<tokenCount }

  /// Moves to `firstRow` in the batch.
  mutating func place(at firstRow: Int) {
    rows = firstRow..<firstRow + rows.count
  }

  /// Keeps the last `count` rows only, and moves to `firstRow` in the batch.
  mutating func narrow(to count: Int, firstRow: Int) {
    let kept = min(count, rows.count)
    firstPosition = tokenCount - kept
    rows = firstRow..<firstRow + kept
  }
}

/// Where a re-evaluation begins.
private struct Restart {
  /// The first layer that changes, or that has rows which a later layer reads and nobody recorded.
  var layer: Int
  /// That layer's z is recorded, but for rows that can be mixed from recorded patterns and values.
  var reusesZ: Bool

  init(_ trace: Trace, adding added: [Intervention], layerCount: Int, isPartial: Bool) {
    var start = Trace.firstLayer(added) ?? layerCount - 1
    let addedRows = added.compactMap(\.rowChange)
    let rows = trace.interventions.compactMap(\.rowChange) + addedRows
    func sources() -> [Int] { rows.filter { $0.head.layer >= start }.compactMap(\.source?.layer) }
    while let missing = sources().filter({
      $0 < start && trace.layers[$0].attentionPattern == nil
    }).min() {
      start = missing
    }
    layer = start
    let recorded = trace.layers[start]
    let remixed = addedRows.filter { $0.head.layer == start }.map(\.head)
    // A z that is made anew would need the changes that the recorded one holds.
    let isHeld = trace.interventions.contains { intervention in
      guard case .head(let head) = intervention.site else { return false }
      return remixed.contains(head) && intervention.rowChange == nil
    }
    let hasRows = recorded.attentionPattern != nil && recorded.v != nil
    reusesZ =
      isPartial && recorded.headZ != nil && !isHeld
      && added.allSatisfy { $0.site.layer > start || $0.site.isHead }
      && (hasRows || (remixed.isEmpty && !sources().contains(start)))
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
