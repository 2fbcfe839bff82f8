// `gar results`: what results files hold, as tables, files and a report.

import ArgumentParser
import Foundation
import JSONText
import Results

struct ResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "List, show, export and merge results files of sweeps.",
    discussion: """
      list and show read a file that a sweep may be writing. --json is an option of each.

      Examples:
        gar results list a.sqlite
        gar results show a.sqlite --run 2
        gar results export a.sqlite --html report.html --latex tables.tex
        gar results merge one.sqlite two.sqlite --out both.sqlite
      """,
    subcommands: [ListRuns.self, ShowRun.self, ExportRuns.self, MergeFiles.self])
}

/// Which runs of which file.
struct StoredRunOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A results file.", valueName: "file"))
  var file: String
  @Option(
    help: ArgumentHelp("Runs by number, as list numbers them; all if not given.", valueName: "list")
  )
  var run: String?

  /// - Throws: `ResultsError`, also for a run that the file lacks.
  func report(loadsResults: Bool = true) throws -> StoredReport {
    let opened = try ResultsFile(path: file, access: .read)
    let chosen = try run.map { try integers($0, option: "--run").map(Int64.init) }
    let known = try opened.runs().map(\.id)
    if known.isEmpty { throw ResultsError.noRun(path: file, what: "run") }
    if let lacking = chosen?.first(where: { !known.contains($0) }) {
      throw ResultsError.noRun(path: file, what: "run \(lacking)")
    }
    return try StoredReport(opened, loadsResults: loadsResults) { chosen?.contains($0.id) ?? true }
  }
}

struct ListRuns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Say which runs a results file holds and how far they are.",
    discussion: """
      Examples:
        gar results list a.sqlite
      """)

  @OptionGroup var options: StoredRunOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let report = try options.report(loadsResults: false)
    try StandardOutput.line(output.json ? report.json.text : report.runTable.text)
  }
}

struct ShowRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show runs: means of heads, answers, correlations; or one item.",
    discussion: """
      Examples:
        gar results show a.sqlite
        gar results show a.sqlite --run 2
        gar results show a.sqlite --run 2 --item 17
      """)

  @OptionGroup var options: StoredRunOptions
  @Option(help: ArgumentHelp("One item, by id or by place from 0.", valueName: "item"))
  var item: String?
  @OptionGroup var output: JSONOption

  func run() throws {
    let report = try options.report()
    guard let item else {
      try StandardOutput.line(output.json ? report.json.text : try text(report))
      return
    }
    let found = try report.runs.map { ($0, try $0.result(of: item, in: report.file)) }
    try StandardOutput.line(
      output.json
        ? JSONValue.array(found.map { $0.itemJSON($1) }).text
        : found.map { $0.itemText($1) }.joined(separator: "\n\n"))
  }

  private func text(_ report: StoredReport) throws -> String {
    guard options.run != nil else { return report.summary }
    var blocks = try report.runs.map { try $0.text(in: report.file) }
    if let table = report.comparisonTable {
      blocks.append(StoredReport.comparisonTitle + "\n\n" + table.text)
    }
    return blocks.joined(separator: "\n\n")
  }
}

struct MergeFiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Bring the results of several files into one.",
    discussion: """
      A file that --out names and that exists keeps what it holds. Results are told apart by the \
      hashes of model, item, method and settings; one that is in several files is taken once.

      Examples:
        gar results merge one.sqlite two.sqlite --out both.sqlite
      """)

  @Argument(help: ArgumentHelp("Results files.", valueName: "files"))
  var files: [String]
  @Option(help: ArgumentHelp("The file that takes them all.", valueName: "file"))
  var out: String
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("name at least one file to merge") }
    let target = URL(filePath: out).standardizedFileURL.resolvingSymlinksInPath()
    let isSame = files.contains {
      URL(filePath: $0).standardizedFileURL.resolvingSymlinksInPath() == target
    }
    if isSame { throw ValidationError("--out names one of the files; leave it out of the list") }
  }

  func run() throws {
    Interruption.install()
    // Every file is looked at before a new one is made.
    for path in files { _ = try ResultsFile(path: path, access: .read) }
    let target = try ResultsFile(path: out, access: .create)
    defer { target.close() }
    let counts = try files.map { try target.merge($0) }
    let total = counts.reduce(into: MergeCounts()) { sum, count in
      sum.added += count.added
      sum.known += count.known
      sum.differing += count.differing
    }
    if total.differing > 0 {
      note("\(total.differing) results differ between the files; those of the first stay")
    }
    let json = JSONValue.object([
      ("file", .string(out)), ("added", .int(total.added)), ("known", .int(total.known)),
      ("differing", .int(total.differing)),
    ])
    try StandardOutput.line(
      output.json
        ? json.text
        : "\(total.added) results added to \(out), \(total.known) were there already")
  }
}
