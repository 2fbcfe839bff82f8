// Models in GGUF files: what their metadata says, by architecture, and under which names their tensors
// are stored.
//
// To add one, write its value below, list it in `all`, and add it to the GGUF fixtures.

import Checkpoints

/// How the GGUF files of one architecture differ from the common reading.
///
/// Source: llama.cpp's converter and model loader, for what metadata leaves unsaid.
struct GGUFArchitecture: Sendable {
  /// `general.architecture`.
  let name: String
  /// The family as `config.json` calls it.
  let family: String
  var pairing = ModelConfiguration.RoPE.Pairing.halves
  /// Without rotary positions where false.
  var hasRoPE = true
  var adjust: @Sendable (inout ModelConfiguration, GGUFModel) throws -> Void = { _, _ in }
  var rename: @Sendable (inout TensorNames, ModelConfiguration) -> Void = { _, _ in }

  static let all = [llama, qwen2, qwen3, gemma2, gemma3, phi3, gpt2, gptNeoX, olmo2]

  /// Queries and keys are stored so that neighbours turn together.
  static let llama = GGUFArchitecture(name: "llama", family: "llama", pairing: .interleaved)

  static let qwen2 = GGUFArchitecture(name: "qwen2", family: "qwen2")

  static let qwen3 = GGUFArchitecture(
    name: "qwen3", family: "qwen3",
    adjust: { model, _ in model.attention.headNorm = .perHead })

  static let gemma2 = GGUFArchitecture(
    name: "gemma2", family: "gemma2",
    adjust: { model, file in
      likeGemma(&model, largest: 46)
      model.attention.scoreCap = try file.float("attn_logit_softcapping", default: 50)
      model.logitCap = try file.float("final_logit_softcapping", default: 30)
      model.attention.window = try file.window() ?? 4096
      model.attention.windowedLayers = (0..<model.layerCount).map { $0 % 2 == 0 }
    })

  static let gemma3 = GGUFArchitecture(
    name: "gemma3", family: "gemma3_text",
    adjust: { model, file in
      likeGemma(&model, largest: 62)
      model.attention.headNorm = .perHead
      model.logitCap = try file.floatIfPresent("final_logit_softcapping")
      model.attention.window = try file.window() ?? 1024
      model.attention.windowedLayers = (0..<model.layerCount).map { ($0 + 1) % 6 != 0 }
      let base = try file.double("rope.freq_base_swa", default: 10_000)
      model.windowRoPE = model.rope.map {
        .init(base: base, width: $0.width, pairing: $0.pairing)
      }
    })

  static let phi3 = GGUFArchitecture(
    name: "phi3", family: "phi3",
    adjust: { model, file in model.attention.window = try file.window() ?? 0 },
    rename: { names, model in
      names.fuseProjections(model)
      let up = "blk.{layer}.ffn_up.weight"
      names.wGate = .init(up, .slice(first: 0, total: 2 * model.dMLP))
      names.wUp = .init(up, .slice(first: model.dMLP, total: 2 * model.dMLP))
    })

  static let gpt2 = GGUFArchitecture(
    name: "gpt2", family: "gpt2", hasRoPE: false,
    adjust: { model, file in try likeGPT(&model, file, activation: .geluTanh) },
    rename: { names, model in
      names.fuseProjections(model)
      names.wGate = "blk.{layer}.ffn_up.weight"
    })

  static let gptNeoX = GGUFArchitecture(
    name: "gptneox", family: "gpt_neox",
    adjust: { model, file in
      try likeGPT(&model, file, activation: .gelu)
      model.isParallel = try file.bool("use_parallel_residual", default: true)
    },
    rename: { names, model in
      names.fuseProjections(model)
      names.wGate = "blk.{layer}.ffn_up.weight"
    })

  static let olmo2 = GGUFArchitecture(
    name: "olmo2", family: "olmo2",
    adjust: { model, _ in
      model.attention.headNorm = .wholeWidth
      model.norm.placement = .after
    })

  /// Gains are stored whole. The largest model of each generation, of `largest` layers, scales scores
  /// by its width.
  private static func likeGemma(_ model: inout ModelConfiguration, largest: Int) {
    model.embeddingScale = Float(model.dModel).squareRoot()
    model.mlp.activation = .geluTanh
    model.norm.placement = .beforeAndAfter
    if model.layerCount == largest {
      model.attention.scoreScale = 1 / Float(model.dModel / model.headCount).squareRoot()
    }
  }

  private static func likeGPT(
    _ model: inout ModelConfiguration, _ file: GGUFModel,
    activation: ModelConfiguration.Activation
  ) throws {
    model.norm = .init(
      kind: .layer, epsilon: try file.float("attention.layer_norm_epsilon"))
    model.mlp.activation = activation
    model.mlp.isGated = false
  }
}

extension TensorNames {
  /// The names that all architectures share.
  static let gguf: TensorNames = {
    var names = TensorNames()
    (names.prefix, names.otherPrefixes) = ("", [])
    names.embedding = "token_embd.weight"
    names.positionEmbedding = "position_embd.weight"
    names.unembedding = "output.weight"
    names.finalNorm = "output_norm.weight"
    names.attentionNorm = "blk.{layer}.attn_norm.weight"
    names.attentionPostNorm = "blk.{layer}.post_attention_norm.weight"
    names.mlpNorm = "blk.{layer}.ffn_norm.weight"
    names.mlpPostNorm = "blk.{layer}.post_ffw_norm.weight"
    names.queryNorm = "blk.{layer}.attn_q_norm.weight"
    names.keyNorm = "blk.{layer}.attn_k_norm.weight"
    names.wQ = "blk.{layer}.attn_q.weight"
    names.wK = "blk.{layer}.attn_k.weight"
    names.wV = "blk.{layer}.attn_v.weight"
    names.wO = "blk.{layer}.attn_output.weight"
    names.wGate = "blk.{layer}.ffn_gate.weight"
    names.wUp = "blk.{layer}.ffn_up.weight"
    names.wDown = "blk.{layer}.ffn_down.weight"
    return names
  }()

  /// Queries, keys and values one after another in one tensor.
  fileprivate mutating func fuseProjections(_ model: ModelConfiguration) {
    let (name, q, kv) = ("blk.{layer}.attn_qkv.weight", model.queryWidth, model.kvWidth)
    wQ = .init(name, .slice(first: 0, total: q + 2 * kv))
    wK = .init(name, .slice(first: q, total: q + 2 * kv))
    wV = .init(name, .slice(first: q + kv, total: q + 2 * kv))
  }
}
