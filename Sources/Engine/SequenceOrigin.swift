// Where a sequence's place in a pass comes from: tokens, embeddings, a shared prefix, or a recorded run.

struct SequenceOrigin {
  var tokens: [Int32] = []
  var tokenCount: Int
  var startLayer = 0
  var firstPosition = 0
  var past, recorded: Trace?
  var start: Tensor
  var reusesZ = false
  /// The interventions of the run that is re-evaluated.
  var held: [Intervention] = []
}

extension SequenceOrigin {
  /// - Throws: `EngineError` for a prompt that does not fit, and for interventions on a recorded run
  ///   that the model has no place for.
  init(
    _ input: PassInput, model: Model, recording: TraceOptions, logits: LogitRows
  ) throws(EngineError) {
    switch input.source {
    case .tokens(let tokens):
      self.init(tokens: tokens, tokenCount: tokens.count, start: try model.embed(tokens))
    case .embeddings(let embeddings):
      try model.checkLength(embeddings.shape[0])
      self.init(tokenCount: embeddings.shape[0], start: embeddings.copy())
    case .continuing(let trace, let tokens, let shared):
      let isShared = model.configuration.sharesKeys(tokens.count, trace.tokenCount)
      let first =
        isShared ? min(shared, tokens.count - logits.count(tokenCount: tokens.count)) : 0
      self.init(
        tokens: tokens, tokenCount: tokens.count, firstPosition: first,
        past: isShared ? trace : nil, start: try model.embed(tokens, from: first))
    case .rerun(let trace, let sharing):
      try input.interventions.check(model, tokenCount: trace.tokenCount)
      self.init(
        trace, adding: input.interventions, sharing: sharing, model.configuration,
        recording: recording, logits: logits)
    }
  }

  /// A re-evaluation. Keys and values of earlier positions are taken over; other recordings are whole.
  private init(
    _ trace: Trace, adding added: [Intervention], sharing: (run: Trace, count: Int)?,
    _ configuration: ModelConfiguration, recording: TraceOptions, logits: LogitRows
  ) {
    let count = trace.tokenCount
    let isPartial = recording.isSubset(of: .keysAndValues)
    let restart = Restart(
      trace, adding: added, layerCount: configuration.layerCount, isPartial: isPartial)
    var firstPosition = 0
    var past = trace
    if isPartial {
      firstPosition = added.map { $0.positions.first(tokenCount: count) }.min() ?? count
      if let sharing, sharing.count > firstPosition,
        sharing.run.layers[restart.layer].k != nil,
        configuration.sharesKeys(count, sharing.run.tokenCount)
      {
        firstPosition = sharing.count
        past = sharing.run
      }
      firstPosition = min(firstPosition, count - logits.count(tokenCount: count))
    }
    self.init(
      tokens: trace.tokens, tokenCount: count, startLayer: restart.layer,
      firstPosition: firstPosition, past: past, recorded: trace,
      start: trace.residual(before: restart.layer, from: firstPosition),
      reusesZ: restart.reusesZ, held: trace.interventions)
  }
}

extension [Intervention] {
  /// - Throws: `EngineError` for a head that the model lacks and a row that it cannot have.
  func check(_ model: Model, tokenCount: Int) throws(EngineError) {
    for intervention in self {
      switch intervention.site {
      case .head(let head): try model.configuration.check(head)
      case .mlp(let layer), .residual(let layer):
        precondition(layer >= 0 && layer < model.configuration.layerCount, "layer \(layer)")
      }
      try intervention.rowChange?.check(model.configuration, tokenCount: tokenCount)
    }
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

extension Trace {
  /// The recorded stream before `layer`, from `position` on.
  fileprivate func residual(before layer: Int, from position: Int) -> Tensor {
    guard let residual = layers[layer].residPre else {
      preconditionFailure("rerun: the trace lacks the residual stream; record TraceOptions.rerun")
    }
    return residual.rows(position..<tokenCount)
  }
}
