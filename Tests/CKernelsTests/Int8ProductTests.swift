// Products with activations rounded to int8: within the bound of that rounding, exact where nothing
// is rounded, and bit for bit the same in any company.

import CKernels
import Testing

/// One product with everything it needs, in memory that traps on an overrun.
private struct Int8Product {
  let type: kernel_type
  let rows: Int, outputs: Int, inputs: Int
  let x: Guarded<Float>, w: Guarded<UInt8>, start: [Float]
  let xStride: Int, yStride: Int
  let accumulate: Bool

  /// Random values, or whole numbers up to ±127 with one of them in every block of 32, which int8
  /// holds without rounding.
  init(
    _ type: kernel_type, rows: Int, outputs: Int, inputs: Int, slack: Int = 0,
    accumulate: Bool = false, gap: Int = 0, isWhole: Bool = false, seed: UInt64 = 1
  ) {
    var numbers = Numbers(seed: seed)
    (self.type, self.accumulate) = (type, accumulate)
    (self.rows, self.outputs, self.inputs) = (rows, outputs, inputs)
    (xStride, yStride) = (inputs + slack, outputs + slack)
    var values = numbers.floats(max(rows * xStride - slack, 0))
    for index in values.indices where isWhole {
      let isLargest = index % xStride % 32 == 5
      values[index] = 0.25 * (isLargest ? 127 : (values[index] * 127).rounded())
    }
    x = Guarded(values)
    w = Guarded(numbers.weights(outputs * inputs, type), gap: gap)
    start = numbers.floats(max(rows * yStride - slack, 0))
  }

  var view: kernel_view {
    var view = kernel_view()
    (view.data, view.type) = (UnsafeRawPointer(w.pointer), type)
    (view.rows, view.columns) = (outputs, inputs)
    view.row_bytes = kernel_row_size(type, inputs)
    return view
  }

  /// What the kernel makes of rows first … first + count.
  func result(first: Int = 0, count: Int? = nil) -> [Float] {
    let count = count ?? rows
    let y = Guarded(Array(start[min(first * yStride, start.count)...].prefix(count * yStride)))
    kernel_view_matmul_int8(
      y.pointer, yStride, x.pointer + first * xStride, xStride, count, view, accumulate)
    return y.values
  }

  /// The product in double, and how far a result may be off: half a step of every activation,
  /// max |x| / 254 of its block, times the weight; and the rounding of floats. Its chain has at most 4
  /// steps for every 32 activations (two scales, each with a minimum), each off by half an ulp; twice
  /// that again, since a weight may be a difference of larger terms, and 8 ulps for scales and start.
  func reference(isWhole: Bool) -> (y: [Double], limit: [Double]) {
    var y = start.doubles, bound = start.map { Double(abs($0)) }
    let matrix = kernel_matrix(data: w.pointer, type: type, rows: outputs, columns: inputs)
    kernel_matmul_ref(&y, &bound, yStride, x.pointer, xStride, rows, matrix, accumulate)
    let terms = Double(inputs / 8 + 8) * Double(Float.ulpOfOne)
    var limit = bound.map { $0 * terms }
    let weights = (0..<outputs * inputs).map { abs(kernel_weight_ref(w.pointer, type, $0)) }
    for row in 0..<rows {
      for block in stride(from: 0, to: inputs, by: 32) {
        let values = (block..<block + 32).map { abs(x.pointer[row * xStride + $0]) }
        let step = Double(values.max() ?? 0) / 127
        for output in 0..<outputs {
          let sum = weights[output * inputs + block..<output * inputs + block + 32].reduce(0, +)
          limit[row * yStride + output] += sum * step * (isWhole ? 0 : 0.5 + 1e-5)
        }
      }
    }
    return (y, limit)
  }

  var name: String { "\(rows) rows, \(outputs) x \(inputs), type \(type.rawValue)" }
}

private func expectWithin(
  _ found: [Float], _ expected: [Double], _ limit: [Double], _ what: String
) {
  let bad = found.indices.first {
    found[$0].bitPattern != Float(expected[$0]).bitPattern
      && !(abs(Double(found[$0]) - expected[$0]) <= limit[$0])
  }
  #expect(
    bad == nil, "\(what): [\(bad ?? 0)] is \(found[bad ?? 0]), not \(expected[bad ?? 0])")
}

extension KernelTests {
  @Suite struct Int8Products {
    /// Sizes that end within a group of 16 and a block of rows; strides longer than the rows, whose
    /// slack must keep its content; weights at odd addresses.
    @Test(arguments: everyQuantisedType, [false, true])
    func resultsAreWithinHalfAStepOfEveryActivation(type: kernel_type, isWhole: Bool) {
      let block = kernel_type_block(type)
      for (index, outputs) in [1, 16, 17, 33, 70].enumerated() {
        let product = Int8Product(
          type, rows: 131, outputs: outputs, inputs: block * (1 + index % 3),
          slack: 3 * (index % 2), accumulate: index % 3 == 1, gap: index % 4, isWhole: isWhole,
          seed: UInt64(index))
        let (y, limit) = product.reference(isWhole: isWhole)
        forEachISA { isa in
          for rows in [0, 1, 2, 3, 5, 16, 131] {
            let found = product.result(count: rows)
            expectWithin(found, y, limit, "\(isa), \(rows) of \(product.name)")
          }
        }
      }
    }

