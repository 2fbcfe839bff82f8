// Writes GGUF files for tests, good ones and, part by part, damaged ones.

/// A GGUF file under construction.
public struct GGUFBytes: Sendable {
  public indirect enum Value: Sendable {
    case uint8(UInt8), int8(Int8), uint16(UInt16), int16(Int16), uint32(UInt32), int32(Int32)
    case float32(Float), bool(UInt8), string([UInt8]), uint64(UInt64), int64(Int64)
    case float64(Double)
    /// The number of the elements' type, their count as claimed, and the elements.
    case array(UInt32, UInt64, [Value])

    public static func text(_ text: String) -> Value { .string(Array(text.utf8)) }
    public static func texts(_ texts: [String]) -> Value {
      .array(8, UInt64(texts.count), texts.map(Value.text))
    }
    public static func floats(_ values: [Float]) -> Value {
      .array(6, UInt64(values.count), values.map(Value.float32))
    }
    public static func ints(_ values: [Int32]) -> Value {
      .array(5, UInt64(values.count), values.map(Value.int32))
    }

    var typeNumber: UInt32 {
      switch self {
      case .uint8: 0
      case .int8: 1
      case .uint16: 2
      case .int16: 3
      case .uint32: 4
      case .int32: 5
      case .float32: 6
      case .bool: 7
      case .string: 8
      case .array: 9
      case .uint64: 10
      case .int64: 11
      case .float64: 12
      }
    }

    var bytes: [UInt8] {
      switch self {
      case .uint8(let value), .bool(let value): [value]
      case .int8(let value): [UInt8(bitPattern: value)]
      case .uint16(let value): little(value)
      case .int16(let value): little(value)
      case .uint32(let value): little(value)
      case .int32(let value): little(value)
      case .float32(let value): little(value.bitPattern)
      case .string(let bytes): little(UInt64(bytes.count)) + bytes
      case .uint64(let value): little(value)
      case .int64(let value): little(value)
      case .float64(let value): little(value.bitPattern)
      case .array(let type, let count, let elements):
        little(type) + little(count) + elements.flatMap(\.bytes)
      }
    }
  }

  public var magic = Array("GGUF".utf8)
  public var version: UInt32 = 3
  /// Added to the true counts of tensors and keys.
  public var extraTensors: UInt64 = 0
  public var extraKeys: UInt64 = 0
  public var alignment = 32
  private var keys: [UInt8] = []
  private var keyCount: UInt64 = 0
  private var directory: [UInt8] = []
  private var tensorCount: UInt64 = 0
  public var data: [UInt8] = []

  public init() {}

  public mutating func add(_ key: String, _ value: Value) {
    add(key: Array(key.utf8), type: value.typeNumber, bytes: value.bytes)
  }

  public mutating func add(key: [UInt8], type: UInt32, bytes: [UInt8]) {
    keys += little(UInt64(key.count)) + key + little(type) + bytes
    keyCount += 1
  }

  /// Adds a tensor's entry; its bytes are up to `data`.
  public mutating func addTensor(
    _ name: String, sizes: [UInt64], type: UInt32 = 0, offset: UInt64, rank: UInt32? = nil
  ) {
    directory += little(UInt64(name.utf8.count)) + Array(name.utf8)
    directory += little(rank ?? UInt32(sizes.count)) + sizes.flatMap { little($0) }
    directory += little(type) + little(offset)
    tensorCount += 1
  }

  public var bytes: [UInt8] {
    var bytes = magic + little(version)
    bytes += little(tensorCount &+ extraTensors) + little(keyCount &+ extraKeys)
    bytes += keys + directory
    if !data.isEmpty {
      bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    }
    return bytes + data
  }
}

private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
