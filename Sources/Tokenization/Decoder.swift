// The `decoder` section of `tokenizer.json`, which also tells the kinds of tokenizers apart.

import Checkpoints

/// How pieces become text again.
///
/// Source: `decoders` of huggingface/tokenizers. Of `Metaspace`, which removes every `▁` of the
/// first token there, only one is removed, so that what was encoded comes back.
enum Decoder: Equatable {
  /// Pieces spell bytes.
  case byteLevel
  /// Pieces have `▁` for spaces, and perhaps `<0x0A>` for bytes.
  case spaces(stripsLeading: Bool)

  private static let known = [
    "ByteLevel", "Metaspace", "Sequence of Replace ▁, ByteFallback, Fuse and Strip of one space",
  ]

  init(_ section: ConfigurationFile?, file: String) throws {
    switch try section?.string("type") {
    case "ByteLevel": self = .byteLevel
    case "Metaspace":
      try Metaspace.checkReplacement(section)
      self = .spaces(stripsLeading: try Metaspace.prefix(section) != .never)
    case "Sequence": self = try Self.sequence(section?.sections("decoders") ?? [], file: file)
    case let type: throw Self.refusal(type ?? "null", file)
    }
  }

  private static func sequence(_ parts: [ConfigurationFile], file: String) throws -> Decoder {
    var (replaces, strips) = (false, false)
    for part in parts {
      switch try part.string("type") {
      case "Replace":
        let old = try part.section("pattern")?.string("String", default: "") ?? ""
        let new = try part.string("content")
        guard old == "▁", new == " " else { throw refusal("Replace of \(old) by \(new)", file) }
        replaces = true
      case "ByteFallback", "Fuse": break  // what every decoder here does
      case "Strip":
        guard try part.string("content") == " ", try part.int("start") <= 1,
          try part.int("stop") == 0
        else { throw refusal("Strip of more than one space at the start", file) }
        strips = try part.int("start") == 1
      case let type: throw refusal("Sequence with \(type)", file)
      }
    }
    guard replaces else { throw refusal("Sequence without Replace", file) }
    return .spaces(stripsLeading: strips)
  }

  private static func refusal(_ found: String, _ file: String) -> TokenizerError {
    .unsupported(part: "decoder", found: found, known: known, file: file)
  }
}
