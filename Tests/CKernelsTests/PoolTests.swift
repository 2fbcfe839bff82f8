// The thread pool, instruction sets, and what the machine measures.

import CKernels
import Foundation
import Testing

/// Counts how often each chunk ran.
final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var counts: [Int]
  init(_ chunks: Int) { counts = Array(repeating: 0, count: chunks) }

  func add(_ chunk: Int) { lock.withLock { counts[chunk] += 1 } }
  var isEmpty: Bool { lock.withLock { counts.allSatisfy { $0 == 0 } } }
  var isOnceEach: Bool { lock.withLock { counts.allSatisfy { $0 == 1 } } }
}

private func count(_ context: UnsafeMutableRawPointer?, _ chunk: Int) {
  guard let context else { return }
  Unmanaged<Counter>.fromOpaque(context).takeUnretainedValue().add(chunk)
}

/// Ten chunks of its own inside a chunk.
private func countNested(_ context: UnsafeMutableRawPointer?, _ chunk: Int) {
  kernel_threads_set(7)
  guard let context else { return }
  let counter = Unmanaged<Counter>.fromOpaque(context).takeUnretainedValue()
  let inner = Counter(10)
  kernel_parallel_for(10, count, Unmanaged.passUnretained(inner).toOpaque())
  if inner.isOnceEach { counter.add(chunk) }
}

private func everyChunkRuns(_ chunks: Int, nested: Bool = false) -> Bool {
  let counter = Counter(chunks)
  let context = Unmanaged.passUnretained(counter).toOpaque()
  if nested {
    kernel_parallel_for(chunks, countNested, context)
  } else {
    kernel_parallel_for(chunks, count, context)
  }
  return counter.isOnceEach
}

extension KernelTests {
  @Suite struct Pool {
    @Test func everyChunkRunsOnce() {
      let before = kernel_threads()
      for threads in [1, 2, 3, 16] {
        kernel_threads_set(threads)
        #expect(kernel_threads() == threads)
        for chunks in [0, 1, 2, 3, 64, 1000] {
          #expect(everyChunkRuns(chunks), "\(threads) threads, \(chunks) chunks")
        }
      }
      kernel_threads_set(0)
      #expect(kernel_threads() == 1)
      kernel_threads_set(before)
    }

    @Test func regionsInsideRegionsRun() {
      let before = kernel_threads()
      kernel_threads_set(3)
      #expect(everyChunkRuns(50, nested: true))
      #expect(kernel_threads() == 3)
      kernel_threads_set(before)
    }

    /// Many short regions, from several threads at once, while the number of threads changes.
    @Test func regionsOfDifferentThreadsDoNotMix() {
      let before = kernel_threads()
      let failures = Counter(1)
      DispatchQueue.concurrentPerform(iterations: 4) { caller in
        for round in 0..<2000 {
          if !everyChunkRuns(1 + round % 9) { failures.add(0) }
          if caller == 0 && round % 100 == 0 { kernel_threads_set(1 + round / 100 % 4) }
        }
      }
      kernel_threads_set(before)
      #expect(failures.isEmpty)
    }

    @Test func instructionSetsHaveNamesAndCanBeChosen() {
      let before = kernel_isa_active()
      #expect(kernel_isa_supported(KERNEL_ISA_PORTABLE))
      #expect(everyISA.contains(before))
      for isa in everyISA {
        #expect(kernel_isa_select(isa))
        #expect(kernel_isa_active() == isa)
      }
      #expect(kernel_isa_select(before))
      let names = [KERNEL_ISA_PORTABLE, KERNEL_ISA_NEON, KERNEL_ISA_AVX2, KERNEL_ISA_AVX512]
        .map { String(cString: kernel_isa_name($0)) }
      #expect(names == ["portable", "neon", "avx2", "avx512"])
      #expect(everyISA.count < 4, "no machine has both NEON and AVX")
      #expect(
        !kernel_isa_select(everyISA.contains(KERNEL_ISA_NEON) ? KERNEL_ISA_AVX2 : KERNEL_ISA_NEON))
      #expect(kernel_isa_active() == before)
    }

    @Test func measuredSpeedsArePlausible() {
      let data = [UInt8](repeating: 1, count: 3_000_001)
      #expect(kernel_measure_flops(0.02) > 1e8)
      #expect(kernel_measure_read_bandwidth(data, data.count, 0.02) > 1e8)
      #expect(kernel_measure_read_bandwidth(nil, 0, 0.02) == 0)
    }
  }
}
