// What `gar explore` opens: the model, the items and the heads that were asked for, in the terminal or
// in a replay.

import ArgumentParser
import Engine
import Explorer
import Foundation
import GAR
import Interpretability
import JSONText
import Results
import Terminal

/// Everything the explorer works on.
struct ExplorerMaterial {
  let loaded: LoadedModel
  let items: [Item]
  let vocabulary: Vocabulary
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
    loaded = options.speed.apply(to: try options.model.load(for: .attribution))
    let facts = try options.itemOptions.generation.loadVocabulary()
    let results = try options.results.map { try ResultsFile(path: $0, access: .read) }
    let record = results.map { _ in ModelRecord(loaded.model, name: loaded.name) }
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
    heads = try options.heads?.load(for: loaded.model)
  }

  func workbench() throws -> ModelWorkbench {
    ModelWorkbench(
      model: loaded.model, tokenizer: try loaded.requireTokenizer(), vocabulary: vocabulary,
      items: items, name: loaded.name, arithmetic: loaded.arithmetic, stored: stored)
  }
}

/// Of a replay.
private let defaultSize = Size(width: 100, height: 30)

/// Opens the explorer, or replays a script.
func openExplorer(_ options: Explore) throws {
  let material = try ExplorerMaterial(options)
  let workbench = try material.workbench()
  var state = ExplorerState(
    facts: workbench.facts, items: workbench.items, size: options.size ?? defaultSize)
  state.stored = material.stored
  if let heads = material.heads {
    state.mark(heads)
    state.opensWithHeadSet = true
  }
  if let script = options.script {
    try replayScript(script, options, state, workbench)
    return
  }
  let exit = try Terminal.runExplorer(state, workbench: workbench)
  if let status = exit.status { throw ExitCode(status) }
}

/// Replays the keys of a file, and prints the final screen where that was asked for.
private func replayScript(
  _ path: String, _ options: Explore, _ state: ExplorerState, _ workbench: ModelWorkbench
) throws {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw CommandError.unusable("\(path): cannot be read; give a file of keys")
  }
  let script: KeyScript
  do { script = try KeyScript(String(decoding: data, as: UTF8.self)) } catch {
    throw CommandError.unusable("\(path): \(error)")
  }
  let final = replay(script, from: state, workbench: workbench)
  guard options.dump else { return }
  let screen = draw(final).text
  try StandardOutput.line(
    options.json ? JSONValue.object([("screen", .string(screen))]).text : screen)
}

extension TerminalExit {
  /// `nil` for leaving on purpose; else as a shell counts a signal.
  fileprivate var status: Int32? {
    switch self {
    case .quit: nil
    case .interrupted: ExitStatus.interrupted
    case .signal(let number): 128 + number
    case .hangup: 128 + SIGHUP
    }
  }
}
