// Matrix products, forward and backward: against the reference, and bit for bit against themselves.

import CKernels
import Testing

/// One product with everything it needs, in memory that traps on an overrun.
struct Product {
  enum Kind { case forward, backward }

  let kind: Kind, type: kernel_type
  let rows: Int, outputs: Int, inputs: Int
  let x: Guarded<Float>, w: Guarded<UInt8>, start: [Float]
  let xStride: Int, yStride: Int
  let accumulate: Bool

  /// A case with random values; strides are `slack` longer than widths.
  init(
    _ kind: Kind, _ type: kernel_type, rows: Int, outputs: Int, inputs: Int, slack: Int = 0,
    accumulate: Bool = false, gap: Int = 0, seed: UInt64 = 1
  ) {
    var numbers = Numbers(seed: seed)
    (self.kind, self.type, self.accumulate) = (kind, type, accumulate)
    (self.rows, self.outputs, self.inputs) = (rows, outputs, inputs)
    xStride = (kind == .forward ? inputs : outputs) + slack
    yStride = (kind == .forward ? outputs : inputs) + slack
    x = Guarded(numbers.floats(max(rows * xStride - slack, 0)))
    w = Guarded(numbers.weights(outputs * inputs, type), gap: gap)
    start = numbers.floats(max(rows * yStride - slack, 0))
  }

  var matrix: kernel_matrix {
    kernel_matrix(data: w.pointer, type: type, rows: outputs, columns: inputs)
  }

  var width: Int { kind == .forward ? outputs : inputs }
  var depth: Int { kind == .forward ? inputs : outputs }

  /// What the kernel makes of rows first … first + count.
  func result(first: Int = 0, count: Int? = nil) -> [Float] {
    let count = count ?? rows
    let y = Guarded(Array(start[min(first * yStride, start.count)...].prefix(count * yStride)))
    let from = x.pointer + first * xStride
    if kind == .forward {
      kernel_matmul(y.pointer, yStride, from, xStride, count, matrix, accumulate)
    } else {
      kernel_matmul_backward(y.pointer, yStride, from, xStride, count, matrix, accumulate)
    }
    return y.values
  }

  var reference: (y: [Double], bound: [Double]) {
    var y = start.doubles, bound = start.map { Double(abs($0)) }
    if kind == .forward {
      kernel_matmul_ref(&y, &bound, yStride, x.pointer, xStride, rows, matrix, accumulate)
    } else {
      kernel_matmul_backward_ref(&y, &bound, yStride, x.pointer, xStride, rows, matrix, accumulate)
    }
    return (y, bound)
  }

  var name: String {
    "\(kind) \(rows) rows, \(outputs) x \(inputs), type \(type.rawValue), add \(accumulate)"
  }
}

extension KernelTests {
  @Suite struct Products {
    /// Every number of rows up to some tiles, on sizes that are no multiple of anything; strides
    /// longer than the rows, whose slack must keep its content; weights at odd addresses.
    @Test(arguments: everyType, [Product.Kind.forward, .backward])
    func everyRowCountAgreesWithTheReference(type: kernel_type, kind: Product.Kind) {
      let sizes = [(1, 1), (3, 5), (16, 16), (17, 33), (31, 300), (33, 32), (70, 257), (261, 47)]
      for (index, (outputs, inputs)) in sizes.enumerated() {
        let product = Product(
          kind, type, rows: 100, outputs: outputs, inputs: inputs, slack: 3 * (index % 2),
          accumulate: index % 3 == 1, gap: index % 4, seed: UInt64(index))
        let (y, bound) = product.reference
        forEachISA { isa in
          for rows in Array(0...29) + [100] {
            let found = product.result(count: rows)
            expectClose(
              found, Array(y.prefix(found.count)), bound: bound, terms: product.depth + 1,
              "\(isa), \(rows) of \(product.name)")
          }
        }
      }
    }

    /// Sizes at which rows, columns and the inner dimension are all worked on in several blocks.
    @Test(arguments: [Product.Kind.forward, .backward])
    func largeProductsAgreeWithTheReference(kind: Product.Kind) {
      for (outputs, inputs) in [(1061, 37), (37, 1061)] {
        let product = Product(
          kind, KERNEL_F16, rows: 353, outputs: outputs, inputs: inputs, accumulate: true)
        let (y, bound) = product.reference
        forEachISA { isa in
          expectClose(
            product.result(), y, bound: bound, terms: product.depth + 1, "\(isa) \(product.name)")
        }
      }
    }

