// Reads JSON from raw bytes, because a tokenizer of 128,000 pieces must load in a blink.
// Foundation's decoder took 6 ms for the built-in tokenizer and 600 ms for a large one.

extension JSONValue {
  /// Parses one JSON document that fills `bytes`.
  ///
  /// Follows RFC 8259, and like Python's reader also takes `NaN`, `Infinity` and `-Infinity`.
  /// - Throws: `JSONError` with the line of the first fault. Nesting beyond 128 levels is a fault.
  package static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    return try parser.document()
  }

  /// Parses one JSON document from a string.
  package static func parse(_ text: String) throws(JSONError) -> JSONValue {
    let result: Result<JSONValue, JSONError> = Array(text.utf8).withUnsafeBytes { bytes in
      Result { () throws(JSONError) in try parse(bytes) }
    }
    return try result.get()
  }
}

private let deepestNesting = 128

private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  var depth = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func fault(_ reason: String, at place: Int? = nil) -> JSONError {
    let end = min(place ?? position, bytes.count)
    let line = bytes[..<end].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    return JSONError(line: line, reason: reason)
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value()
    if next() != nil { throw fault("there is text after the end of the document") }
    return value
  }

  /// The next byte that is not white space, without consuming it.
  mutating func next() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return bytes[position]
      }
    }
    return nil
  }

  mutating func value() throws(JSONError) -> JSONValue {
    switch next() {
    case nil: throw fault("the document ends too early")
    case UInt8(ascii: "{"): return .object(try nested { (p) throws(JSONError) in try p.object() })
    case UInt8(ascii: "["): return .array(try nested { (p) throws(JSONError) in try p.array() })
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N"): return try word("NaN", .double(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .double(.infinity))
    default: return try number()
    }
  }

  /// Recursion is bounded, so that no file can exhaust the stack.
  mutating func nested<T>(
    _ body: (inout JSONParser) throws(JSONError) -> T
  ) throws(JSONError) -> T {
    guard depth < deepestNesting else {
      throw fault("values are nested more than \(deepestNesting) deep")
    }
    depth += 1
    position += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let end = position + text.utf8CodeUnitCount
    let expected = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard end <= bytes.count, bytes[position..<end].elementsEqual(expected) else {
      throw fault("a value was expected")
    }
    position = end
    return value
  }

  mutating func array() throws(JSONError) -> [JSONValue] {
    var elements: [JSONValue] = []
    if next() == UInt8(ascii: "]") {
      position += 1
      return elements
    }
    while true {
      elements.append(try value())
      if try !continues(closing: UInt8(ascii: "]")) { return elements }
    }
  }

  mutating func object() throws(JSONError) -> JSONObject {
    var object = JSONObject()
    if next() == UInt8(ascii: "}") {
      position += 1
      return object
    }
    while true {
      guard next() == UInt8(ascii: "\"") else { throw fault("a key in quotes was expected") }
      let key = try string()
      guard next() == UInt8(ascii: ":") else { throw fault("a colon was expected after a key") }
      position += 1
      object.members.append(.init(key: key, value: try value()))
      if try !continues(closing: UInt8(ascii: "}")) { return object }
    }
  }

  /// Consumes a comma (true) or the closing bracket (false).
  mutating func continues(closing: UInt8) throws(JSONError) -> Bool {
    let byte = next()
    guard byte == UInt8(ascii: ",") || byte == closing else {
      let ends = byte == nil
      throw fault(
        ends
          ? "the document ends too early"
          : "a comma or \(Character(Unicode.Scalar(closing))) was expected")
    }
    position += 1
    return byte != closing
  }
}

// MARK: - Strings and numbers

extension JSONParser {
  mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return try text(bytes[start..<position - 1], from: start)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw fault("a string holds an unescaped control character") }
      position += 1
    }
    throw fault("a string has no closing quote", at: start)
  }

  /// The rest of a string that holds escapes; `position` is at the first of them.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var unescaped = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        let result: Result<String, JSONError> = unescaped.withUnsafeBytes { whole in
          Result { () throws(JSONError) in try text(whole[...], from: start) }
        }
        return try result.get()
      case UInt8(ascii: "\\"): unescaped.append(contentsOf: UTF8.encode(try escape()) ?? .init())
      case 0..<0x20: throw fault("a string holds an unescaped control character")
      default: unescaped.append(byte)
      }
    }
    throw fault("a string has no closing quote", at: start)
  }

  private func text(
    _ utf8: Slice<UnsafeRawBufferPointer>, from start: Int
  ) throws(JSONError) -> String {
    let units = UnsafeRawBufferPointer(rebasing: utf8).assumingMemoryBound(to: UInt8.self)
    guard let text = String(validating: units, as: UTF8.self) else {
      throw fault("a string is not valid UTF-8", at: start)
    }
    return text
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard position < bytes.count else { throw fault("a string has no closing quote") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault("a string holds an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let high = try hexadecimal()
    if let scalar = Unicode.Scalar(high) { return scalar }
    let surrogate = fault("a string holds half of a surrogate pair")
    guard (0xD800..<0xDC00).contains(high), position + 2 <= bytes.count,
      bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    else { throw surrogate }
    position += 2
    let low = try hexadecimal()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00)))
    else { throw surrogate }
    return scalar
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw fault("a \\u escape needs four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "I") {
      return try word("Infinity", .double(-.infinity))
    }
    let integerDigits = digits()
    let leadingZero = integerDigits > 1 && bytes[position - integerDigits] == UInt8(ascii: "0")
    guard integerDigits > 0, !leadingZero else { throw fault("a value was expected", at: start) }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard digits() > 0 else { throw fault("a number ends in its decimal point") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw fault("a number lacks its exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text) else { throw fault("a number cannot be read", at: start) }
    return .double(value)
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    return position - start
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }
}
