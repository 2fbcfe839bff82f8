// Norms, rotary positions and softmax.

import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct Rows {
    @Test func rmsNormOfEveryWidthAgreesWithTheReference() {
      var numbers = Numbers(seed: 21)
      for width in Array(1...33) + [130, 4097] {
        let rows = width > 100 ? 11 : 3
        let x = numbers.floats(rows * width), gain = Guarded(numbers.floats(width))
        var y = x.doubles, r = [Double](repeating: 0, count: rows)
        kernel_rmsnorm_ref(&y, &r, x, gain.pointer, rows, width, 1e-5)
        // The mean of squares has no cancellation, so y is off by width / 2 + 4 roundings at most.
        forEachISA { isa in
          let inPlace = Guarded(x), inverse = Guarded([Float](repeating: untouched, count: rows))
          kernel_rmsnorm(
            inPlace.pointer, inverse.pointer, inPlace.pointer, gain.pointer, rows, width, 1e-5)
          let terms = width / 2 + 4
          expectClose(inPlace.values, y, bound: y.map(abs), terms: terms, "\(isa) width \(width)")
          expectClose(inverse.values, r, bound: r, terms: terms, "\(isa) width \(width)")
          let other = Guarded([Float](repeating: untouched, count: x.count))
          kernel_rmsnorm(other.pointer, nil, x, gain.pointer, rows, width, 1e-5)
          expectSameBits(other.values, inPlace.values, "\(isa) out of place")
        }
      }
    }

    @Test func rmsNormBackwardOfEveryWidthAgreesWithTheReference() {
      var numbers = Numbers(seed: 22)
      for width in Array(1...33) + [130, 4097] {
        let rows = width > 100 ? 11 : 3, count = rows * width
        let x = Guarded(numbers.floats(count)), dy = Guarded(numbers.floats(count))
        let gain = Guarded(numbers.floats(width)), r = Guarded(numbers.floats(rows, 0.5...2))
        let start = numbers.floats(count)
        var expected = start.doubles, bound = expected
        kernel_rmsnorm_backward_ref(
          &expected, &bound, dy.pointer, x.pointer, gain.pointer, r.pointer, rows, width)
        forEachISA { isa in
          let dx = Guarded(start)
          kernel_rmsnorm_backward(
            dx.pointer, dy.pointer, x.pointer, gain.pointer, r.pointer, rows, width)
          expectClose(
            dx.values, expected, bound: bound, terms: width + 8, "\(isa) width \(width)")
        }
      }
    }

    /// The norm's backward against central differences of its reference, in double.
    @Test func rmsNormBackwardIsTheGradient() {
      let rows = 2, width = 7
      var numbers = Numbers(seed: 23)
      let x = numbers.floats(rows * width), dy = numbers.floats(rows * width)
      let gain = numbers.floats(width)
      func loss(_ x: [Float]) -> Double {
        var y = x.doubles
        kernel_rmsnorm_ref(&y, nil, x, gain, rows, width, 1e-5)
        return zip(y, dy).map { $0 * Double($1) }.reduce(0, +)
      }
      var y = x, r = [Float](repeating: 0, count: rows)
      var dx = [Float](repeating: 0, count: x.count)
      kernel_rmsnorm(&y, &r, x, gain, rows, width, 1e-5)
      kernel_rmsnorm_backward(&dx, dy, x, gain, r, rows, width)
      for i in x.indices {
        var (low, high) = (x, x)
        low[i] -= 0x1p-10
        high[i] += 0x1p-10
        let slope = (loss(high) - loss(low)) / (Double(high[i]) - Double(low[i]))
        #expect(abs(slope - Double(dx[i])) < 1e-4, "x[\(i)]: \(dx[i]), not \(slope)")
      }
    }

    @Test(arguments: [KERNEL_ROPE_HALVES, KERNEL_ROPE_INTERLEAVED], [false, true])
    func ropeOfEveryWidthAgreesWithTheReference(pairing: kernel_rope_pairing, inverse: Bool) {
      var numbers = Numbers(seed: 24)
      for half in Array(0...33) + [64] {
        let rows = 3, heads = 5, width = 2 * half + half % 3, stride = heads * width + 2
        let cosine = Guarded(numbers.floats(rows * half)),
          sine = Guarded(numbers.floats(rows * half))
        let start = numbers.floats(max(rows * stride - 2, 0))
        var expected = start.doubles, bound = expected.map(abs)
        kernel_rope_ref(
          &expected, &bound, stride, cosine.pointer, sine.pointer, rows, heads, width, 2 * half,
          pairing, inverse)
        forEachISA { isa in
          let x = Guarded(start)
          kernel_rope(
            x.pointer, stride, cosine.pointer, sine.pointer, rows, heads, width, 2 * half, pairing,
            inverse)
          expectClose(x.values, expected, bound: bound, terms: 2, "\(isa) rotary \(2 * half)")
        }
      }
    }

    @Test func ropeAndItsInverseCancel() {
      var numbers = Numbers(seed: 25)
      let angles = numbers.floats(4 * 16, -3...3), start = numbers.floats(4 * 2 * 32)
      let cosine = angles.map { cos($0) }, sine = angles.map { sin($0) }
      for pairing in [KERNEL_ROPE_HALVES, KERNEL_ROPE_INTERLEAVED] {
        var x = start
        kernel_rope(&x, 64, cosine, sine, 4, 2, 32, 32, pairing, false)
        #expect(x != start)
        kernel_rope(&x, 64, cosine, sine, 4, 2, 32, 32, pairing, true)
        let size = [Double](repeating: 2, count: x.count)
        expectClose(x, start.doubles, bound: size, terms: 4, "pairing \(pairing.rawValue)")
      }
    }

    @Test func softmaxOfEveryLengthAgreesWithTheReference() {
      var numbers = Numbers(seed: 26)
      for n in Array(1...49) + [2048] {
        for range: ClosedRange<Float> in [-3...3, -80...80, 1e8...2e8] {
          var x = numbers.floats(n, range)
          if n % 5 == 2 { x[n / 2] = -.infinity }
          var expected = x.doubles
          kernel_softmax_ref(&expected, x, n)
          let logSum = kernel_log_sum_exp_ref(x, n)
          forEachISA { isa in
            let found = Guarded(x)
            // x − max is exact to half a unit, which the exponential makes a relative error.
            let terms = n + 6 + Int(range.upperBound < 100 ? range.upperBound * 2 : 0)
            let sum = kernel_log_sum_exp(found.pointer, n)
            kernel_softmax(found.pointer, n)
            expectClose(
              found.values, expected, bound: expected, terms: terms, "\(isa) n = \(n), \(range)")
            expectClose(
              [sum], [logSum], bound: [1 + abs(logSum)], terms: terms, "\(isa) n = \(n), \(range)")
          }
        }
      }
    }

    @Test func softmaxShowsWhatItCannotDo() {
      let cases: [([Float], Float)] = [
        ([1, .nan, 2], .nan), ([-.infinity, -.infinity], -.infinity), ([1, .infinity], .infinity),
        ([.nan] + [Float](repeating: 0, count: 20), .nan),
        ([Float](repeating: 0, count: 20) + [.nan], .nan),
      ]
      for (x, logSum) in cases {
        forEachISA { isa in
          var y = x
          kernel_softmax(&y, x.count)
          #expect(y.contains { $0.isNaN }, "\(isa) \(x)")
          let found = kernel_log_sum_exp(x, x.count)
          #expect(found == logSum || (found.isNaN && logSum.isNaN), "\(isa) \(x): \(found)")
        }
      }
    }
  }
}
