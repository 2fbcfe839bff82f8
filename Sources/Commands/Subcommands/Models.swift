// `gar models`: the models that lie on this machine.

import ArgumentParser
import JSONText
import ModelStores

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the models on this machine, and say which will load.",
    discussion: """
      Looks into the caches of Hugging Face (HF_HUB_CACHE, HF_HOME), llama.cpp (LLAMA_CACHE), Ollama \
      (OLLAMA_MODELS) and LM Studio. A name from the list is a --model for every command. Nothing is \
      ever fetched.

      Examples:
        gar models
        gar inspect --model meta-llama/Llama-3.2-1B
      """)

  @OptionGroup var output: JSONOption

  func run() throws {
    let stores = ModelStores()
    let models = stores.models()
    if output.json {
      try StandardOutput.line(JSONValue.array(models.map(\.json)).text)
    } else if models.isEmpty {
      try StandardOutput.line("No models found. Looked into:\n\n" + Self.text(stores.paths))
    } else {
      try StandardOutput.line(Self.text(models))
    }
  }

  private static func text(_ models: [StoredModel]) -> String {
    var table = Table(["model", "from", ">size", "type", "family", "loads"])
    for model in models {
      table.add([
        model.name, model.store.rawValue, byteText(model.byteCount), model.elementType ?? "?",
        model.family ?? "?", model.problem.map { "no: \($0)" } ?? "yes",
      ])
    }
    return table.text
  }

  private static func text(_ paths: [(store: StoredModel.Store, path: String)]) -> String {
    var table = Table(["", ""])
    for (store, path) in paths { table.add([store.rawValue, path]) }
    return table.text
  }
}

extension StoredModel {
  fileprivate var json: JSONValue {
    .object([
      ("name", .string(name)), ("store", .string(store.rawValue)), ("path", .string(path)),
      ("bytes", .int(byteCount)), ("type", elementType.map { .string($0) } ?? .null),
      ("family", family.map { .string($0) } ?? .null), ("loads", .bool(problem == nil)),
      ("problem", problem.map { .string($0) } ?? .null),
    ])
  }
}
