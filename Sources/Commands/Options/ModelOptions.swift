// Which model a command works on.

import ArgumentParser
import Assets
import CKernels
import Checkpoints
import Engine
import Foundation
import ModelStores
import Tokenization

/// A model with the tokenizer that lies beside it.
struct LoadedModel {
  var model: Model
  /// `nil` where the directory has none, or one that cannot be used.
  var tokenizer: Tokenizer?
  /// The name of the directory, or of the built-in model.
  var name: String
  /// Of answers; attributions are always in `Arithmetic.float32`.
  var arithmetic = Arithmetic.float32

  /// - Throws: `TokenizerError` or `CommandError.unusable` where there is no tokenizer.
  func requireTokenizer() throws -> Tokenizer {
    if let tokenizer { return tokenizer }
    return try Tokenizer.load(path: model.path)
  }
}

struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Model directory or GGUF file, or a name that `gar models` lists; if not given, the built-in one.",
      valueName: "model"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Threads to compute with; all processors if not given.", valueName: "count"))
  var threads: Int?

  @Flag(help: "Run the model even if it needs more memory than there is.")
  var force = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be 1 to 1024, not \(threads)")
    }
  }

  var path: String { source.path }

  /// Loads the model, and its tokenizer if it has one that can be used, for a purpose that memory must
  /// allow.
  /// - Throws: `CheckpointError`, `EngineError`; `EngineError.tokenizerMismatch` where the tokenizer
  ///   makes ids that the model does not embed; `TokenizerError` for a damaged tokenizer;
  ///   `CommandError.unusable` for a model that does not fit into memory.
  func load(for purpose: MemoryPurpose = .forward) throws -> LoadedModel {
    if let threads { kernel_threads_set(threads) }
    return try source.load(for: purpose)
  }

  func load(_ checkpoint: Checkpoint) throws -> LoadedModel { try source.load(checkpoint) }

  /// Holds the memory against prompts of a known length.
  /// - Throws: `CommandError.unusable` with the figures where there is too little.
  func check(_ model: Model, for purpose: MemoryPurpose, tokenCount: Int) throws {
    guard !force else { return }
    try MemoryEstimate(model, tokenCount: tokenCount).check(purpose, model: path)
  }

  var source: ModelSource { ModelSource(model: model, force: force) }
}

/// Where a model lies.
struct ModelSource {
  /// A path, or a name that a store knows; `nil` for the built-in model.
  var model: String?
  /// Loads the model even if it needs more memory than there is.
  var force = false

  /// Where the model lies: the path that was given, or what a store has under that name.
  var path: String {
    guard let model else { return Assets.model }
    return isPath ? model : ModelStores().path(of: model) ?? model
  }

  private var isPath: Bool { model.map { FileManager.default.fileExists(atPath: $0) } ?? true }

  /// What was given, so that it means the same in another folder.
  var absolute: String? { model.map { isPath ? absolutePath($0) : $0 } }

  /// Loads the model, unless it does not fit into memory; nothing of its weights is read before.
  func load(for purpose: MemoryPurpose = .forward) throws -> LoadedModel {
    let loaded = try load(try Checkpoint.open(path))
    if !force { try MemoryEstimate(loaded.model).check(purpose, model: path) }
    return loaded
  }

  func load(_ checkpoint: Checkpoint) throws -> LoadedModel {
    let loaded = try Model(checkpoint)
    let tokenizer = try usableTokenizer(checkpoint.path)
    if let tokenizer, tokenizer.vocabularySize > loaded.configuration.vocabularySize {
      throw EngineError.tokenizerMismatch(
        tokenizer: tokenizer.vocabularySize, model: loaded.configuration.vocabularySize,
        directory: path)
    }
    return LoadedModel(model: loaded, tokenizer: tokenizer, name: name)
  }

  /// Commands that are given token ids need no tokenizer, so one of an unknown kind is only noted.
  private func usableTokenizer(_ path: String) throws -> Tokenizer? {
    do throws(TokenizerError) {
      return try Tokenizer.load(path: path)
    } catch {
      switch error {
      case .noTokenizer, .noVocabulary: return nil
      case .unsupported, .unknownPattern: return nil
      default: throw error
      }
    }
  }

  var name: String {
    guard let model else { return "built-in" }
    guard isPath else { return model }
    return URL(filePath: model).standardizedFileURL.lastPathComponent
  }
}

/// The same file from any folder.
func absolutePath(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }
