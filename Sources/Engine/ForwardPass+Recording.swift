// What a forward pass keeps, sequence by sequence, and how it joins what an earlier run holds.

extension ForwardPass {
  mutating func record(
    _ layer: Int, _ path: WritableKeyPath<LayerTrace, Tensor?>, _ x: Tensor,
    _ option: TraceOptions, inner: [Int]? = nil, copied: Bool = false
  ) {
    guard recording.contains(option) else { return }
    for index in plans.indices {
      let own = recordedRows(of: x, plans[index], layer: layer, path, inner: inner)
      layers[index][layer][keyPath: path] = copied && plans.count == 1 ? own.copy() : own
    }
  }

  /// Keys and values of a layer whose attention is not computed, as they were recorded.
  mutating func keepRecordedKeys(_ layer: Int) {
    guard recording.contains(.keysAndValues) else { return }
    for index in plans.indices {
      layers[index][layer].k = plans[index].recorded?.layers[layer].k
      layers[index][layer].v = plans[index].recorded?.layers[layer].v
    }
  }

  /// One sequence's rows of `x`, after those of its earlier run where the trace is to have them.
  private func recordedRows(
    of x: Tensor, _ plan: SequencePlan, layer: Int, _ path: KeyPath<LayerTrace, Tensor?>,
    inner: [Int]?
  ) -> Tensor {
    guard plan.firstRecorded > 0 else {
      return ownRows(of: x, plan, layer: layer, path, inner: inner)
    }
    return (plans.count == 1 ? x : x.rows(plan.rows))
      .reshaped([plan.rows.count] + (inner ?? Array(x.shape.dropFirst())))
  }

  /// One sequence's rows of `x`, after the rows that its earlier run holds.
  func ownRows(
    of x: Tensor, _ plan: SequencePlan, layer: Int, _ path: KeyPath<LayerTrace, Tensor?>,
    inner: [Int]?
  ) -> Tensor {
    let shape = [plan.tokenCount] + (inner ?? Array(x.shape.dropFirst()))
    guard plan.firstPosition > 0 else {
      return (plans.count == 1 ? x : x.rows(plan.rows)).reshaped(shape)
    }
    guard let past = plan.past?.layers[layer][keyPath: path] else {
      preconditionFailure("forward: the earlier run did not record what this pass takes from it")
    }
    let result = Tensor(uninitialized: shape)
    result.pointer.update(from: past.pointer, count: plan.firstPosition * x.rowWidth)
    result.rowPointer(plan.firstPosition).update(
      from: x.rowPointer(plan.rows.lowerBound), count: plan.rows.count * x.rowWidth)
    return result
  }

  /// The pattern `[H, T, S]` of a sequence whose first rows its earlier run holds; without them where
  /// the trace is to be.
  func withPastRows(_ layer: Int, _ plan: SequencePlan, pattern: Tensor) -> Tensor {
    guard plan.firstPosition > 0, plan.firstRecorded == 0 else { return pattern }
    guard let past = plan.past?.layers[layer].attentionPattern else {
      preconditionFailure("forward: the earlier run did not record the attention pattern")
    }
    let (count, pastCount) = (plan.tokenCount, past.shape[1])
    let result = Tensor(zeros: [configuration.headCount, count, count])
    for head in 0..<configuration.headCount {
      for row in 0..<plan.firstPosition {
        (result.pointer + (head * count + row) * count).update(
          from: past.pointer + (head * pastCount + row) * pastCount, count: plan.firstPosition)
      }
      (result.pointer + (head * count + plan.firstPosition) * count).update(
        from: pattern.rowPointer(head), count: pattern.rowWidth)
    }
    return result
  }
}
