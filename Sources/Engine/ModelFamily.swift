// The model families that the engine knows.
//
// To add one, write a file like `LlamaFamily.swift` with a `ModelFamily` value, list it in
// `ModelFamily.all`, and add a test against reference values. If the block lacks something that
// the family needs, add it to `ModelConfiguration` and `Block`, not a second block.

import Checkpoints

/// How a family's files become a configuration and weights.
struct ModelFamily: Sendable {
  /// `model_type` in `config.json`.
  let modelType: String
  let configure: @Sendable (ConfigurationFile) throws -> ModelConfiguration
  let tensorNames: TensorNames

  static let all = [llama]

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

/// The names under which a family stores its tensors. `{layer}` stands for the layer's number.
struct TensorNames: Sendable {
  var embedding: String
  var unembedding: String
  var finalNorm: String
  var attentionNorm: String
  var wQ, wK, wV, wO: String
  var mlpNorm: String
  var wGate, wUp, wDown: String
}
