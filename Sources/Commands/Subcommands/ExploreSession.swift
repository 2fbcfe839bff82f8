// What `gar explore` opens: the model, the items and the heads that were asked for, in the terminal or
// in a replay.

import ArgumentParser
import Engine
import Explorer
import Foundation
import GAR
import Interpretability
import JSONText
import ModelStores
import Results
import Terminal
import Tokenization

/// Everything the explorer works on.
struct ExplorerMaterial {
  let source: ModelSource
  let speed: FastOption
  let loaded: LoadedModel
  let items: [Item]
  let vocabulary: GAR.Vocabulary
  let itemPart: SessionFile.ItemPart
  /// `nil` without `--heads`.
  let heads: HeadSet?
  /// `nil` without `--results`.
  let stored: StoredScores?

  /// Items that the built-in model can mostly do, with some that it cannot: every task once, without
  /// demonstration or preamble.
  private static var defaults: GenerationSettings {
    var settings = GenerationSettings()
    settings.shots = 0
    settings.hasPreamble = false
    return settings
  }

  init(_ options: Explore) throws {
    source = options.model.source
    speed = options.speed
    loaded = options.speed.apply(to: try source.load(for: .attribution))
    let facts = try options.itemOptions.generation.loadVocabulary()
    let model = loaded
    let results = try options.results.map { try ResultsFile(path: $0, access: .read) }
    let record = results.map { _ in ModelRecord(model.model, name: model.name) }
    if let results, let record, !options.itemOptions.isGiven {
      (items, vocabulary) = (try StoredScores.items(in: results, of: record), facts)
    } else {
      (items, vocabulary) = try options.itemOptions.loadWithFacts(
        Self.defaults, vocabulary: facts)
    }
    stored =
      if let results, let record {
        try StoredScores(results, model: record, items: items)
      } else { nil }
    let file = options.results.map { ["--results", absolutePath($0)] } ?? []
    itemPart = SessionFile.ItemPart(
      arguments: file + options.itemOptions.arguments, items: items)
    heads = try options.heads?.load(for: loaded.model)
  }

  /// The same items on another model.
  init(_ other: ExplorerMaterial, model: String?) throws {
    source = ModelSource(model: model)
    speed = other.speed
    loaded = speed.apply(to: try source.load(for: .attribution))
    (items, vocabulary, itemPart) = (other.items, other.vocabulary, other.itemPart)
    (heads, stored) = (nil, nil)
  }

  var modelPart: SessionFile.ModelPart {
    SessionFile.ModelPart(
      argument: source.absolute, isFast: speed.fast, name: loaded.name,
      layers: loaded.model.configuration.layerCount, heads: loaded.model.configuration.headCount)
  }

  func workbench() throws -> ModelWorkbench {
    let (model, items) = (modelPart, itemPart)
    return ModelWorkbench(
      model: loaded.model, tokenizer: try loaded.requireTokenizer(), vocabulary: vocabulary,
      items: self.items, name: loaded.name, arithmetic: loaded.arithmetic, stored: stored,
      surroundings: Surroundings(
        models: modelListings,
        open: { name in
          let other = try ModelSource(model: name).load(for: .attribution)
          return (other.model, try other.requireTokenizer())
        },
        saveSession: { name, place in
          try Sessions.save(SessionFile(model: model, items: items, place: place), as: name)
        }))
  }
}

/// The built-in model, and what the stores hold.
private func modelListings() -> [ModelListing] {
  let builtIn = ModelListing(
    model: nil, name: "built-in", place: "gar", size: "", elementType: "F16", family: "llama",
    problem: nil)
  return [builtIn]
    + ModelStores().models().map { model in
      ModelListing(
        model: model.name, name: model.name, place: model.store.rawValue,
        size: byteText(model.byteCount), elementType: model.elementType ?? "?",
        family: model.family ?? "?", problem: model.problem.map { "\($0)" })
    }
}

/// An explorer ready to be shown.
private struct Opening {
  var material: ExplorerMaterial
  var workbench: ModelWorkbench
  var state: ExplorerState

  /// Of a replay.
  private static let defaultSize = Size(width: 100, height: 30)

  init(_ options: Explore) throws {
    if let session = options.session {
      try self.init(session: session, size: options.size)
      return
    }
    try self.init(try ExplorerMaterial(options), size: options.size)
  }

  private init(_ material: ExplorerMaterial, size: Size?) throws {
    self.material = material
    workbench = try material.workbench()
    state = ExplorerState(
      facts: workbench.facts, items: workbench.items, size: size ?? Self.defaultSize)
    state.stored = material.stored
    if let heads = material.heads {
      state.mark(heads)
      state.opensWithHeadSet = true
    }
  }

  /// - Throws: `CommandError`, saying what differs from what was saved.
  init(session name: String, size: Size?) throws {
    let file = try Sessions.load(name)
    let arguments =
      (file.model.argument.map { ["--model", $0] } ?? []) + (file.model.isFast ? ["--fast"] : [])
      + file.items.arguments
    let options: Explore
    do { options = try Explore.parse(arguments) } catch {
      throw CommandError.unusable("session \(name): its options are not known here: \(arguments)")
    }
    try self.init(try ExplorerMaterial(options), size: size)
    try file.check(model: material.modelPart, items: material.itemPart, name: name)
    do { state = try state.restoring(file.place) } catch {
      throw CommandError.unusable("session \(name): \(error)")
    }
    state.sessionName = name
  }

  /// What is opened next; the place is kept where the model has room for it.
  func next(_ reopening: Reopening) throws -> Opening {
    switch reopening {
    case .session(let name): return try Opening(session: name, size: state.size)
    case .model(let model):
      var next = try Opening(try ExplorerMaterial(material, model: model), size: state.size)
      next.state = next.state.keeping(Snapshot(state))
      return next
    }
  }
}

/// Opens the explorer, or replays a script.
func openExplorer(_ options: Explore) throws {
  var opening = try Opening(options)
  if let script = options.script {
    try replayScript(script, options, opening)
    return
  }
  while true {
    let exit = try Terminal.runExplorer(&opening.state, workbench: opening.workbench)
    if case .reopen(let next) = exit {
      do { opening = try opening.next(next) } catch { opening.state.goOn("\(error)") }
      continue
    }
    if let status = exit.status { throw ExitCode(status) }
    return
  }
}

/// Replays the keys of a file, and prints the final screen where that was asked for.
private func replayScript(_ path: String, _ options: Explore, _ opening: Opening) throws {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw CommandError.unusable("\(path): cannot be read; give a file of keys")
  }
  let script: KeyScript
  do { script = try KeyScript(String(decoding: data, as: UTF8.self)) } catch {
    throw CommandError.unusable("\(path): \(error)")
  }
  let final = replay(script, from: opening.state, workbench: opening.workbench)
  guard options.dump else { return }
  let screen = draw(final).text
  try StandardOutput.line(
    options.json ? JSONValue.object([("screen", .string(screen))]).text : screen)
}

extension TerminalExit {
  /// `nil` for leaving on purpose; else as a shell counts a signal.
  fileprivate var status: Int32? {
    switch self {
    case .quit, .reopen: nil
    case .interrupted: ExitStatus.interrupted
    case .signal(let number): 128 + number
    case .hangup: 128 + SIGHUP
    }
  }
}
