// What this machine can do, and how much of it the products use.

import CKernels
import Foundation

/// One product measured against the machine.
struct ProductSpeed {
  /// The kernels' name of the type: `f32`, `q4_k`, ….
  let type: String
  let rows: Int
  let shape: ProductShape
  let seconds: Reading
  /// Of the arithmetic peak for many rows, of the read bandwidth for one, as measured beside each
  /// run; the median.
  let share: Double
}

/// Outputs and inputs of a matrix.
struct ProductShape {
  let outputs: Int
  let inputs: Int

  /// Those of attention and of the MLP's way back in a model of 7B.
  static let measured = [
    ProductShape(outputs: 4096, inputs: 4096), ProductShape(outputs: 4096, inputs: 11008),
  ]
}

struct MachineSpeed {
  let threads: Int
  let instructionSet: String
  /// Floating-point operations a second on all threads at once; the best reading.
  let peakFLOPS: Double
  /// Bytes a second on all threads; the best reading.
  let readBandwidth: Double
  let products: [ProductSpeed]

  private static let manyRows = 100

  /// Measures products of every type: those of many rows `repetitions` times, with the peak measured
  /// for `seconds` in all beside each type.
  init(
    memory: ProbedMemory, types: [kernel_type], seconds: Double, repetitions: Int,
    progress: (Int, Int) -> Void
  ) {
    let threads = kernel_threads()
    self.threads = threads
    instructionSet = String(cString: kernel_isa_name(kernel_isa_active()))
    var (peak, bandwidth) = (0.0, 0.0)
    var measured: [ProductSpeed] = []
    let readings = Double(ProductShape.measured.count * repetitions)
    for (index, type) in types.enumerated() {
      progress(index, types.count)
      for shape in ProductShape.measured {
        let matrices = memory.matrices(type, shape)
        // The machine is measured beside every run, so that what slows one slows the other.
        let many = Self.product(matrices, shape, rows: Self.manyRows, repetitions) { _ in
          let reading = Self.peak(threads: threads, seconds: seconds / readings)
          peak = max(peak, reading)
          return 2 * Double(Self.manyRows * shape.outputs * shape.inputs) / reading
        }
        // One pass over as many bytes as the product reads, neither of them in a cache.
        let bytes = shape.outputs * kernel_row_size(type, shape.inputs)
        let one = Self.product(matrices, shape, rows: 1, 4 * repetitions + 1) { matrix in
          let reading = kernel_measure_read_bandwidth(matrix.data, bytes, 0)
          bandwidth = max(bandwidth, reading)
          return Double(bytes) / reading
        }
        measured += [many, one]
      }
    }
    (peakFLOPS, readBandwidth) = (peak, bandwidth)
    products = measured
  }

  /// Every thread at once, since cores that share a clock or a unit are slower together.
  private static func peak(threads: Int, seconds: Double) -> Double {
    let results = Collected()
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      results.append(kernel_measure_flops(seconds))
    }
    return results.sum
  }

  /// Times a product; `least` measures, on another of the matrices, the seconds that it would take
  /// at the machine's limit.
  private static func product(
    _ matrices: [kernel_matrix], _ shape: ProductShape, rows: Int, _ repetitions: Int,
    least: (kernel_matrix) -> Double
  ) -> ProductSpeed {
    let x = [Float](repeating: 0.5, count: rows * shape.inputs)
    var y = [Float](repeating: 0, count: rows * shape.outputs)
    var times: [Double] = []
    var shares: [Double] = []
    // The first run starts the threads and is not counted.
    for repetition in 0...repetitions {
      let limit = least(matrices[(2 * repetition) % matrices.count])
      let matrix = matrices[(2 * repetition + 1) % matrices.count]
      let seconds = elapsedSeconds {
        kernel_matmul(&y, shape.outputs, x, shape.inputs, rows, matrix, false)
      }
      guard repetition > 0 else { continue }
      times.append(seconds)
      shares.append(limit / seconds)
    }
    return ProductSpeed(
      type: String(cString: kernel_type_name(matrices[0].type)), rows: rows, shape: shape,
      seconds: Reading(times), share: median(shares))
  }
}

/// Memory full of small finite numbers, whatever element type it is read as; more than caches hold.
final class ProbedMemory {
  private let base: UnsafeMutableRawPointer
  /// Two of the largest matrices of f32.
  private static let byteCount = 384 << 20

  init() {
    base = .allocate(byteCount: Self.byteCount, alignment: 4096)
    let words = base.bindMemory(to: UInt16.self, capacity: Self.byteCount / 2)
    // 0x3000…0x30ff: 0.125… in f16, 4.7e-10… in bf16 and, in pairs, in f32.
    for index in 0..<Self.byteCount / 2 {
      words[index] = 0x3000 | UInt16(truncatingIfNeeded: index & 0xff)
    }
  }

  deinit { base.deallocate() }

  /// As many matrices as there is room for, one after the other.
  func matrices(_ type: kernel_type, _ shape: ProductShape) -> [kernel_matrix] {
    let bytes = shape.outputs * kernel_row_size(type, shape.inputs)
    return (0..<Self.byteCount / bytes).map { index in
      kernel_matrix(
        data: base + index * bytes, type: type, rows: shape.outputs, columns: shape.inputs)
    }
  }

  /// Bytes a second that all threads read, in one pass over all of it.
  func readBandwidth() -> Double { kernel_measure_read_bandwidth(base, Self.byteCount, 0) }
}

private final class Collected: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Double] = []

  func append(_ value: Double) { lock.withLock { values.append(value) } }

  var sum: Double { lock.withLock { values.reduce(0, +) } }
}
