// `tokenizer.model`: a trained SentencePiece model, as the library itself saves it.

import Checkpoints

/// Reads a model file into the parts of a tokenizer.
///
/// Source: `sentencepiece_model.proto`, `normalizer.cc` and `bpe_model.cc` of google/sentencepiece.
/// BOS, which that library leaves to its caller, is added as `LlamaTokenizer` of transformers does.
struct SentencePieceModel {
  private let file: MappedFile
  private var listed: SentencePieces
  private var trainer = TrainerSettings()
  private var normalizer = NormalizerSettings()

  /// The settings of `TrainerSpec` that decide how text is encoded, with the schema's defaults.
  private struct TrainerSettings {
    var modelType = 1
    var treatsWhitespaceAsSuffix = false
    var bosPiece = "<s>"
    var eosPiece = "</s>"
  }

  /// The settings of `NormalizerSpec`, with the schema's defaults.
  private struct NormalizerSettings {
    var name = ""
    var hasCharacterMap = false
    var addsDummyPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
  }

  /// - Parameters:
  ///   - file: the mapped model.
  ///   - addsBOS: whether BOS goes before a text, for a model that has BOS.
  ///   - addsEOS: whether EOS goes after a text, for a model that has EOS.
  /// - Returns: the parts of its tokenizer.
  /// - Throws: `TokenizerError` for a damaged model, and for one of a kind that is not implemented.
  static func parts(
    _ file: MappedFile, addsBOS: Bool = true, addsEOS: Bool = false
  ) throws -> TokenizerParts {
    try SentencePieceModel(file).parts(addsBOS: addsBOS, addsEOS: addsEOS)
  }

  private init(_ file: MappedFile) throws {
    self.file = file
    listed = SentencePieces(file: file.path)
    var reader = ProtobufReader(file.bytes, path: file.path)
    while let field = try reader.next() {
      switch field.number {
      case 1: try readPiece(try field.bytes)
      case 2: try readTrainer(try field.bytes)
      case 3: try readNormalizer(try field.bytes)
      default: break  // self-tests, and extensions that the library ignores too
      }
    }
    if listed.pieces.isEmpty {
      throw TokenizerError.invalidModel(reason: "it has no pieces", file: file.path)
    }
    try checkSupported()
  }

  private mutating func readPiece(_ bytes: UnsafeRawBufferPointer) throws {
    var (piece, score, kind) = ("", Float(0), SentencePieces.Kind.normal)
    var reader = ProtobufReader(bytes, path: file.path)
    while let field = try reader.next() {
      switch field.number {
      case 1: piece = try field.string
      case 2: score = try field.float
      case 3:
        let number = try field.int
        guard let known = SentencePieces.Kind(rawValue: number) else {
          throw refusal("type of piece \(listed.pieces.count)", "\(number)", known: "1 to 6")
        }
        kind = known
      default: break
      }
    }
    if piece.isEmpty || score.isNaN {
      throw TokenizerError.invalidPiece(
        id: listed.pieces.count,
        reason: piece.isEmpty ? "is empty" : "has a score that is not a number", file: file.path)
    }
    listed.pieces.append(piece)
    listed.scores.append(score)
    listed.kinds.append(kind)
  }

  private mutating func readTrainer(_ bytes: UnsafeRawBufferPointer) throws {
    var reader = ProtobufReader(bytes, path: file.path)
    while let field = try reader.next() {
      switch field.number {
      case 3: trainer.modelType = try field.int
      case 24: trainer.treatsWhitespaceAsSuffix = try field.int != 0
      case 46: trainer.bosPiece = try field.string
      case 47: trainer.eosPiece = try field.string
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ bytes: UnsafeRawBufferPointer) throws {
    var reader = ProtobufReader(bytes, path: file.path)
    while let field = try reader.next() {
      switch field.number {
      case 1: normalizer.name = try field.string
      case 2: normalizer.hasCharacterMap = try !field.bytes.isEmpty
      case 3: normalizer.addsDummyPrefix = try field.int != 0
      case 4: normalizer.removesExtraSpaces = try field.int != 0
      case 5: normalizer.escapesSpaces = try field.int != 0
      default: break
      }
    }
  }
}

extension SentencePieceModel {
  private func refusal(_ part: String, _ found: String, known: String) -> TokenizerError {
    .unsupported(part: part, found: found, known: [known], file: file.path)
  }

  /// Refuses models that would be tokenized wrongly.
  private func checkSupported() throws {
    let types = [1: "unigram", 3: "word", 4: "char"]
    guard trainer.modelType == 2 else {
      throw refusal(
        "model_type", types[trainer.modelType] ?? "\(trainer.modelType)", known: "BPE")
    }
    if normalizer.hasCharacterMap {
      throw refusal("normalizer", normalizer.name, known: "identity")
    }
    if trainer.treatsWhitespaceAsSuffix {
      throw refusal("treat_whitespace_as_suffix", "true", known: "false")
    }
    if !normalizer.escapesSpaces { throw refusal("escape_whitespaces", "false", known: "true") }
  }

  private func parts(addsBOS: Bool, addsEOS: Bool) throws -> TokenizerParts {
    let vocabulary = try listed.vocabulary()
    let unknown = listed.kinds.firstIndex(of: .unknown).map { Int32($0) }
    func control(_ piece: String) -> Int32? {
      vocabulary.id(of: piece).flatMap { listed.kinds[Int($0)] == .control ? $0 : nil }
    }
    var parts = TokenizerParts(
      vocabulary: vocabulary,
      addedTokens: listed.addedTokens(userDefinedAreNormalized: true),
      normalizer: .sentencePiece(
        hasPrefix: normalizer.addsDummyPrefix,
        removesExtraSpaces: normalizer.removesExtraSpaces),
      algorithm: try listed.algorithm(vocabulary, unknownID: unknown), template: Template(),
      stripsLeadingSpace: normalizer.addsDummyPrefix || normalizer.removesExtraSpaces)
    parts.normalizesAddedTokens = false
    parts.bosTokenID = control(trainer.bosPiece)
    parts.eosTokenID = control(trainer.eosPiece)
    if addsBOS, let bos = parts.bosTokenID { parts.template.before = [bos] }
    if addsEOS, let eos = parts.eosTokenID { parts.template.after = [eos] }
    return parts
  }
}
