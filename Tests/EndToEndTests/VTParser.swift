// Reads a program's output byte by byte and performs on a screen what its escape sequences say.

/// A parser of terminal output. Sequences may be split anywhere between two calls.
///
/// Source: the states of Williams, "A parser for DEC's ANSI-compatible video terminals"; the
/// meanings are those of xterm's ctlseqs.
struct VTParser {
  var screen: Screen
  /// Sequences that mean nothing to this model, so that a test can insist there are none.
  private(set) var unknown: [String] = []

  private enum State {
    case ground
    case escape(intermediate: UInt8?)
    case control(bytes: [UInt8])
    /// OSC, DCS and their kin, up to BEL or ESC \.
    case string(sawEscape: Bool)
  }
  private var state = State.ground
  private var partialUTF8: [UInt8] = []

  init(_ size: ScreenSize) { screen = Screen(size) }

  mutating func feed(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { step(byte) }
  }

  private mutating func step(_ byte: UInt8) {
    switch state {
    case .ground: ground(byte)
    case .escape(let intermediate): escape(byte, intermediate)
    case .control(let bytes): control(byte, bytes)
    case .string(let sawEscape):
      let ends = byte == 0x07 || (sawEscape && byte == UInt8(ascii: "\\"))
      state = ends ? .ground : .string(sawEscape: byte == 0x1B)
    }
  }

  // MARK: Plain characters

  private mutating func ground(_ byte: UInt8) {
    if byte < 0x20 || byte == 0x7F { return c0(byte) }
    partialUTF8.append(byte)
    let needed: Int
    switch partialUTF8[0] {
    case ..<0x80: needed = 1
    case 0xC2..<0xE0: needed = 2
    case 0xE0..<0xF0: needed = 3
    case 0xF0..<0xF5: needed = 4
    default: needed = 1
    }
    guard partialUTF8.count == needed else { return }
    for scalar in String(decoding: partialUTF8, as: UTF8.self).unicodeScalars {
      screen.write(scalar)
    }
    partialUTF8 = []
  }

  private mutating func c0(_ byte: UInt8) {
    switch byte {
    case 0x08: screen.moveBy(right: -1)
    case 0x09: screen.tab()
    case 0x0A, 0x0B, 0x0C: screen.lineFeed()
    case 0x0D: screen.move(column: 0)
    case 0x0E: screen.characterSet = 1
    case 0x0F: screen.characterSet = 0
    case 0x1B:
      partialUTF8 = []
      state = .escape(intermediate: nil)
    default: break  // NUL is padding, BEL makes no mark
    }
  }

  // MARK: Escape sequences

  private mutating func escape(_ byte: UInt8, _ intermediate: UInt8?) {
    if (0x20...0x2F).contains(byte) { return state = .escape(intermediate: byte) }
    state = .ground
    if let intermediate {
      let set = intermediate == UInt8(ascii: "(") ? 0 : intermediate == UInt8(ascii: ")") ? 1 : nil
      guard let set else { return note("ESC", [intermediate, byte]) }
      return screen.drawsLines[set] = byte == UInt8(ascii: "0")
    }
    switch byte {
    case UInt8(ascii: "["): state = .control(bytes: [])
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
      UInt8(ascii: "_"), UInt8(ascii: "k"):
      state = .string(sawEscape: false)
    case UInt8(ascii: "7"): screen.saveCursor()
    case UInt8(ascii: "8"): screen.restoreCursor()
    case UInt8(ascii: "D"): screen.lineFeed()
    case UInt8(ascii: "E"):
      screen.move(column: 0)
      screen.lineFeed()
    case UInt8(ascii: "M"): screen.reverseLineFeed()
    case UInt8(ascii: "c"): screen = Screen(screen.size)
    case UInt8(ascii: "="): screen.usesKeypadMode = true
    case UInt8(ascii: ">"): screen.usesKeypadMode = false
    case UInt8(ascii: "H"): break  // a tab stop: ncurses sets the usual ones
    default: note("ESC", [byte])
    }
  }

