// The printable characters by which byte-level vocabularies spell bytes.

/// GPT-2's mapping between the 256 bytes and 256 printable characters: printable Latin-1 stands for
/// itself, and the remaining bytes, in order, are U+0100 and up (a space is `Ġ`, U+0120).
///
/// Source: `bytes_to_unicode` in openai/gpt-2, `encoder.py`.
enum ByteAlphabet {
  /// The character of each byte.
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? Unicode.Scalar(byte)
    }
  }()

  /// The byte of each character below U+0144, where the alphabet ends; -1 where there is none.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, character) in characters.enumerated() { table[Int(character.value)] = Int16(byte) }
    return table
  }()

  /// Appends the bytes that a piece spells. A piece with any character outside the alphabet stands
  /// for its own UTF-8, as in the reference.
  static func appendBytes(of piece: String, to bytes: inout [UInt8]) {
    let start = bytes.count
    for scalar in piece.unicodeScalars {
      let value = Int(scalar.value)
      guard value < Self.bytes.count, Self.bytes[value] >= 0 else {
        bytes.removeSubrange(start...)
        bytes.append(contentsOf: piece.utf8)
        return
      }
      bytes.append(UInt8(Self.bytes[value]))
    }
  }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
  }
}
