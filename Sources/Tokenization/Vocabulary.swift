// Pieces by id and ids by piece.

/// A set of pieces with their ids.
///
/// Pieces are told apart by their bytes. A `Dictionary` keyed by `String` would take canonically
/// equivalent pieces for one, and is several times slower to fill.
struct Vocabulary: Sendable {
  /// The piece of each id as it stands in the file; `nil` where no piece has that id.
  private(set) var pieces: [String?] = []
  private(set) var pieceCount = 0
  /// Open addressing over ids, each above half of its piece's hash, so that a look-up seldom reads
  /// another piece. The length is a power of two, at least twice the count.
  private var slots = [UInt64](repeating: free, count: 64)
  private static let free = UInt64.max

  enum Conflict: Error {
    case piece, id(heldBy: String)
  }

  /// Makes room for that many pieces.
  mutating func reserve(_ count: Int) {
    pieces.reserveCapacity(count)
    var length = slots.count
    while length < 2 * count { length *= 2 }
    if length > slots.count { rehash(length) }
  }

  /// Adds a piece.
  /// - Precondition: `id` is not negative.
  mutating func insert(_ piece: String, id: Int) throws(Conflict) {
    var piece = piece
    if self.id(of: piece) != nil { throw .piece }
    if id < pieces.count, let holder = pieces[id] { throw .id(heldBy: holder) }
    reserve(pieceCount + 1)
    extend(to: id + 1)
    piece.makeContiguousUTF8()
    place(id, hash: piece.withUTF8(Self.hash))
    pieces[id] = piece
    pieceCount += 1
  }

  /// Makes ids up to a count valid, without pieces.
  mutating func extend(to count: Int) {
    let missing = count - pieces.count
    if missing > 0 { pieces.append(contentsOf: repeatElement(nil, count: missing)) }
  }

  subscript(id: Int32) -> String? {
    id >= 0 && Int(id) < pieces.count ? pieces[Int(id)] : nil
  }

  func id(of piece: String) -> Int32? {
    var piece = piece
    return piece.withUTF8 { id(ofUTF8: $0) }
  }

  func id(ofUTF8 utf8: UnsafeBufferPointer<UInt8>) -> Int32? {
    let hash = Self.hash(utf8)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != Self.free {
      if slots[slot] >> 32 == hash >> 32, spells(id(inSlot: slot), utf8) {
        return id(inSlot: slot)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func id(inSlot slot: Int) -> Int32 { Int32(truncatingIfNeeded: slots[slot]) }

  private func spells(_ id: Int32, _ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
    guard var piece = pieces[Int(id)], piece.utf8.count == utf8.count else { return false }
    return piece.withUTF8 { $0.elementsEqual(utf8) }
  }

  private mutating func place(_ id: Int, hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = hash & ~0xFFFF_FFFF | UInt64(id)
  }

  private mutating func rehash(_ length: Int) {
    slots = [UInt64](repeating: Self.free, count: length)
    for (id, piece) in pieces.enumerated() {
      guard var piece else { continue }
      place(id, hash: piece.withUTF8(Self.hash))
    }
  }

  /// FNV-1a, then a multiplication that spreads it over all bits.
  private static func hash(_ utf8: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15
    return hash ^ hash >> 29
  }
}
