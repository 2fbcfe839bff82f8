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
    let origin = try SequenceOrigin(input, model: model, recording: recording, logits: logits)
    tokens = origin.tokens
    tokenCount = origin.tokenCount
    startLayer = origin.startLayer
    firstPosition = origin.firstPosition
    firstRecorded = input.recordsOwnRowsOnly ? firstPosition : 0
    past = origin.past
    recorded = origin.recorded
    start = origin.start
    reusesZ = origin.reusesZ
    precondition(
      firstRecorded > 0 || recording.isSubset(of: .keysAndValues)
        || (past?.firstRecorded ?? 0) == 0,
      "forward: the earlier run recorded its last positions only")
    rows = 0..<tokenCount - firstPosition
    interventions = origin.held + input.interventions
    byLayer = Self.grouped(
      held: origin.held.count, of: interventions, startLayer: startLayer, reusesZ: reusesZ)
    try interventions.check(model, tokenCount: tokenCount)
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
