// The common reading of a GGUF file's metadata: sizes, norms, rotary positions.

import Checkpoints
import Foundation

/// A GGUF checkpoint whose keys begin with its architecture.
struct GGUFModel {
  let checkpoint: Checkpoint
  let architecture: GGUFArchitecture

  private var file: ConfigurationFile { checkpoint.configuration }

  /// `nil` for a checkpoint of another format.
  /// - Throws: `EngineError.unknownArchitecture`.
  init?(_ checkpoint: Checkpoint) throws {
    guard checkpoint.configuration.contains("general.architecture") else { return nil }
    let name = try checkpoint.configuration.string("general.architecture")
    guard let architecture = GGUFArchitecture.all.first(where: { $0.name == name }) else {
      throw EngineError.unknownArchitecture(
        name, known: GGUFArchitecture.all.map(\.name), file: checkpoint.configuration.path)
    }
    (self.checkpoint, self.architecture) = (checkpoint, architecture)
  }

  func configuration() throws -> ModelConfiguration {
    try refuseExperts()
    let dModel = try size("embedding_length")
    let headCount = try size("attention.head_count")
    let dHead = try size("attention.key_length", default: max(1, dModel / headCount))
    guard try size("attention.value_length", default: dHead) == dHead else {
      throw file.unsupported(key("attention.value_length"), "that differs from key_length")
    }
    let contextLength = try size("context_length")
    var model = ModelConfiguration(
      family: architecture.family,
      layerCount: try file.layerCount(key("block_count")),
      dModel: dModel,
      dMLP: try size("feed_forward_length"),
      vocabularySize: try vocabularySize(),
      contextLength: contextLength,
      attention: .init(
        headCount: headCount, kvHeadCount: try size("attention.head_count_kv", default: headCount),
        dHead: dHead,
        hasInputBias: has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias"),
        hasOutputBias: has("blk.0.attn_output.bias")),
      mlp: .init(hasBias: has("blk.0.ffn_up.bias")),
      norm: .init(epsilon: try float("attention.layer_norm_rms_epsilon", default: 1e-5)),
      rope: architecture.hasRoPE ? try rope(dHead: dHead, contextLength: contextLength) : nil,
      tiesEmbedding: !has("output.weight"))
    try architecture.adjust(&model, self)
    return try model.checked(file)
  }

  func tensorNames(_ model: ModelConfiguration) -> TensorNames {
    var names = TensorNames.gguf
    architecture.rename(&names, model)
    return names
  }

  // MARK: Keys

  private func key(_ name: String) -> String { "\(architecture.name).\(name)" }

  private func size(_ name: String, default value: Int? = nil) throws -> Int {
    try file.size(key(name), default: value)
  }

  func float(_ name: String, default value: Double? = nil) throws -> Float {
    Float(try file.positive(key(name), default: value))
  }

  func floatIfPresent(_ name: String) throws -> Float? {
    file.contains(key(name)) ? try float(name) : nil
  }

  func double(_ name: String, default value: Double) throws -> Double {
    try file.positive(key(name), default: value)
  }

  func bool(_ name: String, default value: Bool) throws -> Bool {
    try file.bool(key(name), default: value)
  }

  /// How many positions layers with a window see; `nil` where the file does not say.
  func window() throws -> Int? {
    let name = key("attention.sliding_window")
    let window = try file.int(name, default: 0)
    guard window >= 0, window <= 1 << 30 else { throw file.wrong(name, "\(window)") }
    return window == 0 ? nil : window
  }

  // MARK: What tensors say

  private func has(_ name: String) -> Bool {
    checkpoint.tensors[name] != nil || checkpoint.unsupportedTensors[name] != nil
  }

  private func vocabularySize() throws -> Int {
    let tensor = try checkpoint.tensor(TensorNames.gguf.embedding)
    guard tensor.shape.count == 2, tensor.shape[0] > 0 else {
      throw EngineError.badConfiguration(
        "tensor '\(tensor.name)' has shape \(tensor.shape), not [tokens, width]", file: file.path)
    }
    return tensor.shape[0]
  }

  private func refuseExperts() throws {
    if try file.int(key("expert_count"), default: 0) > 0 {
      throw file.unsupported(key("expert_count"), "(a mixture of experts)")
    }
  }

  /// The divisors that a tensor holds, one for each pair.
  private func divisors(_ name: String, width: Int) throws -> [Double]? {
    guard has(name) else { return nil }
    let tensor = try checkpoint.tensor(name)
    guard tensor.shape == [width / 2], tensor.type == .f32 else {
      throw EngineError.shapeMismatch(
        name: name, expected: [width / 2], found: tensor.shape, file: tensor.file.path)
    }
    let values = (0..<width / 2).map {
      Double(tensor.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self))
    }
    guard values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw EngineError.badConfiguration(
        "tensor '\(name)' holds a divisor that is not positive", file: tensor.file.path)
    }
    return values
  }
}

// MARK: - Rotary positions

extension GGUFModel {
  private func rope(dHead: Int, contextLength: Int) throws -> ModelConfiguration.RoPE {
    let width = try size("rope.dimension_count", default: dHead)
    var rope = ModelConfiguration.RoPE(
      base: try double("rope.freq_base", default: 10_000), width: width,
      pairing: architecture.pairing)
    rope.scaling = try scaling(width: width, contextLength: contextLength)
    return rope
  }

  private func scaling(
    width: Int, contextLength: Int
  ) throws -> ModelConfiguration.RoPE.Scaling {
    let original = try size("rope.scaling.original_context_length", default: contextLength)
    if let short = try divisors("rope_factors_short.weight", width: width),
      let long = try divisors("rope_factors_long.weight", width: width)
    {
      let magnitude = try double("rope.scaling.attn_factor", default: 1)
      return .longRoPE(short: short, long: long, original: original, magnitude: magnitude)
    }
    // Llama 3.1's scaling is stored worked out, and is the same for every length.
    if let all = try divisors("rope_freqs.weight", width: width) {
      return .longRoPE(short: all, long: all, original: 1 << 30, magnitude: 1)
    }
    let name = key("rope.scaling.type")
    switch try file.string(name, default: "none") {
    case "none": return .none
    case "linear": return .linear(factor: try double("rope.scaling.factor", default: 1))
    case "yarn":
      let factor = try double("rope.scaling.factor", default: 1)
      return .yarn(
        .init(
          factor: factor, original: original,
          betaFast: try double("rope.scaling.yarn_beta_fast", default: 32),
          betaSlow: try double("rope.scaling.yarn_beta_slow", default: 1),
          magnitude: factor <= 1 ? 1 : 0.1 * log(factor) + 1))
    case let type: throw file.unsupported(name, "'\(type)'")
    }
  }
}
