// OLMo 2: what attention and MLP give is normalized, not what they read; and queries and keys are
// normalized over all heads at once.

import Checkpoints

extension ModelFamily {
  static let olmo2 = ModelFamily(
    modelType: "olmo2", configure: configureOLMo2, tensorNames: { _ in TensorNames() })

  /// Follows `Olmo2Config` of transformers, its defaults included.
  @Sendable
  private static func configureOLMo2(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeLlama(file, contextLength: 2048, epsilon: 1e-5)
    model.attention.headNorm = .wholeWidth
    model.norm.placement = .after
    let hasBias = try file.bool("attention_bias", default: false)
    (model.attention.hasInputBias, model.attention.hasOutputBias) = (hasBias, hasBias)
    return try model.checked(file)
  }
}
