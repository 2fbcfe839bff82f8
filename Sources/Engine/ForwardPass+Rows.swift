// Changes of attention rows in a forward pass: between the softmax and the mixing of values.

import CKernels

extension ForwardPass {
  /// Changes the rows of a block as one sequence's interventions say, and keeps those that later
  /// layers read.
  mutating func changeRows(_ layer: Int, sequence: Int, of block: PatternBlock) {
    let plan = plans[sequence]
    for change in plan.rowChanges(layer: layer) {
      for position in change.indices(in: block.positions, configuration) {
        let row = block.row(change.head.head, position)
        switch change.source {
        case nil: change.apply(to: row, given: nil, keyCount: block.keyCount)
        case let source? where source.layer == layer:
          change.apply(
            to: row, given: block.row(source.head, position), keyCount: block.keyCount)
        case let source?:
          earlierRow(source, at: position, sequence: sequence).withUnsafeBufferPointer {
            change.apply(to: row, given: $0.baseAddress, keyCount: block.keyCount)
          }
        }
      }
    }
    for (head, positions) in plan.rowsReadLater(layer: layer) {
      for position in positions.indices(in: block.positions) {
        rowStores[sequence][head, position] = block.values(head.head, position)
      }
    }
  }

  /// A row of a layer that is computed already, by this pass or by the one that is re-evaluated.
  private func earlierRow(_ head: HeadIndex, at position: Int, sequence: Int) -> [Float] {
    if let row = rowStores[sequence][head, position] { return row }
    guard let pattern = plans[sequence].recorded?.layers[head.layer].attentionPattern else {
      preconditionFailure("patternRow: the earlier run did not record the attention pattern")
    }
    return PatternBlock(pattern, rowCount: pattern.shape[1]).values(head.head, position)
  }

  /// Puts what changed rows make of the recorded values in the place of the recorded z, `[R, H·K]`;
  /// all other z stay.
  mutating func remix(_ layer: Int, sequence: Int, into z: Tensor) {
    let plan = plans[sequence]
    let changes = plan.rowChanges(layer: layer)
    guard !changes.isEmpty, let recorded = plan.recorded?.layers[layer],
      let pattern = recorded.attentionPattern, let values = recorded.v
    else { return }
    let whole = PatternBlock(pattern, rowCount: pattern.shape[1])
    let width = configuration.dHead
    let mixed = Tensor(uninitialized: [1, configuration.queryWidth])
    for position in plan.positions {
      let changed = changes.filter {
        !$0.indices(in: position..<position + 1, configuration).isEmpty
      }
      guard !changed.isEmpty else { continue }
      let cells = Tensor(uninitialized: [configuration.headCount, 1, plan.tokenCount])
      for head in 0..<configuration.headCount {
        cells.rowPointer(head).update(from: whole.row(head, position), count: plan.tokenCount)
      }
      changeRows(
        layer, sequence: sequence,
        of: PatternBlock(cells, rowCount: 1, firstPosition: position))
      let shape = configuration.attentionShape(
        layer: layer, rows: 1, firstPosition: position, keys: plan.tokenCount)
      kernel_attention_mix(mixed.pointer, cells.pointer, values.pointer, shape)
      let row = z.rowPointer(plan.rows.lowerBound + position - plan.firstPosition)
      for head in Set(changed.map(\.head.head)) {
        (row + head * width).update(from: mixed.pointer + head * width, count: width)
      }
    }
  }
}
