// Products with quantised weights: against the reference, and bit for bit against f32 products.

import CKernels
import Testing

extension KernelTests {
  @Suite struct QuantisedProducts {
    /// Sizes that end within a panel, a tile and a group of 16; strides longer than the rows.
    @Test(arguments: everyQuantisedType, [Product.Kind.forward, .backward])
    func everyRowCountAgreesWithTheReference(type: kernel_type, kind: Product.Kind) {
      let block = kernel_type_block(type)
      for (index, outputs) in [1, 3, 16, 17, 33, 70].enumerated() {
        let product = Product(
          kind, type, rows: 31, outputs: outputs, inputs: block * (1 + index % 3),
          slack: 3 * (index % 2), accumulate: index % 3 == 1, gap: index % 4, seed: UInt64(index))
        let (y, bound) = product.reference
        forEachISA { isa in
          for rows in Array(0...19) + [31] {
            let found = product.result(count: rows)
            expectClose(
              found, Array(y.prefix(found.count)), bound: bound, terms: product.depth + 1,
              "\(isa), \(rows) of \(product.name)")
          }
        }
      }
    }

    /// A quantised weight is a float, and the product is that of those floats.
    @Test(arguments: everyQuantisedType, [Product.Kind.forward, .backward])
    func theBitsAreThoseOfTheFloatsItStandsFor(type: kernel_type, kind: Product.Kind) {
      for (outputs, inputs, rows) in [
        (261, 256, 40), (128, 1024, 29), (530, 512, 5), (15, 2304, 1), (96, 768, 3), (600, 256, 1),
      ] {
        let product = Product(
          kind, type, rows: rows, outputs: outputs, inputs: inputs, accumulate: rows % 2 == 1)
        let floats = Guarded([Float](repeating: 0, count: outputs * inputs))
        kernel_to_f32(floats.pointer, product.w.pointer, type, floats.count)
        let matrix = kernel_matrix(
          data: floats.pointer, type: KERNEL_F32, rows: outputs, columns: inputs)
        forEachISA { isa in
          let expected = Guarded(product.start)
          if kind == .forward {
            kernel_matmul(
              expected.pointer, product.yStride, product.x.pointer, product.xStride, rows, matrix,
              product.accumulate)
          } else {
            kernel_matmul_backward(
              expected.pointer, product.yStride, product.x.pointer, product.xStride, rows, matrix,
              product.accumulate)
          }
          expectSameBits(product.result(), expected.values, "\(isa) \(product.name)")
        }
      }
    }

    @Test(arguments: everyQuantisedType, [Product.Kind.forward, .backward])
    func aRowHasTheSameBitsAloneAndAmongMany(type: kernel_type, kind: Product.Kind) {
      let product = Product(kind, type, rows: 40, outputs: 83, inputs: 768, accumulate: true)
      forEachISA { isa in
        let all = product.result()
        for (first, count) in [
          (0, 1), (37, 1), (39, 1), (11, 2), (20, 3), (30, 4), (3, 5), (8, 15),
        ] {
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
      for kind in [Product.Kind.forward, .backward] {
        let product = Product(kind, type, rows: rows, outputs: 600, inputs: 1280)
        kernel_threads_set(1)
        let one = product.result()
        for threads in [2, 4] {
          kernel_threads_set(threads)
          expectSameBits(product.result(), one, "\(threads) threads, \(product.name)")
        }
      }
      kernel_threads_set(before)
    }

    @Test(
      .enabled(if: everyISAWithFMA.count > 1, "this machine has one instruction set with FMA"),
      arguments: everyQuantisedType, [Product.Kind.forward, .backward])
    func instructionSetsWithFMAGiveTheSameBits(type: kernel_type, kind: Product.Kind) {
      for rows in [1, 4, 23] {
        let product = Product(kind, type, rows: rows, outputs: 83, inputs: 512)
        var first: [Float]?
        forEachISA(everyISAWithFMA) { isa in
          let found = product.result()
          expectSameBits(found, first ?? found, "\(isa) \(product.name)")
          first = first ?? found
        }
      }
    }

    @Test(arguments: everyQuantisedType)
    func aBadScaleReachesItsColumnAlone(type: kernel_type) {
      for rows in [1, 9] {
        let product = Product(.forward, type, rows: rows, outputs: 40, inputs: 512)
        let block = product.w.pointer + 23 * kernel_row_size(type, 512) + halves(type)[0]
        (block[0], block[1]) = (0x01, 0x7e)
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
