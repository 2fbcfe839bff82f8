// A whole Llama built of the reference operations, on the fixtures' float32 models.

import Foundation
import TestSupport

/// A place in the model whose value can be looked at and changed while it runs.
enum Site: Hashable {
  case residPre(Int), residMid(Int), mlpOutput(Int)  // [T, D]
  case q(Int), k(Int), v(Int)  // [T, H, K], [T, G, K]; q and k after RoPE
  case pattern(Int)  // [H, T, T]
  case z(Int)  // [T, H, K]
  case residFinal  // [T, D]
}

struct ReferenceModel<Scalar: Real> {
  let config: FixtureConfig
  private let weights: [String: Grid<Scalar>]

  /// Called with each value as it is made; what it leaves there is what the model goes on with.
  typealias Visit = (Site, inout Grid<Scalar>) -> Void

  /// Reads a fixture with float32 weights in one file.
  /// - Throws: `ReferenceError` or a file error.
  init(directory: String) throws {
    config = try FixtureConfig(path: directory + "/config.json")
    weights = try ReferenceArrays(path: directory + "/model.safetensors").arrays
      .mapValues { Grid($0) }
  }

  func weight(_ name: String) throws -> Grid<Scalar> {
    guard let weight = weights[name + ".weight"] else {
      throw ReferenceError.missing(name: name + ".weight", file: "model.safetensors")
    }
    return weight
  }

  func embed(_ tokens: [Int]) throws -> Grid<Scalar> {
    let embedding = try weight("model.embed_tokens")
    let width = embedding.shape[1]
    let rows = tokens.flatMap { embedding.values[$0 * width..<($0 + 1) * width] }
    return Grid(shape: [tokens.count, width], values: rows)
  }

  /// Logits, `[T, V]`, from embeddings, `[T, D]`.
  func logits(_ embeddings: Grid<Scalar>, visit: Visit = { _, _ in }) throws -> Grid<Scalar> {
    var x = embeddings
    for layer in 0..<config.layers {
      visit(.residPre(layer), &x)
      x = x + (try attention(layer, x, visit))
      visit(.residMid(layer), &x)
      var output = try mlp(layer, x)
      visit(.mlpOutput(layer), &output)
      x = x + output
    }
    visit(.residFinal, &x)
    let unembedding = try weight(config.isTied ? "model.embed_tokens" : "lm_head")
    return Reference.linear(try norm("model.norm", x), unembedding)
  }

  private func attention(_ layer: Int, _ x: Grid<Scalar>, _ visit: Visit) throws -> Grid<Scalar> {
    let name = "model.layers.\(layer)."
    let normed = try norm(name + "input_layernorm", x)
    var q = rotate(try heads(normed, name + "self_attn.q_proj", config.heads))
    var k = rotate(try heads(normed, name + "self_attn.k_proj", config.kvHeads))
    var v = try heads(normed, name + "self_attn.v_proj", config.kvHeads)
    visit(.q(layer), &q)
    visit(.k(layer), &k)
    visit(.v(layer), &v)
    let count = x.shape[0]
    let shape = AttentionShape(
      queries: count, keys: count, heads: config.heads, kvHeads: config.kvHeads,
      headWidth: config.headWidth)
    var pattern = Reference.attentionPattern(q: q, k: k, shape)
    visit(.pattern(layer), &pattern)
    var z = Reference.attentionMix(pattern: pattern, v: v, shape)
    visit(.z(layer), &z)
    return Reference.linear(
      z.reshaped(count, config.heads * config.headWidth), try weight(name + "self_attn.o_proj"))
  }

  private func mlp(_ layer: Int, _ x: Grid<Scalar>) throws -> Grid<Scalar> {
    let name = "model.layers.\(layer)."
    let normed = try norm(name + "post_attention_layernorm", x)
    let gate = Reference.linear(normed, try weight(name + "mlp.gate_proj"))
    let up = Reference.linear(normed, try weight(name + "mlp.up_proj"))
    return Reference.linear(
      Reference.swiGLU(gate: gate, up: up), try weight(name + "mlp.down_proj"))
  }

  private func norm(_ name: String, _ x: Grid<Scalar>) throws -> Grid<Scalar> {
    Reference.rmsNorm(x, gain: try weight(name), epsilon: Scalar(config.epsilon)).y
  }

  private func heads(_ x: Grid<Scalar>, _ name: String, _ count: Int) throws -> Grid<Scalar> {
    Reference.linear(x, try weight(name)).reshaped(x.shape[0], count, config.headWidth)
  }

  private func rotate(_ x: Grid<Scalar>) -> Grid<Scalar> {
    Reference.rope(
      x, base: Scalar(config.ropeBase), rotary: config.headWidth, pairing: .halves)
  }
}

/// What the reference model needs of `config.json`.
struct FixtureConfig {
  let layers, heads, kvHeads, headWidth, dModel, vocabularySize: Int
  let epsilon, ropeBase: Double
  let isTied: Bool

  init(path: String) throws {
    let data = try Data(contentsOf: URL(filePath: path))
    let json = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    let rope = json["rope_parameters"] as? [String: Any] ?? json
    guard let layers = json["num_hidden_layers"] as? Int,
      let heads = json["num_attention_heads"] as? Int,
      let kvHeads = json["num_key_value_heads"] as? Int,
      let dModel = json["hidden_size"] as? Int,
      let vocabularySize = json["vocab_size"] as? Int,
      let epsilon = json["rms_norm_eps"] as? Double,
      let ropeBase = rope["rope_theta"] as? Double,
      let isTied = json["tie_word_embeddings"] as? Bool
    else { throw ReferenceError.unreadable(file: path, reason: "a key is missing") }
    (self.layers, self.heads, self.kvHeads, self.dModel) = (layers, heads, kvHeads, dModel)
    headWidth = json["head_dim"] as? Int ?? dModel / heads
    (self.epsilon, self.ropeBase, self.isTied) = (epsilon, ropeBase, isTied)
    self.vocabularySize = vocabularySize
  }
}
