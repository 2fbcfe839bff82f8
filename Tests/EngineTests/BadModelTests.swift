// Damaged models and unfit prompts: each is refused with an error that names what is wrong.

import Checkpoints
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct BadModelTests {
  @Test func anUntouchedCopyLoads() throws {
    let copy = try ScratchModel("multihead")
    #expect(try Model.load(copy.path).configuration.dModel == 30)
  }

  @Test func anUnknownArchitectureIsNamedWithTheKnownOnes() throws {
    let copy = try ScratchModel("multihead")
    try copy.configure { $0["model_type"] = "mamba" }
    let error = #expect(throws: EngineError.self) { try Model.load(copy.path) }
    let known = [
      "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "gemma3_text", "phi3", "gpt2",
      "gpt_neox", "olmo2",
    ]
    #expect(
      error == .unknownArchitecture("mamba", known: known, file: copy.path + "/config.json"))
    let text = try #require(error?.description)
    #expect(text.contains("mamba") && text.contains("llama") && text.contains("config.json"))
  }

  @Test(arguments: [
    "model_type", "hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size",
    "vocab_size",
  ])
  func aConfigurationLackingAKeyNamesIt(key: String) throws {
    let copy = try ScratchModel("multihead")
    try copy.configure { $0[key] = nil }
    let error = #expect(throws: CheckpointError.self) { try Model.load(copy.path) }
    #expect(error == .missingKey(key: key, file: copy.path + "/config.json"))
  }

  @Test(arguments: [
    ("num_key_value_heads", 3), ("num_hidden_layers", 0), ("num_attention_heads", 0),
    ("head_dim", 7), ("vocab_size", -1), ("hidden_size", 0), ("rope_theta", -2),
  ])
  func aConfigurationThatContradictsItselfIsRefused(key: String, value: Int) throws {
    let copy = try ScratchModel("multihead")
    try copy.configure { $0[key] = value }
    let error = #expect(throws: EngineError.self) { try Model.load(copy.path) }
    guard case .badConfiguration(let what, let file) = error else {
      Issue.record("\(key) = \(value) gave \(String(describing: error))")
      return
    }
    #expect(what.contains(key) && file == copy.path + "/config.json")
  }

  @Test(arguments: [
    ("attention_bias", "model.layers.0.self_attn.q_proj.bias"),
    ("mlp_bias", "model.layers.0.mlp.gate_proj.bias"),
  ])
  func biasesThatTheFileLacksAreMissed(key: String, tensor: String) throws {
    let copy = try ScratchModel("multihead")
    try copy.configure { $0[key] = true }
    let error = #expect(throws: CheckpointError.self) { try Model.load(copy.path) }
    #expect(error == .missingTensor(name: tensor, path: copy.path))
  }

  @Test(arguments: [
    ("intermediate_size", 48, "model.layers.0.mlp.gate_proj.weight", [48, 30], [47, 30]),
    ("vocab_size", 60, "model.embed_tokens.weight", [60, 30], [61, 30]),
    ("head_dim", 8, "model.layers.0.self_attn.q_proj.weight", [40, 30], [30, 30]),
  ])
  func aWrongShapeNamesTheTensorAndBothShapes(
    key: String, value: Int, tensor: String, expected: [Int], found: [Int]
  ) throws {
    let copy = try ScratchModel("multihead")
    try copy.configure { $0[key] = value }
    let error = #expect(throws: EngineError.self) { try Model.load(copy.path) }
    #expect(
      error
        == .shapeMismatch(
          name: tensor, expected: expected, found: found,
          file: copy.path + "/model.safetensors"))
  }

  @Test func aTransposedTensorIsRefused() throws {
    let copy = try ScratchModel("multihead")
    try copy.replaceInHeader(
      #""model.layers.1.mlp.up_proj.weight":{"dtype":"F32","shape":[47,30]"#,
      by: #""model.layers.1.mlp.up_proj.weight":{"dtype":"F32","shape":[30,47]"#)
    let error = #expect(throws: EngineError.self) { try Model.load(copy.path) }
    #expect(
      error
        == .shapeMismatch(
          name: "model.layers.1.mlp.up_proj.weight", expected: [47, 30], found: [30, 47],
          file: copy.path + "/model.safetensors"))
  }

  @Test(arguments: ["model.norm.weight", "lm_head.weight", "model.layers.1.mlp.down_proj.weight"])
  func aMissingTensorIsNamed(tensor: String) throws {
    let copy = try ScratchModel("multihead")
    try copy.replaceInHeader("\"\(tensor)\"", by: "\"\(tensor.dropLast())_\"")
    let error = #expect(throws: CheckpointError.self) { try Model.load(copy.path) }
    #expect(error == .missingTensor(name: tensor, path: copy.path))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func aWeightThatIsNotFiniteIsNamed(value: Float) throws {
    let copy = try ScratchModel("multihead")
    let tensor = "model.layers.1.self_attn.k_proj.weight"
    try copy.poke(value, into: tensor, at: 77)
    let error = #expect(throws: EngineError.self) { try Model.load(copy.path) }
    #expect(
      error
        == .nonFiniteWeight(tensor: tensor, index: 77, file: copy.path + "/model.safetensors"))
  }

  @Test func finiteWeightsThatOverflowAreToldByPosition() throws {
    let copy = try ScratchModel("multihead")
    for index in 0..<61 * 30 { try copy.poke(3e38, into: "lm_head.weight", at: index) }
    let model = try Model.load(copy.path)
    let error = #expect(throws: EngineError.self) { try model.forward([0, 5, 7], logits: .all) }
    #expect(error == .nonFiniteLogits(position: 0))
  }

  // MARK: Prompts

  @Test func aPromptThatDoesNotFitIsRefused() throws {
    let model = try EngineFixture("multihead").model
    let longest = [Int32](repeating: 4, count: 32)
    #expect(try model.forward(longest).tokenCount == 32)
    #expect(throws: EngineError.promptTooLong(tokens: 33, contextLength: 32)) {
      try model.forward(longest + [4])
    }
    #expect(throws: EngineError.emptyPrompt) { try model.forward([]) }
    #expect(throws: EngineError.tokenOutOfRange(token: 61, index: 2, vocabularySize: 61)) {
      try model.forward([0, 60, 61])
    }
    #expect(throws: EngineError.tokenOutOfRange(token: -1, index: 0, vocabularySize: 61)) {
      try model.forward([-1])
    }
    #expect(throws: EngineError.promptTooLong(tokens: 33, contextLength: 32)) {
      try model.forward(.embeddings(Tensor(zeros: [33, 30])))
    }
  }
}
