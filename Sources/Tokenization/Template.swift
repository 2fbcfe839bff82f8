// What the post-processor puts around a text.

import Checkpoints

/// Ids before and after the text.
///
/// Source: `processors` of huggingface/tokenizers (`TemplateProcessing`, `ByteLevel`, `Sequence`).
/// `ByteLevel` only trims the ranges of tokens, which this program does not do.
struct Template: Sendable, Equatable {
  var before: [Int32] = []
  var after: [Int32] = []

  init() {}

  /// Reads the `post_processor` section.
  init(_ section: ConfigurationFile?, vocabulary: Vocabulary) throws {
    guard let section else { return }
    switch try section.string("type") {
    case "ByteLevel": return
    case "Sequence":
      for part in try section.sections("processors") {
        let inner = try Template(part, vocabulary: vocabulary)
        before = inner.before + before
        after += inner.after
      }
    case "TemplateProcessing": try readSingle(section, vocabulary: vocabulary)
    case let type:
      throw TokenizerError.unsupported(
        part: "post_processor type", found: type,
        known: ["TemplateProcessing", "ByteLevel", "Sequence"], file: section.path)
    }
  }

  private mutating func readSingle(
    _ section: ConfigurationFile, vocabulary: Vocabulary
  ) throws {
    let definitions = try section.section("special_tokens")
    var textCount = 0
    for item in try section.sections("single") {
      guard let token = try item.section("SpecialToken") else {
        textCount += 1
        continue
      }
      let name = try token.string("id")
      let ids = try definitions?.section(name)?.ints("ids").map { Int32(exactly: $0) ?? -1 } ?? []
      guard !ids.isEmpty, ids.allSatisfy({ vocabulary[$0] != nil }) else {
        throw TokenizerError.unknownToken(
          token: name, key: section.fullKey("special_tokens"), file: section.path)
      }
      if textCount == 0 { before += ids } else { after += ids }
    }
    guard textCount == 1 else {
      throw TokenizerError.unsupported(
        part: "post_processor", found: "with \(textCount) texts in its single template",
        known: ["one text"], file: section.path)
    }
  }
}
