// The one public type that turns text into token ids and back.

import Checkpoints

/// A tokenizer as a model's files describe it.
///
/// Encoding follows huggingface/tokenizers step by step: added tokens are cut out of the text, the
/// rest is normalized and tokenized by the model's algorithm, and the post-processor adds BOS.
public final class Tokenizer: Sendable {
  /// The highest id + 1, added tokens included.
  public let vocabularySize: Int
  public let bosTokenID: Int32?
  public let eosTokenID: Int32?

  private let vocabulary: Vocabulary
  private let addedTokens: [Int32: AddedToken]
  private let rawMatcher: AddedTokenMatcher
  private let normalizedMatcher: AddedTokenMatcher
  private let normalizer: Normalizer?
  private let algorithm: any TokenizationAlgorithm
  private let template: Template
  private let stripsLeadingSpace: Bool

  init(_ parts: TokenizerParts) {
    vocabulary = parts.vocabulary
    vocabularySize = parts.vocabulary.pieces.count
    bosTokenID = parts.bosTokenID
    eosTokenID = parts.eosTokenID
    addedTokens = Dictionary(parts.addedTokens.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    rawMatcher = AddedTokenMatcher(parts.addedTokens.filter { !$0.isNormalized })
    normalizedMatcher = AddedTokenMatcher(
      parts.addedTokens.filter(\.isNormalized),
      normalizer: parts.normalizesAddedTokens ? parts.normalizer : nil)
    normalizer = parts.normalizer
    algorithm = parts.algorithm
    template = parts.template
    stripsLeadingSpace = parts.stripsLeadingSpace
  }

  /// Reads the tokenizer of a model.
  /// - Parameter path: a model's directory, a GGUF file, a `tokenizer.json`, or a SentencePiece
  ///   `tokenizer.model`. In a directory `tokenizer.json` wins over `tokenizer.model`, and
  ///   `tokenizer_config.json` or `config.json`, where they are there, say what is BOS and EOS.
  /// - Returns: the tokenizer; nothing stays mapped.
  /// - Throws: `TokenizerError` with the file, what is wrong with it, and the remedy.
  public static func load(path: String) throws(TokenizerError) -> Tokenizer {
    Tokenizer(try TokenizerParts.read(path: path))
  }

  /// Reads a tokenizer from a file that is mapped already.
  package static func load(_ file: MappedFile) throws(TokenizerError) -> Tokenizer {
    Tokenizer(try TokenizerParts.read(file))
  }

  /// Turns a text into token ids.
  /// - Parameters:
  ///   - text: any text; it need not be normalized.
  ///   - addBOS: whether the post-processor adds what it adds: BOS for most models, nothing where
  ///     it has no rule. A rule that also adds EOS is followed.
  ///   - parseSpecial: whether the texts of special tokens become those tokens; otherwise they are
  ///     plain text. Added tokens that are not special are always found.
  /// - Returns: ids, and for each the range of Unicode scalars of `text` that it stands for.
  public func encode(
    _ text: String, addBOS: Bool = true, parseSpecial: Bool = false
  ) -> Encoding {
    var encoding = Encoding()
    if addBOS { for id in template.before { encoding.append(id, 0..<0) } }
    let whole = AlignedText(text)
    for part in rawMatcher.parts(whole.scalars, parseSpecial: parseSpecial) {
      if let id = part.id {
        encoding.append(id, whole.origin(part.range))
      } else {
        encodeNormalized(whole.slice(part.range), parseSpecial: parseSpecial, into: &encoding)
      }
    }
    if addBOS { for id in template.after { encoding.append(id, 0..<0) } }
    return encoding
  }

  private func encodeNormalized(
    _ text: AlignedText, parseSpecial: Bool, into encoding: inout Encoding
  ) {
    let normalized = normalizer?.apply(text) ?? text
    for part in normalizedMatcher.parts(normalized.scalars, parseSpecial: parseSpecial) {
      if let id = part.id {
        encoding.append(id, normalized.origin(part.range))
      } else {
        algorithm.encode(normalized.slice(part.range), into: &encoding)
      }
    }
  }

  /// The text of some tokens. Bytes that are not UTF-8 become U+FFFD; an id without a piece, such
  /// as the padding rows of an embedding, adds nothing.
  /// A space that encoding puts before the text is removed again.
  public func decode(_ ids: [Int32], skipSpecial: Bool = false) -> String {
    let bytes = bytes(of: ids, skipSpecial: skipSpecial)
    let text = stripsLeadingSpace && bytes.first == 0x20 ? bytes[1...] : bytes[...]
    return String(decoding: text, as: UTF8.self)
  }

  private func bytes(of ids: [Int32], skipSpecial: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids {
      if let token = addedTokens[id] {
        if skipSpecial && token.isSpecial { continue }
        algorithm.appendBytes(ofAdded: token.content, to: &bytes)
      } else if let piece = vocabulary[id] {
        algorithm.appendBytes(of: piece, to: &bytes)
      }
    }
    return bytes
  }

  /// The text of one token, U+FFFD where it is a fragment of a character; `nil` for an unused id.
  public func piece(_ id: Int32) -> String? {
    vocabulary[id] == nil
      ? nil : String(decoding: bytes(of: [id], skipSpecial: false), as: UTF8.self)
  }

  /// The piece as it stands in the vocabulary, such as `Ġdog`; `nil` for an unused id.
  public func rawPiece(_ id: Int32) -> String? { vocabulary[id] }

  /// The id of a piece as it stands in the vocabulary.
  public func tokenID(ofPiece raw: String) -> Int32? { vocabulary.id(of: raw) }

  /// Whether this is a special token, such as BOS.
  public func isSpecial(_ id: Int32) -> Bool { addedTokens[id]?.isSpecial ?? false }
}
