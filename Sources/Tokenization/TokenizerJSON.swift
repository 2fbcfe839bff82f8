// Reads `tokenizer.json`, and the names of BOS and EOS beside it, into the parts of a tokenizer.

import Checkpoints
import JSONText

extension TokenizerParts {
  init(_ file: ConfigurationFile) throws {
    guard let model = try file.section("model") else {
      throw CheckpointError.missingKey(key: "model", file: file.path)
    }
    try Self.checkSupported(model)
    addedTokens = try file.sections("added_tokens").map(AddedToken.init)
    // Merges know the model's own pieces only: an added token is never made of parts.
    let pieces = try Vocabulary(model)
    vocabulary = try pieces.adding(addedTokens, file: file.path)
    normalizer = try Normalizer.read(file.section("normalizer"))
    template = try Template(file.section("post_processor"), vocabulary: vocabulary)
    let decoder = try Decoder(file.section("decoder"), file: file.path)
    switch decoder {
    case .byteLevel: algorithm = try Self.byteLevel(file, model, pieces)
    case .spaces(let strips):
      algorithm = try Self.sentencePiece(file, model, pieces, normalizer)
      stripsLeadingSpace = strips
    }
  }

  private static func byteLevel(
    _ file: ConfigurationFile, _ model: ConfigurationFile, _ pieces: Vocabulary
  ) throws -> ByteLevelBPE {
    if try model.bool("byte_fallback", default: false) {
      throw TokenizerError.unsupported(
        part: "decoder", found: "ByteLevel with model.byte_fallback",
        known: ["ByteLevel without, Sequence with"], file: file.path)
    }
    return ByteLevelBPE(
      preTokenizer: try PreTokenizer(file.section("pre_tokenizer"), file: file.path),
      vocabulary: pieces, merges: try MergeTable(model, vocabulary: pieces),
      ignoresMerges: try model.bool("ignore_merges", default: false),
      unknownID: try unknownID(model, pieces))
  }

  private static func sentencePiece(
    _ file: ConfigurationFile, _ model: ConfigurationFile, _ pieces: Vocabulary,
    _ normalizer: Normalizer?
  ) throws -> SentencePieceBPE {
    let ignoresMerges = try model.bool("ignore_merges", default: false)
    let characters = CharacterTable(pieces)
    return SentencePieceBPE(
      merges: try MergeTable(model, vocabulary: pieces), characters: characters,
      byteIDs: try model.bool("byte_fallback", default: false) ? byteIDs(pieces) : [],
      unknownID: try unknownID(model, pieces),
      fusesUnknown: try model.bool("fuse_unk", default: false), unusedIDs: [],
      pieceLimit: Int32(pieces.pieces.count),
      metaspace: try Metaspace.read(
        file.section("pre_tokenizer"), normalizer: normalizer, file: file.path),
      wholeWords: ignoresMerges ? pieces : nil,
      splitsAtSpaces: !ignoresMerges
        && characters.isPiece(SentencePieceBPE.space, limit: pieces.pieces.count)
        && !pieces.pieces.contains { $0.map(SentencePieceBPE.hasInnerSpace) ?? false })
  }

  private static func byteIDs(_ pieces: Vocabulary) -> [Int32] {
    (UInt8.min...UInt8.max).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return pieces.id(of: byte < 16 ? "<0x0\(digits)>" : "<0x\(digits)>") ?? -1
    }
  }

  /// Refuses models that would be tokenized wrongly.
  private static func checkSupported(_ model: ConfigurationFile) throws {
    func refuse(_ part: String, _ found: String, known: String) -> TokenizerError {
      .unsupported(part: part, found: found, known: [known], file: model.path)
    }
    let type = try model.string("type", default: "BPE")
    guard type == "BPE" else { throw refuse("model type", type, known: "BPE") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      let affix = try model.string(key, default: "")
      if !affix.isEmpty { throw refuse("model.\(key)", affix, known: "null") }
    }
    let dropout = try model.double("dropout", default: 0)
    if dropout != 0 { throw refuse("model.dropout", "\(dropout)", known: "null") }
  }

  private static func unknownID(
    _ model: ConfigurationFile, _ vocabulary: Vocabulary
  ) throws -> Int32? {
    let name = try model.string("unk_token", default: "")
    if name.isEmpty { return nil }
    if let id = vocabulary.id(of: name) { return id }
    throw TokenizerError.unknownToken(token: name, key: "model.unk_token", file: model.path)
  }

  /// `tokenizer_config.json` names BOS and EOS; without it, `config.json` gives their ids.
  mutating func readNamedTokens(directory: String) throws {
    var names: ConfigurationFile?
    var ids: ConfigurationFile?
    if PathKind(directory + "/tokenizer_config.json") == .other {
      names = try ConfigurationFile(path: directory + "/tokenizer_config.json")
    }
    if PathKind(directory + "/config.json") == .other {
      ids = try ConfigurationFile(path: directory + "/config.json")
    }
    func find(_ name: String) -> Int32? {
      let named = names?.present(name)
      let text = named?.string ?? named?.object?["content"]?.string
      if let text, let id = vocabulary.id(of: text) { return id }
      let value = ids?.present(name + "_id")
      let id = value?.int ?? value?.array?.first?.int
      return id.flatMap { Int32(exactly: $0) }
    }
    bosTokenID = find("bos_token")
    eosTokenID = find("eos_token")
  }
}
