// `gar logits` and `gar tokenize` against values of transformers, and the shape of their results.

import Foundation
import TestSupport
import Testing

@Suite struct LogitsTests {
  @Test(arguments: [
    ("multihead", "logits", []),
    ("multihead", "logits.zero_head", ["--ablate", "1.3"]),
    ("multihead", "logits.scale_head", ["--scale", "1.3=2"]),
    ("grouped", "logits", []), ("half", "logits", []), ("bfloat", "logits", []),
  ])
  func arrayEqualsTheReference(model: String, name: String, edits: [String]) throws {
    let folder = try TemporaryDirectory()
    let run = try ReferenceRun(model)
    let path = folder.path + "/logits.npy"
    let finished = try gar(
      ["logits", "--model", tinyModel(model), "--tokens", run.tokens, "--npy", path] + edits)
    #expect(finished.status == 0, "\(finished.errors)")
    let expected = try readReference(
      fixture("EngineTests", "reference/\(model).safetensors"), name)
    expectEqual(try readNumPy(path), expected, tolerance: 1e-5)
  }

  @Test func topIsTheReferencesBestFirstWithSoftmaxProbabilities() throws {
    let run = try ReferenceRun("builtin")
    let object = try gar("logits", "--tokens", run.tokens, "--json", "--top", "7").object()
    #expect(Set(object.keys) == ["top"])
    let top = try #require(object["top"] as? [[String: Any]])
    let reference = try readReference(
      fixture("EngineTests", "reference/builtin.safetensors"), "logits")
    let end = Array(reference.values.suffix(reference.shape[1]))
    let ranked = end.indices.sorted { end[$0] > end[$1] }.prefix(7)
    #expect(top.map { $0["id"] as? Int } == ranked.map { $0 })
    let sum = end.reduce(0.0) { $0 + exp(Double($1)) }
    for (entry, id) in zip(top, ranked) {
      #expect(Set(entry.keys) == ["id", "piece", "logit", "probability"])
      let logit = try #require(entry["logit"] as? Double)
      let probability = try #require(entry["probability"] as? Double)
      #expect(abs(logit - Double(end[id])) < 1e-4)
      #expect(abs(probability - exp(Double(end[id])) / sum) < 1e-4)
    }
    #expect(top.first?["piece"] as? String == " animal")
  }

  @Test func textGetsBOSAndTokensAreTakenAsGiven() throws {
    let text = try gar("logits", "--text", "Mary has a dog", "--json").output
    let ids = try #require(
      try gar("tokenize", "--text", "Mary has a dog").object()["ids"] as? [Int])
    #expect(ids.first == 0)
    func logits(_ ids: ArraySlice<Int>) throws -> String {
      try gar("logits", "--tokens", ids.map(String.init).joined(separator: ","), "--json").output
    }
    #expect(try logits(ids[...]) == text)
    #expect(try logits(ids.dropFirst()) != text)
  }

  @Test func threadCountDoesNotChangeABit() throws {
    let run = try ReferenceRun("builtin")
    let outputs = try ["1", "2", "5"].map {
      try gar("logits", "--tokens", run.tokens, "--threads", $0, "--json").output
    }
    #expect(Set(outputs).count == 1)
  }

  @Test func pieceIsNullWithoutATokenizer() throws {
    let run = try ReferenceRun("half")
    let object = try gar(
      "logits", "--model", tinyModel("half"), "--tokens", run.tokens, "--json"
    ).object()
    let top = try #require(object["top"] as? [[String: Any]])
    #expect(top.count == 10)
    #expect(top.allSatisfy { $0["piece"] is NSNull })
  }
}

@Suite struct TokenizeTests {
  /// Ids and ranges of huggingface/tokenizers, as in `Tests/TokenizationTests/Fixtures`.
  @Test func objectHoldsIdsPiecesAndRangesInScalars() throws {
    let text = "Mary é🐶 dog"
    let object = try gar("tokenize", "--text", text).object()
    #expect(Set(object.keys) == ["ids", "pieces", "ranges"])
    let ids = try #require(object["ids"] as? [Int])
    let pieces = try #require(object["pieces"] as? [String])
    let ranges = try #require(object["ranges"] as? [[Int]])
    #expect(ids.count == pieces.count && ids.count == ranges.count)
    #expect(ids[0] == 0 && pieces[0] == "<s>" && ranges[0] == [0, 0])
    // The text is 11 scalars long, though 12 in UTF-16 and 15 in UTF-8.
    #expect(ranges.last == [7, 11] && pieces.last == " dog")
    #expect(ranges.contains([6, 7]))
  }

