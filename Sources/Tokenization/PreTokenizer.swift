// Splits text into the words inside which merges happen.

import Checkpoints

/// The steps of a byte-level pre-tokenizer, in order; each works on the words of the one before.
///
/// Source: `pre_tokenizers` of huggingface/tokenizers (`Sequence`, `Split`, `Digits`, `ByteLevel`).
struct PreTokenizer: Sendable {
  enum Step: Sendable, Equatable {
    /// Splits at every match of a pattern, which is kept.
    case pattern(SplitPattern)
    /// Sets numbers (`\p{N}`) apart, each digit on its own or as runs.
    case digits(individual: Bool)
    /// Puts a space before a word that does not begin with one.
    case prefixSpace
  }

  var steps: [Step]

  /// The words of a text, never empty ones.
  func words(_ text: AlignedText) -> [AlignedText] {
    var words = text.count == 0 ? [] : [text]
    for step in steps {
      switch step {
      case .pattern(let pattern):
        words = words.flatMap { word in pattern.words(word.scalars).map(word.slice) }
      case .digits(let individual):
        words = words.flatMap { word in
          digitRanges(word.scalars, individual: individual).map(word.slice)
        }
      case .prefixSpace:
        for index in words.indices where words[index].scalars.first != " " {
          words[index].prepend([" "])
        }
      }
    }
    return words
  }
}

private func digitRanges(_ scalars: [Unicode.Scalar], individual: Bool) -> [Range<Int>] {
  let isNumber = scalars.map { ScalarClass($0) == .number }
  var ranges: [Range<Int>] = []
  var start = 0
  for end in 1...scalars.count {
    let joins = end < scalars.count && isNumber[end] == isNumber[end - 1]
    if joins, !(individual && isNumber[end]) { continue }
    ranges.append(start..<end)
    start = end
  }
  return ranges
}

// MARK: - Reading tokenizer.json

extension PreTokenizer {
  private static let knownTypes = ["Sequence", "Split", "Digits", "ByteLevel"]

  /// Reads the `pre_tokenizer` section. Its last step must be `ByteLevel`, which turns words into
  /// the bytes that the merges are written in.
  init(_ section: ConfigurationFile?, file: String) throws {
    func refuse(_ found: String) -> TokenizerError {
      .unsupported(part: "pre_tokenizer", found: found, known: Self.knownTypes, file: file)
    }
    guard let section else { throw refuse("null") }
    let isSequence = try section.string("type") == "Sequence"
    let parts = isSequence ? try section.sections("pretokenizers") : [section]
    steps = []
    for part in parts {
      switch try part.string("type") {
      case "ByteLevel":
        if try part.bool("add_prefix_space", default: true) { steps.append(.prefixSpace) }
        if try part.bool("use_regex", default: true) { steps.append(.pattern(.gpt2)) }
      case "Digits":
        steps.append(.digits(individual: try part.bool("individual_digits", default: false)))
      case "Split": steps.append(.pattern(try SplitPattern(part)))
      case let type: throw refuse(type)
      }
    }
    let byteLevel = try parts.indices.filter { try parts[$0].string("type") == "ByteLevel" }
    guard byteLevel == [parts.count - 1] else {
      throw refuse("without ByteLevel as its one last step")
    }
  }
}

extension SplitPattern {
  /// Reads a `Split` step: the pattern's text decides.
  fileprivate init(_ part: ConfigurationFile) throws {
    // Every known pattern covers the whole text, so keeping the matches as words and removing what
    // lies between them are the same.
    let behavior = try part.string("behavior")
    let inverted = try part.bool("invert", default: false)
    guard behavior == (inverted ? "Removed" : "Isolated") else {
      throw TokenizerError.unsupported(
        part: "pre_tokenizer Split", found: "\(behavior), invert \(inverted)",
        known: ["Isolated, invert false", "Removed, invert true"], file: part.path)
    }
    let pattern = try part.section("pattern")
    let text = try pattern?.string("Regex") ?? ""
    guard let known = Self.known.first(where: { $0.text == text }) else {
      throw TokenizerError.unknownPattern(
        pattern: text, known: Self.known.map(\.name), file: part.path)
    }
    self = known.pattern
  }
}
