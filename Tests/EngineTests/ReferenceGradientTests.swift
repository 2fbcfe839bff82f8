// Every backward of the reference operations against central finite differences in Double.

import Testing

@Suite struct ReferenceGradientTests {
  // Sizes differ and are mutually prime where the operation allows it.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func linearBackwardMatchesFiniteDifferences(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let x = Grid<Double>.random(3, 7, using: &generator)
    let w = Grid<Double>.random(5, 7, using: &generator)
    let dy = Grid<Double>.random(3, 5, using: &generator)
    let (dx, dw) = Reference.linearBackward(dy: dy, x: x, w: w)
    expectGradient("dx", dx, at: x) { Grid.inner(Reference.linear($0, w), dy) }
    expectGradient("dw", dw, at: w) { Grid.inner(Reference.linear(x, $0), dy) }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func rmsNormBackwardMatchesFiniteDifferences(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let x = Grid<Double>.random(3, 7, using: &generator)
    let gain = Grid<Double>.random(7, scale: 2, using: &generator)
    let dy = Grid<Double>.random(3, 7, using: &generator)
    // An epsilon near mean x², so that a misplaced one shows.
    let epsilon = 0.3
    let inverseRMS = Reference.rmsNorm(x, gain: gain, epsilon: epsilon).inverseRMS
    let (dx, dgain) = Reference.rmsNormBackward(dy: dy, x: x, gain: gain, inverseRMS: inverseRMS)
    expectGradient("dx", dx, at: x) {
      Grid.inner(Reference.rmsNorm($0, gain: gain, epsilon: epsilon).y, dy)
    }
    expectGradient("dgain", dgain, at: gain) {
      Grid.inner(Reference.rmsNorm(x, gain: $0, epsilon: epsilon).y, dy)
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func swiGLUBackwardMatchesFiniteDifferences(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let gate = Grid<Double>.random(3, 7, scale: 4, using: &generator)
    let up = Grid<Double>.random(3, 7, using: &generator)
    let dy = Grid<Double>.random(3, 7, using: &generator)
    let (dgate, dup) = Reference.swiGLUBackward(dy: dy, gate: gate, up: up)
    expectGradient("dgate", dgate, at: gate) {
      Grid.inner(Reference.swiGLU(gate: $0, up: up), dy)
    }
    expectGradient("dup", dup, at: up) { Grid.inner(Reference.swiGLU(gate: gate, up: $0), dy) }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func softmaxAndLogSumExpBackwardMatchFiniteDifferences(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let x = Grid<Double>.random(11, scale: 3, using: &generator)
    let dp = Grid<Double>.random(11, using: &generator)
    let dx = Reference.softmaxBackward(dp: dp.values, p: Reference.softmax(x.values))
    expectGradient("softmax dx", Grid(shape: [11], values: dx), at: x) {
      Grid.inner(Grid(shape: [11], values: Reference.softmax($0.values)), dp)
    }
    let fromSum = Reference.logSumExpBackward(dy: 1.7, x: x.values)
    expectGradient("logSumExp dx", Grid(shape: [11], values: fromSum), at: x) {
      1.7 * Reference.logSumExp($0.values)
    }
  }

  @Test(arguments: [Pairing.halves, .interleaved], [6, 10])
  func ropeBackwardMatchesFiniteDifferences(pairing: Pairing, rotary: Int) {
    var generator = SeededGenerator(seed: UInt64(rotary))
    let x = Grid<Double>.random(3, 5, 10, using: &generator)
    let dy = Grid<Double>.random(3, 5, 10, using: &generator)
    let dx = Reference.ropeBackward(
      dy: dy, base: 50, rotary: rotary, pairing: pairing, firstPosition: 4)
    expectGradient("dx", dx, at: x) {
      Grid.inner(
        Reference.rope($0, base: 50, rotary: rotary, pairing: pairing, firstPosition: 4), dy)
    }
  }

  static let shapes = [
    AttentionShape(queries: 5, keys: 5, heads: 3, kvHeads: 3, headWidth: 4),
    AttentionShape(queries: 5, keys: 5, heads: 6, kvHeads: 2, headWidth: 7),
    AttentionShape(queries: 3, firstPosition: 8, keys: 11, heads: 5, kvHeads: 1, headWidth: 7),
    AttentionShape(queries: 7, keys: 7, heads: 6, kvHeads: 2, headWidth: 5, window: 3),
    AttentionShape(
      queries: 3, firstPosition: 8, keys: 13, heads: 6, kvHeads: 2, headWidth: 5, window: 4),
  ]

  @Test(arguments: shapes)
  func attentionPatternBackwardMatchesFiniteDifferences(shape: AttentionShape) {
    var generator = SeededGenerator(seed: 5)
    let q = Grid<Double>.random(
      shape.queries, shape.heads, shape.headWidth, scale: 2, using: &generator)
    let k = Grid<Double>.random(
      shape.keys, shape.kvHeads, shape.headWidth, scale: 2, using: &generator)
    let dpattern = Grid<Double>.random(shape.heads, shape.queries, shape.keys, using: &generator)
    let pattern = Reference.attentionPattern(q: q, k: k, shape)
    let (dq, dk) = Reference.attentionPatternBackward(
      dpattern: dpattern, pattern: pattern, q: q, k: k, shape)
    expectGradient("dq", dq, at: q) {
      Grid.inner(Reference.attentionPattern(q: $0, k: k, shape), dpattern)
    }
    expectGradient("dk", dk, at: k) {
      Grid.inner(Reference.attentionPattern(q: q, k: $0, shape), dpattern)
    }
  }

  @Test(arguments: shapes)
  func attentionMixBackwardMatchesFiniteDifferences(shape: AttentionShape) {
    var generator = SeededGenerator(seed: 6)
    // A free pattern over the visible cells; the invisible ones stay 0 on both sides.
    let visible = visibleCells(shape)
    let pattern = masked(
      .random(shape.heads, shape.queries, shape.keys, using: &generator), visible)
    let v = Grid<Double>.random(shape.keys, shape.kvHeads, shape.headWidth, using: &generator)
    let dz = Grid<Double>.random(shape.queries, shape.heads, shape.headWidth, using: &generator)
    let (dpattern, dv) = Reference.attentionMixBackward(dz: dz, pattern: pattern, v: v, shape)
    expectGradient("dpattern", dpattern, at: pattern) {
      Grid.inner(Reference.attentionMix(pattern: masked($0, visible), v: v, shape), dz)
    }
    expectGradient("dv", dv, at: v) {
      Grid.inner(Reference.attentionMix(pattern: pattern, v: $0, shape), dz)
    }
  }

  private func visibleCells(_ shape: AttentionShape) -> [Bool] {
    (0..<shape.heads).flatMap { _ in
      (0..<shape.queries).flatMap { t in (0..<shape.keys).map { shape.sees(t, $0) } }
    }
  }

  private func masked(_ grid: Grid<Double>, _ visible: [Bool]) -> Grid<Double> {
    Grid(shape: grid.shape, values: zip(grid.values, visible).map { $1 ? $0 : 0 })
  }
}
