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
      "Tasks by number (0 to 383), official identifier, or part of one.", valueName: "list"))
  var tasks: String?

  @Option(help: ArgumentHelp("affirmative, negated, or both.", valueName: "list"))
  var polarity: String?

  @Option(
    help: ArgumentHelp(
      "Vocabulary of entities and groups; the built-in one if not given.", valueName: "file"))
  var vocabulary: String?

  /// The first option given, if any is, other than the vocabulary.
  var firstGiven: String? {
    let given: [(String, Bool)] = [
      ("--count", count != nil), ("--seed", seed != nil), ("--pairs", pairs != nil),
      ("--shots", shots != nil), ("--preamble", preamble != nil), ("--schemas", schemas != nil),
      ("--forms", forms != nil), ("--tasks", tasks != nil), ("--polarity", polarity != nil),
    ]
    return given.first { $0.1 }?.0
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

  @OptionGroup(title: "Generated items") var generation: GenerationOptions

  func validate() throws {
    if items != nil, let other = generation.firstGiven {
      throw ValidationError("\(other) is for generated items and --items reads a file: give one")
    }
  }

  /// The options that ask for the same items again, from any folder.
  var arguments: [String] {
    func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }
    let given: [(String, String?)] = [
      ("--items", items.map(absolute)), ("--count", generation.count.map(String.init)),
      ("--seed", generation.seed.map(String.init)), ("--pairs", generation.pairs),
      ("--shots", generation.shots.map(String.init)), ("--schemas", generation.schemas),
      ("--forms", generation.forms), ("--tasks", generation.tasks),
      ("--polarity", generation.polarity), ("--vocabulary", generation.vocabulary.map(absolute)),
    ]
    let preamble = generation.preamble.map { [$0 ? "--preamble" : "--no-preamble"] } ?? []
    return given.flatMap { name, value in value.map { [name, $0] } ?? [] } + preamble
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
    if let items { return try ItemFile.load(path: items, vocabulary: vocabulary) }
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
  fileprivate var trimmed: String {
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
