// What is done to a text before it is split.

import Checkpoints

/// Steps that change a text, in order.
///
/// Source: `normalizers` of huggingface/tokenizers, and `normalizer.cc` of google/sentencepiece.
struct Normalizer: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    /// Canonical composition (Unicode NFC).
    case nfc
    /// Puts characters before a text that is not empty.
    case prepend([Unicode.Scalar])
    /// Replaces each occurrence of the first by the second.
    case replace([Unicode.Scalar], with: [Unicode.Scalar])
    /// Removes spaces at both ends and all but the first of each run.
    case removeExtraSpaces
  }

  var steps: [Step]

  func apply(_ text: AlignedText) -> AlignedText {
    var text = text
    for step in steps {
      switch step {
      case .nfc: text = text.composed()
      case .prepend(let prefix): text.prepend(prefix)
      case .replace(let old, let new): text.replace(old, with: new)
      case .removeExtraSpaces: text.removeExtraSpaces()
      }
    }
    return text
  }

  /// SentencePiece's: a space before the text (`hasPrefix`), and `▁` for every space.
  static func sentencePiece(hasPrefix: Bool, removesExtraSpaces: Bool = false) -> Normalizer {
    let space = [SentencePieceBPE.space]
    return Normalizer(
      steps: (removesExtraSpaces ? [.removeExtraSpaces] : [])
        + (hasPrefix ? [.prepend(space)] : []) + [.replace([" "], with: space)])
  }
}

// MARK: - Reading tokenizer.json

extension Normalizer {
  /// Reads the `normalizer` section; `nil` where it does nothing.
  static func read(_ section: ConfigurationFile?) throws -> Normalizer? {
    guard let section else { return nil }
    let steps = try Self.steps(section)
    return steps.isEmpty ? nil : Normalizer(steps: steps)
  }

  private static func steps(_ section: ConfigurationFile) throws -> [Step] {
    switch try section.string("type") {
    case "Sequence": return try section.sections("normalizers").flatMap(steps)
    case "NFC": return [.nfc]
    case "Prepend": return [.prepend(Array(try section.string("prepend").unicodeScalars))]
    case "Replace":
      guard let old = try section.section("pattern")?.string("String", default: ""), !old.isEmpty
      else { throw refusal(of: "Replace of a regular expression", section) }
      return [
        .replace(
          Array(old.unicodeScalars), with: Array(try section.string("content").unicodeScalars))
      ]
    case let type: throw refusal(of: type, section)
    }
  }

  private static func refusal(
    of found: String, _ section: ConfigurationFile
  ) -> TokenizerError {
    .unsupported(
      part: "normalizer", found: found,
      known: ["NFC", "Prepend", "Replace of a string", "Sequence", "null"], file: section.path)
  }
}
