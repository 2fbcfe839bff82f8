// Attention, forward and backward, over query positions, windows and grouped heads.

import CKernels
import Testing

struct AttentionCase: CustomTestStringConvertible {
  var rows, first, extraKeys, heads, kvHeads, width, window: Int
  var cap: Float = 0

  var keys: Int { first + rows + extraKeys }

  var shape: kernel_attention_shape {
    kernel_attention_shape(
      rows: rows, first_position: first, keys: keys, heads: heads, kv_heads: kvHeads,
      head_width: width, window: window, scale: 0.7, cap: cap)
  }

  var testDescription: String {
    "T \(rows), first \(first), S \(keys), H \(heads), G \(kvHeads), K \(width), window \(window), "
      + "cap \(cap)"
  }

  static let all: [AttentionCase] = [
    .init(rows: 1, first: 0, extraKeys: 0, heads: 1, kvHeads: 1, width: 1, window: 0),
    .init(rows: 1, first: 40, extraKeys: 0, heads: 3, kvHeads: 3, width: 16, window: 0),
    .init(rows: 3, first: 0, extraKeys: 2, heads: 6, kvHeads: 2, width: 7, window: 0),
    .init(rows: 17, first: 5, extraKeys: 0, heads: 4, kvHeads: 1, width: 32, window: 0),
    .init(rows: 90, first: 0, extraKeys: 0, heads: 2, kvHeads: 2, width: 32, window: 0),
    .init(rows: 133, first: 11, extraKeys: 7, heads: 2, kvHeads: 1, width: 20, window: 0),
    .init(rows: 5, first: 290, extraKeys: 0, heads: 2, kvHeads: 2, width: 33, window: 0),
    .init(rows: 60, first: 230, extraKeys: 0, heads: 1, kvHeads: 1, width: 16, window: 0),
    .init(rows: 45, first: 0, extraKeys: 0, heads: 2, kvHeads: 1, width: 9, window: 1),
    .init(rows: 70, first: 3, extraKeys: 1, heads: 2, kvHeads: 2, width: 18, window: 13),
    .init(rows: 2, first: 60, extraKeys: 0, heads: 5, kvHeads: 5, width: 8, window: 40),
    .init(rows: 40, first: 0, extraKeys: 0, heads: 2, kvHeads: 2, width: 300, window: 100),
    .init(rows: 37, first: 2, extraKeys: 1, heads: 4, kvHeads: 2, width: 19, window: 0, cap: 0.9),
    .init(rows: 61, first: 0, extraKeys: 0, heads: 3, kvHeads: 1, width: 33, window: 17, cap: 5),
  ]
}

/// One attention with its inputs and, from the reference, a pattern.
struct AttentionData {
  let shape: kernel_attention_shape
  let q: Guarded<Float>, k: Guarded<Float>, v: Guarded<Float>, dz: Guarded<Float>
  let pattern: Guarded<Float>, exactPattern: [Double], scoreBound: [Double]
  let dpattern: Guarded<Float>

  init(_ shape: kernel_attention_shape, seed: UInt64 = 31) {
    var numbers = Numbers(seed: seed)
    let queries = shape.rows * shape.heads * shape.head_width
    let keys = shape.keys * shape.kv_heads * shape.head_width
    self.shape = shape
    q = Guarded(numbers.floats(queries))
    k = Guarded(numbers.floats(keys))
    v = Guarded(numbers.floats(keys))
    dz = Guarded(numbers.floats(queries))
    var exact = [Double](repeating: 0, count: shape.heads * shape.rows * shape.keys)
    var bound = exact
    kernel_attention_pattern_ref(&exact, &bound, q.pointer, k.pointer, shape)
    (exactPattern, scoreBound) = (exact, bound)
    pattern = Guarded(exact.map { Float($0) })
    let some = numbers.floats(exact.count)
    dpattern = Guarded(zip(exact, some).map { $0 > 0 ? $1 : 0 })
  }

  struct Results {
    var pattern, z, dpattern, dv, dq, dk: [Float]
    var named: [(String, [Float])] {
      [("pattern", pattern), ("z", z), ("dpattern", dpattern), ("dv", dv), ("dq", dq), ("dk", dk)]
    }
  }

  /// Everything the kernels compute; gradients are added to 0.25.
  func results() -> Results {
    func new(_ count: Int, _ value: Float) -> Guarded<Float> {
      Guarded([Float](repeating: value, count: count))
    }
    let found = new(pattern.count, untouched), z = new(q.count, untouched)
    let dp = new(pattern.count, untouched), dv = new(k.count, 0.25)
    let dq = new(q.count, 0.25), dk = new(k.count, 0.25)
    kernel_attention_pattern(found.pointer, q.pointer, k.pointer, shape)
    kernel_attention_mix(z.pointer, pattern.pointer, v.pointer, shape)
    kernel_attention_mix_backward(
      dp.pointer, dv.pointer, dz.pointer, pattern.pointer, v.pointer, shape)
    kernel_attention_pattern_backward(
      dq.pointer, dk.pointer, dpattern.pointer, pattern.pointer, q.pointer, k.pointer, shape)
    return Results(
      pattern: found.values, z: z.values, dpattern: dp.values, dv: dv.values, dq: dq.values,
      dk: dk.values)
  }
}

