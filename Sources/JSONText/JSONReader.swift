// Reads JSON from raw bytes into values that remember where they stood.
//
// Foundation's reader took 600 ms for a tokenizer of 128,000 pieces, which must load in a blink. It
// loses the order of keys (sampling must not depend on it), keeps one of two equal keys in silence,
// and gives positions only inside a sentence meant for people.

/// Why a text is not JSON, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package let position: TextPosition
  package let problem: String

  package init(position: TextPosition, problem: String) {
    self.position = position
    self.problem = problem
  }

  package var description: String { "\(position): not valid JSON: \(problem)" }
}

/// What a reader takes that not every reader of JSON takes.
package struct JSONRules: Sendable {
  /// Whether `NaN`, `Infinity` and `-Infinity` are numbers, and numbers too large for a `Double`
  /// infinite.
  package var allowsNonFinite: Bool
  /// Whether an object keeps members of equal names, for the caller to judge.
  package var allowsDuplicateKeys: Bool

  /// RFC 8259, with the distinct keys that it asks of a writer.
  package static let strict = JSONRules(allowsNonFinite: false, allowsDuplicateKeys: false)
  /// Like Python's reader, for files of other programs.
  package static let python = JSONRules(allowsNonFinite: true, allowsDuplicateKeys: true)
}

extension JSONValue {
  /// Reads one value with nothing but space around it, after RFC 8259.
  ///
  /// - Parameters:
  ///   - bytes: the whole text, UTF-8.
  ///   - rules: what is taken beyond the standard.
  ///   - firstLine: the number of the text's first line in its file.
  /// - Returns: the value, which knows its place in `bytes`.
  /// - Throws: `JSONError` for the first fault. Nesting beyond 128 levels is a fault.
  package static func read(
    _ bytes: UnsafeRawBufferPointer, rules: JSONRules, firstLine: Int = 1
  ) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes: bytes, rules: rules, firstLine: firstLine)
    return try reader.document()
  }

  /// Reads one value from bytes at hand.
  package static func read(
    _ bytes: [UInt8], rules: JSONRules, firstLine: Int = 1
  ) throws(JSONError) -> JSONValue {
    try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
      try read(UnsafeRawBufferPointer(buffer), rules: rules, firstLine: firstLine)
    }
  }
}

/// A recursive-descent reader over UTF-8 bytes.
struct JSONReader {
  let bytes: UnsafeRawBufferPointer
  let rules: JSONRules
  let firstLine: Int
  var index = 0
  private var depth = 0

  /// Deeper nesting than any of our files has; it keeps a hostile file off the stack's end.
  private static let depthLimit = 128

  init(bytes: UnsafeRawBufferPointer, rules: JSONRules, firstLine: Int) {
    self.bytes = bytes
    self.rules = rules
    self.firstLine = firstLine
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value()
    skipSpace()
    guard index == bytes.count else { throw expected("the end") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    let start = index
    switch next {
    case UInt8(ascii: "{"): return JSONValue(.object(try object()), offset: start)
    case UInt8(ascii: "["): return JSONValue(.array(try array()), offset: start)
    case UInt8(ascii: "\""): return JSONValue(.string(try string()), offset: start)
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "N"),
      UInt8(ascii: "I"):
      return JSONValue(try word(), offset: start)
    default: return JSONValue(try number(), offset: start)
    }
  }

  private mutating func word() throws(JSONError) -> JSONValue.Content {
    if take("true") { return .bool(true) }
    if take("false") { return .bool(false) }
    if take("null") { return .null }
    if rules.allowsNonFinite, take("NaN") { return .double(.nan) }
    if rules.allowsNonFinite, take("Infinity") { return .double(.infinity) }
    throw expected("a value")
  }

  /// Steps into an object or a list. Recursion is bounded, so that no file can exhaust the stack.
  private mutating func enter() throws(JSONError) {
    guard depth < Self.depthLimit else {
      throw error("values are nested more than \(Self.depthLimit) deep")
    }
    depth += 1
    index += 1
    skipSpace()
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    try enter()
    defer { depth -= 1 }
    var values: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return values }
    while true {
      values.append(try value())
      skipSpace()
      if take(UInt8(ascii: "]")) { return values }
      guard take(UInt8(ascii: ",")) else { throw expected("',' or ']'") }
    }
  }

  private mutating func object() throws(JSONError) -> JSONObject {
    try enter()
    defer { depth -= 1 }
    var object = JSONObject()
    var keys: Set<String> = []
    if take(UInt8(ascii: "}")) { return object }
    while true {
      skipSpace()
      let start = index
      guard next == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
      let key = try string()
      guard rules.allowsDuplicateKeys || keys.insert(key).inserted else {
        throw error("the key \"\(key)\" stands here twice", at: start)
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw expected("':' after a key") }
      object.members.append(.init(key: key, value: try value()))
      skipSpace()
      if take(UInt8(ascii: "}")) { return object }
      guard take(UInt8(ascii: ",")) else { throw expected("',' or '}'") }
    }
  }
}

// MARK: - Bytes

extension JSONReader {
  /// The byte at `index`, without consuming it.
  var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    index += 1
    return true
  }

  mutating func take(_ text: StaticString) -> Bool {
    let word = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[index...].starts(with: word) else { return false }
    index += word.count
    return true
  }

  func error(_ problem: String, at offset: Int? = nil) -> JSONError {
    JSONError(
      position: TextPosition(offset: offset ?? index, in: bytes, firstLine: firstLine),
      problem: problem)
  }

  /// The error of a text that stands where something else should.
  func expected(_ what: String) -> JSONError {
    guard let byte = next else { return error("the document ends too early: expected \(what)") }
    let isVisible = byte >= 0x21 && byte < 0x7F
    let found = isVisible ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    return error("expected \(what), found \(found)")
  }
}
