// `config.json` of every family: the defaults of transformers, and what is refused.

import Checkpoints
import Engine
import Testing

@Suite struct FamilyConfigurationTests {
  private static let sizes = """
    "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 8, "intermediate_size": 96,
    "vocab_size": 100
    """

  private func read(_ type: String, _ more: String = "") throws -> ModelConfiguration {
    let sizes =
      type == "gpt2" ? #""n_embd": 64, "n_head": 4, "n_layer": 8, "vocab_size": 100"# : Self.sizes
    return try ModelConfiguration(
      ConfigurationFile(
        path: "config.json", json: "{\"model_type\": \"\(type)\", \(sizes)\(more)}"))
  }

  // Each value below is the class's default in transformers 5.23.

  @Test(arguments: [
    ("llama", 2048, Float(1e-6), 16, 4, false), ("mistral", 131_072, 1e-6, 16, 4, false),
    ("qwen2", 32_768, 1e-6, 16, 4, false), ("qwen3", 32_768, 1e-6, 128, 4, false),
    ("gemma2", 8192, 1e-6, 256, 4, true), ("gemma3_text", 131_072, 1e-6, 256, 4, true),
    ("phi3", 4096, 1e-5, 16, 4, false), ("gpt2", 1024, 1e-5, 16, 4, true),
    ("gpt_neox", 2048, 1e-5, 16, 4, false), ("olmo2", 2048, 1e-5, 16, 4, false),
  ])
  func whatTheFileLeavesOutIsAsInTransformers(
    type: String, context: Int, epsilon: Float, headWidth: Int, kvHeads: Int, isTied: Bool
  ) throws {
    let model = try read(type)
    #expect(model.contextLength == context)
    #expect(model.norm.epsilon == epsilon)
    #expect(model.dHead == headWidth)
    #expect(model.attention.kvHeadCount == kvHeads)
    #expect(model.tiesEmbedding == isTied)
    #expect(model.headCount == 4 && model.layerCount == 8 && model.dModel == 64)
    #expect(model.dMLP == (type == "gpt2" ? 256 : 96))
  }

