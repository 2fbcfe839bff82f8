// The model families that the engine knows.
//
// To add one, write a file like `LlamaFamily.swift` with a `ModelFamily` value, list it in
// `ModelFamily.all`, and add a test against reference values. If the block lacks something that
// the family needs, add it to `ModelConfiguration` and the block, not a second block.

import Checkpoints

/// How a family's files become a configuration and weights.
struct ModelFamily: Sendable {
  /// `model_type` in `config.json`.
  let modelType: String
  let configure: @Sendable (ConfigurationFile) throws -> ModelConfiguration
  let tensorNames: @Sendable (ModelConfiguration) -> TensorNames

  static let all = [
    llama, mistral, qwen2, qwen3, gemma2, gemma3, gemma3Text, phi3, gpt2, gptNeoX, olmo2,
  ]

  /// The family that a checkpoint belongs to.
  static func of(_ configuration: ConfigurationFile) throws -> ModelFamily {
    let modelType = try configuration.string("model_type")
    guard let family = all.first(where: { $0.modelType == modelType }) else {
      throw EngineError.unknownArchitecture(
        modelType, known: all.map(\.modelType), file: configuration.path)
    }
    return family
  }
}

extension ModelConfiguration {
  /// What a `config.json` says; no weights are needed.
  /// - Throws: `CheckpointError` for a missing or mistyped key, `EngineError` for an unknown
  ///   architecture, a feature that the engine lacks, or sizes that contradict each other.
  public init(_ file: ConfigurationFile) throws {
    self = try ModelFamily.of(file).configure(file)
  }
}