    @Test(arguments: [Product.Kind.forward, .backward])
    func everyLengthAgreesWithTheReference(kind: Product.Kind) {
      for length in 0...33 {
        for rows in [1, 3, 7] {
          for (outputs, inputs) in [(length, 19), (19, length), (length, length)] {
            let product = Product(
              kind, everyType[length % 3], rows: rows, outputs: outputs, inputs: inputs, slack: 1,
              accumulate: length % 2 == 0)
            let (y, bound) = product.reference
            forEachISA { isa in
              expectClose(
                product.result(), y, bound: bound, terms: product.depth + 1,
                "\(isa) \(product.name)")
            }
          }
        }
      }
    }

    @Test(arguments: [false, true])
    func weightGradientsAgreeWithTheReference(accumulate: Bool) {
      for (rows, outputs, inputs) in [
        (0, 3, 4), (1, 1, 1), (5, 17, 33), (100, 35, 70), (300, 19, 5), (7, 350, 1040),
      ] {
        var numbers = Numbers(seed: 11)
        let dy = Guarded(numbers.floats(max(rows * (outputs + 2) - 2, 0)))
        let x = Guarded(numbers.floats(max(rows * (inputs + 1) - 1, 0)))
        let start = numbers.floats(outputs * inputs)
        var expected = start.doubles, bound = expected.map(abs)
        kernel_matmul_weight_backward_ref(
          &expected, &bound, dy.pointer, outputs + 2, x.pointer, inputs + 1, rows, outputs, inputs,
          accumulate)
        forEachISA { isa in
          let found = Guarded(start)
          kernel_matmul_weight_backward(
            found.pointer, dy.pointer, outputs + 2, x.pointer, inputs + 1, rows, outputs, inputs,
            accumulate)
          expectClose(
            found.values, expected, bound: bound, terms: rows + 1,
            "\(isa) \(rows) rows, \(outputs) x \(inputs)")
        }
      }
    }

    /// The bit contract: an element depends on its own row and column alone.
    @Test(arguments: everyType, [Product.Kind.forward, .backward])
    func aRowHasTheSameBitsAloneAndAmongMany(type: kernel_type, kind: Product.Kind) {
      let product = Product(kind, type, rows: 100, outputs: 71, inputs: 530, accumulate: true)
      forEachISA { isa in
        let all = product.result()
        for (first, count) in [
          (0, 1), (37, 1), (99, 1), (41, 2), (50, 3), (60, 4), (3, 5), (8, 15),
        ] {
          let expected = all[(first * product.yStride)...].prefix(count * product.yStride)
          expectSameBits(
            product.result(first: first, count: count), Array(expected),
            "\(isa) rows \(first) + \(count) of \(product.name)")
        }
      }
    }

    @Test(arguments: [1, 4, 60], [Product.Kind.forward, .backward])
    func threadCountsGiveTheSameBits(rows: Int, kind: Product.Kind) {
      let product = Product(kind, KERNEL_BF16, rows: rows, outputs: 600, inputs: 700)
      let before = kernel_threads()
      kernel_threads_set(1)
      let one = product.result()
      for threads in [2, 3, 8] {
        kernel_threads_set(threads)
        expectSameBits(product.result(), one, "\(threads) threads, \(product.name)")
      }
      kernel_threads_set(before)
    }

    @Test(
      .enabled(if: everyISAWithFMA.count > 1, "this machine has one instruction set with FMA"),
      arguments: everyType, [Product.Kind.forward, .backward])
    func instructionSetsWithFMAGiveTheSameBits(type: kernel_type, kind: Product.Kind) {
      for rows in [1, 4, 23] {
        let product = Product(kind, type, rows: rows, outputs: 83, inputs: 290)
        var first: [Float]?
        forEachISA(everyISAWithFMA) { isa in
          let found = product.result()
          expectSameBits(found, first ?? found, "\(isa) \(product.name)")
          first = first ?? found
        }
      }
    }

    /// 0 · NaN is NaN: a bad weight must be seen in every row it touches, and in no other column.
    @Test func aNaNInTheWeightsReachesItsColumnAlone() {
      for rows in [1, 9] {
        let product = Product(.forward, KERNEL_F32, rows: rows, outputs: 40, inputs: 20)
        let bad = (23 * 20 + 7) * 4
        for (i, byte) in [0, 0, 0xc0, 0x7f].enumerated() {
          product.w.pointer[bad + i] = UInt8(byte)
        }
        forEachISA { isa in
          let found = product.result()
          let columns = Set(found.indices.filter { found[$0].isNaN }.map { $0 % 40 })
          #expect(columns == [23], "\(isa)")
          #expect(found.filter(\.isNaN).count == rows, "\(isa)")
        }
      }
    }
  }
}
