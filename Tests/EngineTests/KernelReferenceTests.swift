// The C kernels against the reference operations in Double, within bounds that follow from rounding.
//
// u = 2^-24 is half a unit in the last place; `unit` is 2u, so each bound has a factor of two to
// spare. A sum of n products by one chain of fused multiply-adds is off by at most n·u·Σ|a·b|.

import CKernels
import Testing

@Suite struct KernelReferenceTests {
  static let unit = Double(Float.ulpOfOne)

  /// Values that Float holds exactly, so that both sides compute with the same numbers.
  static func random(
    _ shape: Int..., scale: Double = 1, using generator: inout SeededGenerator
  ) -> Grid<Double> {
    let values = (0..<shape.reduce(1, *)).map { _ in
      Double(Float(scale * Double.random(in: -1..<1, using: &generator)))
    }
    return Grid(shape: shape, values: values)
  }

  static func absolute(_ grid: Grid<Double>) -> Grid<Double> {
    Grid(shape: grid.shape, values: grid.values.map { abs($0) })
  }

  // MARK: Products

  @Test(arguments: [(1, 5, 7), (3, 37, 29), (17, 31, 64), (19, 64, 33)])
  func productAndItsBackwardMatch(rows: Int, outputs: Int, inner: Int) {
    var generator = SeededGenerator(seed: UInt64(rows))
    let x = Self.random(rows, inner, using: &generator)
    let w = Self.random(outputs, inner, using: &generator)
    let dy = Self.random(rows, outputs, using: &generator)
    let weights = w.floats
    var y = [Float](repeating: .nan, count: rows * outputs)
    var dx = [Float](repeating: .nan, count: rows * inner)
    weights.withUnsafeBytes { bytes in
      let matrix = kernel_matrix(
        data: bytes.baseAddress, type: KERNEL_F32, rows: outputs, columns: inner)
      kernel_matmul(&y, outputs, x.floats, inner, rows, matrix, false)
      kernel_matmul_backward(&dx, inner, dy.floats, outputs, rows, matrix, false)
    }
    let size = Reference.linear(Self.absolute(x), Self.absolute(w))
    expectClose("y", y, Reference.linear(x, w).values) {
      Double(inner) * Self.unit * size.values[$0]
    }
    let gradient = Reference.linearBackward(dy: dy, x: x, w: w)
    let gradientSize = Reference.linearBackward(
      dy: Self.absolute(dy), x: Self.absolute(x), w: Self.absolute(w))
    expectClose("dx", dx, gradient.dx.values) {
      Double(outputs) * Self.unit * gradientSize.dx.values[$0]
    }
    var dw = [Float](repeating: .nan, count: outputs * inner)
    kernel_matmul_weight_backward(
      &dw, dy.floats, outputs, x.floats, inner, rows, outputs, inner, false)
    expectClose("dw", dw, gradient.dw.values) {
      Double(rows) * Self.unit * gradientSize.dw.values[$0]
    }
  }

  // MARK: RMSNorm

  @Test(arguments: [(1, 1), (3, 7), (5, 33), (2, 130)])
  func rmsNormAndItsBackwardMatch(rows: Int, width: Int) {
    var generator = SeededGenerator(seed: UInt64(width))
    let x = Self.random(rows, width, scale: 3, using: &generator)
    let gain = Self.random(width, using: &generator)
    let dy = Self.random(rows, width, using: &generator)
    let epsilon: Float = 0.3
    let expected = Reference.rmsNorm(x, gain: gain, epsilon: Double(epsilon))
    var y = [Float](repeating: .nan, count: rows * width)
    var inverseRMS = [Float](repeating: .nan, count: rows)
    kernel_rmsnorm(&y, &inverseRMS, x.floats, gain.floats, rows, width, epsilon)
    // Squares are positive, so the sum is off by D·u of itself, its root by half of that.
    let relative = Double(width + 8) * Self.unit
    expectClose("inverseRMS", inverseRMS, expected.inverseRMS.values) {
      relative * expected.inverseRMS.values[$0]
    }
    expectClose("y", y, expected.y.values) { relative * abs(expected.y.values[$0]) }

    let r = Grid(shape: [rows], values: inverseRMS.map { Double($0) })
    var dx = [Float](repeating: 0.5, count: rows * width)
    kernel_rmsnorm_backward(&dx, dy.floats, x.floats, gain.floats, inverseRMS, rows, width)
    let gradient = Reference.rmsNormBackward(dy: dy, x: x, gain: gain, inverseRMS: r).dx
    // The same sum with every term positive; the kernel adds to what is there, 0.5.
    var size = Grid<Double>(rows, width)
    for t in 0..<rows {
      let mean =
        (0..<width).reduce(0.0) { $0 + abs(gain[$1] * dy[t, $1] * x[t, $1]) } / Double(width)
      for d in 0..<width {
        size[t, d] = r[t] * (abs(gain[d] * dy[t, d]) + abs(x[t, d]) * r[t] * r[t] * mean)
      }
    }
    expectClose("dx", dx, gradient.values.map { 0.5 + $0 }) {
      relative * (size.values[$0] + 0.5)
    }
  }

