// Vectors, conversions, activations and the exponential.

import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct Elements {
    @Test(arguments: [KERNEL_F16, KERNEL_BF16])
    func everyHalfPrecisionNumberIsConverted(type: kernel_type) {
      let all = Guarded((0...UInt16.max).map(\.littleEndian))
      var expected = [Float](repeating: 0, count: all.count)
      kernel_to_f32_ref(&expected, all.pointer, type, all.count)
      forEachISA { isa in
        let found = Guarded([Float](repeating: untouched, count: all.count))
        kernel_to_f32(found.pointer, all.pointer, type, all.count)
        let bad = zip(found.values, expected).enumerated().first { _, pair in
          pair.0.isNaN != pair.1.isNaN || (!pair.0.isNaN && pair.0.bitPattern != pair.1.bitPattern)
        }
        #expect(bad == nil, "\(isa): \(String(describing: bad))")
      }
    }

    @Test(arguments: everyType)
    func anyLengthAtAnyAddressIsConverted(type: kernel_type) {
      var numbers = Numbers(seed: 3)
      for n in 0...33 {
        for gap in 0..<4 {
          let x = Guarded(numbers.weights(n, type), gap: gap)
          var expected = [Float](repeating: 0, count: n)
          kernel_to_f32_ref(&expected, x.pointer, type, n)
          forEachISA { isa in
            let found = Guarded([Float](repeating: untouched, count: n))
            kernel_to_f32(found.pointer, x.pointer, type, n)
            expectSameBits(found.values, expected, "\(isa) n = \(n), gap \(gap)")
          }
        }
      }
    }

    @Test(arguments: everyType)
    func theFirstNonfiniteWeightIsFound(type: kernel_type) {
      var numbers = Numbers(seed: 4)
      let size = kernel_type_size(type), n = 1027
      let infinity: [UInt8] =
        type == KERNEL_F32 ? [0, 0, 0x80, 0xff] : type == KERNEL_F16 ? [0, 0x7c] : [0x80, 0x7f]
      for bad in [0, 1, 255, 256, 700, 1026] {
        let x = Guarded(numbers.weights(n, type), gap: 1)
        #expect(kernel_first_nonfinite(x.pointer, type, n) == n)
        for place in [bad, n - 1] {
          for (i, byte) in infinity.enumerated() { x.pointer[place * size + i] = byte }
        }
        #expect(kernel_first_nonfinite(x.pointer, type, n) == bad)
        #expect(kernel_first_nonfinite_ref(x.pointer, type, n) == bad)
        #expect(kernel_first_nonfinite(x.pointer, type, bad) == bad)
      }
    }

    @Test func dotProductsOfEveryLengthAgreeWithTheReference() {
      var numbers = Numbers(seed: 5)
      for n in Array(0...140) + [4099] {
        let a = Guarded(numbers.floats(n)), b = Guarded(numbers.floats(n))
        var bound = 0.0
        let expected = kernel_dot_ref(&bound, a.pointer, b.pointer, n)
        forEachISA { isa in
          let found = kernel_dot(a.pointer, b.pointer, n)
          expectClose([found], [expected], bound: [bound], terms: n, "\(isa) n = \(n)")
        }
      }
    }

    @Test func scaledSumsOfEveryLengthAgreeWithTheReference() {
      var numbers = Numbers(seed: 6)
      for n in 0...33 {
        let x = Guarded(numbers.floats(n)), start = numbers.floats(n)
        for a in [Float(1), -0.37] {
          var expected = start.doubles, bound = start.doubles
          kernel_scale_add_ref(&expected, &bound, Double(a), x.pointer, n)
          forEachISA { isa in
            let y = Guarded(start)
            kernel_scale_add(y.pointer, a, x.pointer, n)
            expectClose(y.values, expected, bound: bound, terms: 2, "\(isa) n = \(n)")
            guard a == 1 else { return }
            let sum = Guarded(start)
            kernel_add(sum.pointer, x.pointer, n)
            expectClose(sum.values, expected, bound: bound, terms: 1, "\(isa) n = \(n)")
          }
        }
      }
    }

    /// 2 units in the last place, which FLT_EPSILON · |e^x| is at least one of.
    @Test func theExponentialIsAccurateOverItsWholeRange() {
      let x = (0..<200_003).map { Float(-104) + Float($0) / 200_003 * (88.72 + 104) }
      let expected = x.map { exp(Double($0)) }
      forEachISA { isa in
        let y = Guarded(x)
        kernel_exp(y.pointer, y.pointer, x.count)
        expectClose(y.values, expected, bound: expected, terms: 1, isa)
      }
    }

    @Test func theExponentialGoesToItsLimits() {
      let x: [Float] = [-.infinity, -1e30, -104.5, 0, -0.0, 88.73, 1e30, .infinity, .nan]
      for count in [x.count, x.count + 16] {
        let padded = [Float](repeating: 0, count: count - x.count) + x
        forEachISA { isa in
          let y = Guarded(padded)
          kernel_exp(y.pointer, y.pointer, count)
          let end = y.values.suffix(x.count)
          #expect(
            Array(end.dropLast()) == [0, 0, 0, 1, 1, .infinity, .infinity, .infinity], "\(isa)")
          #expect(end.last?.isNaN == true, "\(isa)")
        }
      }
    }

    @Test(.enabled(if: everyISAWithFMA.count > 1, "this machine has one instruction set with FMA"))
    func instructionSetsWithFMAGiveTheSameBits() {
      var numbers = Numbers(seed: 8)
      let n = 1003, a = numbers.floats(n, -20...20), b = numbers.floats(n)
      var first: [[Float]]?
      forEachISA(everyISAWithFMA) { isa in
        var results = [[kernel_dot(a, b, n), kernel_log_sum_exp(a, n)], a, a, a, a, b]
        kernel_exp(&results[1], a, n)
        kernel_activate(KERNEL_SILU, &results[2], a, b, n)
        kernel_softmax(&results[3], n)
        var dgate = a, dup = b
        kernel_activate_backward(KERNEL_SILU, &dgate, &dup, b, a, b, n)
        (results[4], results[5]) = (dgate, dup)
        for (found, expected) in zip(results, first ?? results) {
          expectSameBits(found, expected, isa)
        }
        first = first ?? results
      }
    }
  }
}
