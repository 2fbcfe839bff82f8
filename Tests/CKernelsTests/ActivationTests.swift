// Activations, forward and backward, and the soft cap.

import CKernels
import Foundation
import Testing

private let kinds = [KERNEL_SILU, KERNEL_GELU, KERNEL_GELU_TANH, KERNEL_RELU]

/// By how much roundings of the exponent grow in f(x), and the sum of the sizes of f′(x)'s terms.
private func sizes(_ kind: kernel_activation, _ x: Double) -> (growth: Double, slope: Double) {
  switch kind {
  case KERNEL_GELU:
    let growth = 1 + x * x / 2
    let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    return (growth, growth * (erfc(-x / 2.0.squareRoot()) / 2 + abs(x) * density))
  case KERNEL_GELU_TANH:
    let root = 2 * (2 / Double.pi).squareRoot()
    let (u, du) = (root * (x + 0.044715 * x * x * x), root * (1 + 3 * 0.044715 * x * x))
    let growth = 1 + abs(u)
    return (growth, growth / (1 + exp(-u)) * (1 + abs(x) * du / (1 + exp(u))))
  case KERNEL_RELU: return (1, 1)
  default: return (1, (1 + abs(x) / (1 + exp(x))) / (1 + exp(-x)))
  }
}

extension KernelTests {
  @Suite struct Activations {
    @Test(arguments: kinds, [true, false])
    func everyLengthAgreesWithTheReference(kind: kernel_activation, isGated: Bool) {
      var numbers = Numbers(seed: 7)
      for n in Array(0...33) + [40_001] {
        let gate = Guarded(numbers.floats(n, n % 2 == 0 ? -90...90 : -5...5))
        let up = Guarded(numbers.floats(n)), dy = Guarded(numbers.floats(n))
        let factor = isGated ? up.pointer : nil
        var y = [Double](repeating: 0, count: n), dgate = y, dup = y
        kernel_activate_ref(kind, &y, gate.pointer, factor, n)
        kernel_activate_backward_ref(kind, &dgate, &dup, dy.pointer, gate.pointer, factor, n)
        // e^x is off by 1 epsilon, and each operation by half of one. Below −87 the kernels take e^−x
        // as e^87: then the result is off by less than 90 · 2e-38, times the slope of the exponent.
        let tiny = 1e4 * 2e-38 / Double(Float.ulpOfOne)
        let size = gate.values.map { sizes(kind, Double($0)) }
        let outer = zip(dy.values, up.values).map { abs(Double($0) * (isGated ? Double($1) : 1)) }
        let bounds = (
          y: zip(y, size).map { abs($0) * $1.growth + tiny },
          dgate: zip(outer, size).map { $0 * $1.slope + tiny },
          dup: zip(dup, size).map { abs($0) * $1.growth + tiny }
        )
        forEachISA { isa in
          let what = "\(isa) kind \(kind.rawValue) n = \(n)"
          let found = Guarded([Float](repeating: untouched, count: n))
          kernel_activate(kind, found.pointer, gate.pointer, factor, n)
          expectClose(found.values, y, bound: bounds.y, terms: 12, what)
          let foundGate = Guarded(gate.values), foundUp = Guarded(up.values)
          kernel_activate_backward(
            kind, foundGate.pointer, isGated ? foundUp.pointer : nil, dy.pointer,
            foundGate.pointer, isGated ? foundUp.pointer : nil, n)
          expectClose(foundGate.values, dgate, bound: bounds.dgate, terms: 16, "\(what), dgate")
          guard isGated else { return }
          expectClose(foundUp.values, dup, bound: bounds.dup, terms: 12, "\(what), dup")
        }
      }
    }

    /// The reference's slope against central differences of the reference itself.
    @Test(arguments: kinds)
    func theSlopeIsTheDerivative(kind: kernel_activation) {
      let x: [Float] = [-7.25, -3, -1.125, -0.5, 0.375, 0.875, 2, 5.5]
      let step: Float = 0x1p-8
      var above = [Double](repeating: 0, count: x.count), below = above, slope = above
      kernel_activate_ref(kind, &above, x.map { $0 + step }, nil, x.count)
      kernel_activate_ref(kind, &below, x.map { $0 - step }, nil, x.count)
      kernel_activate_backward_ref(
        kind, &slope, nil, [Float](repeating: 1, count: x.count), x, nil, x.count)
      for i in x.indices {
        let quotient = (above[i] - below[i]) / (2 * Double(step))
        #expect(abs(quotient - slope[i]) < 1e-5, "x = \(x[i]): \(slope[i]), not \(quotient)")
      }
    }

    @Test func theSoftCapAgreesWithTheReference() {
      var numbers = Numbers(seed: 9)
      for n in Array(0...33) {
        for cap: Float in [0.75, 30, 1000] {
          let x = numbers.floats(n, -120...120)
          var expected = x.doubles
          kernel_soft_cap_ref(&expected, x, Double(cap), n)
          forEachISA { isa in
            let found = Guarded(x)
            kernel_soft_cap(found.pointer, found.pointer, cap, n)
            expectClose(
              found.values, expected, bound: expected.map(abs), terms: 6, "\(isa) cap \(cap)")
          }
        }
      }
    }

    @Test func theSoftCapHoldsWhatIsBeyondIt() {
      forEachISA { isa in
        var x: [Float] = [.infinity, -.infinity, 1e30, -1e30, 0, .nan]
        kernel_soft_cap(&x, x, 30, x.count)
        #expect(Array(x.dropLast()) == [30, -30, 30, -30, 0], "\(isa)")
        #expect(x.last?.isNaN == true, "\(isa)")
      }
    }

    @Test(.enabled(if: everyISAWithFMA.count > 1, "this machine has one instruction set with FMA"))
    func instructionSetsWithFMAGiveTheSameBits() {
      var numbers = Numbers(seed: 10)
      let n = 1003, a = numbers.floats(n, -12...12), b = numbers.floats(n)
      for kind in kinds {
        var first: [[Float]]?
        forEachISA(everyISAWithFMA) { isa in
          var y = a, dgate = a, dup = b, capped = a
          kernel_activate(kind, &y, a, b, n)
          kernel_activate_backward(kind, &dgate, &dup, b, a, b, n)
          kernel_soft_cap(&capped, a, 3, n)
          let results = [y, dgate, dup, capped]
          for (found, expected) in zip(results, first ?? results) {
            expectSameBits(found, expected, isa)
          }
          first = first ?? results
        }
      }
    }
  }
}
