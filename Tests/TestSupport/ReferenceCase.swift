// The tiny models of Tests/EngineTests/Fixtures, their prompts, and what is done to them there.

import Foundation

/// One fixture: a model's directory, its two prompts, and the values that belong to them.
public struct ReferenceCase: Decodable, Sendable {
  public let tokens: [Int32]
  public let corrupted: [Int32]
  public let target: Int32
  public let foil: Int32
  /// The logit difference at END on the clean and on the corrupted prompt.
  public let metric: Double
  public let corruptedMetric: Double
  /// Steps of integrated gradients.
  public let steps: Int
  /// By name; `logits.NAME` of the reference arrays is the result.
  public let interventions: [String: [Edit]]

  /// One edit of an activation; `interventions.py` beside the fixtures defines each.
  public struct Edit: Decodable, Sendable {
    public let site: String
    public let layer: Int
    public let head: Int?
    /// `nil` for all.
    public let positions: [Int]?
    public let action: String
    public let factor: Float?
    public let key: Int?
    /// Layer and head whose pattern row is taken.
    public let from: [Int]?
    /// Of a new pattern row; `nil` for 1.
    public let strength: Float?
  }

  /// One tiny model or more of every family but plain Llama (`make_families.py`).
  public static let families = [
    "llama-linear", "llama-dynamic", "llama-llama3", "llama-yarn", "mistral", "qwen2", "qwen3",
    "gemma2", "gemma3_text", "phi3", "gpt2", "gpt_neox", "gpt_neox-sequential", "olmo2",
  ]

  /// The names of the models.
  public static let names = ["half", "bfloat"] + intervened

  /// Those with interventions; `multihead` and `grouped` have the attribution methods too.
  public static let intervened = ["multihead", "grouped"] + families

  public static func load(_ name: String) throws -> ReferenceCase {
    let path = fixture("EngineTests", "reference/\(name).json")
    return try JSONDecoder().decode(
      ReferenceCase.self, from: Data(contentsOf: URL(filePath: path)))
  }

  /// Interventions on attention rows (`make_rows.py`), by name; `intervened` models have them.
  public static func rows(_ name: String) throws -> [String: [Edit]] {
    let path = fixture("EngineTests", "reference/rows/\(name).json")
    return try JSONDecoder().decode(
      [String: [Edit]].self, from: Data(contentsOf: URL(filePath: path)))
  }

  /// Their results.
  public static func rowArrays(_ name: String) throws -> ReferenceArrays {
    try ReferenceArrays(path: fixture("EngineTests", "reference/rows/\(name).safetensors"))
  }

  /// The model's directory; `builtin` is the one that comes with the program.
  public static func directory(_ name: String) -> String {
    name == "builtin" ? packageRoot + "/Assets/model" : fixture("EngineTests", "models/\(name)")
  }

  /// Activations, gradients, and results of interventions.
  public static func arrays(_ name: String) throws -> ReferenceArrays {
    try ReferenceArrays(path: fixture("EngineTests", "reference/\(name).safetensors"))
  }

  /// Scores of the attribution and patching methods.
  public static func scores(_ name: String) throws -> ReferenceArrays {
    try ReferenceArrays(path: fixture("InterpretabilityTests", "\(name).safetensors"))
  }
}
