// The pre-tokenizer of SentencePiece models in `tokenizer.json`.

import Checkpoints

/// Puts `▁` for spaces and before the text, and may cut words before each `▁`.
///
/// Source: `pre_tokenizers/metaspace.rs` of huggingface/tokenizers.
struct Metaspace: Sendable, Equatable {
  enum Prefix: String, Sendable {
    case always, never
    /// Only where the whole text begins.
    case first
  }

  var prefix: Prefix
  var splits: Bool

  func apply(_ text: AlignedText) -> AlignedText {
    var text = text
    text.replace([" "], with: [SentencePieceBPE.space])
    guard let first = text.scalars.first, first != SentencePieceBPE.space else { return text }
    if prefix == .always || (prefix == .first && text.origins[0].lowerBound == 0) {
      text.prepend([SentencePieceBPE.space])
    }
    return text
  }
}

// MARK: - Reading tokenizer.json

extension Metaspace {
  /// Reads the `pre_tokenizer` section; `nil` where the text is one word.
  static func read(
    _ section: ConfigurationFile?, normalizer: Normalizer?, file: String
  ) throws -> Metaspace? {
    guard let section else { return nil }
    let type = try section.string("type")
    if type == "Metaspace" {
      try checkReplacement(section)
      return Metaspace(
        prefix: try prefix(section), splits: try section.bool("split", default: true))
    }
    // Gemma splits at spaces after its normalizer has replaced every one.
    let pattern = try section.section("pattern")?.string("String", default: "") ?? ""
    let leavesNoSpaces =
      normalizer?.steps.contains(.replace([" "], with: [SentencePieceBPE.space])) ?? false
    if type == "Split", pattern == " ", leavesNoSpaces { return nil }
    throw TokenizerError.unsupported(
      part: "pre_tokenizer", found: type,
      known: ["Metaspace", "null", "Split at a space that the normalizer has replaced"],
      file: file)
  }

  static func checkReplacement(_ section: ConfigurationFile?) throws {
    guard let section else { return }
    let replacement = try section.string("replacement", default: "▁")
    guard replacement == "▁" else {
      throw TokenizerError.unsupported(
        part: section.fullKey("replacement"), found: replacement, known: ["▁"],
        file: section.path)
    }
  }

  /// Files from before `prepend_scheme` have `add_prefix_space`.
  static func prefix(_ section: ConfigurationFile?) throws -> Prefix {
    guard let section else { return .always }
    guard section.contains("prepend_scheme") else {
      return try section.bool("add_prefix_space", default: true) ? .always : .never
    }
    let scheme = try section.string("prepend_scheme")
    guard let prefix = Prefix(rawValue: scheme) else {
      throw TokenizerError.unsupported(
        part: section.fullKey("prepend_scheme"), found: scheme,
        known: ["always", "first", "never"], file: section.path)
    }
    return prefix
  }
}
