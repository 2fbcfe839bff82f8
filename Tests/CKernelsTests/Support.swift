// What every kernel test uses: seeded numbers, memory that traps on an overrun, and comparison
// against a derived bound.

import CKernels
import Foundation
import Testing

/// All kernel tests run one after another: some change the number of pool threads.
@Suite(.serialized) struct KernelTests {}

let everyISA = [KERNEL_ISA_PORTABLE, KERNEL_ISA_NEON, KERNEL_ISA_AVX2, KERNEL_ISA_AVX512]
  .filter { kernel_isa_supported($0) }

/// Those that must agree bit for bit.
let everyISAWithFMA = everyISA.filter { $0 != KERNEL_ISA_PORTABLE }

let everyType = [KERNEL_F32, KERNEL_F16, KERNEL_BF16]

/// Those in blocks.
let everyQuantisedType = [
  KERNEL_Q4_0, KERNEL_Q4_1, KERNEL_Q5_0, KERNEL_Q5_1, KERNEL_Q8_0, KERNEL_IQ4_NL, KERNEL_Q2_K,
  KERNEL_Q3_K, KERNEL_Q4_K, KERNEL_Q5_K, KERNEL_Q6_K, KERNEL_IQ4_XS,
]

func name(_ type: kernel_type) -> String { String(cString: kernel_type_name(type)) }

/// Where the half floats of a block lie: the scale, then the minimum.
func halves(_ type: kernel_type) -> [Int] {
  switch type {
  case KERNEL_Q4_1, KERNEL_Q5_1, KERNEL_Q4_K, KERNEL_Q5_K: [0, 2]
  case KERNEL_Q2_K: [80, 82]
  case KERNEL_Q3_K: [108]
  case KERNEL_Q6_K: [208]
  default: [0]
  }
}

/// Runs `body` once for each instruction set of this machine, then goes back to the one before.
func forEachISA(_ list: [kernel_isa] = everyISA, _ body: (String) -> Void) {
  let before = kernel_isa_active()
  for isa in list where kernel_isa_select(isa) {
    body(String(cString: kernel_isa_name(isa)))
  }
  _ = kernel_isa_select(before)
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Numbers: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<(count + 7) / 8).flatMap { _ in withUnsafeBytes(of: next().littleEndian, Array.init) }
      .prefix(count).map { $0 }
  }

  /// Blocks of `count` weights, random but for scales and minima of a few hundredths.
  mutating func blocks(_ count: Int, _ type: kernel_type) -> [UInt8] {
    let size = kernel_type_size(type)
    var bytes = bytes(kernel_row_size(type, count))
    for block in stride(from: 0, to: bytes.count, by: size) {
      for place in halves(type) {
        bytes[block + place + 1] = bytes[block + place + 1] & 0x83 | 0x24
      }
    }
    return bytes
  }

  /// Bytes of `count` weights, about as large as 1 and of either sign.
  mutating func weights(_ count: Int, _ type: kernel_type) -> [UInt8] {
    guard kernel_type_block(type) == 1 else { return blocks(count, type) }
    var bytes: [UInt8] = []
    for _ in 0..<count {
      let bits = next()
      let sign = UInt16(truncatingIfNeeded: bits >> 60) & 0x8000
      switch type {
      case KERNEL_F16: append(sign | 0x2c00 + UInt16(bits & 0x0fff), to: &bytes)
      case KERNEL_BF16: append(sign | 0x3e00 + UInt16(bits & 0x01ff), to: &bytes)
      default: append(Float.random(in: -1...1, using: &self).bitPattern, to: &bytes)
      }
    }
    return bytes
  }
}

private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
  withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
}

/// Values that end at a page nobody may touch: a kernel that reads or writes past them traps.
final class Guarded<Element> {
  let pointer: UnsafeMutablePointer<Element>
  let count: Int
  private let base: UnsafeMutableRawPointer
  private let length: Int

  /// Copies `values` so that they end `gap` bytes before the guard page, to get any alignment.
  init(_ values: [Element], gap: Int = 0) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = values.count * MemoryLayout<Element>.stride + gap
    let whole = (bytes + page - 1) / page * page
    length = whole + page
    guard
      let memory = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { preconditionFailure("no memory for a test of \(bytes) bytes") }
    base = memory
    mprotect(base + whole, page, PROT_NONE)
    count = values.count
    pointer = (base + whole - bytes).assumingMemoryBound(to: Element.self)
    let start = UnsafeMutableRawPointer(pointer)
    values.withUnsafeBytes { bytes in
      if let from = bytes.baseAddress { start.copyMemory(from: from, byteCount: bytes.count) }
    }
  }

  deinit { munmap(base, length) }

  var values: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// The value that marks memory a kernel must not write.
let untouched = Float(bitPattern: 0x7fc0_1234)

extension [Float] {
  var doubles: [Double] { map(Double.init) }
  var bits: [UInt32] { map(\.bitPattern) }
}

/// Checks every element: `|found − expected| <= terms · FLT_EPSILON · bound`, plus the grid of
/// subnormal numbers. NaN matches NaN alone.
func expectClose(
  _ found: [Float], _ expected: [Double], bound: [Double], terms: Int, _ what: String,
  location: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, "\(what)", sourceLocation: location)
  let factor = Double(terms) * Double(Float.ulpOfOne)
  let grid = Double(terms) * Double(Float.leastNonzeroMagnitude)
  for i in found.indices {
    let value = Double(found[i])
    if value == expected[i] || (value.isNaN && expected[i].isNaN) { continue }
    let error = abs(value - expected[i])
    if !(error <= factor * bound[i] + grid) {
      Issue.record(
        "\(what): [\(i)] is \(found[i]), not \(expected[i]); bound \(factor * bound[i])",
        sourceLocation: location)
      return
    }
  }
}

func expectSameBits(
  _ found: [Float], _ expected: [Float], _ what: String,
  location: SourceLocation = #_sourceLocation
) {
  let first = zip(found, expected).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }
  #expect(
    found.count == expected.count && first == nil,
    "\(what): first difference \(String(describing: first))", sourceLocation: location)
}
