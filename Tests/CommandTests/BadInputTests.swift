// Unusable models and items: exit status 3 and one line that names the file and what is wrong.

import Foundation
import TestSupport
import Testing

@Suite struct BadModelTests {
  @Test func missingDirectoryIsNamed() throws {
    expectFailure(
      try gar("inspect", "--model", "/nowhere/model"), status: 3, naming: "/nowhere/model")
  }

  @Test func truncatedWeightsAreRefused() throws {
    let model = try copy(of: tinyModel("multihead"))
    try change(model, "model.safetensors") { $0.removeLast(100) }
    expectFailure(
      try gar("inspect", "--model", model.path), status: 3,
      naming: model.path + "/model.safetensors")
  }

  @Test func headerLongerThanTheFileIsRefused() throws {
    let model = try copy(of: tinyModel("multihead"))
    try change(model, "model.safetensors") { $0.replaceSubrange(4..<8, with: [1, 0, 0, 0]) }
    expectFailure(
      try gar("inspect", "--model", model.path), status: 3, naming: "model.safetensors")
  }

  @Test(arguments: [
    (
      "overlap",
      "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}"
    ),
    ("misaligned", "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,7]}"),
    ("beyond the end", "\"a\":{\"dtype\":\"F32\",\"shape\":[20],\"data_offsets\":[0,80]}"),
    ("unknown type", "\"a\":{\"dtype\":\"F13\",\"shape\":[3],\"data_offsets\":[0,12]}"),
  ])
  func contradictoryTensorsAreRefused(name: String, entries: String) throws {
    let model = try copy(of: tinyModel("multihead"))
    try writeSafetensors(
      path: model.path + "/model.safetensors", header: "{\(entries)}",
      data: [UInt8](repeating: 0, count: 12))
    expectFailure(
      try gar("inspect", "--model", model.path), status: 3, naming: "model.safetensors", "tensor")
  }

  @Test func wrongShapeNamesTheTensor() throws {
    let model = try copy(of: tinyModel("multihead"))
    try change(
      model, "config.json", from: "\"intermediate_size\": 47", to: "\"intermediate_size\": 48")
    expectFailure(
      try gar("inspect", "--model", model.path), status: 3, naming: "mlp.", "47", "48")
  }

  @Test func unknownArchitectureIsNamedWithTheKnownOnes() throws {
    let model = try copy(of: tinyModel("multihead"))
    try change(
      model, "config.json", from: "\"model_type\": \"llama\"", to: "\"model_type\": \"mamba\"")
    expectFailure(
      try gar("inspect", "--model", model.path), status: 3, naming: "'mamba'", "llama",
      "config.json")
  }

  @Test func missingConfigurationKeyIsNamed() throws {
    let model = try copy(of: tinyModel("multihead"))
    try change(model, "config.json", from: "\"num_hidden_layers\"", to: "\"number_of_layers\"")
    expectFailure(
      try gar("inspect", "--model", model.path), status: 3, naming: "num_hidden_layers",
      "config.json")
  }

  @Test func tokenizerOfAnotherModelIsRefused() throws {
    let model = try copy(of: tinyModel("multihead"))
    try FileManager.default.copyItem(
      atPath: builtInModel + "/tokenizer.json", toPath: model.path + "/tokenizer.json")
    expectFailure(
      try gar("logits", "--model", model.path, "--text", "Mary"), status: 3,
      naming: "2047", "61", model.path)
  }

  @Test func brokenTokenizerIsRefused() throws {
    let model = try copy(of: builtInModel)
    try change(model, "tokenizer.json") { $0.removeLast(1000) }
    expectFailure(
      try gar("tokenize", "--model", model.path, "--text", "Mary"), status: 3,
      naming: "tokenizer.json", "line")
  }

  @Test func nonFiniteWeightNamesTheTensor() throws {
    let model = try copy(of: tinyModel("multihead"))
    // The last tensor by offset in the file ends with its last four bytes.
    try change(model, "model.safetensors") {
      $0.replaceSubrange($0.count - 4..<$0.count, with: [0, 0, 0xC0, 0x7F])
    }
    expectFailure(
      try gar("inspect", "--model", model.path), status: 3, naming: "tensor '", "NaN",
      "model.safetensors")
  }

  @Test func modelWithoutTokenizerServesTokensAndSaysWhyItCannotServeText() throws {
    let run = try ReferenceRun("multihead")
    let served = try gar(
      "logits", "--model", tinyModel("multihead"), "--tokens", run.tokens, "--json")
    #expect(served.status == 0, "\(served.errors)")
    expectFailure(
      try gar("logits", "--model", tinyModel("multihead"), "--text", "Mary"), status: 3,
      naming: "tokenizer.json")
  }
}

@Suite struct BadItemTests {
  @Test func brokenLineIsNamedWithItsColumn() throws {
    let folder = try TemporaryDirectory()
    let lines = try gar("generate", "--count", "3").output.split(separator: "\n")
    let broken = lines[1].replacing("\"rows\":", with: "\"rows\"", maxReplacements: 1)
    let path = try folder.write("\(lines[0])\n\(broken)\n\(lines[2])\n", to: "items.jsonl")
    expectFailure(
      try gar("evaluate", "--items", path), status: 3, naming: path, "line 2", "column")
  }

  @Test func missingItemFileIsNamed() throws {
    expectFailure(
      try gar("evaluate", "--items", "/nowhere/items.jsonl"), status: 3,
      naming: "/nowhere/items.jsonl")
  }

  @Test func itemLongerThanTheContextIsNamed() throws {
    let model = try copy(of: builtInModel)
    try change(
      model, "config.json", from: "\"max_position_embeddings\": 512",
      to: "\"max_position_embeddings\": 24")
    expectFailure(
      try gar("evaluate", "--model", model.path, "--count", "4", "--seed", "9"), status: 3,
      naming: "item 9-", "24")
  }

  @Test func entityInTwoGroupsIsNamed() throws {
    let folder = try TemporaryDirectory()
    let vocabulary = try String(
      contentsOfFile: packageRoot + "/Assets/gar/vocabulary.json", encoding: .utf8)
    let twice = vocabulary.replacing("\"Kyoto\"", with: "\"Kyoto\", \"Paris\"", maxReplacements: 1)
    #expect(twice != vocabulary)
    let path = try folder.write(twice, to: "vocabulary.json")
    expectFailure(
      try gar("generate", "--vocabulary", path), status: 3, naming: path, "Paris", "cities")
  }

  @Test func headSetOfAnotherModelIsRefused() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(
      "{\"model\":\"x\",\"trueHeads\":[\"40.1\"],\"falseHeads\":[]}", to: "heads.json")
    expectFailure(
      try gar("explore", "--heads", path, "--script", "/dev/null"), status: 3, naming: "40.1")
  }
}

/// Changes the bytes of a file.
private func change(
  _ folder: TemporaryDirectory, _ name: String, _ body: (inout [UInt8]) -> Void
) throws {
  let url = URL(filePath: "\(folder.path)/\(name)")
  var bytes = [UInt8](try Data(contentsOf: url))
  body(&bytes)
  try Data(bytes).write(to: url)
}

/// Replaces a text that the file must have.
private func change(
  _ folder: TemporaryDirectory, _ name: String, from old: String, to new: String
) throws {
  let path = "\(folder.path)/\(name)"
  let text = try String(contentsOfFile: path, encoding: .utf8)
  try #require(text.contains(old), "\(name) lacks \(old)")
  try Data(text.replacing(old, with: new).utf8).write(to: URL(filePath: path))
}
