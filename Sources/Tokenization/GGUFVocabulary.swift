// The tokenizer inside a GGUF file: `tokenizer.ggml.*`.

import Checkpoints

/// Reads a GGUF file's vocabulary into the parts of a tokenizer.
///
/// Source: `llama-vocab.cpp` of ggml-org/llama.cpp, which defines what the keys mean and which
/// defaults hold. Unlike there, added tokens are found leftmost first, not longest first.
struct GGUFVocabulary {
  private let file: GGUFFile
  private let listed: SentencePieces

  static func parts(_ file: GGUFFile) throws -> TokenizerParts {
    guard file.contains(key("model")) else { throw TokenizerError.noVocabulary(file: file.path) }
    let model = try file.string(key("model"))
    switch model {
    case "llama": return try GGUFVocabulary(file, needsScores: true).sentencePieceParts()
    case "gpt2": return try GGUFVocabulary(file, needsScores: false).byteLevelParts()
    default:
      throw TokenizerError.unsupported(
        part: key("model"), found: model, known: ["llama (SentencePiece BPE)", "gpt2 (BPE)"],
        file: file.path)
    }
  }

  private static func key(_ name: String) -> String { "tokenizer.ggml.\(name)" }

  private init(_ file: GGUFFile, needsScores: Bool) throws {
    self.file = file
    var listed = SentencePieces(file: file.path)
    let tokens = try file.array(Self.key("tokens"))
    listed.pieces.reserveCapacity(tokens.count)
    try tokens.forEachString { index, bytes in
      guard let piece = String(validating: bytes, as: UTF8.self) else {
        throw TokenizerError.invalidPiece(
          id: index, reason: "is not UTF-8", file: file.path)
      }
      listed.pieces.append(piece)
    }
    listed.kinds = try Self.kinds(file, count: tokens.count)
    if needsScores { listed.scores = try Self.scores(file, count: tokens.count) }
    self.listed = listed
  }

  private static func kinds(_ file: GGUFFile, count: Int) throws -> [SentencePieces.Kind] {
    guard let array = try file.arrayIfPresent(key("token_type")) else {
      return [SentencePieces.Kind](repeating: .normal, count: count)
    }
    try checkCount(array.count, count, "token_type", file)
    return try array.ints().enumerated().map { index, number in
      guard let kind = SentencePieces.Kind(rawValue: number) else {
        throw TokenizerError.unsupported(
          part: "\(key("token_type"))[\(index)]", found: "\(number)", known: ["1 to 6"],
          file: file.path)
      }
      return kind
    }
  }

  private static func scores(_ file: GGUFFile, count: Int) throws -> [Float] {
    let array = try file.array(key("scores"))
    try checkCount(array.count, count, "scores", file)
    return try array.doubles().enumerated().map { index, score in
      if score.isNaN {
        throw TokenizerError.invalidPiece(
          id: index, reason: "has a score that is not a number", file: file.path)
      }
      return Float(score)
    }
  }

  private static func checkCount(
    _ found: Int, _ expected: Int, _ name: String, _ file: GGUFFile
  ) throws {
    guard found == expected else {
      throw TokenizerError.countMismatch(
        key: key(name), found: found, expected: expected, file: file.path)
    }
  }
}

// MARK: - Both kinds

extension GGUFVocabulary {
  private func parts(
    _ vocabulary: Vocabulary, addedTokens: [AddedToken], normalizer: Normalizer?,
    algorithm: any TokenizationAlgorithm, addsBOS: Bool, stripsLeadingSpace: Bool
  ) throws -> TokenizerParts {
    var parts = TokenizerParts(
      vocabulary: vocabulary, addedTokens: addedTokens, normalizer: normalizer,
      algorithm: algorithm, template: Template(), stripsLeadingSpace: stripsLeadingSpace)
    let isSentencePiece = normalizer != nil
    parts.bosTokenID = try tokenID("bos_token_id", default: isSentencePiece ? 1 : nil)
    parts.eosTokenID = try tokenID("eos_token_id", default: isSentencePiece ? 2 : nil)
    if try file.bool(Self.key("add_bos_token"), default: addsBOS) {
      parts.template.before = [try required(parts.bosTokenID, "bos_token_id")]
    }
    if try file.bool(Self.key("add_eos_token"), default: false) {
      parts.template.after = [try required(parts.eosTokenID, "eos_token_id")]
    }
    return parts
  }

  private func required(_ id: Int32?, _ name: String) throws -> Int32 {
    guard let id else { throw CheckpointError.missingKey(key: Self.key(name), file: file.path) }
    return id
  }

