// The Llama family: Llama 1 and 2, Vicuna, TinyLlama and others with `model_type` `llama`.

import Checkpoints

extension ModelFamily {
  static let llama = ModelFamily(
    modelType: "llama",
    configure: configureLlama,
    tensorNames: TensorNames(
      embedding: "model.embed_tokens.weight",
      unembedding: "lm_head.weight",
      finalNorm: "model.norm.weight",
      attentionNorm: "model.layers.{layer}.input_layernorm.weight",
      wQ: "model.layers.{layer}.self_attn.q_proj.weight",
      wK: "model.layers.{layer}.self_attn.k_proj.weight",
      wV: "model.layers.{layer}.self_attn.v_proj.weight",
      wO: "model.layers.{layer}.self_attn.o_proj.weight",
      mlpNorm: "model.layers.{layer}.post_attention_layernorm.weight",
      wGate: "model.layers.{layer}.mlp.gate_proj.weight",
      wUp: "model.layers.{layer}.mlp.up_proj.weight",
      wDown: "model.layers.{layer}.mlp.down_proj.weight"))

  /// Follows `LlamaConfig` of transformers, its defaults included.
  @Sendable
  private static func configureLlama(_ file: ConfigurationFile) throws -> ModelConfiguration {
    let dModel = try file.int("hidden_size")
    let headCount = try file.int("num_attention_heads")
    guard dModel > 0, headCount > 0 else {
      throw EngineError.badConfiguration(
        "hidden_size \(dModel) and num_attention_heads \(headCount) must be positive",
        file: file.path)
    }
    let dHead = try file.int("head_dim", default: dModel / headCount)
    let configuration = ModelConfiguration(
      family: "llama",
      layerCount: try file.int("num_hidden_layers"),
      dModel: dModel,
      dMLP: try file.int("intermediate_size"),
      vocabularySize: try file.int("vocab_size"),
      contextLength: try file.int("max_position_embeddings"),
      attention: .init(
        headCount: headCount,
        kvHeadCount: try file.int("num_key_value_heads", default: headCount),
        dHead: dHead),
      norm: .init(epsilon: Float(try file.double("rms_norm_eps"))),
      rope: .init(base: try ropeBase(file), width: dHead, pairing: .halves),
      tiesEmbedding: try file.bool("tie_word_embeddings", default: false))
    try rejectUnsupported(file)
    try check(configuration, file: file.path)
    return configuration
  }

  /// Newer files nest the base: `"rope_parameters": {"rope_theta": …, "rope_type": …}`.
  private static func ropeBase(_ file: ConfigurationFile) throws -> Double {
    let nested = try file.section("rope_parameters")?.double("rope_theta", default: 10_000)
    let base = try file.double("rope_theta", default: nested ?? 10_000)
    guard base > 0, base.isFinite else {
      throw EngineError.badConfiguration("rope_theta \(base) must be positive", file: file.path)
    }
    return base
  }

  private static func rejectUnsupported(_ file: ConfigurationFile) throws {
    let remedy = "use a checkpoint without it"
    for key in ["attention_bias", "mlp_bias"] where try file.bool(key, default: false) {
      throw EngineError.unsupported(what: "\(key) true", file: file.path, remedy: remedy)
    }
    let activation = try file.string("hidden_act", default: "silu")
    guard activation == "silu" else {
      throw EngineError.unsupported(
        what: "hidden_act '\(activation)'", file: file.path, remedy: "the Llama family has 'silu'")
    }
    for key in ["rope_scaling", "rope_parameters"] {
      guard let scaling = try file.section(key) else { continue }
      let type = try scaling.string(
        "rope_type", default: scaling.string("type", default: "default"))
      guard type == "default" else {
        throw EngineError.unsupported(
          what: "\(key) of type '\(type)'", file: file.path, remedy: remedy)
      }
    }
  }

  /// Sizes that later arithmetic relies on.
  static func check(_ model: ModelConfiguration, file: String) throws(EngineError) {
    let sizes = [
      ("num_hidden_layers", model.layerCount), ("intermediate_size", model.dMLP),
      ("vocab_size", model.vocabularySize), ("max_position_embeddings", model.contextLength),
      ("num_key_value_heads", model.attention.kvHeadCount), ("head_dim", model.dHead),
    ]
    for (key, size) in sizes where size <= 0 || size > 1 << 30 {
      throw .badConfiguration("\(key) is \(size); it must be between 1 and 2^30", file: file)
    }
    guard model.headCount % model.attention.kvHeadCount == 0 else {
      throw .badConfiguration(
        "num_attention_heads \(model.headCount) is not a multiple of num_key_value_heads "
          + "\(model.attention.kvHeadCount)", file: file)
    }
    guard model.rope.width % 2 == 0 else {
      throw .badConfiguration(
        "head_dim \(model.dHead) is odd; rotary positions need pairs", file: file)
    }
  }
}
