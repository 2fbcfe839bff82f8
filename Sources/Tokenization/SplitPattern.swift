// Hand-written scanners for the regular expressions by which models split text into words.

/// A known splitting pattern. Every pattern matches every scalar, so a text falls into words
/// without gaps.
///
/// To add one: a case with its text in `SplitPattern.known`, its rule in `wordEnd`, and a line in
/// the table of `Tests/TokenizationTests/Fixtures/make_fixtures.py`.
package enum SplitPattern: Sendable, Equatable {
  /// GPT-2, and every tokenizer whose `ByteLevel` has `use_regex`.
  case gpt2
  /// Llama-3 and Qwen2, which differ in how many digits make a word.
  case cl100k(digits: Int)

  package struct Known {
    package let name: String
    package let pattern: SplitPattern
    package let text: String
  }

  package static let known: [Known] = [
    Known(
      name: "GPT-2", pattern: .gpt2,
      text: #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#),
    Known(
      name: "Llama-3", pattern: .cl100k(digits: 3),
      text: #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"#
        + #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#),
    Known(
      name: "Qwen2", pattern: .cl100k(digits: 1),
      text: #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"#
        + #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#),
  ]

  /// The words of `scalars`, as ranges that follow one another from 0 to the end.
  package func words(_ scalars: [Unicode.Scalar]) -> [Range<Int>] {
    let scanner = Scanner(scalars: scalars, classes: scalars.map(ScalarClass.init))
    var words: [Range<Int>] = []
    var start = 0
    while start < scalars.count {
      let end = wordEnd(scanner, start)
      words.append(start..<end)
      start = end
    }
    return words
  }

  private func wordEnd(_ scanner: Scanner, _ start: Int) -> Int {
    switch self {
    case .gpt2: scanner.gpt2WordEnd(start)
    case .cl100k(let digits): scanner.cl100kWordEnd(start, digits: digits)
    }
  }
}

/// What the patterns distinguish: `\p{L}`, `\p{N}`, `[\r\n]`, other `\s`, and the rest.
package enum ScalarClass: Sendable {
  case letter, number, newline, space, other

  package init(_ scalar: Unicode.Scalar) {
    self = scalar.value < 128 ? Self.ascii[Int(scalar.value)] : Self(looking: scalar)
  }

  var isWhitespace: Bool { self == .newline || self == .space }

  private init(looking scalar: Unicode.Scalar) {
    if scalar == "\r" || scalar == "\n" {
      self = .newline
      return
    }
    if scalar.properties.isWhitespace {
      self = .space
      return
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber: self = .number
    default: self = .other
    }
  }

  private static let ascii = (UInt8(0)..<128).map { ScalarClass(looking: Unicode.Scalar($0)) }
}

/// A text with the class of each scalar, and the alternatives of the patterns as methods. Each
/// gives the end of its match at `start`, or `nil` where it does not match.
private struct Scanner {
  let scalars: [Unicode.Scalar]
  let classes: [ScalarClass]

  func gpt2WordEnd(_ start: Int) -> Int {
    if let end = contractionEnd(start, ignoringCase: false) { return end }
    // ` ?` before letters, numbers or the rest.
    let hasWord = start + 1 < classes.count && !classes[start + 1].isWhitespace
    let body = scalars[start] == " " && hasWord ? start + 1 : start
    if !classes[body].isWhitespace { return runEnd(of: classes[body], body) }
    return whitespaceEnd(start)
  }

  func cl100kWordEnd(_ start: Int, digits: Int) -> Int {
    if let end = contractionEnd(start, ignoringCase: true) { return end }
    let first = classes[start]
    let second = start + 1 < classes.count ? classes[start + 1] : nil
    if first == .letter { return runEnd(of: .letter, start) }
    if first == .number { return min(runEnd(of: .number, start), start + digits) }
    if first != .newline, second == .letter { return runEnd(of: .letter, start + 1) }
    let body = scalars[start] == " " && second == .other ? start + 1 : start
    if classes[body] == .other { return runEnd(of: .newline, runEnd(of: .other, body)) }
    // `\s*[\r\n]+` reaches to the last line end of the white space.
    let end = runEnd(start) { $0.isWhitespace }
    if let last = classes[start..<end].lastIndex(of: .newline) { return last + 1 }
    return whitespaceEnd(start)
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  private func contractionEnd(_ start: Int, ignoringCase: Bool) -> Int? {
    guard scalars[start] == "'", start + 1 < scalars.count else { return nil }
    let first = fold(scalars[start + 1], ignoringCase)
    switch first {
    case "s", "t", "m", "d": return start + 2
    case "r", "v", "l":
      guard start + 2 < scalars.count else { return nil }
      let second: Unicode.Scalar = first == "l" ? "l" : "e"
      return fold(scalars[start + 2], ignoringCase) == second ? start + 3 : nil
    default: return nil
    }
  }

  /// Simple case folding as far as contractions need it; the long s folds to s.
  private func fold(_ scalar: Unicode.Scalar, _ ignoringCase: Bool) -> Unicode.Scalar {
    guard ignoringCase else { return scalar }
    if scalar == "\u{17F}" { return "s" }
    return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
  }

  /// `\s+(?!\S)|\s+`: white space, but the last one is left to the word that follows.
  private func whitespaceEnd(_ start: Int) -> Int {
    let end = runEnd(start) { $0.isWhitespace }
    return end == classes.count || end - start == 1 ? end : end - 1
  }

  private func runEnd(of wanted: ScalarClass, _ start: Int) -> Int {
    runEnd(start) { $0 == wanted }
  }

  private func runEnd(_ start: Int, _ belongs: (ScalarClass) -> Bool) -> Int {
    var end = start
    while end < classes.count, belongs(classes[end]) { end += 1 }
    return end
  }
}
