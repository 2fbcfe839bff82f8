// Where a family's files hold each parameter: names, and parts of tensors that are stored as one.

/// The names under which a family stores its tensors. `{layer}` stands for the layer's number; a
/// bias has its weight's name with `.bias` for `.weight`.
struct TensorNames: Sendable {
  /// What names begin with, and what they begin with in other exports of the same model.
  var prefix = "model."
  var otherPrefixes = [""]
  var embedding = "model.embed_tokens.weight"
  /// Where positions are learned.
  var positionEmbedding = ""
  var unembedding = "lm_head.weight"
  var finalNorm = "model.norm.weight"
  /// Of what goes into attention and MLP, and of what comes out of them, where there are such norms.
  var attentionNorm = "model.layers.{layer}.input_layernorm.weight"
  var attentionPostNorm = "model.layers.{layer}.post_attention_layernorm.weight"
  var mlpNorm = "model.layers.{layer}.post_attention_layernorm.weight"
  var mlpPostNorm = "model.layers.{layer}.post_feedforward_layernorm.weight"
  var queryNorm = "model.layers.{layer}.self_attn.q_norm.weight"
  var keyNorm = "model.layers.{layer}.self_attn.k_norm.weight"
  var wQ: TensorPlace = "model.layers.{layer}.self_attn.q_proj.weight"
  var wK: TensorPlace = "model.layers.{layer}.self_attn.k_proj.weight"
  var wV: TensorPlace = "model.layers.{layer}.self_attn.v_proj.weight"
  var wO: TensorPlace = "model.layers.{layer}.self_attn.o_proj.weight"
  /// The MLP's first matrix; `wUp` where it is gated.
  var wGate: TensorPlace = "model.layers.{layer}.mlp.gate_proj.weight"
  var wUp: TensorPlace = "model.layers.{layer}.mlp.up_proj.weight"
  var wDown: TensorPlace = "model.layers.{layer}.mlp.down_proj.weight"
}

/// A tensor, or a part of its outputs.
struct TensorPlace: Sendable, ExpressibleByStringLiteral {
  var name: String
  var part = Part.whole
  /// Stored `[inputs, outputs]`, as by GPT-2's Conv1D.
  var isTransposed = false

  enum Part: Sendable {
    case whole
    /// The outputs from `first` on, of `total`.
    case slice(first: Int, total: Int)
    /// Outputs come in groups: `width` of the first part, `width` of the second, … of `count` parts,
    /// then the same again. This is part `index`.
    case interleaved(index: Int, count: Int, width: Int)
  }

  init(stringLiteral name: String) {
    self.name = name
  }

  init(_ name: String, _ part: Part = .whole, isTransposed: Bool = false) {
    (self.name, self.part, self.isTransposed) = (name, part, isTransposed)
  }

  /// The same part of this layer's tensor.
  func at(layer: Int) -> TensorPlace {
    TensorPlace(name.at(layer: layer), part, isTransposed: isTransposed)
  }

  /// The bias that belongs to this weight.
  var bias: TensorPlace {
    TensorPlace(name.replacing(".weight", with: ".bias"), part)
  }

  /// How many outputs the stored tensor has, where this part has `outputs`.
  func storedOutputs(_ outputs: Int) -> Int {
    switch part {
    case .whole: outputs
    case .slice(_, let total): total
    case .interleaved(_, let count, _): count * outputs
    }
  }

  /// The stored output that is output `index` of this part.
  func stored(_ index: Int) -> Int {
    switch part {
    case .whole: index
    case .slice(let first, _): first + index
    case .interleaved(let part, let count, let width):
      (index / width * count + part) * width + index % width
    }
  }
}

extension String {
  func at(layer: Int) -> String { replacing("{layer}", with: "\(layer)") }
}
