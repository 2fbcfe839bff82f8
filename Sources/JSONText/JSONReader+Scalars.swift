// The reader's strings and numbers.

// MARK: - Strings

extension JSONReader {
  /// Reads a string whose opening quote is at `index`.
  mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      if bytes[index] == UInt8(ascii: "\\") || bytes[index] < 0x20 {
        return try escapedString(from: start)
      }
      index += 1
    }
    let content = bytes[start..<index]
    return try finishString(UnsafeRawBufferPointer(rebasing: content))
  }

  private mutating func finishString(
    _ content: UnsafeRawBufferPointer
  ) throws(JSONError) -> String {
    guard index < bytes.count else { throw error("the string is not closed") }
    let units = content.assumingMemoryBound(to: UInt8.self)
    guard let text = String(validating: units, as: UTF8.self) else {
      throw error("the string is not valid UTF-8")
    }
    index += 1
    return text
  }

  /// The rest of a string that holds escapes; `index` is at the first of them.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var content = Array(bytes[start..<index])
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      let byte = bytes[index]
      guard byte >= 0x20 else { throw error("a string must not hold a bare control character") }
      index += 1
      if byte == UInt8(ascii: "\\") {
        content.append(contentsOf: UTF8.encode(try escape()) ?? .init())
      } else {
        content.append(byte)
      }
    }
    return try content.withUnsafeBufferPointer { (units) throws(JSONError) in
      try finishString(UnsafeRawBufferPointer(units))
    }
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let letter = next else { throw error("the string is not closed") }
    index += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw error("unknown escape in a string")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let high = try hexUnit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw error("half of a surrogate pair in a string")
    }
    let low = try hexUnit()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw error("half of a surrogate pair in a string") }
    return scalar
  }

  private mutating func hexUnit() throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for place in index..<index + 4 {
      guard place < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[place])).hexDigitValue
      else { throw error("expected four hexadecimal digits after \\u") }
      unit = unit << 4 | UInt32(digit)
    }
    index += 4
    return unit
  }
}

// MARK: - Numbers

extension JSONReader {
  /// Reads a number that begins at `index`, or faults what stands there instead.
  mutating func number() throws(JSONError) -> JSONValue.Content {
    let start = index
    let isNegative = take(UInt8(ascii: "-"))
    if isNegative, rules.allowsNonFinite, take("Infinity") { return .double(-.infinity) }
    let first = index
    guard digits() > 0 else { throw expected("a value") }
    guard index == first + 1 || bytes[first] != UInt8(ascii: "0") else {
      throw error("a number must not begin with 0")
    }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard digits() > 0 else { throw expected("a digit after the decimal point") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw expected("a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isInteger, let value = Int(text) { return .int(value) }
    guard let value = Double(text), value.isFinite || rules.allowsNonFinite else {
      throw error("the number \(text) is too large")
    }
    return .double(value)
  }

  /// Consumes digits, and tells how many.
  private mutating func digits() -> Int {
    let start = index
    while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
    return index - start
  }
}
