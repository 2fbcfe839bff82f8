// Rows of an attention pattern that take the place of a head's own, and the way back through them.

/// A row of an attention pattern: how one query position spreads its attention, `[S]`.
public enum AttentionRow: Hashable, Sendable {
  /// The row of this head at the same query position, in the same pass, as the changes before this
  /// one left it. The head is of the same layer or of an earlier one.
  case head(HeadIndex)
  /// All attention on one key position.
  case oneHot(key: Int)
}

extension Intervention.Effect {
  /// The head attends as another head does, by `strength`: see `mixedRow`.
  public static func patternRow(fromHead head: HeadIndex, strength: Float = 1) -> Self {
    .mixedRow(.head(head), strength: strength)
  }

  /// The head attends to one key position, by `strength`: see `mixedRow`.
  ///
  /// At `.all` positions the rows that do not see the key are left as they are.
  public static func patternRow(oneHot key: Int, strength: Float = 1) -> Self {
    .mixedRow(.oneHot(key: key), strength: strength)
  }
}

/// One change of attention rows, out of an intervention.
struct RowChange {
  let head: HeadIndex
  let row: AttentionRow
  let strength: Float
  let positions: Intervention.Positions

  /// The head whose row is read.
  var source: HeadIndex? { if case .head(let head) = row { head } else { nil } }
}

extension Intervention {
  /// Whether it is a change of attention rows, not of values.
  public var changesRows: Bool { rowChange != nil }

  /// `nil` for an intervention on values.
  var rowChange: RowChange? {
    guard case .mixedRow(let row, let strength) = effect else { return nil }
    guard case .head(let head) = site else {
      preconditionFailure("Intervention: attention rows belong to heads, not to \(site)")
    }
    return RowChange(head: head, row: row, strength: strength, positions: positions)
  }
}

extension RowChange {
  /// The positions of `range` whose row changes.
  func indices(in range: Range<Int>, _ configuration: ModelConfiguration) -> [Int] {
    let touched = positions.indices(in: range)
    guard case .oneHot(let key) = row, positions == .all else { return touched }
    return touched.filter { configuration.keysSeen(layer: head.layer, from: $0).contains(key) }
  }

  /// - Throws: `EngineError` for a head that the model lacks, a row of a later layer, and a row that
  ///   reaches keys which the head does not see.
  func check(_ configuration: ModelConfiguration, tokenCount: Int) throws(EngineError) {
    precondition(strength.isFinite, "patternRow: strength \(strength)")
    if let source {
      try configuration.check(source)
      guard source.layer <= head.layer else { throw .rowOfLaterLayer(head, source: source) }
      if configuration.window(layer: source.layer) == configuration.window(layer: head.layer) {
        return
      }
    }
    for position in indices(in: 0..<tokenCount, configuration) {
      let seen = configuration.keysSeen(layer: head.layer, from: position)
      let reached =
        switch row {
        case .oneHot(let key): key
        case .head(let source):
          configuration.keysSeen(layer: source.layer, from: position).lowerBound
        }
      guard seen.contains(reached) else {
        throw .keyNotSeen(head, position: position, key: reached, seen: seen)
      }
    }
  }

  /// row = strength · given + (1 − strength) · row, `[S]`; `given` is the source head's row, `nil` for
  /// a one-hot one.
  func apply(
    to row: UnsafeMutablePointer<Float>, given: UnsafePointer<Float>?, keyCount: Int
  ) {
    let kept = 1 - strength
    // Without a product where nothing is kept or changed: 0 · x is not 0 for every x, and the row that
    // was given must come through with its bits.
    if strength == 0 { return }
    if let given {
      for s in 0..<keyCount {
        row[s] = strength == 1 ? given[s] : strength * given[s] + kept * row[s]
      }
    } else if case .oneHot(let key) = self.row {
      for s in 0..<keyCount { row[s] = strength == 1 ? 0 : kept * row[s] }
      row[key] += strength
    }
  }

  /// With g the gradient of the new row: ∂/∂(own row) = (1 − strength) · g, and the given row's
  /// gradient grows by strength · g.
  func applyBackward(
    to gradient: UnsafeMutablePointer<Float>, given: UnsafeMutablePointer<Float>?, keyCount: Int
  ) {
    for s in 0..<keyCount {
      let g = gradient[s]
      gradient[s] = (1 - strength) * g
      given?[s] += strength * g
    }
  }
}

extension ModelConfiguration {
  /// The key positions that a layer's heads see from a query position.
  func keysSeen(layer: Int, from position: Int) -> Range<Int> {
    let window = window(layer: layer)
    return (window > 0 ? max(0, position + 1 - window) : 0)..<position + 1
  }
}

/// Some query rows of a layer's pattern, `[H, rows, S]`.
struct PatternBlock {
  let cells: Tensor
  let rowCount, keyCount: Int
  /// Of the first row.
  let firstPosition: Int

  init(_ cells: Tensor, rowCount: Int, firstPosition: Int = 0) {
    self.cells = cells
    self.rowCount = rowCount
    self.firstPosition = firstPosition
    keyCount = cells.shape[2]
  }

  var positions: Range<Int> { firstPosition..<firstPosition + rowCount }

  func row(_ head: Int, _ position: Int) -> UnsafeMutablePointer<Float> {
    cells.pointer + (head * rowCount + position - firstPosition) * keyCount
  }

  func values(_ head: Int, _ position: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: row(head, position), count: keyCount))
  }
}

/// Rows of heads of earlier layers, by head and query position: those that later layers read on the
/// way forward, and the gradients that later layers leave to them on the way back.
struct RowStore {
  private var rows: [HeadIndex: [Int: [Float]]] = [:]

  subscript(head: HeadIndex, position: Int) -> [Float]? {
    get { rows[head]?[position] }
    set { rows[head, default: [:]][position] = newValue }
  }

  /// The rows of a layer's heads.
  func rows(layer: Int) -> [(head: Int, position: Int, values: [Float])] {
    rows.filter { $0.key.layer == layer }.flatMap { head, rows in
      rows.map { (head.head, $0.key, $0.value) }
    }
  }
}
