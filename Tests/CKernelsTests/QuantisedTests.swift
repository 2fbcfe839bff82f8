// Quantised weights: the floats they stand for against the gguf package's, bit for bit.

import CKernels
import Foundation
import Testing

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(
  path: "Fixtures")

/// What the gguf package says of a type.
private struct Digest {
  let name: String, block: Int, size: Int, digest: UInt64

  static func all() throws -> [Digest] {
    let text = try String(contentsOf: fixtures.appending(path: "digests.txt"), encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      let fields = line.split(separator: " ")
      return Digest(
        name: String(fields[0]), block: try #require(Int(fields[1])),
        size: try #require(Int(fields[2])), digest: try #require(UInt64(fields[3], radix: 16)))
    }
  }
}

/// The scramble that `make_fixtures.py` adds up.
private func digest(_ values: [Float], from index: Int) -> UInt64 {
  var sum: UInt64 = 0
  for (i, value) in values.enumerated() {
    let z = (UInt64(value.bitPattern) + UInt64(index + i) << 32) &* 0x9e37_79b9_7f4a_7c15
    sum &+= (z ^ (z >> 29)) &* 0xbf58_476d_1ce4_e5b9
  }
  return sum
}

/// NaN matches NaN alone; everything else bit by bit.
private func expectSameWeights(
  _ found: [Float], _ expected: [Float], _ what: String,
  location: SourceLocation = #_sourceLocation
) {
  let first = found.indices.first {
    found[$0].bitPattern != expected[$0].bitPattern && !(found[$0].isNaN && expected[$0].isNaN)
  }
  #expect(found.count == expected.count && first == nil, "\(what)", sourceLocation: location)
}

extension KernelTests {
  @Suite struct Quantised {
    @Test func blocksHaveTheSizesOfTheFormat() throws {
      let types = try Digest.all()
      #expect(
        types.map(\.name) == [
          "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "iq4_nl", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k",
          "iq4_xs",
        ])
      for (type, expected) in zip(everyQuantisedType, types) {
        #expect(name(type) == expected.name)
        #expect(kernel_type_block(type) == expected.block)
        #expect(kernel_type_size(type) == expected.size)
        #expect(kernel_row_size(type, 3 * expected.block) == 3 * expected.size)
      }
    }

    @Test(arguments: everyQuantisedType)
    func weightsEqualThoseOfTheFormatsOwnPackage(type: kernel_type) throws {
      let name = name(type)
      let blocks = try Data(contentsOf: fixtures.appending(path: "\(name).blocks"))
      let floats = try Data(contentsOf: fixtures.appending(path: "\(name).floats"))
      let expected = floats.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      #expect(expected.count == blocks.count / kernel_type_size(type) * kernel_type_block(type))
      let x = Guarded([UInt8](blocks))
      var twin = [Float](repeating: 0, count: expected.count)
      kernel_to_f32_ref(&twin, x.pointer, type, twin.count)
      expectSameWeights(twin, expected, "\(name), reference")
      forEachISA { isa in
        let found = Guarded([Float](repeating: untouched, count: expected.count))
        kernel_to_f32(found.pointer, x.pointer, type, found.count)
        expectSameWeights(found.values, expected, "\(name), \(isa)")
      }
    }

    @Test(arguments: everyQuantisedType)
    func everyFiniteScaleGivesTheSameWeights(type: kernel_type) throws {
      let size = kernel_type_size(type), block = kernel_type_block(type), part = 1024
      let scales = (0...UInt16.max).filter { $0 & 0x7c00 != 0x7c00 }
      var numbers = Numbers(seed: 7)
      var bytes = numbers.bytes(scales.count * size)
      for (place, values) in zip(halves(type), [scales, scales.reversed()]) {
        for (i, value) in values.enumerated() {
          bytes[i * size + place] = UInt8(value & 255)
          bytes[i * size + place + 1] = UInt8(value >> 8)
        }
      }
      let expected = try #require(try Digest.all().first { $0.name == name(type) }).digest
      forEachISA { isa in
        var found: UInt64 = 0
        var y = [Float](repeating: 0, count: part * block)
        for first in stride(from: 0, to: scales.count, by: part) {
          bytes.withUnsafeBytes { bytes in
            kernel_to_f32(&y, bytes.baseAddress! + first * size, type, part * block)
          }
          found &+= digest(y, from: first * block)
        }
        #expect(found == expected, "\(isa) \(name(type))")
      }
    }

    @Test(arguments: everyQuantisedType)
    func anyNumberOfBlocksAtAnyAddressIsConverted(type: kernel_type) {
      var numbers = Numbers(seed: 3)
      for blocks in Array(0...19) + [33] {
        let n = blocks * kernel_type_block(type)
        let x = Guarded(numbers.blocks(n, type), gap: blocks % 4)
        var expected = [Float](repeating: 0, count: n)
        kernel_to_f32_ref(&expected, x.pointer, type, n)
        forEachISA { isa in
          let found = Guarded([Float](repeating: untouched, count: n))
          kernel_to_f32(found.pointer, x.pointer, type, n)
          expectSameBits(found.values, expected, "\(isa) \(name(type)), \(blocks) blocks")
        }
      }
    }

    @Test(arguments: everyQuantisedType)
    func theFirstNonfiniteWeightIsFound(type: kernel_type) {
      var numbers = Numbers(seed: 4)
      let block = kernel_type_block(type), n = 161 * block, bad = 140
      let x = Guarded(numbers.blocks(n, type), gap: 1)
      #expect(kernel_first_nonfinite(x.pointer, type, n) == n)
      for place in [bad, 150] {
        let half = x.pointer + place * kernel_type_size(type) + halves(type)[0]
        (half[0], half[1]) = (0, 0x7c)  // infinity; times a quant of 0, NaN
      }
      let found = kernel_first_nonfinite(x.pointer, type, n)
      #expect(found == kernel_first_nonfinite_ref(x.pointer, type, n))
      #expect(found / block == bad)
      #expect(kernel_first_nonfinite(x.pointer, type, bad * block) == bad * block)
    }

    @Test func aRowThatIsNotWholeBlocksTraps() async {
      await #expect(processExitsWith: .signal(SIGABRT)) {
        _ = kernel_row_size(KERNEL_Q8_0, 48)
      }
      await #expect(processExitsWith: .signal(SIGABRT)) {
        var x = [Float](repeating: 1, count: 128), y = x
        let bytes = [UInt8](repeating: 0, count: 144)
        bytes.withUnsafeBytes { bytes in
          let w = kernel_matrix(data: bytes.baseAddress, type: KERNEL_Q4_K, rows: 1, columns: 128)
          kernel_matmul(&y, 1, &x, 128, 1, w, false)
        }
      }
    }
  }
}