    /// Otherwise the bound above would hold for a product that rounds nothing, or far too much.
    @Test(arguments: everyQuantisedType)
    func theRelativeErrorIsSomeThousandths(type: kernel_type) {
      let product = Int8Product(type, rows: 9, outputs: 64, inputs: 2048)
      let expected = product.reference(isWhole: false).y
      forEachISA { isa in
        let size = expected.reduce(0) { $0 + $1 * $1 }
        let error = zip(product.result(), expected).reduce(0.0) {
          $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
        }
        let relative = (error / size).squareRoot()
        #expect(relative > 1e-3 && relative < 8e-3, "\(isa): \(relative)")
      }
    }

    @Test(arguments: everyQuantisedType)
    func aRowHasTheSameBitsAloneAndAmongMany(type: kernel_type) {
      let product = Int8Product(type, rows: 600, outputs: 83, inputs: 768, accumulate: true)
      forEachISA { isa in
        let all = product.result()
        for (first, count) in [(0, 1), (127, 1), (128, 2), (511, 3), (599, 1), (8, 150)] {
          let expected = all[(first * product.yStride)...].prefix(count * product.yStride)
          expectSameBits(
            product.result(first: first, count: count), Array(expected),
            "\(isa) rows \(first) + \(count) of \(product.name)")
        }
      }
    }

    @Test(arguments: everyQuantisedType, [1, 3, 60])
    func threadCountsGiveTheSameBits(type: kernel_type, rows: Int) {
      let before = kernel_threads()
      let product = Int8Product(type, rows: rows, outputs: 1200, inputs: 2560)
      kernel_threads_set(1)
      let one = product.result()
      for threads in [2, 4] {
        kernel_threads_set(threads)
        expectSameBits(product.result(), one, "\(threads) threads, \(product.name)")
      }
      kernel_threads_set(before)
    }

    @Test(
      .enabled(if: everyISAWithFMA.count > 1, "this machine has one instruction set with FMA"),
      arguments: everyQuantisedType)
    func instructionSetsWithFMAGiveTheSameBits(type: kernel_type) {
      for rows in [1, 4, 23] {
        let product = Int8Product(type, rows: rows, outputs: 83, inputs: 512)
        var first: [Float]?
        forEachISA(everyISAWithFMA) { isa in
          let found = product.result()
          expectSameBits(found, first ?? found, "\(isa) \(product.name)")
          first = first ?? found
        }
      }
    }

    /// Rows of a stored matrix in groups, as fused query, key and value weights lie.
    @Test(arguments: [KERNEL_Q4_0, KERNEL_Q6_K], [1, 40])
    func groupsOfRowsGiveTheBitsOfTheirCopies(type: kernel_type, rows: Int) {
      let stored = Int8Product(type, rows: rows, outputs: 180, inputs: 512)
      let rowBytes = kernel_row_size(type, 512), groups = 3, groupRows = 20, step = 60
      var view = stored.view
      view.data += 10 * rowBytes
      view.rows = groups * groupRows
      (view.group_rows, view.group_bytes) = (groupRows, step * rowBytes)
      var found = [Float](repeating: 0, count: rows * view.rows)
      kernel_view_matmul_int8(&found, view.rows, stored.x.pointer, 512, rows, view, false)
      let whole = stored.result()
      let expected = (0..<rows).flatMap { row in
        (0..<view.rows).map {
          whole[row * 180 + 10 + $0 / groupRows * step + $0 % groupRows]
        }
      }
      expectSameBits(found, expected, "\(rows) rows, type \(type.rawValue)")
    }

    @Test(arguments: everyType)
    func weightsThatAreNotQuantisedAreMultipliedExactly(type: kernel_type) {
      let product = Int8Product(type, rows: 3, outputs: 40, inputs: 96)
      #expect(!kernel_int8_applies(product.view))
      let y = Guarded(product.start)
      kernel_view_matmul(y.pointer, 40, product.x.pointer, 96, 3, product.view, false)
      expectSameBits(product.result(), y.values, product.name)
    }

    @Test(arguments: everyQuantisedType)
    func whatIsNotFiniteReachesItsRowOrItsColumnAlone(type: kernel_type) {
      for bad in [Float.nan, .infinity, -.infinity] {
        let product = Int8Product(type, rows: 9, outputs: 40, inputs: 512)
        product.x.pointer[4 * 512 + 300] = bad
        forEachISA { isa in
          let rows = Set(product.result().enumerated().filter { !$1.isFinite }.map { $0.0 / 40 })
          #expect(rows == [4], "\(isa) \(bad)")
        }
      }
      let product = Int8Product(type, rows: 9, outputs: 40, inputs: 512)
      let block = product.w.pointer + 23 * kernel_row_size(type, 512) + halves(type)[0]
      (block[0], block[1]) = (0x01, 0x7e)
      forEachISA { isa in
        let columns = Set(product.result().enumerated().filter { $1.isNaN }.map { $0.0 % 40 })
        #expect(columns == [23], "\(isa)")
      }
    }

    /// Scales of tiny activations would not be finite, or lose their bits.
    @Test(arguments: [KERNEL_Q8_0, KERNEL_Q4_K])
    func extremeActivationsAreCountedOrAreZero(type: kernel_type) {
      for size in [0, Float.leastNonzeroMagnitude, 2e-38, 1e-25, 1e25] {
        let product = Int8Product(type, rows: 2, outputs: 20, inputs: 256)
        for index in 0..<512 { product.x.pointer[index] *= size }
        let (y, limit) = product.reference(isWhole: false)
        let least = 256 * Double(sign: .plus, exponent: -100, significand: 1) * 100
        forEachISA { isa in
          expectWithin(product.result(), y, limit.map { $0 + least }, "\(isa) \(size)")
        }
      }
    }
  }
}
