// Rotary positions from `config.json`, in the layout of transformers 5 (`rope_parameters`) and in the
// older one (`rope_theta`, `rope_scaling`).

import Checkpoints
import Foundation

/// What a family's files say of rotary positions.
struct RoPEReading {
  let file: ConfigurationFile
  /// K.
  let dHead: Int
  /// `max_position_embeddings`.
  let contextLength: Int
  var baseKey = "rope_theta"
  var fractionKey = "partial_rotary_factor"
  var defaultBase = 10_000.0
  var defaultFraction = 1.0
  /// The length trained on, where that is not the scaling's to say (Phi-3).
  var originalLength: Int?
  /// Names under which files have the same scaling as `longrope`.
  var longRoPENames: Set<String> = ["longrope"]

  /// The positions that `rope_scaling`, `rope_parameters` or top-level keys give.
  func rope() throws -> ModelConfiguration.RoPE {
    try rope(try file.section("rope_scaling") ?? file.section("rope_parameters"))
  }

  /// The positions that a section gives, with the file's own keys for those that it lacks.
  func rope(_ section: ConfigurationFile?) throws -> ModelConfiguration.RoPE {
    let base = try value(section, "rope_theta", baseKey, default: defaultBase)
    let fraction = try value(
      section, "partial_rotary_factor", fractionKey, default: defaultFraction)
    let width = Int(min(Double(dHead) * fraction, 0x1p30))
    var rope = ModelConfiguration.RoPE(base: base, width: width, pairing: .halves)
    if let section { rope.scaling = try scaling(section, width: width) }
    return rope
  }

  private func value(
    _ section: ConfigurationFile?, _ key: String, _ topLevelKey: String, default value: Double
  ) throws -> Double {
    if let section, section.contains(key) { return try section.positive(key) }
    return try file.positive(topLevelKey, default: value)
  }

  private func scaling(
    _ section: ConfigurationFile, width: Int
  ) throws -> ModelConfiguration.RoPE.Scaling {
    let type = try section.string("rope_type", default: section.string("type", default: "default"))
    if longRoPENames.contains(type) { return try longRoPE(section, width: width) }
    switch type {
    case "default": return .none
    case "linear": return .linear(factor: try section.positive("factor"))
    case "dynamic":
      guard width > 2 else { throw section.wrong("rope_type", "'dynamic' for 2 rotated elements") }
      return .dynamic(factor: try section.positive("factor"), original: contextLength)
    case "llama3":
      return .llama3(
        .init(
          factor: try section.positive("factor"),
          lowFrequencyFactor: try section.positive("low_freq_factor"),
          highFrequencyFactor: try section.positive("high_freq_factor"),
          original: try original(section)))
    case "yarn": return .yarn(try yarn(section))
    default:
      throw EngineError.unsupported(
        what: "\(section.fullKey("rope_type")) '\(type)'", file: file.path,
        remedy: "known are default, linear, dynamic, llama3, yarn and longrope")
    }
  }

  private func yarn(_ section: ConfigurationFile) throws -> ModelConfiguration.RoPE.YaRN {
    let original = try original(section)
    let factor = try section.positive(
      "factor", default: Double(contextLength) / Double(original))
    func spread(_ scale: Double) -> Double { factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1 }
    var magnitude = spread(1)
    let of = try section.double("mscale", default: 0)
    let all = try section.double("mscale_all_dim", default: 0)
    if of != 0, all != 0 { magnitude = spread(of) / spread(all) }
    return .init(
      factor: factor, original: original,
      betaFast: try section.positive("beta_fast", default: 32),
      betaSlow: try section.positive("beta_slow", default: 1),
      truncates: try section.bool("truncate", default: true),
      magnitude: try section.positive("attention_factor", default: magnitude))
  }

  private func longRoPE(
    _ section: ConfigurationFile, width: Int
  ) throws -> ModelConfiguration.RoPE.Scaling {
    let original = try original(section)
    func divisors(_ key: String) throws -> [Double] {
      guard section.contains(key) else {
        throw CheckpointError.missingKey(key: section.fullKey(key), file: file.path)
      }
      let list = try section.doubles(key)
      guard list.count == width / 2, list.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw section.wrong(
          key, "a list of \(list.count); it must hold \(width / 2) positive numbers")
      }
      return list
    }
    let factor = try section.positive(
      "factor", default: Double(contextLength) / Double(original))
    let magnitude = factor <= 1 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot()
    return .longRoPE(
      short: try divisors("short_factor"), long: try divisors("long_factor"), original: original,
      magnitude: try section.positive("attention_factor", default: magnitude))
  }

  /// The length trained on.
  private func original(_ section: ConfigurationFile) throws -> Int {
    if let originalLength { return originalLength }
    return try section.size("original_max_position_embeddings", default: contextLength)
  }
}

extension ModelConfiguration.RoPE {
  /// The length to which this scaling stretches a model that names `contextLength`.
  func stretched(_ contextLength: Int) -> Int {
    func times(_ factor: Double, _ original: Int) -> Int {
      max(contextLength, Int(min(factor * Double(original), 0x1p30)))
    }
    return switch scaling {
    case .none, .longRoPE: contextLength
    case .linear(let factor): times(factor, contextLength)
    case .dynamic(let factor, let original): times(factor, original)
    case .llama3(let scaling): times(scaling.factor, scaling.original)
    case .yarn(let yarn): times(yarn.factor, yarn.original)
    }
  }
}