  private mutating func control(_ byte: UInt8, _ bytes: [UInt8]) {
    guard (0x40...0x7E).contains(byte) else {
      if byte >= 0x20 { state = .control(bytes: bytes + [byte]) } else { c0(byte) }
      return
    }
    state = .ground
    let isPrivate = bytes.first == UInt8(ascii: "?")
    let text = String(decoding: isPrivate ? bytes.dropFirst() : bytes[...], as: UTF8.self)
    guard text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ";" || $0 == ":") }) else {
      return note("CSI", bytes + [byte])
    }
    let fields = text.split(omittingEmptySubsequences: false) { $0 == ";" || $0 == ":" }
    let parameters = text.isEmpty ? [] : fields.map { Int($0) ?? 0 }
    let final = Character(Unicode.Scalar(byte))
    let isKnown =
      isPrivate
      ? performPrivate(final, parameters) : perform(final, ControlParameters(parameters))
    if !isKnown { note("CSI", bytes + [byte]) }
  }

  private mutating func note(_ kind: String, _ bytes: [UInt8]) {
    unknown.append("\(kind) \(String(decoding: bytes, as: UTF8.self))")
  }

  private mutating func performPrivate(_ final: Character, _ modes: [Int]) -> Bool {
    guard final == "h" || final == "l" else { return false }
    for mode in modes { screen.setPrivateMode(mode, final == "h") }
    return true
  }

  /// Performs one control sequence.
  /// - Returns: whether it is one that this model knows.
  private mutating func perform(_ final: Character, _ parameters: ControlParameters) -> Bool {
    let count = parameters.count
    switch final {
    case "A": screen.moveBy(down: -count)
    case "B", "e": screen.moveBy(down: count)
    case "C", "a": screen.moveBy(right: count)
    case "D": screen.moveBy(right: -count)
    case "E": screen.move(row: screen.row + count, column: 0)
    case "F": screen.move(row: screen.row - count, column: 0)
    case "G", "`": screen.move(column: count - 1)
    case "d": screen.move(row: count - 1)
    case "H", "f": screen.move(row: count - 1, column: parameters[1, or: 1] - 1)
    case "J": screen.eraseInDisplay(parameters[0, or: 0])
    case "K": screen.eraseInLine(parameters[0, or: 0])
    case "X": screen.eraseCells(count)
    case "@": screen.insertCells(count)
    case "P": screen.deleteCells(count)
    case "L": screen.insertLines(count)
    case "M": screen.insertLines(-count)
    case "S": screen.scroll(count)
    case "T": screen.scroll(-count)
    case "b": screen.repeatLast(count)
    case "I": for _ in 0..<min(count, screen.size.columns) { screen.tab() }
    case "r":
      screen.setScrollRegion(
        top: parameters[0, or: 1] - 1, bottom: parameters[1, or: screen.size.rows] - 1)
    case "m": screen.style.apply(parameters.values.isEmpty ? [0] : parameters.values)
    case "h", "l": return setAnsiMode(parameters[0, or: 0], final == "h")
    case "s": screen.saveCursor()
    case "u": screen.restoreCursor()
    case "g", "t", "n", "c": break  // tab stops, window operations, reports: no mark on the screen
    default: return false
    }
    return true
  }

  /// Mode 4 inserts characters; 34 is screen's cursor shape, which leaves no mark.
  private mutating func setAnsiMode(_ mode: Int, _ isOn: Bool) -> Bool {
    if mode == 4 { screen.insertsCharacters = isOn }
    return mode == 4 || mode == 34
  }
}

/// The numbers of a control sequence; a missing one, or 0 where 0 means nothing, has a default.
struct ControlParameters {
  let values: [Int]

  init(_ values: [Int]) { self.values = values }

  /// The first number where it counts something: at least 1.
  var count: Int { max(self[0, or: 1], 1) }

  subscript(index: Int, or missing: Int) -> Int {
    guard index < values.count, values[index] != 0 else { return missing }
    return values[index]
  }
}

extension Style {
  /// SGR: applies the codes from left to right.
  mutating func apply(_ codes: [Int]) {
    var rest = codes[...]
    while let code = rest.popFirst() {
      switch code {
      case 0: self = Style()
      case 1: isBold = true
      case 2: isDim = true
      case 4: isUnderlined = true
      case 7: isReversed = true
      case 22: (isBold, isDim) = (false, false)
      case 24: isUnderlined = false
      case 27: isReversed = false
      case 30...37: foreground = code - 30
      case 38: foreground = Self.extendedColor(&rest)
      case 39: foreground = nil
      case 40...47: background = code - 40
      case 48: background = Self.extendedColor(&rest)
      case 49: background = nil
      case 90...97: foreground = code - 90 + 8
      case 100...107: background = code - 100 + 8
      default: break  // blink, italic and their kin: no test looks at them
      }
    }
  }

  /// `5;n`. Of `2;r;g;b` the numbers are taken and the color stays the terminal's own.
  private static func extendedColor(_ rest: inout ArraySlice<Int>) -> Int? {
    guard let kind = rest.popFirst() else { return nil }
    if kind == 5 { return rest.popFirst() }
    if kind == 2 { rest = rest.dropFirst(3) }
    return nil
  }
}
