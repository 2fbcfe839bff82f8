// Mistral: Llama's block with a sliding window in every layer.

import Checkpoints

extension ModelFamily {
  static let mistral = ModelFamily(
    modelType: "mistral", configure: configureMistral, tensorNames: { _ in TensorNames() })

  /// Follows `MistralConfig` of transformers, its defaults included.
  @Sendable
  private static func configureMistral(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeLlama(file, contextLength: 131_072)
    model.attention.window = try file.window(default: 4096)
    return try model.checked(file)
  }
}
