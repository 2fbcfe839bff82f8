// The merges of a byte-pair model: which two neighbours become one, and how soon.

/// Pairs of ids with their rank and the id of the merged piece.
///
/// An open-addressing table: a large model has 280,000 merges, and a `Dictionary` of them takes
/// longer to fill than the file takes to parse.
package struct MergeTable: Sendable {
  package struct Merge: Equatable {
    /// Place in the list of merges; the lowest is done first.
    package let rank: UInt32
    package let id: Int32

    package init(rank: UInt32, id: Int32) { (self.rank, self.id) = (rank, id) }
  }

  private var keys: [UInt64]
  private var values: [UInt64]
  private var shift: UInt64
  private static let free = UInt64.max

  package init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < 2 * capacity { bits += 1 }
    keys = [UInt64](repeating: Self.free, count: 1 << bits)
    values = [UInt64](repeating: 0, count: 1 << bits)
    shift = 64 - bits
  }

  /// Sets the merge of a pair; the last one wins, as in the reference.
  /// - Precondition: no more pairs than the capacity.
  package mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    let key = Self.key(left, right)
    let slot = slot(of: key)
    keys[slot] = key
    values[slot] = UInt64(merge.rank) << 32 | UInt64(UInt32(bitPattern: merge.id))
  }

  package subscript(left: Int32, right: Int32) -> Merge? {
    let key = Self.key(left, right)
    let slot = slot(of: key)
    guard keys[slot] == key else { return nil }
    return Merge(
      rank: UInt32(values[slot] >> 32), id: Int32(truncatingIfNeeded: values[slot]))
  }

  /// Where the key is, or the free slot where it would be.
  private func slot(of key: UInt64) -> Int {
    // Fibonacci hashing: the high bits of the product depend on every bit of the key.
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while keys[slot] != Self.free, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
    return slot
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
