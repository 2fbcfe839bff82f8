// GPT-NeoX and Pythia: attention and MLP in parallel, a part of each head rotated, and queries, keys
// and values fused head by head.

import Checkpoints

extension ModelFamily {
  static let gptNeoX = ModelFamily(
    modelType: "gpt_neox", configure: configureGPTNeoX, tensorNames: gptNeoXNames)

  @Sendable
  private static func gptNeoXNames(_ model: ModelConfiguration) -> TensorNames {
    let layer = "gpt_neox.layers.{layer}."
    func part(_ index: Int) -> TensorPlace {
      .init(
        "\(layer)attention.query_key_value.weight",
        .interleaved(index: index, count: 3, width: model.dHead))
    }
    return TensorNames(
      prefix: "gpt_neox.",
      embedding: "gpt_neox.embed_in.weight",
      unembedding: "embed_out.weight",
      finalNorm: "gpt_neox.final_layer_norm.weight",
      attentionNorm: "\(layer)input_layernorm.weight",
      mlpNorm: "\(layer)post_attention_layernorm.weight",
      wQ: part(0), wK: part(1), wV: part(2),
      wO: .init("\(layer)attention.dense.weight"),
      wGate: .init("\(layer)mlp.dense_h_to_4h.weight"),
      wDown: .init("\(layer)mlp.dense_4h_to_h.weight"))
  }

  /// Follows `GPTNeoXConfig` of transformers, its defaults included.
  @Sendable
  private static func configureGPTNeoX(_ file: ConfigurationFile) throws -> ModelConfiguration {
    let dModel = try file.size("hidden_size")
    let headCount = try file.size("num_attention_heads")
    guard dModel % headCount == 0 else {
      throw EngineError.badConfiguration(
        "hidden_size \(dModel) is not a multiple of num_attention_heads \(headCount)",
        file: file.path)
    }
    let named = try file.size("max_position_embeddings", default: 2048)
    let rope = try RoPEReading(
      file: file, dHead: dModel / headCount, contextLength: named, baseKey: "rotary_emb_base",
      fractionKey: "rotary_pct", defaultFraction: 0.25
    ).rope()
    let hasBias = try file.bool("attention_bias", default: true)
    return try ModelConfiguration(
      family: "gpt_neox",
      layerCount: try file.layerCount("num_hidden_layers"),
      dModel: dModel,
      dMLP: try file.size("intermediate_size"),
      vocabularySize: try file.size("vocab_size"),
      contextLength: rope.stretched(named),
      attention: .init(
        headCount: headCount, kvHeadCount: headCount, dHead: dModel / headCount,
        hasInputBias: hasBias, hasOutputBias: hasBias),
      mlp: .init(
        activation: try file.activation("hidden_act", default: "gelu"), isGated: false,
        hasBias: true),
      norm: .init(
        kind: .layer, epsilon: Float(try file.positive("layer_norm_eps", default: 1e-5))),
      rope: rope,
      tiesEmbedding: try file.bool("tie_word_embeddings", default: false),
      isParallel: try file.bool("use_parallel_residual", default: true)
    ).checked(file)
  }
}
