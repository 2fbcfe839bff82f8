// Reads JSON into values that remember where they stood, so that an error can say line and column.
//
// Foundation's reader loses the order of keys (sampling must not depend on it), keeps one of two
// equal keys in silence, and gives positions only inside a sentence meant for people.

/// A JSON value and the place where it begins.
package struct JSONValue: Sendable {
  package enum Content: Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// Members in the file's order; keys are distinct.
    case object([(key: String, value: JSONValue)])
  }

  package var content: Content
  /// Where the value begins, in bytes; `TextPosition(offset:in:)` turns it into line and column.
  package var offset: Int

  /// What the value is, for "expected a list, found …".
  package var typeName: String {
    switch content {
    case .null: "null"
    case .boolean: "true or false"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }

  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = content else { return nil }
    return members.first { $0.key == key }?.value
  }
}

/// What is wrong with the syntax, and where.
package struct JSONSyntaxError: Error, Equatable {
  package var position: TextPosition
  package var problem: String

  package init(position: TextPosition, problem: String) {
    self.position = position
    self.problem = problem
  }
}

/// A recursive-descent reader over UTF-8 bytes, after RFC 8259.
package struct JSONReader {
  private let bytes: [UInt8]
  private var index = 0
  private var depth = 0
  private let firstLine: Int

  /// Deeper nesting than any of our files has; it keeps a hostile file off the stack's end.
  private static let depthLimit = 64

  /// Reads one value, with nothing but space around it. The text's first line is number
  /// `firstLine` of its file.
  package static func read(
    _ bytes: [UInt8], firstLine: Int = 1
  ) throws(JSONSyntaxError) -> JSONValue {
    var reader = JSONReader(bytes: bytes, firstLine: firstLine)
    reader.skipSpace()
    let value = try reader.value()
    reader.skipSpace()
    guard reader.index == bytes.count else {
      throw reader.error("expected the end, found \(reader.found)")
    }
    return value
  }

  private init(bytes: [UInt8], firstLine: Int) {
    self.bytes = bytes
    self.firstLine = firstLine
  }

  private func error(_ problem: String, at offset: Int? = nil) -> JSONSyntaxError {
    let position = TextPosition(offset: offset ?? index, in: bytes, firstLine: firstLine)
    return JSONSyntaxError(position: position, problem: problem)
  }

  private var found: String {
    guard index < bytes.count else { return "the end" }
    let byte = bytes[index]
    return byte >= 0x21 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
  }

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONValue {
    let start = index
    guard index < bytes.count else { throw error("expected a value, found the end") }
    switch bytes[index] {
    case UInt8(ascii: "{"): return JSONValue(content: try object(), offset: start)
    case UInt8(ascii: "["): return JSONValue(content: try array(), offset: start)
    case UInt8(ascii: "\""): return JSONValue(content: .string(try string()), offset: start)
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
      return JSONValue(content: try word(), offset: start)
    default: return JSONValue(content: .number(try number()), offset: start)
    }
  }

  private mutating func enter() throws(JSONSyntaxError) {
    depth += 1
    if depth > Self.depthLimit { throw error("nested deeper than \(Self.depthLimit) levels") }
    index += 1
    skipSpace()
  }

  private mutating func object() throws(JSONSyntaxError) -> JSONValue.Content {
    try enter()
    defer { depth -= 1 }
    var members: [(key: String, value: JSONValue)] = []
    var keys: Set<String> = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      let start = index
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
        throw error("expected a key in quotes, found \(found)")
      }
      let key = try string()
      guard keys.insert(key).inserted else {
        throw error("the key \"\(key)\" stands here twice", at: start)
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("expected ':', found \(found)") }
      skipSpace()
      members.append((key, try value()))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or '}', found \(found)") }
    }
  }

  private mutating func array() throws(JSONSyntaxError) -> JSONValue.Content {
    try enter()
    defer { depth -= 1 }
    var values: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      skipSpace()
      values.append(try value())
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(values) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or ']', found \(found)") }
    }
  }

  private mutating func word() throws(JSONSyntaxError) -> JSONValue.Content {
    for (text, content) in [
      ("true", JSONValue.Content.boolean(true)), ("false", .boolean(false)), ("null", .null),
    ] where bytes[index...].starts(with: text.utf8) {
      index += text.utf8.count
      return content
    }
    throw error("expected a value, found \(found)")
  }

  private mutating func digits() -> Int {
    let start = index
    while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
    return index - start
  }

  private mutating func number() throws(JSONSyntaxError) -> Double {
    let start = index
    _ = take(UInt8(ascii: "-"))
    let first = index
    let count = digits()
    guard count > 0 else { throw error("expected a value, found \(found)") }
    guard count == 1 || bytes[first] != UInt8(ascii: "0") else {
      throw error("a number must not begin with 0")
    }
    if take(UInt8(ascii: ".")) {
      guard digits() > 0 else { throw error("expected a digit, found \(found)") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw error("expected a digit, found \(found)") }
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    guard let number = Double(text), number.isFinite else {
      throw error("the number \(text) is too large")
    }
    return number
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    index += 1
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      if bytes[index] == UInt8(ascii: "\\") || bytes[index] < 0x20 {
        return try escapedString(from: start)
      }
      index += 1
    }
    return try finishString(Array(bytes[start..<index]))
  }

  private mutating func finishString(_ content: [UInt8]) throws(JSONSyntaxError) -> String {
    guard index < bytes.count else { throw error("the string is not closed") }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw error("the string is not valid UTF-8")
    }
    index += 1
    return text
  }

  private mutating func escapedString(from start: Int) throws(JSONSyntaxError) -> String {
    var content = Array(bytes[start..<index])
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      let byte = bytes[index]
      guard byte >= 0x20 else { throw error("a string must not hold a bare control character") }
      guard byte == UInt8(ascii: "\\") else {
        content.append(byte)
        index += 1
        continue
      }
      index += 1
      content.append(contentsOf: try escape())
    }
    return try finishString(content)
  }

  private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
    guard index < bytes.count else { throw error("the string is not closed") }
    let letter = bytes[index]
    index += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(Character(try escapedScalar())).utf8)
    default: throw error("unknown escape in a string")
    }
  }

  private mutating func escapedScalar() throws(JSONSyntaxError) -> UnicodeScalar {
    let unit = try hexUnit()
    if let scalar = UnicodeScalar(unit) { return scalar }
    guard unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw error("half of a surrogate pair in a string")
    }
    let low = try hexUnit()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { throw error("half of a surrogate pair in a string") }
    return scalar
  }

  private mutating func hexUnit() throws(JSONSyntaxError) -> UInt32 {
    let end = min(index + 4, bytes.count)
    let text = String(decoding: bytes[index..<end], as: UTF8.self)
    guard end - index == 4, text.allSatisfy({ $0.isHexDigit && $0.isASCII }),
      let unit = UInt32(text, radix: 16)
    else { throw error("expected four hexadecimal digits after \\u") }
    index = end
    return unit
  }
}
