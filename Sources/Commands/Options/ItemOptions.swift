// Which items a command works on: a file, or freshly generated ones.

import ArgumentParser
import Assets
import Engine
import Foundation
import GAR
import Tokenization

/// How items are generated. What is not given is the command's own default.
struct GenerationOptions: ParsableArguments {
  @Option(help: "How many items to generate.")
  var count: Int?

  @Option(help: "Seed of the generator: the same seed gives the same items everywhere.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Pairs in a context, from 2 up; of a list each item draws one: 2,3,3,4.",
      valueName: "list"))
  var pairs: String?

  @Option(help: "Demonstrations before the asked row.")
  var shots: Int?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether a first line lists the answer candidates, where the task has such a line.")
  var preamble: Bool?

  @Option(
    help: ArgumentHelp(
      "Schemas, such as genders+kinds,adjectives: tasks on both of the first, or on the second.",
      valueName: "list"))
  var schemas: String?

  @Option(help: ArgumentHelp("generation, classification, or both.", valueName: "list"))
  var forms: String?

  @Option(
    help: ArgumentHelp(
      "Tasks by number (0 to 383), official identifier, or part of one; paper: GendersOfPersons with "
        + "CountriesOfCities, KindsOfThings and UsagesOfThings.", valueName: "list"))
  var tasks: String?

  @Option(help: ArgumentHelp("affirmative, negated, or both.", valueName: "list"))
  var polarity: String?

  @Option(
    help: ArgumentHelp(
      "Vocabulary of entities and groups; the built-in one if not given.", valueName: "file"))
  var vocabulary: String?

  /// The first option given, if any is, that no items of a file can be chosen by.
  var firstGiven: String? {
    let choosing = ["--schemas", "--forms", "--tasks", "--polarity"]
    return given.map { $0[0] }.first { !choosing.contains($0) }
  }

  /// Every option given other than the vocabulary, with its value.
  var given: [[String]] {
    let options: [(String, String?)] = [
      ("--count", count.map(String.init)), ("--seed", seed.map(String.init)), ("--pairs", pairs),
      ("--shots", shots.map(String.init)), ("--schemas", schemas), ("--forms", forms),
      ("--tasks", tasks), ("--polarity", polarity),
    ]
    return options.compactMap { name, value in value.map { [name, $0] } }
      + (preamble.map { [[$0 ? "--preamble" : "--no-preamble"]] } ?? [])
  }

  /// Those of the items of a file whose tasks are asked for.
  /// - Throws: `CommandError.unusable` where there are none.
  func choose(from items: [Item], file: String) throws -> [Item] {
    guard schemas != nil || forms != nil || tasks != nil || polarity != nil else { return items }
    let wanted = Set(try settings(.init()).selectedTasks().map(\.index))
    let chosen = items.filter { wanted.contains($0.task.index) }
    guard !chosen.isEmpty else {
      throw CommandError.unusable(
        "\(file): none of its \(items.count) items passes --schemas, --forms, --tasks and "
          + "--polarity")
    }
    return chosen
  }

  func validate() throws {
    do { _ = try settings(.init()) } catch { throw ValidationError("\(error)") }
  }

  /// The settings: `defaults`, changed by what was given.
  func settings(_ defaults: GenerationSettings) throws -> GenerationSettings {
    var settings = defaults
    settings.count = count ?? settings.count
    settings.seed = seed ?? settings.seed
    settings.shots = shots ?? settings.shots
    settings.hasPreamble = preamble ?? settings.hasPreamble
    if let pairs { settings.pairs = try integers(pairs, option: "--pairs") }
    if let schemas { settings.schemas = try GenerationSettings.schemas(from: schemas) }
    if let tasks { settings.tasks = GenerationSettings.tasks(from: tasks) }
    if let forms {
      settings.forms = try choices(forms, option: "--forms", of: TaskForm.allCases)
    }
    if let polarity {
      settings.polarities = try choices(polarity, option: "--polarity", of: Polarity.allCases)
    }
    try check(settings)
    return settings
  }

  private func check(_ settings: GenerationSettings) throws {
    guard settings.count > 0 else { throw GenerationError.badCount(settings.count) }
    guard settings.pairs.allSatisfy({ $0 >= 2 }), !settings.pairs.isEmpty else {
      throw GenerationError.badPairs(settings.pairs)
    }
    guard settings.shots >= 0 else { throw GenerationError.badShots(settings.shots) }
    _ = try settings.selectedTasks()
  }

  func loadVocabulary() throws -> Vocabulary {
    try Vocabulary(path: vocabulary ?? Assets.vocabulary)
  }
}

struct ItemOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Items as `gar generate` writes them, or the paper's release; generated ones if not given.",
      valueName: "file"))
  var items: String?

  @OptionGroup(title: "Generated items, and the choice from a file by task")
  var generation: GenerationOptions

  func validate() throws {
    if items != nil, let other = generation.firstGiven {
      throw ValidationError("\(other) is for generated items and --items reads a file: give one")
    }
  }

  /// Whether any option says which items.
  var isGiven: Bool { items != nil || !generation.given.isEmpty }

  /// The options that ask for the same items again, from any folder.
  var arguments: [String] {
    let files: [(String, String?)] = [("--items", items), ("--vocabulary", generation.vocabulary)]
    let paths = files.flatMap { name, path in path.map { [name, absolutePath($0)] } ?? [] }
    return paths + generation.given.flatMap(\.self)
  }

  /// The items, read or generated.
  func load(_ defaults: GenerationSettings, vocabulary: Vocabulary) throws -> [Item] {
    try loadWithFacts(defaults, vocabulary: vocabulary).items
  }

  /// The prompts of a file of scored prompts; `nil` where the items are of another kind.
  func loadScored() throws -> [ScoredPrompt]? {
    guard let items, try ItemFile.isScored(path: items) else { return nil }
    let file = try ItemFile(path: items, vocabulary: try generation.loadVocabulary())
    if let problem = file.problems.first { throw problem }
    return file.scored?.prompts
  }

  /// The items, and the vocabulary with what a file of the release's format tells of its entities.
  func loadWithFacts(
    _ defaults: GenerationSettings, vocabulary: Vocabulary
  ) throws -> (items: [Item], vocabulary: Vocabulary) {
    if let items {
      var loaded = try ItemFile.load(path: items, vocabulary: vocabulary)
      loaded.items = try generation.choose(from: loaded.items, file: items)
      return loaded
    }
    let generator = ItemGenerator(
      vocabulary: vocabulary, settings: try generation.settings(defaults))
    return (try generator.items(), vocabulary)
  }
}

/// Entries of a comma-separated list.
func list(_ text: String) -> [String] {
  text.split(separator: ",").map { $0.trimmed }
}

extension Substring {
  var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

/// - Throws: `CommandError.usage`, naming the option and the entry.
func integers(_ text: String, option: String) throws -> [Int] {
  try list(text).map { entry in
    guard let value = Int(entry) else {
      throw CommandError.usage("\(option): '\(entry)' is no whole number")
    }
    return value
  }
}

/// Entries that are the beginning of one choice's name each.
private func choices<Choice: RawRepresentable<String>>(
  _ text: String, option: String, of all: [Choice]
) throws -> [Choice] {
  try list(text).map { entry in
    let matches = all.filter { $0.rawValue.hasPrefix(entry.lowercased()) }
    guard !entry.isEmpty, matches.count == 1 else {
      let known = all.map(\.rawValue).joined(separator: ", ")
      throw CommandError.usage("\(option): '\(entry)' is not one of \(known)")
    }
    return matches[0]
  }
}
