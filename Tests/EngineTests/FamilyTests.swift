// What is particular to families: their configurations, how their files store tensors, and scalings
// that depend on the prompt.

import Checkpoints
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct FamilyTests {
  @Test(arguments: ReferenceCase.families)
  func bothLayoutsOfTheConfigurationAreTheSameModel(name: String) throws {
    let copy = try ScratchModel(name)
    let classic = try Model.load(copy.path).configuration
    try copy.useConfiguration("config-5.json", of: name)
    #expect(try Model.load(copy.path).configuration == classic)
    #expect(classic.family == name.split(separator: "-")[0])
  }

  /// The fixtures' weights are numbers that all three types hold, so that every sum is the same.
  @Test(arguments: ReferenceCase.families, [TestTensor.ElementType.f32, .f16])
  func otherElementTypesGiveTheSameBits(name: String, type: TestTensor.ElementType) throws {
    let tiny = try EngineFixture(name)
    let copy = try ScratchModel(name)
    try copy.rewrite { TestTensor($0.name, type, shape: $0.shape, values: $0.values) }
    let model = try Model.load(copy.path)
    let tokens = tiny.fixture.tokens
    let (a, b) = (
      try tiny.model.forward(tokens, recording: .backward, logits: .all),
      try model.forward(tokens, recording: .backward, logits: .all)
    )
    expectSameBits("logits", b.logits, a.logits)
    expectSameBits(
      "gradient", model.backward(b, of: tiny.metric, keeping: .embeddings).gradEmbeddings,
      tiny.model.backward(a, of: tiny.metric, keeping: .embeddings).gradEmbeddings)
    expectSameBits(
      "one row", try model.forward(tokens).logits, try tiny.model.forward(tokens).logits)
  }

  /// With a scaling that depends on the prompt's length, a prefix alone is another prompt.
  @Test(arguments: ReferenceCase.families)
  func aShortPromptGivesTheLogitsOfTransformers(name: String) throws {
    let tiny = try EngineFixture(name)
    let run = try tiny.model.forward(Array(tiny.fixture.tokens.prefix(6)), logits: .all)
    expectMatches("prefix.logits", run.logits, try tiny.arrays.array("prefix.logits"))
  }

  @Test(arguments: ReferenceCase.families)
  func parametersAreThoseOfTheFile(name: String) throws {
    let model = try Model.load(ReferenceCase.directory(name))
    #expect(model.parameterCount == model.configuration.parameterCount)
    #expect(model.byteCount == 2 * model.parameterCount)
  }

  @Test(arguments: ["mistral", "qwen2", "gemma2", "gemma3_text", "phi3"])
  func aWindowIsSeenInThePatternAndOnlyBeyondIt(name: String) throws {
    let tiny = try EngineFixture(name)
    let window = tiny.model.configuration.attention.window
    let copy = try ScratchModel(name)
    try copy.configure { $0["sliding_window"] = 31 }
    let wide = try Model.load(copy.path)
    let tokens = Array(tiny.fixture.tokens)
    let short = Array(tokens.prefix(window))
    let (a, b) = (
      try tiny.model.forward(short, recording: ForwardTests.everything, logits: .all),
      try wide.forward(short, recording: ForwardTests.everything, logits: .all)
    )
    expectSameBits("within the window", a.logits, b.logits)
    let run = try tiny.model.forward(tokens, recording: .attentionPattern, logits: .all)
    let wideLogits = try wide.forward(tokens, logits: .all).logits
    #expect(run.logits.bits != wideLogits.bits)
    for (layer, recorded) in run.layers.enumerated() {
      let pattern = try #require(recorded.attentionPattern)
      let seen = tiny.model.configuration.window(layer: layer)
      #expect(seen == 0 || seen == window)
      for t in 0..<tokens.count {
        for s in 0...t {
          #expect((pattern[0, t, s] == 0) == (seen > 0 && s + seen <= t), "L\(layer) \(t) \(s)")
        }
      }
    }
  }

  // MARK: Files

  /// The first GPT-2 checkpoints lack the prefix that transformers writes, and hold masks, which are
  /// no parameters.
  @Test(arguments: [("gpt2", "transformer."), ("gpt_neox", "gpt_neox."), ("mistral", "model.")])
  func namesWithoutTheirPrefixAreFound(name: String, prefix: String) throws {
    let tiny = try EngineFixture(name)
    let copy = try ScratchModel(name)
    let mask = TestTensor("h.0.attn.bias", shape: [1, 1, 2, 2], values: [0, -.infinity, 0, 0])
    try copy.rewrite(adding: [mask]) { tensor in
      let isBelow = tensor.name.hasPrefix(prefix)
      return TestTensor(
        isBelow ? String(tensor.name.dropFirst(prefix.count)) : tensor.name, tensor.type,
        shape: tensor.shape, values: tensor.values)
    }
    let model = try Model.load(copy.path)
    #expect(model.parameterCount == tiny.model.parameterCount)
    let logits = try model.forward(tiny.fixture.tokens).logits
    expectSameBits("logits", logits, try tiny.model.forward(tiny.fixture.tokens).logits)
  }

  @Test(arguments: ["language_model.model.", "model.language_model."])
  func theTextOfAGemma3WithImagesIsFound(prefix: String) throws {
    let tiny = try EngineFixture("gemma3_text")
    let copy = try ScratchModel("gemma3_text")
    try copy.configure { $0 = ["model_type": "gemma3", "text_config": $0] }
    try copy.rewrite { tensor in
      let name = tensor.name.replacing("model.", with: prefix, maxReplacements: 1)
      return TestTensor(name, tensor.type, shape: tensor.shape, values: tensor.values)
    }
    let model = try Model.load(copy.path)
    #expect(model.configuration == tiny.model.configuration)
    let logits = try model.forward(tiny.fixture.tokens).logits
    expectSameBits("logits", logits, try tiny.model.forward(tiny.fixture.tokens).logits)
  }

  @Test(arguments: [
    ("phi3", "model.layers.0.self_attn.qkv_proj.weight", [40, 24]),
    ("phi3", "model.layers.0.mlp.gate_up_proj.weight", [46, 24]),
    ("gpt2", "transformer.h.0.attn.c_attn.weight", [24, 72]),
    ("gpt_neox", "gpt_neox.layers.0.attention.query_key_value.bias", [90]),
    ("gpt_neox", "gpt_neox.layers.0.attention.query_key_value.weight", [90, 30]),
    ("olmo2", "model.layers.0.self_attn.k_norm.weight", [12]),
  ])
  func aFusedTensorOfTheWrongShapeIsNamed(name: String, tensor: String, shape: [Int]) throws {
    let copy = try ScratchModel(name)
    try copy.rewrite { old in
      guard old.name == tensor else { return old }
      let values = old.values + old.values.prefix(old.values.count / old.shape[0])
      return TestTensor(
        tensor, .bf16, shape: [old.shape[0] + 1] + old.shape.dropFirst(), values: values)
    }
    let error = #expect(throws: EngineError.self) { try Model.load(copy.path) }
    #expect(
      error
        == .shapeMismatch(
          name: tensor, expected: shape, found: [shape[0] + 1] + shape.dropFirst(),
          file: copy.path + "/model.safetensors"))
  }

  @Test(arguments: [
    ("gpt2", "transformer.wpe.weight"), ("gpt2", "transformer.h.1.attn.c_proj.bias"),
    ("gemma2", "model.layers.3.post_feedforward_layernorm.weight"),
    ("qwen3", "model.layers.2.self_attn.q_norm.weight"),
    ("gpt_neox", "gpt_neox.layers.1.input_layernorm.bias"),
    ("qwen2", "model.layers.0.self_attn.k_proj.bias"),
  ])
  func aMissingTensorIsNamed(name: String, tensor: String) throws {
    let copy = try ScratchModel(name)
    try copy.rewrite { old in
      guard old.name == tensor else { return old }
      return TestTensor(tensor + "_", .bf16, shape: old.shape, values: old.values)
    }
    let error = #expect(throws: CheckpointError.self) { try Model.load(copy.path) }
    #expect(error == .missingTensor(name: tensor, path: copy.path))
  }
}
