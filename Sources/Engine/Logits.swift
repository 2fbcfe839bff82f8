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
