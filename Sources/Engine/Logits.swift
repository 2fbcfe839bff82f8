// What is read off one position's logits.

import CKernels

/// log Σ e^logit, in nats; the log probability of a token is its logit minus this.
public func logSumExp(_ logits: UnsafeBufferPointer<Float>) -> Float {
  kernel_log_sum_exp(logits.baseAddress, logits.count)
}

/// The index of the largest logit, the first of equals.
public func argMax(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
  var best = 0
  for index in logits.indices where logits[index] > logits[best] { best = index }
  return Int32(best)
}

/// The indices of the `count` largest logits, best first; of equals the lower index first.
public func largestLogits(_ logits: UnsafeBufferPointer<Float>, count: Int) -> [Int] {
  guard count > 1 else { return count == 1 ? [Int(argMax(logits))] : [] }
  guard count < 64 else {
    let ranked = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
    return Array(ranked.prefix(count))
  }
  var best: [Int] = []
  for index in logits.indices {
    if best.count == count, logits[index] <= logits[best[count - 1]] { continue }
    let place = best.firstIndex { logits[$0] < logits[index] } ?? best.count
    best.insert(index, at: place)
    if best.count > count { best.removeLast() }
  }
  return best
}