extension KernelTests {
  @Suite struct Attention {
    @Test(arguments: AttentionCase.all)
    func everyShapeAgreesWithTheReference(_ each: AttentionCase) {
      let data = AttentionData(each.shape), shape = each.shape
      let group = shape.heads / shape.kv_heads
      func new(_ count: Int, _ value: Double = 0) -> [Double] {
        Array(repeating: value, count: count)
      }
      var z = new(data.q.count), zBound = z, dp = new(data.pattern.count), dpBound = dp
      var dv = new(data.k.count, 0.25), dvBound = dv, dq = new(data.q.count, 0.25), dqBound = dq
      var dk = dv, dkBound = dv
      kernel_attention_mix_ref(&z, &zBound, data.pattern.pointer, data.v.pointer, shape)
      kernel_attention_mix_backward_ref(
        &dp, &dpBound, &dv, &dvBound, data.dz.pointer, data.pattern.pointer, data.v.pointer, shape)
      kernel_attention_pattern_backward_ref(
        &dq, &dqBound, &dk, &dkBound, data.dpattern.pointer, data.pattern.pointer, data.q.pointer,
        data.k.pointer, shape)
      // A score is off by K roundings of its bound, and so is its exponential, relatively.
      let worstScore = data.scoreBound.max() ?? 0
      let patternBound = data.exactPattern.map { $0 * (1 + worstScore) }
      forEachISA { isa in
        let found = data.results()
        expectClose(
          found.pattern, data.exactPattern, bound: patternBound,
          terms: 2 * shape.head_width + shape.keys + 6, "\(isa) pattern")
        expectClose(found.z, z, bound: zBound, terms: shape.keys, "\(isa) z")
        expectClose(found.dpattern, dp, bound: dpBound, terms: shape.head_width, "\(isa) dpattern")
        let sum = group * shape.rows + 1
        expectClose(found.dv, dv, bound: dvBound, terms: sum, "\(isa) dv")
        expectClose(found.dq, dq, bound: dqBound, terms: 2 * shape.keys + 4, "\(isa) dq")
        expectClose(found.dk, dk, bound: dkBound, terms: sum + shape.keys + 4, "\(isa) dk")
      }
    }

    /// Running only the last rows over the recorded keys gives the bits of the full pass.
    @Test(arguments: [0, 13])
    func theLastRowsAloneHaveTheSameBits(window: Int) {
      let rows = 61, heads = 4, width = 32
      var shape = kernel_attention_shape(
        rows: rows, first_position: 0, keys: rows, heads: heads, kv_heads: 2, head_width: width,
        window: window, scale: 0.2, cap: 0)
      let data = AttentionData(shape)
      forEachISA { isa in
        shape.rows = rows
        shape.first_position = 0
        var pattern = [Float](repeating: 0, count: heads * rows * rows)
        var z = [Float](repeating: 0, count: rows * heads * width)
        kernel_attention_pattern(&pattern, data.q.pointer, data.k.pointer, shape)
        kernel_attention_mix(&z, pattern, data.v.pointer, shape)
        for count in [1, 2, 5, 20] {
          let first = rows - count
          shape.rows = count
          shape.first_position = first
          var part = [Float](repeating: 0, count: heads * count * rows)
          var partZ = [Float](repeating: 0, count: count * heads * width)
          kernel_attention_pattern(
            &part, data.q.pointer + first * heads * width, data.k.pointer, shape)
          kernel_attention_mix(&partZ, part, data.v.pointer, shape)
          var expected: [Float] = []
          for h in 0..<heads {
            let start = (h * rows + first) * rows
            expected += pattern[start..<(start + count * rows)]
          }
          expectSameBits(part, expected, "\(isa) pattern of the last \(count)")
          expectSameBits(partZ, Array(z.suffix(partZ.count)), "\(isa) z of the last \(count)")
        }
      }
    }

    @Test func threadsAndInstructionSetsWithFMAGiveTheSameBits() {
      for each in AttentionCase.all {
        let data = AttentionData(each.shape), before = kernel_threads()
        var first: AttentionData.Results?
        for threads in [1, 2, 5] {
          kernel_threads_set(threads)
          forEachISA(everyISAWithFMA) { isa in
            let found = data.results()
            for (a, b) in zip(found.named, (first ?? found).named) {
              expectSameBits(
                a.1, b.1, "\(isa), \(threads) threads, \(a.0), \(each.testDescription)")
            }
            first = first ?? found
          }
        }
        kernel_threads_set(before)
      }
    }

    /// What a row does not see cannot reach it, not even as NaN times zero.
    @Test(arguments: [1, 13, 14, 20, 40, 58])
    func theFutureDoesNotReachThePast(bad: Int) {
      let rows = 60, width = 16
      let shape = kernel_attention_shape(
        rows: rows, first_position: 0, keys: rows, heads: 1, kv_heads: 1, head_width: width,
        window: 0, scale: 1, cap: 0)
      let data = AttentionData(shape)
      for i in (bad * width)..<((bad + 1) * width) {
        data.v.pointer[i] = .nan
        data.k.pointer[i] = .nan
      }
      forEachISA { isa in
        let found = data.results()
        let badZ = Set(found.z.indices.filter { found.z[$0].isNaN }.map { $0 / width })
        let badRows = Set(
          found.pattern.indices.filter { found.pattern[$0].isNaN }.map { $0 / rows })
        #expect(badZ == Set(bad..<rows), "\(isa)")
        #expect(badRows == Set(bad..<rows), "\(isa)")
      }
    }
  }
}
