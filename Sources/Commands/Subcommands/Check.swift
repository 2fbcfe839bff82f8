// `gar check`: every line of a file of items that is wrong, with its place.

import ArgumentParser
import Foundation
import GAR
import JSONText

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List everything that is wrong with files of items.",
    discussion: """
      Takes our items and the paper's release. Every line is read whatever the others hold: broken \
      JSON, missing keys, wrong types, unknown tasks, texts that do not fit their task, ranges out of \
      bounds and repeated ids are listed with line and column, and the exit status is 3. Rows that \
      the solver answers otherwise are listed too; they do not make a file unusable.

      Examples:
        gar check items.jsonl
        gar check GAR_data.jsonl --vocabulary landmark_in_country.json --json
      """)

  @Argument(help: ArgumentHelp("The files to check.", valueName: "file"))
  var files: [String]

  @OptionGroup var facts: FactOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    Interruption.install()
    let vocabulary = try facts.loadVocabulary()
    let given = try facts.loadGiven()
    let reports = files.map { FileReport($0, vocabulary: vocabulary, given: given) }
    if output.json {
      try StandardOutput.line(JSONValue.object([("files", .array(reports.map(\.json)))]).text)
    } else {
      for report in reports { try StandardOutput.line(report.text) }
    }
    let broken = reports.reduce(0) { $0 + $1.problems.count }
    try StandardOutput.flush()
    if broken > 0 { throw ExitCode(ExitStatus.unusable) }
  }
}

/// What is wrong with one file.
private struct FileReport {
  let path: String
  var format: ItemFile.Format?
  var lineCount = 0
  var itemCount = 0
  var problems: [ItemFileError] = []
  var disagreements: [SolverDisagreement] = []

  init(_ path: String, vocabulary: Vocabulary, given: GivenFacts) {
    self.path = path
    do {
      let read = try ItemFile(path: path, vocabulary: vocabulary, given: given, isStrict: true)
      format = read.format
      lineCount = read.lineCount
      itemCount = read.scored?.prompts.count ?? read.items.count
      problems = read.problems
      disagreements = read.official?.disagreements ?? []
    } catch let error as ItemFileError {
      problems = [error]
    } catch {
      problems = [.unreadable(file: path, reason: "\(error)")]
    }
  }

  var text: String {
    let remarks = disagreements.map {
      "\(path), line \($0.line), row \($0.row): the solver disagrees: \($0.cause.rawValue): \($0.detail)"
    }
    let summary =
      "\(path): \(itemCount) of \(lineCount) lines are right, \(problems.count) broken, "
      + "\(disagreements.count) rows where the solver disagrees"
    return (problems.map(\.description) + remarks + [summary]).joined(separator: "\n")
  }

  var json: JSONValue {
    .object([
      ("file", .string(path)), ("format", .optional(format?.rawValue)),
      ("lines", .int(lineCount)), ("items", .int(itemCount)),
      ("problems", .array(problems.map { $0.json })),
      ("solverDisagreements", .array(disagreements.map(\.json))),
    ])
  }
}

extension ItemFileError {
  var json: JSONValue {
    let place: [(String, JSONValue)] =
      position.map { [("line", .int($0.line)), ("column", .int($0.column))] } ?? []
    return .object(place + [("problem", .string(description))])
  }
}
