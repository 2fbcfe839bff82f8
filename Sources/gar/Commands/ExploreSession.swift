// What `gar explore` opens: the model, the items and the heads that were asked for.

import Engine
import GAR
import Interpretability

/// Everything the explorer works on.
struct ExplorerMaterial {
  let loaded: LoadedModel
  let items: [Item]
  let vocabulary: Vocabulary
  /// `nil` without `--heads`.
  let heads: HeadSet?

  init(_ options: Explore) throws {
    loaded = try options.model.load()
    vocabulary = try options.itemOptions.generation.loadVocabulary()
    items = try options.itemOptions.load(.init(), vocabulary: vocabulary)
    let configuration = loaded.model.configuration
    heads = try options.heads.map { try HeadSet(path: $0, configuration: configuration) }
  }
}

/// Opens the explorer, or replays a script.
func runExplorer(_ options: Explore) throws {
  let material = try ExplorerMaterial(options)
  throw CommandError.failed(
    "\(material.loaded.name): the explorer has no screen yet; use the other commands")
}
