// Thousands of damaged models: each loads, and then runs, or throws an error of this project; none
// crashes.

import Checkpoints
import Engine
import Foundation
import TestSupport
import Testing

/// A model's files in memory, from which damaged copies are written.
private struct ModelFiles {
  private let directory: TemporaryDirectory
  private let whole: [String: [UInt8]]

  /// Copies files of a folder of the fixtures.
  init(_ folder: String, _ names: [String]) throws {
    try self.init(
      Dictionary(
        uniqueKeysWithValues: try names.map { name in
          let file = URL(filePath: ReferenceCase.directory(folder)).appending(path: name)
          return (name, Array(try Data(contentsOf: file)))
        }))
  }

  init(_ whole: [String: [UInt8]]) throws {
    directory = try TemporaryDirectory()
    self.whole = whole
    for (name, bytes) in whole { try replaceFile("\(directory.path)/\(name)", with: bytes) }
  }

  /// Damages one file by turns, within `limit`, where its head ends; loads the model from `opened`, or
  /// the directory, and runs it. The share of the copies that were refused; the file is whole again.
  func refusals(
    of target: String, within limit: Int = .max, count: Int, seed: UInt64, opened: String? = nil
  ) throws -> Double {
    let bytes = try #require(whole[target])
    let path = opened.map { "\(directory.path)/\($0)" } ?? directory.path
    var mutator = Mutator(seed: seed)
    var refused = 0
    let count = Mutator.count(count)
    for index in 0..<count {
      try replaceFile(
        "\(directory.path)/\(target)", with: mutator.damage(bytes, within: limit))
      if try isRefused(path, "\(target) \(index), seed \(seed)") { refused += 1 }
    }
    try replaceFile("\(directory.path)/\(target)", with: bytes)
    return Double(refused) / Double(count)
  }

  private func isRefused(_ path: String, _ place: String) throws -> Bool {
    do {
      let model = try Model.load(path)
      let trace = try model.forward([1, 2, 0], recording: .backward)
      _ = model.backward(trace, of: .logitDifference(target: 1, foil: 0))
      return false
    } catch {
      let isOwn = error is CheckpointError || error is EngineError
      if !isOwn || "\(error)".contains("\n") { Issue.record("\(place): \(error)") }
      return true
    }
  }
}

@Suite struct ModelMutationTests {
  private static let directory = ["config.json", "model.safetensors"]

  @Test(arguments: [
    "llama-llama3", "llama-yarn", "llama-dynamic", "qwen2", "qwen3", "gemma2", "gemma3_text",
    "phi3",
    "gpt2", "gpt_neox", "olmo2", "mistral",
  ])
  func damagedConfigurationsNeverCrash(family: String) throws {
    let files = try ModelFiles(family, Self.directory)
    let share = try files.refusals(of: "config.json", count: 400, seed: 11)
    #expect(share > 0.3 && share < 0.99)
  }

  @Test func damagedSafetensorsNeverCrash() throws {
    let files = try ModelFiles("llama-llama3", Self.directory)
    let share = try files.refusals(
      of: "model.safetensors", within: 2500, count: 2000, seed: 12)
    #expect(share > 0.8 && share < 1)
  }

  @Test func damagedIndicesNeverCrash() throws {
    let source = ReferenceCase.directory("half-sharded")
    let names = try FileManager.default.contentsOfDirectory(atPath: source).filter {
      $0 == "config.json" || $0.contains("safetensors")
    }
    let files = try ModelFiles("half-sharded", names)
    let share = try files.refusals(
      of: "model.safetensors.index.json", count: 1000, seed: 13)
    #expect(share > 0.5 && share < 1)
  }

  @Test(arguments: ["qwen3", "llama-llama3", "gemma3_text", "phi3", "gpt2", "gpt_neox"])
  func damagedGGUFModelsNeverCrash(name: String) throws {
    let file = "\(name).gguf"
    let files = try ModelFiles("gguf", [file])
    let share = try files.refusals(
      of: file, within: 2500, count: 500, seed: 14, opened: file)
    #expect(share > 0.5 && share < 1)
  }

  @Test func damagedPartsOfASplitModelNeverCrash() throws {
    let parts = try GGUFModelTests.parts(of: "multihead")
    let files = try ModelFiles(parts)
    let names = parts.keys.sorted()
    for (index, name) in names.enumerated() {
      let share = try files.refusals(
        of: name, within: 2500, count: 500, seed: 15 + UInt64(index), opened: names[0])
      #expect(share > 0.5 && share < 1)
    }
  }
}