  @Test func positionsThatTheFileLeavesOutAreAsInTransformers() throws {
    for type in ["llama", "mistral", "qwen2", "qwen3", "gemma2", "phi3", "olmo2"] {
      let model = try read(type)
      #expect(model.rope?.base == 10_000 && model.rope?.width == model.dHead, "\(type)")
      #expect(
        model.rope?.scaling == ModelConfiguration.RoPE.Scaling.none && model.windowRoPE == nil)
    }
    let gemma = try read("gemma3_text")
    #expect(gemma.rope?.base == 1_000_000 && gemma.windowRoPE?.base == 10_000)
    let neox = try read("gpt_neox")
    #expect(neox.rope?.base == 10_000 && neox.rope?.width == 4 && neox.isParallel)
    #expect(neox.attention.hasInputBias && neox.attention.hasOutputBias && neox.mlp.hasBias)
    #expect(try read("gpt2").rope == nil)
    // Positions change with a window's layers alone where the family says so.
    #expect(gemma.rope(layer: 0)?.base == 10_000 && gemma.rope(layer: 5)?.base == 1_000_000)
  }

  @Test func windowsThatTheFileLeavesOutAreAsInTransformers() throws {
    func windows(_ type: String, _ more: String = "") throws -> [Int] {
      let model = try read(type, more)
      return (0..<model.layerCount).map { model.window(layer: $0) }
    }
    let none = [Int](repeating: 0, count: 8), all = [Int](repeating: 4096, count: 8)
    for type in ["llama", "qwen2", "qwen3", "phi3", "gpt2", "gpt_neox", "olmo2"] {
      #expect(try windows(type) == none, "\(type)")
    }
    #expect(try windows("mistral") == all)
    #expect(try windows("mistral", #", "sliding_window": null"#) == none)
    #expect(try windows("mistral", #", "sliding_window": 7"#) == none.map { _ in 7 })
    #expect(try windows("phi3", #", "sliding_window": 7"#) == none.map { _ in 7 })
    #expect(try windows("gemma2") == [4096, 0, 4096, 0, 4096, 0, 4096, 0])
    #expect(try windows("gemma3_text") == [4096, 4096, 4096, 4096, 4096, 0, 4096, 4096])
    #expect(try windows("qwen2", #", "sliding_window": 9, "max_window_layers": 2"#) == none)
    #expect(
      try windows("qwen2", #", "use_sliding_window": true, "max_window_layers": 6"#)
        == [0, 0, 0, 0, 0, 0, 4096, 4096])
    // The default of max_window_layers, 28, is beyond these 8 layers.
    #expect(try windows("qwen3", #", "use_sliding_window": true"#) == none)
    let types = (0..<8).map { $0 == 3 ? "\"full_attention\"" : "\"sliding_attention\"" }
    #expect(
      try windows("gemma2", #", "layer_types": [\#(types.joined(separator: ","))]"#)
        == [4096, 4096, 4096, 0, 4096, 4096, 4096, 4096])
  }

  @Test func gemmaScalesAndCapsByDefault() throws {
    let two = try read("gemma2"), three = try read("gemma3_text")
    #expect(two.attention.scoreCap == 50 && two.logitCap == 30)
    #expect(three.attention.scoreCap == nil && three.logitCap == nil)
    #expect(two.scoreScale(layer: 0) == 1 / 16 && two.embeddingScale == 8)
    #expect(two.norm.gainOffset == 1 && two.norm.placement == .beforeAndAfter)
    let off = try read(
      "gemma2", #", "attn_logit_softcapping": null, "final_logit_softcapping": null"#)
    #expect(off.attention.scoreCap == nil && off.logitCap == nil)
  }

  @Test func gpt2MayLeaveScoresUnscaledOrDivideThemByLayer() throws {
    #expect(try read("gpt2").scoreScale(layer: 5) == 0.25)
    #expect(try read("gpt2", #", "scale_attn_weights": false"#).scoreScale(layer: 5) == 1)
    #expect(
      try read("gpt2", #", "scale_attn_by_inverse_layer_idx": true"#).scoreScale(layer: 5)
        == 0.25 / 6)
  }

  @Test func scalingsStretchTheContext() throws {
    func length(_ scaling: String) throws -> Int {
      try read("llama", #", "max_position_embeddings": 100, "rope_scaling": {\#(scaling)}"#)
        .contextLength
    }
    #expect(try length(#""type": "linear", "factor": 4"#) == 400)
    #expect(try length(#""rope_type": "dynamic", "factor": 2.5"#) == 250)
    let bands = #""low_freq_factor": 1, "high_freq_factor": 4"#
    #expect(
      try length(
        #""rope_type": "llama3", "factor": 8, \#(bands), "original_max_position_embeddings": 10"#)
        == 100)
    #expect(try length(#""rope_type": "yarn", "factor": 3"#) == 300)
  }

  @Test(arguments: [
    ("llama", #""hidden_act": "tanh""#, "hidden_act 'tanh'"),
    ("llama", #""rope_scaling": {"type": "mrope"}"#, "rope_scaling.rope_type 'mrope'"),
    ("llama", #""rope_parameters": {"rope_type": "axial"}"#, "rope_parameters.rope_type 'axial'"),
    ("gemma2", #""use_bidirectional_attention": true"#, "use_bidirectional_attention"),
    ("gemma3_text", #""attn_logit_softcapping": 50"#, "attn_logit_softcapping"),
    ("gpt2", #""add_cross_attention": true"#, "add_cross_attention"),
    ("qwen3", #""layer_types": ["chunked","x","x","x","x","x","x","x"]"#, "layer_types 'chunked'"),
  ])
  func whatTheEngineLacksIsNamed(type: String, json: String, what: String) {
    let error = #expect(throws: EngineError.self) { try read(type, ", " + json) }
    guard case .unsupported = error else {
      Issue.record("\(json) gave \(String(describing: error))")
      return
    }
    #expect(error?.description.contains(what) == true)
    #expect(error?.description.contains("config.json") == true)
  }

  @Test(arguments: [
    ("llama", #""rope_scaling": {"type": "linear", "factor": -1}"#, "rope_scaling.factor"),
    ("llama", #""rms_norm_eps": 0"#, "rms_norm_eps"),
    ("llama", #""head_dim": 7"#, "head_dim"),
    ("mistral", #""sliding_window": 0"#, "sliding_window"),
    ("gemma2", #""layer_types": ["full_attention"]"#, "layer_types"),
    ("gemma2", #""final_logit_softcapping": -3"#, "final_logit_softcapping"),
    ("gpt_neox", #""rotary_pct": 0.19"#, "head_dim"), ("gpt_neox", #""rotary_pct": 2"#, "head_dim"),
    ("gpt_neox", #""num_attention_heads": 5"#, "num_attention_heads"),
    ("gpt2", #""n_head": 5"#, "n_head"), ("gpt2", #""n_inner": -1"#, "n_inner"),
    ("llama", #""num_hidden_layers": 1000000000"#, "num_hidden_layers"),
    (
      "phi3",
      #""rope_scaling": {"type": "su", "short_factor": [1, 2], "long_factor": [1, 2]}"#,
      "short_factor"
    ),
  ])
  func whatContradictsItselfIsNamed(type: String, json: String, key: String) {
    let error = #expect(throws: EngineError.self) { try read(type, ", " + json) }
    guard case .badConfiguration(let what, _) = error else {
      Issue.record("\(json) gave \(String(describing: error))")
      return
    }
    #expect(what.contains(key), "\(what)")
  }

  /// Older files of Phi-3 call the scaling `su`, as `yarn` was once called.
  @Test(arguments: ["su", "yarn", "longrope"])
  func phi3sNamesOfLongRoPEAreOne(name: String) throws {
    let list = "[1, 1, 1, 1, 1, 1, 1, 1]"
    let model = try read(
      "phi3",
      """
      , "max_position_embeddings": 8192,
      "rope_scaling": {"type": "\(name)", "short_factor": \(list), "long_factor": \(list)}
      """)
    guard case .longRoPE(let short, let long, 4096, let magnitude) = model.rope?.scaling else {
      Issue.record("\(String(describing: model.rope))")
      return
    }
    #expect(short == long && short.count == 8)
    // √(1 + ln 2 / ln 4096) = √(13/12)
    #expect(abs(magnitude - (13.0 / 12).squareRoot()) < 1e-12)
  }

  // MARK: Sizes

  @Test func theShapeOfVicuna33BIsCountedWithoutItsFiles() throws {
    let model = try ModelConfiguration(
      ConfigurationFile(
        path: "config.json",
        json: """
          {"model_type": "llama", "hidden_size": 6656, "intermediate_size": 17920,
           "max_position_embeddings": 2048, "num_attention_heads": 52, "num_hidden_layers": 60,
           "num_key_value_heads": 52, "rms_norm_eps": 1e-06, "tie_word_embeddings": false,
           "vocab_size": 32000}
          """))
    #expect(model.dHead == 128 && model.queryWidth == 6656 && model.kvWidth == 6656)
    #expect(model.heads.count == 3120)
    #expect(model.heads.last == HeadIndex(layer: 59, head: 51))
    // 2·V·D + D + L·(4·D² + 3·D·M + 2·D), which is what the model's own files sum to.
    #expect(model.parameterCount == 32_528_943_616)
    #expect(model.recordedWidth == 2 * 6656 + 4 * 6656 + 2 * 17920)
  }
}
