// Qwen 2, 2.5 and 3: Llama's block with biases on queries, keys and values, or with norms of queries
// and keys.

import Checkpoints

extension ModelFamily {
  static let qwen2 = ModelFamily(
    modelType: "qwen2", configure: configureQwen2, tensorNames: { _ in TensorNames() })

  static let qwen3 = ModelFamily(
    modelType: "qwen3", configure: configureQwen3, tensorNames: { _ in TensorNames() })

  /// Follows `Qwen2Config` of transformers, its defaults included.
  @Sendable
  private static func configureQwen2(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeLlama(file, contextLength: 32_768)
    model.attention.hasInputBias = true
    try readWindow(file, into: &model)
    return try model.checked(file)
  }

  /// Follows `Qwen3Config` of transformers, its defaults included.
  @Sendable
  private static func configureQwen3(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeLlama(file, contextLength: 32_768, headWidth: 128)
    model.attention.headNorm = .perHead
    let hasBias = try file.bool("attention_bias", default: false)
    (model.attention.hasInputBias, model.attention.hasOutputBias) = (hasBias, hasBias)
    try readWindow(file, into: &model)
    return try model.checked(file)
  }

  private static func readWindow(
    _ file: ConfigurationFile, into model: inout ModelConfiguration
  ) throws {
    let isUsed = try file.bool("use_sliding_window", default: false)
    let window = isUsed ? try file.window(default: 4096) : 0
    let first = try file.int("max_window_layers", default: 28)
    model.attention.windowedLayers = try file.windowedLayers(count: model.layerCount) {
      window > 0 && $0 >= first
    }
    model.attention.window = window
  }
}
