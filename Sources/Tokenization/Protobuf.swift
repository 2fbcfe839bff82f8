// The little of protocol buffers that `tokenizer.model` needs: fields, one after another.

import Checkpoints

/// Reads the fields of one message; every length is checked before it is used.
///
/// Source: protobuf.dev, "Encoding". Groups, which no schema here has, are refused.
struct ProtobufReader {
  /// A field's number and value.
  struct Field {
    enum Value {
      case varint(UInt64)
      case fixed32(UInt32)
      case fixed64(UInt64)
      case bytes(UnsafeRawBufferPointer)
    }

    let number: Int
    let value: Value
    let path: String

    var bytes: UnsafeRawBufferPointer {
      get throws(TokenizerError) {
        guard case .bytes(let bytes) = value else { throw wrong("bytes") }
        return bytes
      }
    }

    /// A 32-bit integer, an enumeration or a Boolean; negative ones are stored as 64 bits.
    var int: Int {
      get throws(TokenizerError) {
        guard case .varint(let bits) = value else { throw wrong("an integer") }
        return Int(Int32(truncatingIfNeeded: bits))
      }
    }

    var float: Float {
      get throws(TokenizerError) {
        guard case .fixed32(let bits) = value else { throw wrong("a 32-bit number") }
        return Float(bitPattern: bits)
      }
    }

    var string: String {
      get throws(TokenizerError) {
        guard let text = String(validating: try bytes, as: UTF8.self) else {
          throw wrong("UTF-8 text")
        }
        return text
      }
    }

    private func wrong(_ expected: String) -> TokenizerError {
      .invalidModel(reason: "field \(number) is not \(expected)", file: path)
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, path: String) { (self.bytes, self.path) = (bytes, path) }

  /// The next field, or `nil` at the end of the message.
  mutating func next() throws(TokenizerError) -> Field? {
    guard offset < bytes.count else { return nil }
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    guard (1...536_870_911).contains(number) else { throw fault("has the field number \(number)") }
    let value: Field.Value
    switch tag & 7 {
    case 0: value = .varint(try varint())
    case 1: value = .fixed64(try fixed(UInt64.self))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.count - offset) else {
        throw fault("claims \(length) bytes, but \(bytes.count - offset) are left")
      }
      value = .bytes(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(length)]))
      offset += Int(length)
    case 5: value = .fixed32(try fixed(UInt32.self))
    case let type: throw fault("has the wire type \(type)")
    }
    return Field(number: number, value: value, path: path)
  }

  private mutating func varint() throws(TokenizerError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard offset < bytes.count else { throw fault("ends inside a number") }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw fault("has a number of more than 10 bytes")
  }

  private mutating func fixed<T: FixedWidthInteger>(
    _ type: T.Type
  ) throws(TokenizerError) -> T {
    guard MemoryLayout<T>.size <= bytes.count - offset else { throw fault("ends inside a number") }
    defer { offset += MemoryLayout<T>.size }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  private func fault(_ reason: String) -> TokenizerError {
    .invalidModel(reason: "byte \(offset) of a message \(reason)", file: path)
  }
}
