// Phi-3 and its relatives: Llama's block with fused projections.

import Checkpoints

extension ModelFamily {
  static let phi3 = ModelFamily(
    modelType: "phi3", configure: configurePhi3, tensorNames: phi3Names)

  /// Queries, keys and values are one tensor, and so are the MLP's gate and up.
  @Sendable
  private static func phi3Names(_ model: ModelConfiguration) -> TensorNames {
    let (q, kv, m) = (model.queryWidth, model.kvWidth, model.dMLP)
    let attention = "model.layers.{layer}.self_attn.qkv_proj.weight"
    let mlp = "model.layers.{layer}.mlp.gate_up_proj.weight"
    var names = TensorNames()
    names.wQ = .init(attention, .slice(first: 0, total: q + 2 * kv))
    names.wK = .init(attention, .slice(first: q, total: q + 2 * kv))
    names.wV = .init(attention, .slice(first: q + kv, total: q + 2 * kv))
    names.wGate = .init(mlp, .slice(first: 0, total: 2 * m))
    names.wUp = .init(mlp, .slice(first: m, total: 2 * m))
    return names
  }

  /// Follows `Phi3Config` of transformers, its defaults included. Older files call `longrope` by other
  /// names.
  @Sendable
  private static func configurePhi3(_ file: ConfigurationFile) throws -> ModelConfiguration {
    var model = try likeLlama(file, contextLength: 4096, epsilon: 1e-5, readsRoPE: false)
    let original = try file.size("original_max_position_embeddings", default: 4096)
    model.rope = try RoPEReading(
      file: file, dHead: model.dHead, contextLength: model.contextLength,
      originalLength: original, longRoPENames: ["longrope", "su", "yarn"]
    ).rope()
    model.attention.window = try file.window(default: nil)
    return try model.checked(file)
  }
}
