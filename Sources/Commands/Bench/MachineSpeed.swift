// What this machine can do, and how much of it the products use.

import CKernels
import Foundation

/// One product measured against the machine.
struct ProductSpeed {
  /// `f32`, `f16` or `bf16`.
  let type: String
  let rows: Int
  let seconds: Double
  /// Of the arithmetic peak for many rows, of the read bandwidth for one, as measured beside each
  /// run; the median.
  let share: Double
}

struct MachineSpeed {
  let threads: Int
  let instructionSet: String
  /// Floating-point operations a second on all threads at once; the best reading.
  let peakFLOPS: Double
  /// Bytes a second on all threads; the best reading.
  let readBandwidth: Double
  let products: [ProductSpeed]

  private static let size = 4096
  private static let manyRows = 100
  /// More than caches hold, so that one row's product reads memory.
  private static let bufferBytes = 256 << 20

  init(seconds: Double, repetitions: Int) {
    let threads = kernel_threads()
    self.threads = threads
    instructionSet = String(cString: kernel_isa_name(kernel_isa_active()))
    let weights = WeightBuffer(byteCount: Self.bufferBytes)
    var (peak, bandwidth) = (0.0, 0.0)
    var measured: [ProductSpeed] = []
    let readings = Double(3 * repetitions)
    for type in [KERNEL_F32, KERNEL_F16, KERNEL_BF16] {
      let matrices = weights.matrices(type, size: Self.size)
      let bytes = Self.size * Self.size * kernel_type_size(type)
      // The machine is measured beside every run, so that what slows one slows the other.
      let many = Self.product(matrices, rows: Self.manyRows, repetitions) { _ in
        let reading = Self.peak(threads: threads, seconds: seconds / readings)
        peak = max(peak, reading)
        return 2 * Double(Self.manyRows * Self.size * Self.size) / reading
      }
      // One pass over as many bytes as the product reads, neither of them in a cache.
      let one = Self.product(matrices, rows: 1, 4 * repetitions + 1) { matrix in
        let reading = kernel_measure_read_bandwidth(matrix.data, bytes, 0)
        bandwidth = max(bandwidth, reading)
        return Double(bytes) / reading
      }
      measured += [many, one]
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
    _ matrices: [kernel_matrix], rows: Int, _ repetitions: Int,
    least: (kernel_matrix) -> Double
  ) -> ProductSpeed {
    let x = [Float](repeating: 0.5, count: rows * size)
    var y = [Float](repeating: 0, count: rows * size)
    var times: [Double] = []
    var shares: [Double] = []
    // The first run starts the threads and is not counted.
    for repetition in 0...repetitions {
      let limit = least(matrices[(2 * repetition) % matrices.count])
      let matrix = matrices[(2 * repetition + 1) % matrices.count]
      let seconds = elapsedSeconds { kernel_matmul(&y, size, x, size, rows, matrix, false) }
      guard repetition > 0 else { continue }
      times.append(seconds)
      shares.append(limit / seconds)
    }
    return ProductSpeed(
      type: name(matrices[0].type), rows: rows, seconds: median(times), share: median(shares))
  }

  private static func name(_ type: kernel_type) -> String {
    switch type {
    case KERNEL_F16: "f16"
    case KERNEL_BF16: "bf16"
    default: "f32"
    }
  }
}

/// Memory full of small finite numbers, whatever element type it is read as.
private final class WeightBuffer {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    base = .allocate(byteCount: byteCount, alignment: 4096)
    let words = base.bindMemory(to: UInt16.self, capacity: byteCount / 2)
    // 0x3000…0x30ff: 0.125… in f16, 4.7e-10… in bf16 and, in pairs, in f32.
    for index in 0..<byteCount / 2 {
      words[index] = 0x3000 | UInt16(truncatingIfNeeded: index & 0xff)
    }
  }

  deinit { base.deallocate() }

  /// As many square matrices as there is room for, one after the other.
  func matrices(_ type: kernel_type, size: Int) -> [kernel_matrix] {
    let bytes = size * size * kernel_type_size(type)
    return (0..<byteCount / bytes).map { index in
      kernel_matrix(data: base + index * bytes, type: type, rows: size, columns: size)
    }
  }
}

private final class Collected: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Double] = []

  func append(_ value: Double) { lock.withLock { values.append(value) } }

  var sum: Double { lock.withLock { values.reduce(0, +) } }
}
