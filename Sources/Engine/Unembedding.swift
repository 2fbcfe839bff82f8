// From the residual stream to logits: what ends every forward pass, and what reads the stream of an
// earlier layer the same way.

import CKernels

extension Model {
  /// The logits that a residual stream gives: final norm, unembedding, and the cap where the model
  /// has one.
  ///
  /// - Parameter stream: any number of rows, `[N, D]`.
  /// - Returns: logits, `[N, V]`.
  /// - Throws: `EngineError.nonFiniteLogits` with the first bad row as its position, or the weight
  ///   that is to blame.
  public func unembed(_ stream: Tensor) throws(EngineError) -> Tensor {
    precondition(
      stream.shape.count == 2 && stream.shape[1] == configuration.dModel,
      "unembed: a stream of shape \(stream.shape), D is \(configuration.dModel)")
    return try unembed(stream) { $0 }
  }

  /// The same, where `position` says what a row that is not finite is called in the error.
  func unembed(_ stream: Tensor, position: (Int) -> Int) throws(EngineError) -> Tensor {
    let logits = uncappedLogits(stream)
    // Before the cap, which would hide an infinity.
    let bad = kernel_first_nonfinite(logits.pointer, KERNEL_F32, logits.count)
    if bad < logits.count {
      try checkWeightsAreFinite()
      throw .nonFiniteLogits(position: position(bad / logits.rowWidth))
    }
    if let cap = configuration.logitCap {
      kernel_soft_cap(logits.pointer, logits.pointer, cap, logits.count)
    }
    return logits
  }

  private func uncappedLogits(_ stream: Tensor) -> Tensor {
    multiply(weights.finalNorm.apply(stream), weights.unembedding)
  }
}
