// Gemma 2 and 3: gains stored less 1, scaled embeddings, norms before and after, soft caps, and layers
// with a window between layers without.

import Checkpoints

extension ModelFamily {
  static let gemma2 = ModelFamily(
    modelType: "gemma2", configure: configureGemma2, tensorNames: { _ in gemmaNames })

  static let gemma3Text = ModelFamily(
    modelType: "gemma3_text", configure: configureGemma3, tensorNames: { _ in gemmaNames })

  /// The text part of the models that also take images.
  static let gemma3 = ModelFamily(
    modelType: "gemma3",
    configure: { file in
      guard let text = try file.section("text_config") else {
        throw CheckpointError.missingKey(key: "text_config", file: file.path)
      }
      return try configureGemma3(text)
    },
    tensorNames: { _ in
      var names = gemmaNames
      names.otherPrefixes = ["language_model.model.", "model.language_model."]
      return names
    })

  private static let gemmaNames: TensorNames = {
    var names = TensorNames()
    names.mlpNorm = "model.layers.{layer}.pre_feedforward_layernorm.weight"
    return names
  }()

  /// Follows `Gemma2Config` of transformers, its defaults included.
  @Sendable
  private static func configureGemma2(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeGemma(file, contextLength: 8192)
    let rope = try RoPEReading(
      file: file, dHead: model.dHead, contextLength: model.contextLength
    ).rope()
    model.rope = rope
    model.contextLength = rope.stretched(model.contextLength)
    model.attention.scoreCap = try cap(file, "attn_logit_softcapping", default: 50)
    model.logitCap = try cap(file, "final_logit_softcapping", default: 30)
    model.attention.window = try file.window(default: 4096)
    model.attention.windowedLayers = try file.windowedLayers(count: model.layerCount) {
      $0 % 2 == 0
    }
    return try model.checked(file)
  }

  /// Follows `Gemma3TextConfig` of transformers, its defaults included.
  @Sendable
  private static func configureGemma3(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeGemma(file, contextLength: 131_072)
    model.family = "gemma3_text"
    model.attention.headNorm = .perHead
    model.logitCap = try cap(file, "final_logit_softcapping", default: nil)
    guard try cap(file, "attn_logit_softcapping", default: nil) == nil else {
      throw file.unsupported("attn_logit_softcapping", "in Gemma 3")
    }
    model.attention.window = try file.window(default: 4096)
    let period = try file.size("sliding_window_pattern", default: 6)
    model.attention.windowedLayers = try file.windowedLayers(count: model.layerCount) {
      ($0 + 1) % period != 0
    }
    let nested = try file.section("rope_parameters")
    model.rope = try reading(file, model, "rope_theta", 1_000_000).rope(
      try file.section("rope_scaling") ?? nested?.section("full_attention"))
    model.windowRoPE = try reading(file, model, "rope_local_base_freq", 10_000).rope(
      try nested?.section("sliding_attention"))
    return try model.checked(file)
  }

  private static func reading(
    _ file: ConfigurationFile, _ model: ModelConfiguration, _ baseKey: String, _ base: Double
  ) -> RoPEReading {
    RoPEReading(
      file: file, dHead: model.dHead, contextLength: model.contextLength, baseKey: baseKey,
      defaultBase: base)
  }

  /// Without its rotary positions.
  private static func likeGemma(
    _ file: ConfigurationFile, contextLength: Int
  ) throws -> ModelConfiguration {
    try file.refuse("use_bidirectional_attention")
    let dModel = try file.size("hidden_size")
    let headCount = try file.size("num_attention_heads", default: 8)
    let dHead = try file.size("head_dim", default: 256)
    let scalar = try file.positive("query_pre_attn_scalar", default: 256)
    let hasBias = try file.bool("attention_bias", default: false)
    return ModelConfiguration(
      family: try file.string("model_type"),
      layerCount: try file.layerCount("num_hidden_layers"),
      dModel: dModel,
      dMLP: try file.size("intermediate_size"),
      vocabularySize: try file.size("vocab_size", default: 262_208),
      contextLength: try file.size("max_position_embeddings", default: contextLength),
      attention: .init(
        headCount: headCount, kvHeadCount: try file.size("num_key_value_heads", default: 4),
        dHead: dHead, scoreScale: Float(1 / scalar.squareRoot()), hasInputBias: hasBias,
        hasOutputBias: hasBias),
      mlp: .init(
        activation: try file.activation("hidden_activation", default: "gelu_pytorch_tanh")),
      norm: .init(
        epsilon: Float(try file.positive("rms_norm_eps", default: 1e-6)), gainOffset: 1,
        placement: .beforeAndAfter),
      tiesEmbedding: try file.bool("tie_word_embeddings", default: true),
      embeddingScale: Float(dModel).squareRoot())
  }

  private static func cap(
    _ file: ConfigurationFile, _ key: String, default value: Double?
  ) throws -> Float? {
    try file.optionalPositive(key, default: value).map { Float($0) }
  }
}
