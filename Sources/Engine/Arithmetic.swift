// How exactly a pass multiplies, and its products.

import CKernels

/// What the activations of a pass are when they are multiplied with weights.
public enum Arithmetic: String, Sendable {
  /// Floats, whatever the type of the weights. Every attribution and every patching effect is of this
  /// kind.
  case float32 = "f32"
  /// Rounded to 8 bits, every 32 of a position with a scale of their own, where weights are quantised;
  /// floats elsewhere. A product is off by some thousandths of its size, in exchange for speed.
  case int8
}

extension ForwardPass {
  /// x · wᵀ + b, `[R, N]` of `[R, K]` and `[N, K]`.
  func project(_ x: Tensor, _ w: Projection) -> Tensor {
    Engine.project(x, w, in: arithmetic)
  }

  /// y += x · wᵀ + b.
  func project(_ x: Tensor, _ w: Projection, addingTo y: Tensor) {
    Engine.project(x, w, addingTo: y, in: arithmetic)
  }

  /// x · wᵀ, `[R, N]` of `[R, K]` and `[N, K]`.
  func multiply(_ x: Tensor, _ w: WeightMatrix) -> Tensor {
    Engine.multiply(x, w, in: arithmetic)
  }
}

extension Arithmetic {
  /// y = x · wᵀ, or added to y; shapes as in `multiply`, y's rows without gaps.
  func multiply(_ x: Tensor, _ w: WeightMatrix, into y: Tensor, accumulate: Bool) {
    let product = self == .int8 ? kernel_view_matmul_int8 : kernel_view_matmul
    product(
      y.pointer, y.rowWidth, x.pointer, x.rowWidth, x.shape[0], w.view, accumulate)
  }
}

extension Trace {
  /// What attributes anything takes activations that were never rounded.
  func requireExactActivations(for what: String) {
    precondition(arithmetic == .float32, "\(what): the run's activations were rounded to int8")
  }
}

extension Model {
  /// Whether `Arithmetic.int8` makes any difference: some weights are quantised.
  public var hasQuantisedWeights: Bool {
    weights.matrices.contains { kernel_int8_applies($0.view) }
  }
}

extension Weights {
  /// Every matrix that activations are multiplied with.
  fileprivate var matrices: [WeightMatrix] {
    layers.flatMap { layer in
      [layer.wQ, layer.wK, layer.wV, layer.wO, layer.wGate, layer.wUp, layer.wDown]
        .compactMap { $0?.matrix }
    } + [unembedding]
  }
}
