// LayerNorm, forward and backward.

import CKernels
import Testing

extension KernelTests {
  @Suite struct LayerNorm {
    @Test func everyWidthAgreesWithTheReference() {
      var numbers = Numbers(seed: 41)
      for width in Array(1...33) + [130, 4097] {
        let rows = width > 100 ? 11 : 3
        // Off centre, so that a variance without the mean's subtraction would show.
        let x = numbers.floats(rows * width, 1...3), gain = Guarded(numbers.floats(width))
        let bias = Guarded(numbers.floats(width)), dy = numbers.floats(rows * width)
        let start = numbers.floats(rows * width)
        var y = x.doubles, dx = start.doubles
        kernel_layernorm_ref(&y, x, gain.pointer, bias.pointer, rows, width, 1e-2)
        kernel_layernorm_backward_ref(&dx, dy, x, gain.pointer, rows, width, 1e-2)
        // x − mean is off by a few roundings of 3, and r, up to 10, multiplies that.
        let bound = [Double](repeating: 40, count: x.count)
        forEachISA { isa in
          let found = Guarded(x)
          kernel_layernorm(
            found.pointer, found.pointer, gain.pointer, bias.pointer, rows, width, 1e-2)
          expectClose(found.values, y, bound: bound, terms: 8, "\(isa) width \(width)")
          let gradient = Guarded(start)
          kernel_layernorm_backward(
            gradient.pointer, dy, x, gain.pointer, rows, width, 1e-2)
          expectClose(
            gradient.values, dx, bound: bound.map { 10 * $0 }, terms: 8, "\(isa) width \(width)")
        }
      }
    }

    /// The norm's backward against central differences of its reference, in double.
    @Test func theBackwardIsTheGradient() {
      let rows = 2, width = 7
      var numbers = Numbers(seed: 43)
      let x = numbers.floats(rows * width), dy = numbers.floats(rows * width)
      let gain = numbers.floats(width), bias = numbers.floats(width)
      func loss(_ x: [Float]) -> Double {
        var y = x.doubles
        kernel_layernorm_ref(&y, x, gain, bias, rows, width, 1e-5)
        return zip(y, dy).map { $0 * Double($1) }.reduce(0, +)
      }
      var dx = [Float](repeating: 0, count: x.count)
      kernel_layernorm_backward(&dx, dy, x, gain, rows, width, 1e-5)
      for i in x.indices {
        var (low, high) = (x, x)
        low[i] -= 0x1p-10
        high[i] += 0x1p-10
        let slope = (loss(high) - loss(low)) / (Double(high[i]) - Double(low[i]))
        #expect(abs(slope - Double(dx[i])) < 1e-4, "x[\(i)]: \(dx[i]), not \(slope)")
      }
    }

    @Test func rowsAndInstructionSetsChangeNoBit() {
      var numbers = Numbers(seed: 44)
      let rows = 9, width = 83
      let x = numbers.floats(rows * width), gain = numbers.floats(width)
      let bias = numbers.floats(width)
      var first: [Float]?
      forEachISA(everyISAWithFMA) { isa in
        var whole = x, single = x
        kernel_layernorm(&whole, x, gain, bias, rows, width, 1e-5)
        for t in 0..<rows {
          single.withUnsafeMutableBufferPointer { row in
            guard let base = row.baseAddress else { return }
            let start = base + t * width
            kernel_layernorm(start, start, gain, bias, 1, width, 1e-5)
          }
        }
        expectSameBits(single, whole, "\(isa): row by row")
        expectSameBits(whole, first ?? whole, isa)
        first = first ?? whole
      }
    }
  }
}
