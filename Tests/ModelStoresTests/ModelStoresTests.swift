// Models in the folders of other programs: what is listed, and where names lead.

import Foundation
import ModelStores
import TestSupport
import Testing

/// A home directory with model folders in it.
private struct Home {
  let folder: TemporaryDirectory
  let stores: ModelStores

  init(environment: (_ home: String) -> [String: String] = { _ in [:] }) throws {
    folder = try TemporaryDirectory()
    stores = ModelStores(environment: environment(folder.path), home: folder.path)
  }

  /// Makes the folders that a path runs through, and returns the path.
  func path(_ relative: String) throws -> String {
    let path = folder.path + "/" + relative
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    return path
  }

  func write(_ text: String, to relative: String) throws {
    try Data(text.utf8).write(to: URL(filePath: try path(relative)))
  }

  func write(_ gguf: GGUFBytes, to relative: String) throws {
    try Data(gguf.bytes).write(to: URL(filePath: try path(relative)))
  }

  /// A snapshot of a random model that loads.
  func addSnapshot(_ repository: String, _ commit: String, seed: UInt64 = 1) throws -> String {
    let model = try RandomModel.write(seed: seed)
    let target = try path(".cache/huggingface/hub/\(repository)/snapshots/\(commit)")
    try FileManager.default.copyItem(atPath: model.path, toPath: target)
    return target
  }
}

private func vocabularyFile() -> GGUFBytes {
  var file = GGUFBytes()
  file.add("general.architecture", .text("llama"))
  return file
}

@Suite struct ModelStoresTests {
  @Test func aSnapshotIsListedByItsRepositoryAndLoads() throws {
    let home = try Home()
    let target = try home.addSnapshot("models--org--tiny--name", "abc123")
    try home.write("abc123\n", to: ".cache/huggingface/hub/models--org--tiny--name/refs/main")
    try home.write("{}", to: ".cache/huggingface/hub/datasets--org--data/snapshots/1/config.json")
    let models = home.stores.models()
    #expect(models.map(\.name) == ["org/tiny--name"])
    let model = try #require(models.first)
    #expect(model.path == target)
    #expect(model.store == .huggingFace)
    #expect(model.family == "llama")
    #expect(model.elementType == "F32")
    #expect(model.problem == nil)
    let weights = try FileManager.default.attributesOfItem(atPath: target + "/model.safetensors")
    #expect(model.byteCount == weights[.size] as? Int)
    #expect(home.stores.path(of: "org/tiny--name") == target)
  }

  @Test func namesLeadToTheMainRevisionOrTheOneThatIsNamed() throws {
    let home = try Home()
    let old = try home.addSnapshot("models--org--name", "aaa111")
    let new = try home.addSnapshot("models--org--name", "bbb222", seed: 2)
    let references = ".cache/huggingface/hub/models--org--name/refs/"
    try home.write("aaa111", to: references + "main")
    try home.write("bbb222", to: references + "v2")
    #expect(home.stores.path(of: "org/name") == old)
    #expect(home.stores.path(of: "org/name@v2") == new)
    #expect(home.stores.path(of: "org/name@bbb") == new)
    for unknown in ["org/other", "org/name@ccc", "../name", "a/b/c", "", "org/name@../main"] {
      #expect(home.stores.path(of: unknown) == nil, "\(unknown)")
    }
  }

  @Test func modelsThatDoNotLoadSayWhy() throws {
    let home = try Home()
    let hub = ".cache/huggingface/hub/models--org--bert/snapshots/1/"
    try home.write(#"{"model_type": "bert"}"#, to: hub + "config.json")
    try home.write("", to: hub + "model.safetensors")
    let model = try #require(home.stores.models().first)
    #expect(model.name == "org/bert")
    #expect(model.family == "bert")
    #expect(model.problem != nil)
    #expect(model.problem?.contains(home.folder.path) == true)
  }

  @Test func filesOfOtherProgramsAreFound() throws {
    let home = try Home { ["LLAMA_CACHE": $0 + "/llama"] }
    try home.write(vocabularyFile(), to: "llama/a.gguf")
    try home.write(vocabularyFile(), to: "llama/split-00001-of-00002.gguf")
    try home.write(vocabularyFile(), to: "llama/split-00002-of-00002.gguf")
    try home.write("{}", to: "llama/a.gguf.json")
    try home.write(vocabularyFile(), to: ".lmstudio/models/maker/model/b.gguf")
    try home.write(vocabularyFile(), to: ".lmstudio/models/maker/model/mmproj-b.gguf")
    try home.write(vocabularyFile(), to: ".ollama/models/blobs/sha256-12")
    let manifest = """
      {"layers": [{"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:99"},
        {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:12"}]}
      """
    let manifests = ".ollama/models/manifests/"
    try home.write(manifest, to: manifests + "registry.ollama.ai/library/small/1b")
    try home.write(manifest, to: manifests + "registry.ollama.ai/someone/own/latest")
    try home.write(manifest, to: manifests + "hf.co/org/name/Q4")
    try home.write("{", to: manifests + "registry.ollama.ai/library/broken/latest")
    let models = home.stores.models()
    #expect(
      models.map(\.name) == [
        "a.gguf", "split-00001-of-00002.gguf", "hf.co/org/name:Q4", "small:1b",
        "someone/own:latest", "maker/model/b.gguf",
      ])
    #expect(models.allSatisfy { $0.family == "llama" })
    let sizes = Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0.byteCount) })
    #expect(sizes["split-00001-of-00002.gguf"] == 2 * (sizes["a.gguf"] ?? 0))
    #expect(
      home.stores.path(of: "small:1b") == home.folder.path + "/.ollama/models/blobs/sha256-12")
    #expect(
      home.stores.path(of: "maker/model/b.gguf")
        == home.folder.path + "/.lmstudio/models/maker/model/b.gguf")
  }

  @Test func variablesSayWhereToLook() throws {
    let elsewhere = try TemporaryDirectory()
    let stores = ModelStores(
      environment: [
        "HF_HOME": elsewhere.path + "/hf", "LLAMA_CACHE": elsewhere.path + "/llama",
        "OLLAMA_MODELS": elsewhere.path + "/ollama",
      ], home: "/nowhere")
    let paths = stores.paths.map(\.path)
    #expect(
      paths.prefix(3) == [
        elsewhere.path + "/hf/hub", elsewhere.path + "/llama", elsewhere.path + "/ollama",
      ])
    let hub = ModelStores(environment: ["HF_HUB_CACHE": "/a/hub", "HF_HOME": "/b"], home: "/c")
    #expect(hub.paths[0].path == "/a/hub")
    #expect(ModelStores(environment: [:], home: "/c").models().isEmpty)
  }
}
