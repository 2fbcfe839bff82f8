// Gradients through changed attention rows: to the heads' own rows, and to those that were given.

import CKernels

extension BackwardPass {
  /// Adds what later layers left to this layer's rows, at the keys that it sees.
  func addRows(_ layer: Int, to gradient: Tensor) {
    let block = PatternBlock(gradient, rowCount: trace.tokenCount)
    for (head, position, values) in gradRows.rows(layer: layer) {
      let row = block.row(head, position)
      for s in configuration.keysSeen(layer: layer, from: position) { row[s] += values[s] }
    }
  }

  /// Takes the gradient of the rows that flow on to that of the rows as they were, last change first.
  mutating func turnBack(_ changes: [RowChange], _ layer: Int, _ gradient: Tensor) {
    let block = PatternBlock(gradient, rowCount: trace.tokenCount)
    for change in changes.reversed() {
      for position in change.indices(in: block.positions, configuration) {
        let row = block.row(change.head.head, position)
        switch change.source {
        case nil: change.applyBackward(to: row, given: nil, keyCount: block.keyCount)
        case let source? where source.layer == layer:
          change.applyBackward(
            to: row, given: block.row(source.head, position), keyCount: block.keyCount)
        case let source?:
          var given =
            gradRows[source, position] ?? [Float](repeating: 0, count: block.keyCount)
          given.withUnsafeMutableBufferPointer {
            change.applyBackward(to: row, given: $0.baseAddress, keyCount: block.keyCount)
          }
          gradRows[source, position] = given
        }
      }
    }
  }

  /// A layer's pattern before its rows were changed, which the recorded one is not.
  func softmax(_ recorded: LayerTrace, _ shape: kernel_attention_shape) -> Tensor {
    let pattern = Tensor(uninitialized: need(recorded.attentionPattern).shape)
    kernel_attention_pattern(
      pattern.pointer, need(recorded.q).pointer, need(recorded.k).pointer, shape)
    return pattern
  }
}