  @Test func standardInputIsTakenAsItStands() throws {
    let given = try gar("tokenize", "--text", "Mary has\n").output
    #expect(try gar("tokenize", input: "Mary has\n").output == given)
  }

  @Test func bosCanBeLeftOutAndSpecialTokensRead() throws {
    func ids(_ arguments: String...) throws -> [Int] {
      let object = try gar(["tokenize", "--text", "</s>"] + arguments).object()
      return try #require(object["ids"] as? [Int])
    }
    let plain = try ids()
    #expect(plain.first == 0 && plain.count > 2)
    #expect(try ids("--no-bos") == Array(plain.dropFirst()))
    #expect(try ids("--no-bos", "--parse-special") == [1])
  }

  /// Every kind of file that holds a tokenizer serves as a model, and a directory without weights.
  @Test(arguments: ["llama-spm.gguf", "llama/tokenizer.model", "llama", "json-llama.json"])
  func tokenizerFilesServeAsModels(name: String) throws {
    let model = fixture("TokenizationTests", "vocabularies/\(name)")
    let object = try gar("tokenize", "--model", model, "--text", "Mary has é").object()
    #expect(object["ids"] as? [Int] == [1, 386, 1000, 302, 972, 1051], "\(name)")
    #expect(object["pieces"] as? [String] == ["<s>", " Mar", "y", " has", " ", "é"])
    #expect(
      object["ranges"] as? [[Int]] == [[0, 0], [0, 3], [3, 4], [4, 8], [8, 9], [9, 10]])
    let bare = try gar(
      "tokenize", "--model", model, "--text", "</s>", "--no-bos", "--parse-special"
    ).object()
    #expect(bare["ids"] as? [Int] == [2])
  }

  @Test func fileWithoutATokenizerIsRefused() throws {
    let folder = try TemporaryDirectory()
    var file = GGUFBytes()
    file.add("general.architecture", .text("llama"))
    try replaceFile(folder.path + "/m.gguf", with: file.bytes)
    expectFailure(
      try gar("tokenize", "--model", folder.path + "/m.gguf", "--text", "x"), status: 3,
      naming: "m.gguf", "holds no tokenizer")
  }

  @Test func inputThatIsNotUTF8IsRefused() throws {
    let folder = try TemporaryDirectory()
    try Data([0x4D, 0xFF, 0x61]).write(to: URL(filePath: folder.path + "/text"))
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    let program = try program().path
    shell.arguments = [
      "-c", "'\(program)' tokenize <'\(folder.path)/text' 2>'\(folder.path)/errors'",
    ]
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 3)
    let errors = try String(contentsOfFile: folder.path + "/errors", encoding: .utf8)
    #expect(errors.contains("UTF-8"))
  }
}

@Suite struct InspectTests {
  @Test func factsAreThoseOfTheFiles() throws {
    let object = try gar("inspect", "--json", "--tensors").object()
    let configuration = try #require(object["configuration"] as? [String: Any])
    #expect(configuration["layerCount"] as? Int == 6)
    #expect(configuration["headCount"] as? Int == 8)
    #expect(configuration["vocabularySize"] as? Int == 2048)
    // As the model's card says.
    #expect(object["parameters"] as? Int == 1_934_976)
    let size =
      try FileManager.default.attributesOfItem(
        atPath: builtInModel + "/model.safetensors")[.size] as? Int
    #expect(object["mappedBytes"] as? Int == size)
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    #expect(tensors.count == object["tensorCount"] as? Int)
    #expect(tensors.reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) } == 2 * 1_934_976)
    let tokenizer = try #require(object["tokenizer"] as? [String: Any])
    #expect(tokenizer["bos"] as? Int == 0)
  }

  @Test func tensorsAreListedLayerByLayerOnRequest() throws {
    let brief = try gar("inspect", "--model", tinyModel("half-sharded")).output
    #expect(!brief.contains("q_proj"))
    #expect(brief.contains("none that can be used"))
    let full = try gar("inspect", "--model", tinyModel("half-sharded"), "--tensors").output
    #expect(full.contains("model.layers.1.self_attn.q_proj.weight"))
    #expect(full.contains("30×27"))
  }

  @Test func memoryGrowsWithThePrompt() throws {
    func bytes(_ length: String, _ key: String) throws -> Int {
      let object = try gar("inspect", "--json", "--length", length).object()
      let expected = try #require(object["expectedBytes"] as? [String: Any])
      return try #require(expected[key] as? Int)
    }
    #expect(try bytes("512", "attribution") > 3 * bytes("128", "attribution"))
    #expect(try bytes("512", "attribution") > 5 * bytes("512", "forward"))
  }
}
