// GPT-2: learned positions, LayerNorm, biases everywhere, and matrices stored [inputs, outputs].

import Checkpoints

extension ModelFamily {
  static let gpt2 = ModelFamily(
    modelType: "gpt2", configure: configureGPT2, tensorNames: gpt2Names)

  @Sendable
  private static func gpt2Names(_ model: ModelConfiguration) -> TensorNames {
    let (d, layer) = (model.dModel, "transformer.h.{layer}.")
    func stored(_ name: String, _ part: TensorPlace.Part = .whole) -> TensorPlace {
      .init("\(layer)\(name).weight", part, isTransposed: true)
    }
    return TensorNames(
      prefix: "transformer.",
      embedding: "transformer.wte.weight",
      positionEmbedding: "transformer.wpe.weight",
      finalNorm: "transformer.ln_f.weight",
      attentionNorm: "\(layer)ln_1.weight",
      mlpNorm: "\(layer)ln_2.weight",
      wQ: stored("attn.c_attn", .slice(first: 0, total: 3 * d)),
      wK: stored("attn.c_attn", .slice(first: d, total: 3 * d)),
      wV: stored("attn.c_attn", .slice(first: 2 * d, total: 3 * d)),
      wO: stored("attn.c_proj"),
      wGate: stored("mlp.c_fc"),
      wDown: stored("mlp.c_proj"))
  }

  /// Follows `GPT2Config` of transformers, its defaults included.
  @Sendable
  private static func configureGPT2(_ file: ConfigurationFile) throws -> ModelConfiguration {
    try file.refuse("add_cross_attention")
    let dModel = try file.size("n_embd")
    let headCount = try file.size("n_head")
    guard dModel % headCount == 0 else {
      throw EngineError.badConfiguration(
        "n_embd \(dModel) is not a multiple of n_head \(headCount)", file: file.path)
    }
    let isScaled = try file.bool("scale_attn_weights", default: true)
    return try ModelConfiguration(
      family: "gpt2",
      layerCount: try file.layerCount("n_layer"),
      dModel: dModel,
      dMLP: try file.size("n_inner", default: min(4 * dModel, 1 << 30)),
      vocabularySize: try file.size("vocab_size"),
      contextLength: try file.size("n_positions", default: 1024),
      attention: .init(
        headCount: headCount, kvHeadCount: headCount, dHead: dModel / headCount,
        scoreScale: isScaled ? nil : 1,
        dividesScoresByLayer: try file.bool("scale_attn_by_inverse_layer_idx", default: false),
        hasInputBias: true, hasOutputBias: true),
      mlp: .init(
        activation: try file.activation("activation_function", default: "gelu_new"),
        isGated: false, hasBias: true),
      norm: .init(
        kind: .layer, epsilon: Float(try file.positive("layer_norm_epsilon", default: 1e-5))),
      rope: nil,
      tiesEmbedding: try file.bool("tie_word_embeddings", default: true)
    ).checked(file)
  }
}
