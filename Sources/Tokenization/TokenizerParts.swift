// What a tokenizer is made of, and which reader a path calls for.

import Checkpoints

/// The parts of a tokenizer, whatever file they come from.
struct TokenizerParts {
  var vocabulary: Vocabulary
  var addedTokens: [AddedToken]
  var normalizer: Normalizer?
  var algorithm: any TokenizationAlgorithm
  var template: Template
  /// Whether decoding removes the space that encoding put before the text.
  var stripsLeadingSpace = false
  /// Whether added tokens that are looked for in the normalized text are normalized themselves.
  var normalizesAddedTokens = true
  var bosTokenID: Int32?
  var eosTokenID: Int32?

  /// Reads a directory, a GGUF file, a `tokenizer.json` or a `tokenizer.model`.
  static func read(path: String) throws(TokenizerError) -> TokenizerParts {
    try namingErrors(path) {
      switch PathKind(path) {
      case .nothing: throw CheckpointError.missing(path: path)
      case .directory: try read(directory: path)
      case .other: try parts(try MappedFile(path: path))
      }
    }
  }

  /// Reads a file that is mapped already; its name and its beginning say what it is.
  static func read(_ file: MappedFile) throws(TokenizerError) -> TokenizerParts {
    try namingErrors(file.path) { try parts(file) }
  }

  private static func namingErrors(
    _ path: String, _ body: () throws -> TokenizerParts
  ) throws(TokenizerError) -> TokenizerParts {
    do {
      return try body()
    } catch let error as TokenizerError {
      throw error
    } catch let error as CheckpointError {
      throw .file(error)
    } catch {
      throw .file(.unreadable(path: path, reason: "\(error)"))
    }
  }

  private static func parts(_ file: MappedFile) throws -> TokenizerParts {
    if file.path.hasSuffix(".gguf") || GGUFFile.hasMagic(file) {
      return try GGUFVocabulary.parts(try GGUFFile(file))
    }
    if file.path.hasSuffix(".model") { return try SentencePieceModel.parts(file) }
    return try TokenizerParts(try ConfigurationFile(file))
  }

  private static func read(directory: String) throws -> TokenizerParts {
    if PathKind(directory + "/tokenizer.json") == .other {
      var parts = try TokenizerParts(try ConfigurationFile(path: directory + "/tokenizer.json"))
      try parts.readNamedTokens(directory: directory)
      return parts
    }
    guard PathKind(directory + "/tokenizer.model") == .other else {
      throw TokenizerError.noTokenizer(
        directory: directory, found: visibleNames(inDirectory: directory))
    }
    var settings = try ConfigurationFile(path: directory, json: "{}")
    if PathKind(directory + "/tokenizer_config.json") == .other {
      settings = try ConfigurationFile(path: directory + "/tokenizer_config.json")
    }
    return try SentencePieceModel.parts(
      try MappedFile(path: directory + "/tokenizer.model"),
      addsBOS: try settings.bool("add_bos_token", default: true),
      addsEOS: try settings.bool("add_eos_token", default: false))
  }
}
