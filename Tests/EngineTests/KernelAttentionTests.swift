// The attention kernels, forward and backward, against the references; bounds as in
// KernelReferenceTests.

import CKernels
import Testing

@Suite struct KernelAttentionTests {
  static let unit = KernelReferenceTests.unit
  let absolute = KernelReferenceTests.absolute

  @Test(arguments: ReferenceGradientTests.shapes)
  func patternMatches(shape: AttentionShape) {
    var generator = SeededGenerator(seed: 21)
    let (q, k) = queriesAndKeys(shape, using: &generator)
    var pattern = [Float](repeating: .nan, count: shape.heads * shape.queries * shape.keys)
    kernel_attention_pattern(&pattern, q.floats, k.floats, kernelShape(shape))
    let expected = Reference.attentionPattern(q: q, k: k, shape)
    // Scores are below 4K/√K, and off by (K + 1)·u of that; differences of two enter the powers,
    // after one more rounding. The sum has at most S terms.
    let score = 4 * Double(shape.headWidth).squareRoot()
    let relative =
      Self.unit * (2 * Double(shape.headWidth + 2) * score + Double(shape.keys + 16))
    expectClose("pattern", pattern, expected.values) { relative * expected.values[$0] }
  }

  @Test(arguments: ReferenceGradientTests.shapes)
  func mixAndItsBackwardMatch(shape: AttentionShape) {
    var generator = SeededGenerator(seed: 22)
    let (q, k) = queriesAndKeys(shape, using: &generator)
    let pattern = rounded(Reference.attentionPattern(q: q, k: k, shape))
    let v = KernelReferenceTests.random(
      shape.keys, shape.kvHeads, shape.headWidth, using: &generator)
    let dz = KernelReferenceTests.random(
      shape.queries, shape.heads, shape.headWidth, using: &generator)
    var z = [Float](repeating: .nan, count: dz.count)
    kernel_attention_mix(&z, pattern.floats, v.floats, kernelShape(shape))
    let size = Reference.attentionMix(pattern: pattern, v: absolute(v), shape)
    expectClose("z", z, Reference.attentionMix(pattern: pattern, v: v, shape).values) {
      Double(shape.keys) * Self.unit * size.values[$0]
    }
    var dpattern = [Float](repeating: .nan, count: pattern.count)
    var dv = [Float](repeating: 0.5, count: v.count)
    kernel_attention_mix_backward(
      &dpattern, &dv, dz.floats, pattern.floats, v.floats, kernelShape(shape))
    let expected = Reference.attentionMixBackward(dz: dz, pattern: pattern, v: v, shape)
    let sizes = Reference.attentionMixBackward(
      dz: absolute(dz), pattern: pattern, v: absolute(v), shape)
    expectClose("dpattern", dpattern, expected.dpattern.values) {
      Double(shape.headWidth) * Self.unit * sizes.dpattern.values[$0]
    }
    let terms = Double(shape.queries * shape.heads / shape.kvHeads + 1)
    expectClose("dv", dv, expected.dv.values.map { 0.5 + $0 }) {
      terms * Self.unit * (sizes.dv.values[$0] + 0.5)
    }
  }

  @Test(arguments: ReferenceGradientTests.shapes)
  func patternBackwardMatches(shape: AttentionShape) {
    var generator = SeededGenerator(seed: 23)
    let (q, k) = queriesAndKeys(shape, using: &generator)
    let pattern = rounded(Reference.attentionPattern(q: q, k: k, shape))
    let dpattern = KernelReferenceTests.random(
      shape.heads, shape.queries, shape.keys, using: &generator)
    var dq = [Float](repeating: 0.5, count: q.count)
    var dk = [Float](repeating: 0.5, count: k.count)
    kernel_attention_pattern_backward(
      &dq, &dk, dpattern.floats, pattern.floats, q.floats, k.floats, kernelShape(shape))
    let expected = Reference.attentionPatternBackward(
      dpattern: dpattern, pattern: pattern, q: q, k: k, shape)
    let size = sizes(shape, dpattern: dpattern, pattern: pattern, q: q, k: k)
    // S terms in Σ p·dp, then S terms of dq, or the T rows of a group's heads in dk.
    let group = shape.queries * shape.heads / shape.kvHeads
    expectClose("dq", dq, expected.dq.values.map { 0.5 + $0 }) {
      Double(2 * shape.keys + 16) * Self.unit * (size.dq.values[$0] + 0.5)
    }
    expectClose("dk", dk, expected.dk.values.map { 0.5 + $0 }) {
      Double(shape.keys + group + 16) * Self.unit * (size.dk.values[$0] + 0.5)
    }
  }

  /// The sums of the backward with every term positive: p·(|dp| + Σ p·|dp|)·|k|/√K, and with |q|.
  private func sizes(
    _ shape: AttentionShape, dpattern: Grid<Double>, pattern: Grid<Double>, q: Grid<Double>,
    k: Grid<Double>
  ) -> (dq: Grid<Double>, dk: Grid<Double>) {
    var dq = Grid<Double>(shape.queries, shape.heads, shape.headWidth)
    var dk = Grid<Double>(shape.keys, shape.kvHeads, shape.headWidth)
    for h in 0..<shape.heads {
      for t in 0..<shape.queries {
        let mean = (0..<shape.keys).reduce(0.0) { $0 + pattern[h, t, $1] * abs(dpattern[h, t, $1]) }
        for s in 0..<shape.keys {
          let score = pattern[h, t, s] * (abs(dpattern[h, t, s]) + mean) * shape.scale()
          for i in 0..<shape.headWidth {
            dq[t, h, i] += score * abs(k[s, shape.kvHead(h), i])
            dk[s, shape.kvHead(h), i] += score * abs(q[t, h, i])
          }
        }
      }
    }
    return (dq, dk)
  }

  private func queriesAndKeys(
    _ shape: AttentionShape, using generator: inout SeededGenerator
  ) -> (q: Grid<Double>, k: Grid<Double>) {
    (
      KernelReferenceTests.random(
        shape.queries, shape.heads, shape.headWidth, scale: 2, using: &generator),
      KernelReferenceTests.random(
        shape.keys, shape.kvHeads, shape.headWidth, scale: 2, using: &generator)
    )
  }

  private func rounded(_ grid: Grid<Double>) -> Grid<Double> {
    Grid(shape: grid.shape, values: grid.values.map { Double(Float($0)) })
  }

  private func kernelShape(_ shape: AttentionShape) -> kernel_attention_shape {
    kernel_attention_shape(
      rows: shape.queries, first_position: shape.firstPosition, keys: shape.keys,
      heads: shape.heads, kv_heads: shape.kvHeads, head_width: shape.headWidth,
      window: shape.window, scale: shape.scale(), cap: 0)
  }
}
