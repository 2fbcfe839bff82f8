// A normalization with its parameters, forward and backward.

import CKernels

/// RMSNorm, or LayerNorm where there is a bias.
struct Norm: Sendable {
  /// `[W]`: every W elements are normalized by themselves.
  let gain: Tensor
  let bias: Tensor?
  let epsilon: Float

  /// The normalized rows of `x`, in its shape.
  func apply(_ x: Tensor) -> Tensor {
    let result = Tensor(uninitialized: x.shape)
    let rows = x.count / gain.count
    if let bias {
      kernel_layernorm(
        result.pointer, x.pointer, gain.pointer, bias.pointer, rows, gain.count, epsilon)
    } else {
      kernel_rmsnorm(result.pointer, nil, x.pointer, gain.pointer, rows, gain.count, epsilon)
    }
    return result
  }

  /// Adds the gradient to the input to `dx`. Statistics of the rows are computed again: that costs
  /// less than to keep them.
  ///
  /// - Parameters:
  ///   - dx: as many elements as `dy`.
  ///   - dy: the gradient to the output.
  ///   - x: the input, as many elements as `dy`.
  func backward(
    into dx: UnsafeMutablePointer<Float>, dy: Tensor, x: UnsafePointer<Float>
  ) {
    let width = gain.count
    let rows = dy.count / width
    guard bias == nil else {
      kernel_layernorm_backward(dx, dy.pointer, x, gain.pointer, rows, width, epsilon)
      return
    }
    let normed = Tensor(uninitialized: dy.shape)
    let inverseRMS = Tensor(uninitialized: [rows])
    kernel_rmsnorm(
      normed.pointer, inverseRMS.pointer, x, gain.pointer, rows, width, epsilon)
    kernel_rmsnorm_backward(dx, dy.pointer, x, gain.pointer, inverseRMS.pointer, rows, width)
  }
}