  /// The id that a key gives, or the default where that is a token.
  private func tokenID(_ name: String, default id: Int?) throws -> Int32? {
    guard file.contains(Self.key(name)) else {
      return id.flatMap { $0 < listed.pieces.count ? Int32($0) : nil }
    }
    let id = try file.int(Self.key(name))
    // llama.cpp warns of an id beyond the vocabulary and goes on; it cannot be meant.
    guard listed.pieces.indices.contains(id) else {
      throw TokenizerError.unknownToken(token: "\(id)", key: Self.key(name), file: file.path)
    }
    return Int32(id)
  }

  /// Phi-3 takes the white space after most of its control tokens along, which the file cannot say.
  private func strippingRight(_ tokens: [AddedToken]) throws -> [AddedToken] {
    guard try file.string("general.architecture", default: "") == "phi3" else { return tokens }
    let plain = ["<unk>", "<s>", "<|endoftext|>"]
    return tokens.map { token in
      AddedToken(
        id: token.id, content: token.content, isSpecial: token.isSpecial,
        stripsRight: token.isSpecial && !plain.contains(token.content),
        isNormalized: token.isNormalized)
    }
  }
}

// MARK: - SentencePiece

extension GGUFVocabulary {
  private func sentencePieceParts() throws -> TokenizerParts {
    let vocabulary = try listed.vocabulary()
    let hasPrefix = try file.bool(Self.key("add_space_prefix"), default: true)
    let unknown = try tokenID("unknown_token_id", default: 0)
    return try parts(
      vocabulary,
      addedTokens: strippingRight(listed.addedTokens(userDefinedAreNormalized: false)),
      normalizer: .sentencePiece(hasPrefix: hasPrefix),
      algorithm: try listed.algorithm(vocabulary, unknownID: unknown), addsBOS: true,
      stripsLeadingSpace: hasPrefix)
  }
}

// MARK: - Byte-level

extension GGUFVocabulary {
  private func byteLevelParts() throws -> TokenizerParts {
    let preTokenizer = try NamedPreTokenizer.find(
      try preTokenizerName(), key: Self.key("pre"), file: file.path)
    // Merges know the model's own pieces only: an added token is never made of parts.
    var own = listed
    for token in listed.addedTokens(userDefinedAreNormalized: false) {
      own.pieces[Int(token.id)] = ""
    }
    let pieces = try own.vocabulary()
    let addedTokens = listed.addedTokens(userDefinedAreNormalized: false)
      .filter { !$0.content.isEmpty }
    return try parts(
      try pieces.adding(addedTokens, file: file.path), addedTokens: addedTokens,
      normalizer: nil,
      algorithm: ByteLevelBPE(
        preTokenizer: PreTokenizer(steps: preTokenizer.steps), vocabulary: pieces,
        merges: try MergeTable(
          try file.array(Self.key("merges")), vocabulary: pieces, file: file.path),
        ignoresMerges: preTokenizer.ignoresMerges, unknownID: nil),
      addsBOS: preTokenizer.addsBOS, stripsLeadingSpace: false)
  }

  /// Old files of two architectures lack the name, but only one was ever meant.
  private func preTokenizerName() throws -> String {
    if file.contains(Self.key("pre")) { return try file.string(Self.key("pre")) }
    let architecture = try file.string("general.architecture", default: "")
    guard ["gpt2", "gptneox"].contains(architecture) else {
      throw CheckpointError.missingKey(key: Self.key("pre"), file: file.path)
    }
    return "gpt-2"
  }
}

extension MergeTable {
  /// Reads merges as `left right`; neither side is empty.
  init(_ array: GGUFArray, vocabulary: Vocabulary, file: String) throws {
    self.init(capacity: array.count)
    var merged: [UInt8] = []
    try array.forEachString { index, bytes in
      func fault(_ reason: String) -> TokenizerError {
        .invalidMerge(index: index, reason: reason, file: file)
      }
      guard let space = bytes.dropFirst().firstIndex(of: UInt8(ascii: " ")),
        space + 1 < bytes.count
      else { throw fault("needs two pieces, as \"a b\"") }
      let left = UnsafeBufferPointer(rebasing: bytes[..<space])
      let right = UnsafeBufferPointer(rebasing: bytes[(space + 1)...])
      guard let leftID = vocabulary.id(ofUTF8: left), let rightID = vocabulary.id(ofUTF8: right)
      else {
        let absent = vocabulary.id(ofUTF8: left) == nil ? left : right
        let name = String(decoding: absent, as: UTF8.self)
        throw fault("names \(name), which is not in the vocabulary")
      }
      merged.removeAll(keepingCapacity: true)
      merged.append(contentsOf: left)
      merged.append(contentsOf: right)
      guard let id = merged.withUnsafeBufferPointer({ vocabulary.id(ofUTF8: $0) }) else {
        throw fault(
          "makes \(String(decoding: merged, as: UTF8.self)), which is not in the vocabulary")
      }
      insert(leftID, rightID, Merge(rank: UInt32(index), id: id))
    }
  }
}
