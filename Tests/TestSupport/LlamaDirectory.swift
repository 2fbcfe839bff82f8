// Writes a whole Hugging Face directory of a small Llama model: configuration, weights, tokenizer.

import Foundation

/// The sizes of a small Llama model with as many key/value heads as query heads.
public struct LlamaShape: Sendable {
  public var layerCount: Int
  public var headCount: Int
  public var dModel: Int
  public var dHead: Int
  public var dMLP: Int
  public var ropeBase: Double
  public var contextLength: Int

  var queryWidth: Int { headCount * dHead }
}

/// Row-major matrices of one layer, in the shapes that checkpoints have: `[outputs, inputs]`.
struct LlamaLayer {
  /// `[H·K, D]`.
  var wQ, wK, wV: [Float]
  /// `[D, H·K]`.
  var wO: [Float]
  /// `[M, D]`.
  var wGate, wUp: [Float]
  /// `[D, M]`.
  var wDown: [Float]

  /// A layer that adds nothing.
  init(zeros shape: LlamaShape) {
    let attention = [Float](repeating: 0, count: shape.queryWidth * shape.dModel)
    let mlp = [Float](repeating: 0, count: shape.dMLP * shape.dModel)
    (wQ, wK, wV, wO) = (attention, attention, attention, attention)
    (wGate, wUp, wDown) = (mlp, mlp, mlp)
  }
}

/// A small Llama model in memory.
struct LlamaWeights {
  var shape: LlamaShape
  /// Every norm's gain, the same for all dimensions.
  var gain: Float
  /// `[V, D]`.
  var embedding, unembedding: [Float]
  var layers: [LlamaLayer]

  /// Writes `config.json`, `model.safetensors` and, given its text, `tokenizer.json`.
  func write(to directory: TemporaryDirectory, tokenizer: String) throws {
    let (d, m, q) = (shape.dModel, shape.dMLP, shape.queryWidth)
    let vocabularySize = embedding.count / d
    func norm(_ name: String) -> TestTensor {
      TestTensor(name, shape: [d], values: [Float](repeating: gain, count: d))
    }
    var tensors = [
      TestTensor("model.embed_tokens.weight", shape: [vocabularySize, d], values: embedding),
      TestTensor("lm_head.weight", shape: [vocabularySize, d], values: unembedding),
      norm("model.norm.weight"),
    ]
    for (index, layer) in layers.enumerated() {
      let prefix = "model.layers.\(index)"
      tensors += [
        norm("\(prefix).input_layernorm.weight"),
        TestTensor("\(prefix).self_attn.q_proj.weight", shape: [q, d], values: layer.wQ),
        TestTensor("\(prefix).self_attn.k_proj.weight", shape: [q, d], values: layer.wK),
        TestTensor("\(prefix).self_attn.v_proj.weight", shape: [q, d], values: layer.wV),
        TestTensor("\(prefix).self_attn.o_proj.weight", shape: [d, q], values: layer.wO),
        norm("\(prefix).post_attention_layernorm.weight"),
        TestTensor("\(prefix).mlp.gate_proj.weight", shape: [m, d], values: layer.wGate),
        TestTensor("\(prefix).mlp.up_proj.weight", shape: [m, d], values: layer.wUp),
        TestTensor("\(prefix).mlp.down_proj.weight", shape: [d, m], values: layer.wDown),
      ]
    }
    try writeSafetensors(path: directory.path + "/model.safetensors", tensors: tensors)
    try directory.write(configuration(vocabularySize), to: "config.json")
    try directory.write(tokenizer, to: "tokenizer.json")
  }

  private func configuration(_ vocabularySize: Int) -> String {
    """
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu",
     "hidden_size": \(shape.dModel), "intermediate_size": \(shape.dMLP),
     "num_hidden_layers": \(shape.layerCount), "num_attention_heads": \(shape.headCount),
     "num_key_value_heads": \(shape.headCount), "head_dim": \(shape.dHead),
     "vocab_size": \(vocabularySize), "max_position_embeddings": \(shape.contextLength),
     "rms_norm_eps": 1e-6, "rope_theta": \(shape.ropeBase), "tie_word_embeddings": false,
     "bos_token_id": 0}
    """
  }
}
