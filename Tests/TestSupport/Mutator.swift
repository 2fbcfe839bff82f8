// Damages files at random places, so that readers can be tried with thousands of bad inputs.

import Foundation

/// A source of damaged copies, from a seed.
public struct Mutator {
  private var random: SeededGenerator

  public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// How many copies to try: `usual`, or as many times more as the environment's `GAR_MUTATIONS` says.
  public static func count(_ usual: Int) -> Int {
    let factor = ProcessInfo.processInfo.environment["GAR_MUTATIONS"].flatMap { Int($0) }
    return usual * max(1, factor ?? 1)
  }

  /// One to four changes within the first `limit` bytes: a bit, a byte, an 8-byte number, a digit, a
  /// removed, repeated or cut stretch.
  public mutating func damage(_ whole: [UInt8], within limit: Int = .max) -> [UInt8] {
    var bytes = whole
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<min(limit, bytes.count), using: &random)
      let end = min(bytes.count, place + Int.random(in: 1...16, using: &random))
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
      case 2: number(in: &bytes, at: place)
      case 3: bytes.removeSubrange(place..<end)
      case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 5: digit(in: &bytes, from: place)
      default: bytes.removeLast(Int.random(in: 0...min(8, bytes.count), using: &random))
      }
    }
    return bytes
  }

  /// Numbers that overflow when they are added, multiplied or made signed.
  private mutating func number(in bytes: inout [UInt8], at place: Int) {
    let values: [UInt64] = [
      .max, .max - 7, 1 << 63, 1 << 62, 1 << 61, 1 << 32, (1 << 32) - 1, 1 << 31, 1 << 20,
    ]
    let value = values.randomElement(using: &random) ?? 0
    for index in 0..<8 where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  /// Changes the next digit of a text, or makes its number long.
  private mutating func digit(in bytes: inout [UInt8], from place: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let found = bytes[place...].firstIndex(where: digits.contains) else { return }
    bytes[found] = UInt8.random(in: digits, using: &random)
    guard Int.random(in: 0..<4, using: &random) == 0 else { return }
    bytes.insert(
      contentsOf: repeatElement(bytes[found], count: Int.random(in: 1...19, using: &random)),
      at: found)
  }
}
