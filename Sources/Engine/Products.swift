// Small helpers between tensors and kernels.

import CKernels

/// x · wᵀ + b, `[R, N]` of `[R, K]` and `[N, K]`.
func project(_ x: Tensor, _ w: Projection, in arithmetic: Arithmetic = .float32) -> Tensor {
  let result = multiply(x, w.matrix, in: arithmetic)
  addBias(w, to: result)
  return result
}

/// y += x · wᵀ + b.
func project(
  _ x: Tensor, _ w: Projection, addingTo y: Tensor, in arithmetic: Arithmetic = .float32
) {
  arithmetic.multiply(x, w.matrix, into: y, accumulate: true)
  addBias(w, to: y)
}

private func addBias(_ w: Projection, to y: Tensor) {
  guard let bias = w.bias else { return }
  for row in 0..<y.shape[0] { kernel_add(y.rowPointer(row), bias.pointer, bias.count) }
}

/// y += x.
func add(_ x: Tensor, to y: Tensor) {
  kernel_add(y.pointer, x.pointer, y.count)
}

/// x · wᵀ, `[R, N]` of `[R, K]` and `[N, K]`.
func multiply(
  _ x: Tensor, _ w: WeightMatrix, in arithmetic: Arithmetic = .float32
) -> Tensor {
  let result = Tensor(uninitialized: [x.shape[0], w.outputs])
  arithmetic.multiply(x, w, into: result, accumulate: false)
  return result
}

/// dx = dy · w, `[R, K]` of `[R, N]` and `[N, K]`.
func projectBackward(_ dy: Tensor, _ w: Projection) -> Tensor {
  let result = Tensor(uninitialized: [dy.shape[0], w.matrix.inputs])
  projectBackward(dy, w, into: result.pointer)
  return result
}

/// dx += dy · w.
func projectBackward(_ dy: Tensor, _ w: Projection, addingTo dx: Tensor) {
  projectBackward(dy, w, into: dx.pointer, accumulate: true)
}

/// The same, into rows of `w`'s inputs that follow one another.
func projectBackward(
  _ dy: Tensor, _ w: Projection, into dx: UnsafeMutablePointer<Float>, accumulate: Bool = false
) {
  kernel_view_matmul_backward(
    dx, w.matrix.inputs, dy.pointer, dy.rowWidth, dy.shape[0], w.matrix.view, accumulate)
}

/// f(gate) · up, or f(gate) where there is no `up`.
func activate(
  _ activation: ModelConfiguration.Activation, _ gate: Tensor, _ up: Tensor?, into y: Tensor
) {
  kernel_activate(activation.kernel, y.pointer, gate.pointer, up?.pointer, gate.count)
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

extension ModelConfiguration {
  func attentionShape(
    layer: Int, rows: Int, firstPosition: Int, keys: Int
  ) -> kernel_attention_shape {
    kernel_attention_shape(
      rows: rows, first_position: firstPosition, keys: keys, heads: headCount,
      kv_heads: attention.kvHeadCount, head_width: dHead, window: window(layer: layer),
      scale: scoreScale(layer: layer), cap: attention.scoreCap ?? 0)
  }
}

extension ModelConfiguration.Activation {
  var kernel: kernel_activation {
    switch self {
    case .silu: KERNEL_SILU
    case .gelu: KERNEL_GELU
    case .geluTanh: KERNEL_GELU_TANH
    case .relu: KERNEL_RELU
    }
  }
}

extension ModelConfiguration.RoPE.Pairing {
  var kernel: kernel_rope_pairing {
    switch self {
    case .halves: KERNEL_ROPE_HALVES
    case .interleaved: KERNEL_ROPE_INTERLEAVED
    }
  }
}

extension Tensor {
  /// The same memory under another shape.
  func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "Tensor: \(self.shape) as \(shape)")
    return Tensor(sharing: self, shape: shape)
  }
}
