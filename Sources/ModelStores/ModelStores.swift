// The folders in which other programs keep models: listed and searched by name; nothing is fetched.

import Foundation

/// The model folders of this machine, as the environment names them.
public struct ModelStores: Sendable {
  let huggingFace: HuggingFaceCache
  let ollama: OllamaStore
  let llamaCpp: GGUFFolder
  let lmStudio: [GGUFFolder]

  /// - Parameters:
  ///   - environment: variables such as `HF_HOME`.
  ///   - home: the user's home directory; `HOME` if not given.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    home: String? = nil
  ) {
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let home =
      home ?? variable("HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path
    let cache = variable("XDG_CACHE_HOME") ?? home + "/.cache"
    let hub =
      variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE")
      ?? (variable("HF_HOME") ?? cache + "/huggingface") + "/hub"
    huggingFace = HuggingFaceCache(path: hub)
    ollama = OllamaStore(
      paths: variable("OLLAMA_MODELS").map { [$0] }
        ?? [home + "/.ollama/models", "/usr/share/ollama/.ollama/models"])
    #if os(macOS)
      let llamaCache = home + "/Library/Caches/llama.cpp"
    #else
      let llamaCache = cache + "/llama.cpp"
    #endif
    llamaCpp = GGUFFolder(
      store: .llamaCpp, path: variable("LLAMA_CACHE") ?? llamaCache, depth: 0)
    lmStudio = [home + "/.lmstudio/models", cache + "/lm-studio/models"].map {
      GGUFFolder(store: .lmStudio, path: $0, depth: 2)
    }
  }

  /// Every model found, by store and then by name.
  public func models() -> [StoredModel] { places().map(StoredModel.init) }

  /// Where the folders were looked for, those that are there and those that are not.
  public var paths: [(store: StoredModel.Store, path: String)] {
    [(.huggingFace, huggingFace.path), (.llamaCpp, llamaCpp.path)]
      + ollama.paths.map { (.ollama, $0) } + lmStudio.map { (.lmStudio, $0.path) }
  }

  /// The path of a model by the name under which it is listed.
  /// - Parameter name: such as `org/name`; with `@` and a branch, tag or commit also another
  ///   revision of a Hugging Face model.
  /// - Returns: the directory or GGUF file; `nil` where no store has it.
  public func path(of name: String) -> String? {
    if let snapshot = huggingFace.snapshot(named: name) { return snapshot }
    return places().first { $0.name == name }?.path
  }

  private func places() -> [ModelPlace] {
    let found =
      huggingFace.places() + llamaCpp.places() + ollama.places()
      + lmStudio.flatMap { $0.places() }
    var seen: Set<String> = []
    return found.filter { seen.insert("\($0.store)\n\($0.name)").inserted }
  }
}

/// A folder of GGUF files, those of LM Studio below folders of publishers and models.
struct GGUFFolder: Sendable {
  let store: StoredModel.Store
  let path: String
  /// How many folders deep files may lie.
  let depth: Int

  func places() -> [ModelPlace] {
    ggufNames(below: "", depth: depth).map { name in
      ModelPlace(store: store, name: name, path: path + "/" + name)
    }
  }

  private func ggufNames(below folder: String, depth: Int) -> [String] {
    let here = folder.isEmpty ? path : path + "/" + folder
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: here)) ?? []).sorted()
    return names.flatMap { name -> [String] in
      let relative = folder.isEmpty ? name : folder + "/" + name
      if isModelFile(name) { return [relative] }
      return depth > 0 && !name.hasPrefix(".") ? ggufNames(below: relative, depth: depth - 1) : []
    }
  }
}

/// A GGUF file that is a model by itself: no later part of a split one, no image projector.
func isModelFile(_ name: String) -> Bool {
  guard name.hasSuffix(".gguf"), !name.hasPrefix("mmproj") else { return false }
  guard let part = name.wholeMatch(of: /.*-(\d{5})-of-\d{5}\.gguf/)?.1 else { return true }
  return part == "00001"
}
