// The kinds of metadata values in a GGUF file, and arrays that are read where they lie.

/// A kind of metadata value, with the number by which the format knows it.
public enum GGUFValueType: UInt32, Sendable, CaseIterable {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64
  case float64

  /// Bytes of a value, or `nil` where each value has its own length.
  var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }

  /// The fewest bytes that a value takes: a string has at least its length, an array also a type.
  var leastByteCount: Int { byteCount ?? (self == .string ? 8 : 12) }
}

/// A metadata array in a mapped file, checked when the file was opened.
public struct GGUFArray: Sendable {
  public let elementType: GGUFValueType
  public let count: Int
  let key: String
  let file: MappedFile
  /// Where the first element starts.
  let offset: Int

  /// Visits the bytes of each string, without a copy.
  /// - Throws: `wrongType` unless the elements are strings; what `body` throws.
  public func forEachString(
    _ body: (_ index: Int, _ bytes: UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    guard elementType == .string else { throw wrong("an array of strings") }
    var reader = GGUFReader(file: file, offset: offset)
    for index in 0..<count { try body(index, reader.string("\(key)[\(index)]")) }
  }

  /// The elements as integers.
  /// - Throws: `wrongType` unless they are integers that fit.
  public func ints() throws(CheckpointError) -> [Int] {
    var reader = GGUFReader(file: file, offset: offset)
    var values: [Int] = []
    values.reserveCapacity(count)
    for _ in 0..<count {
      guard let value = try reader.value(elementType, key).int else {
        throw wrong("an array of integers")
      }
      values.append(value)
    }
    return values
  }

  /// The elements as numbers, integers included.
  /// - Throws: `wrongType` unless they are numbers.
  public func doubles() throws(CheckpointError) -> [Double] {
    var reader = GGUFReader(file: file, offset: offset)
    var values: [Double] = []
    values.reserveCapacity(count)
    for _ in 0..<count {
      guard let value = try reader.value(elementType, key).double else {
        throw wrong("an array of numbers")
      }
      values.append(value)
    }
    return values
  }

  /// Every element, of whatever kind; an element of an array of arrays is itself an array.
  public func values() throws(CheckpointError) -> [GGUFValue] {
    var reader = GGUFReader(file: file, offset: offset)
    var values: [GGUFValue] = []
    for _ in 0..<count { values.append(try reader.value(elementType, key)) }
    return values
  }

  private func wrong(_ expected: String) -> CheckpointError {
    .wrongType(key: key, file: file.path, expected: expected, found: "an array of \(elementType)")
  }
}

/// One metadata value.
public enum GGUFValue: Sendable {
  case integer(Int, GGUFValueType)
  /// Beyond the range of `Int`.
  case large(UInt64)
  case number(Double, GGUFValueType)
  case bool(Bool)
  case string(String)
  case array(GGUFArray)

  public var int: Int? { if case .integer(let value, _) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var array: GGUFArray? { if case .array(let value) = self { value } else { nil } }
  public var double: Double? {
    switch self {
    case .integer(let value, _): Double(value)
    case .large(let value): Double(value)
    case .number(let value, _): value
    default: nil
    }
  }

  /// The kind in an error message's words.
  var kind: String {
    switch self {
    case .integer(let value, let type): "\(type) \(value)"
    case .large(let value): "uint64 \(value)"
    case .number(let value, let type): "\(type) \(value)"
    case .bool: "a Boolean"
    case .string: "a string"
    case .array(let array): "an array of \(array.elementType)"
    }
  }
}

extension GGUFReader {
  /// The next value of a kind, as part of the value of `key`.
  mutating func value(_ type: GGUFValueType, _ key: String) throws(CheckpointError) -> GGUFValue {
    switch type {
    case .uint8: return .integer(Int(try integer(UInt8.self, key)), type)
    case .int8: return .integer(Int(try integer(Int8.self, key)), type)
    case .uint16: return .integer(Int(try integer(UInt16.self, key)), type)
    case .int16: return .integer(Int(try integer(Int16.self, key)), type)
    case .uint32: return .integer(Int(try integer(UInt32.self, key)), type)
    case .int32: return .integer(Int(try integer(Int32.self, key)), type)
    case .int64: return .integer(Int(try integer(Int64.self, key)), type)
    case .uint64:
      let value = try integer(UInt64.self, key)
      return Int(exactly: value).map { .integer($0, type) } ?? .large(value)
    case .float32:
      return .number(Double(Float(bitPattern: try integer(UInt32.self, key))), type)
    case .float64: return .number(Double(bitPattern: try integer(UInt64.self, key)), type)
    case .bool: return .bool(try boolean(key))
    case .string:
      guard let text = String(validating: try string(key), as: UTF8.self) else {
        throw fault("the string of \(key) is not UTF-8")
      }
      return .string(text)
    case .array:
      let (elementType, count) = try arrayHead(key)
      let array = GGUFArray(
        elementType: elementType, count: count, key: key, file: file, offset: offset)
      try skipElements(elementType, count, key, depth: 1)
      return .array(array)
    }
  }

  private mutating func boolean(_ key: String) throws(CheckpointError) -> Bool {
    let byte = try integer(UInt8.self, key)
    guard byte <= 1 else { throw fault("the Boolean of \(key) is \(byte), not 0 or 1") }
    return byte == 1
  }

  /// The next kind of value.
  mutating func valueType(_ key: String) throws(CheckpointError) -> GGUFValueType {
    let raw = try integer(UInt32.self, "the type of \(key)")
    guard let type = GGUFValueType(rawValue: raw) else {
      throw fault("\(key) has the value type \(raw); the format has 0 to 12")
    }
    return type
  }

  private mutating func arrayHead(
    _ key: String
  ) throws(CheckpointError) -> (GGUFValueType, count: Int) {
    let type = try valueType(key)
    return (type, try count(least: type.leastByteCount, "elements of \(key)"))
  }

  /// Moves past a value and checks what a later reader relies on.
  mutating func skipValue(
    _ type: GGUFValueType, _ key: String, depth: Int = 0
  ) throws(CheckpointError) {
    switch type {
    case .string: _ = try string(key)
    case .bool: _ = try boolean(key)
    case .array:
      // Only nesting makes this call itself, and a file could nest as deep as it is long.
      guard depth < 16 else { throw fault("\(key) nests arrays more than 16 deep") }
      let (elementType, count) = try arrayHead(key)
      try skipElements(elementType, count, key, depth: depth + 1)
    default: try skip(type.leastByteCount, key)
    }
  }

  private mutating func skipElements(
    _ type: GGUFValueType, _ count: Int, _ key: String, depth: Int
  ) throws(CheckpointError) {
    if let size = type.byteCount, type != .bool {
      try skip(size * count, key)  // no overflow: the count was held against what is left
    } else {
      for _ in 0..<count { try skipValue(type, key, depth: depth) }
    }
  }
}