  // MARK: RoPE

  @Test(arguments: [(Pairing.halves, 10), (.interleaved, 10), (.halves, 6), (.interleaved, 4)])
  func ropeAndItsBackwardMatch(pairing: Pairing, rotary: Int) {
    let (rows, heads, width, first, stride) = (5, 3, 10, 4, 37)
    var generator = SeededGenerator(seed: UInt64(rotary))
    let x = Self.random(rows, heads, width, using: &generator)
    let angles = (0..<rows).flatMap { t in
      (0..<rotary / 2).map {
        Reference.ropeAngle(pair: $0, position: first + t, base: 50.0, rotary: rotary)
      }
    }
    let cosine = angles.map { Float($0.cosine()) }
    let sine = angles.map { Float($0.sine()) }
    for inverse in [false, true] {
      // Rows lie apart; what is between them must stay.
      var spread = [Float](repeating: 9, count: rows * stride)
      for t in 0..<rows {
        for i in 0..<heads * width {
          spread[t * stride + i] = Float(x.values[t * heads * width + i])
        }
      }
      kernel_rope(
        &spread, stride, cosine, sine, rows, heads, width, rotary,
        pairing == .halves ? KERNEL_ROPE_HALVES : KERNEL_ROPE_INTERLEAVED, inverse)
      let expected =
        inverse
        ? Reference.ropeBackward(
          dy: x, base: 50, rotary: rotary, pairing: pairing, firstPosition: first)
        : Reference.rope(x, base: 50, rotary: rotary, pairing: pairing, firstPosition: first)
      let found = (0..<rows).flatMap { spread[$0 * stride..<$0 * stride + heads * width] }
      // Two products of numbers below 1, with sine and cosine rounded.
      expectClose("y", found, expected.values) { _ in 4 * Self.unit }
      for t in 0..<rows {
        #expect(spread[t * stride + heads * width..<(t + 1) * stride].allSatisfy { $0 == 9 })
      }
    }
  }

  // MARK: SwiGLU and softmax

  @Test(arguments: [1, 5, 16, 67])
  func swiGLUAndItsBackwardMatch(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let gate = Self.random(count, scale: 12, using: &generator)
    let up = Self.random(count, using: &generator)
    let dy = Self.random(count, using: &generator)
    var y = [Float](repeating: .nan, count: count)
    var (dgate, dup) = (y, y)
    kernel_activate(KERNEL_SILU, &y, gate.floats, up.floats, count)
    kernel_activate_backward(
      KERNEL_SILU, &dgate, &dup, dy.floats, gate.floats, up.floats, count)
    // e^−x is good to a few units; σ inherits at most that.
    let expected = Reference.swiGLU(gate: gate, up: up)
    expectClose("y", y, expected.values) { 16 * Self.unit * abs(expected.values[$0]) }
    let gradient = Reference.swiGLUBackward(dy: dy, gate: gate, up: up)
    expectClose("dup", dup, gradient.dup.values) { 16 * Self.unit * abs(gradient.dup.values[$0]) }
    // 1 − σ is good to u absolutely, and x multiplies it.
    expectClose("dgate", dgate, gradient.dgate.values) { i in
      let x = gate.values[i]
      return 16 * Self.unit * abs(dy.values[i] * up.values[i]) * Reference.sigmoid(x)
        * (1 + abs(x))
    }
  }

  @Test(arguments: [1, 5, 16, 67])
  func softmaxAndLogSumExpMatch(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let x = Self.random(count, scale: 20, using: &generator)
    let expected = Reference.softmax(x.values)
    var p = x.floats
    kernel_softmax(&p, count)
    // x − max is rounded once, which moves e^ by |x − max|·u <= 40u.
    let relative = Double(count + 16 + 40) * Self.unit
    expectClose("p", p, expected) { relative * expected[$0] }
    let sum = Reference.logSumExp(x.values)
    expectClose("log-sum-exp", [kernel_log_sum_exp(x.floats, count)], [sum]) { _ in
      relative + Self.unit * abs(sum)
    }
  }
}
