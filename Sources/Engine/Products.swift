// Small helpers between tensors and kernels.

import CKernels

/// x · wᵀ, `[R, N]` of `[R, K]` and `[N, K]`.
func multiply(_ x: Tensor, _ w: WeightMatrix) -> Tensor {
  let result = Tensor(uninitialized: [x.shape[0], w.kernel.rows])
  kernel_matmul(
    result.pointer, w.kernel.rows, x.pointer, x.rowWidth, x.shape[0], w.kernel, false)
  return result
}

/// y += x · wᵀ.
func multiply(_ x: Tensor, _ w: WeightMatrix, addingTo y: Tensor) {
  kernel_matmul(y.pointer, y.rowWidth, x.pointer, x.rowWidth, x.shape[0], w.kernel, true)
}

/// The tensors' rows, one after the other.
func concatenate(_ parts: [Tensor]) -> Tensor {
  guard parts.count != 1 else { return parts[0] }
  let rows = parts.reduce(0) { $0 + $1.shape[0] }
  let result = Tensor(uninitialized: [rows] + parts[0].shape.dropFirst())
  var row = 0
  for part in parts {
    result.rowPointer(row).update(from: part.pointer, count: part.count)
    row += part.shape[0]
  }
  return result
}

func attentionShape(
  rows: Int, firstPosition: Int, keys: Int, _ model: ModelConfiguration
) -> kernel_attention_shape {
  kernel_attention_shape(
    rows: rows, first_position: firstPosition, keys: keys, heads: model.headCount,
    kv_heads: model.attention.kvHeadCount, head_width: model.dHead, window: 0,
    scale: 1 / Float(model.dHead).squareRoot())
}

extension Tensor {
  /// The same memory under another shape.
  func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "Tensor: \(self.shape) as \(shape)")
    return Tensor(sharing: self, shape: shape)
  }
}
