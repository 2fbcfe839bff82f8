// Llama 1, 2 and 3, Vicuna, TinyLlama and others with `model_type` `llama`; and what the families that
// grew out of Llama share with it.

import Checkpoints

extension ModelFamily {
  static let llama = ModelFamily(
    modelType: "llama", configure: configureLlama, tensorNames: { _ in TensorNames() })

  /// Follows `LlamaConfig` of transformers, its defaults included.
  @Sendable
  private static func configureLlama(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeLlama(file, contextLength: 2048)
    let hasBias = try file.bool("attention_bias", default: false)
    (model.attention.hasInputBias, model.attention.hasOutputBias) = (hasBias, hasBias)
    model.mlp.hasBias = try file.bool("mlp_bias", default: false)
    return try model.checked(file)
  }

  /// The keys that most families have in common, with Llama's block.
  ///
  /// - Parameters:
  ///   - file: the family's `config.json`, or the section of it that holds these keys.
  ///   - contextLength: where the file gives none.
  ///   - epsilon: where the file gives none.
  ///   - headWidth: where the file gives none; `nil` for D/H.
  ///   - readsRoPE: false where the family reads its rotary positions in its own way.
  /// - Returns: the configuration, which its family still has to complete and check.
  /// - Throws: `CheckpointError` for a missing or mistyped key, `EngineError` for a value out of range.
  static func likeLlama(
    _ file: ConfigurationFile, contextLength: Int, epsilon: Double = 1e-6, headWidth: Int? = nil,
    readsRoPE: Bool = true
  ) throws -> ModelConfiguration {
    let dModel = try file.size("hidden_size")
    let headCount = try file.size("num_attention_heads")
    let dHead = try file.size("head_dim", default: headWidth ?? max(1, dModel / headCount))
    let named = try file.size("max_position_embeddings", default: contextLength)
    let rope =
      readsRoPE ? try RoPEReading(file: file, dHead: dHead, contextLength: named).rope() : nil
    return ModelConfiguration(
      family: try file.string("model_type"),
      layerCount: try file.layerCount("num_hidden_layers"),
      dModel: dModel,
      dMLP: try file.size("intermediate_size"),
      vocabularySize: try file.size("vocab_size"),
      contextLength: rope?.stretched(named) ?? named,
      attention: .init(
        headCount: headCount,
        kvHeadCount: try file.size("num_key_value_heads", default: headCount),
        dHead: dHead),
      mlp: .init(activation: try file.activation("hidden_act", default: "silu")),
      norm: .init(epsilon: Float(try file.positive("rms_norm_eps", default: epsilon))),
      rope: rope,
      tiesEmbedding: try file.bool("tie_word_embeddings", default: false))
  }
}
