// `gar import`: the paper's released items as ours.

import ArgumentParser
import Assets
import Foundation
import GAR
import Tokenization

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn the paper's released items into ours, and check them.",
    discussion: """
      Reads lines of {"task_id", "texts", "ranges"} at any number of pairs and demonstrations, and \
      writes items in the same order with ids official-1, official-2, … by line. The solver answers \
      every row from its structure and from facts: given ones, then the built-in vocabulary's, then \
      what other rows of the file testify; where it does not arrive at the file's answer, the row \
      is listed with the cause. A file with a broken line is not imported, and every broken line is \
      named.

      Examples:
        gar import GAR_data.jsonl --out items.jsonl
        gar import GAR_data.jsonl --out items.jsonl --vocabulary landmark_in_country.json
        gar import GAR_data.jsonl --out items.jsonl --model llama-2-vocabulary.gguf
      """)

  @Argument(help: ArgumentHelp("The file to read.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("Write the items to this file.", valueName: "file"))
  var out: String?

  @OptionGroup var facts: FactOptions

  @Option(
    help: ArgumentHelp(
      "Model whose tokenizer the file's ranges are held against; a vocabulary will do.",
      valueName: "path"))
  var model: String?

  @Flag(help: "Leave out the broken lines, which are named all the same.")
  var skipBroken = false

  @OptionGroup var output: JSONOption

  func run() throws {
    Interruption.install()
    let tokenizer = try model.map { try Tokenizer.load(path: ModelSource(model: $0).path) }
    let read = try ItemFile(
      path: file, vocabulary: try facts.loadVocabulary(), given: try facts.loadGiven())
    for problem in read.problems { note("\(problem)") }
    if let scored = read.scored {
      try refuseBroken(read)
      if let out { try save(Data(scoredLines(of: scored.prompts)), to: out) }
      let report = ScoredReport(scored, brokenCount: read.problems.count)
      return try StandardOutput.line(output.json ? report.json.text : report.text)
    }
    guard let official = read.official else {
      throw CommandError.unusable(
        "\(file): holds our own items already; there is nothing to import")
    }
    try refuseBroken(read)
    guard !read.items.isEmpty else {
      throw CommandError.unusable("\(file): no line of \(read.lineCount) can be read")
    }
    if let out { try save(Data(jsonLines(of: read.items)), to: out) }
    let report = ImportReport(
      found: official, brokenCount: read.problems.count,
      roles: tokenizer.flatMap { official.compareRoles(tokenizer: $0) })
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func refuseBroken(_ read: ItemFile) throws {
    if !read.problems.isEmpty, !skipBroken {
      throw CommandError.unusable(
        "\(file): \(read.problems.count) of \(read.lineCount) lines are broken, and nothing is "
          + "written; mend them or leave them out with --skip-broken")
    }
  }
}

/// Where facts about entities come from.
struct FactOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "More facts: a vocabulary, or a list of subjects and objects such as landmarks and countries.",
      valueName: "file"))
  var vocabulary: String?

  func loadVocabulary() throws -> Vocabulary { try Vocabulary(path: Assets.vocabulary) }

  func loadGiven() throws -> GivenFacts {
    try vocabulary.map { try GivenFacts(path: $0) } ?? .init()
  }
}
