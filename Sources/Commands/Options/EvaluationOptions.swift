// Which models `gar evaluate` asks, which part of the items, and where the results go.

import ArgumentParser
import CKernels
import Checkpoints
import GAR
import Interpretability

struct ModelListOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Model directory, or a name that `gar models` lists; several models are measured one after another and "
        + "compared. The built-in model if not given.", valueName: "model"))
  var model: [String] = []

  @Option(
    help: ArgumentHelp(
      "Threads to compute with; all processors if not given.", valueName: "count"))
  var threads: Int?

  @Flag(help: "Run models even if they need more memory than there is.")
  var force = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be 1 to 1024, not \(threads)")
    }
  }

  /// The models with a name each, after a look at their files: the last one is not to fail when the
  /// first ones have been measured.
  func sources() throws -> [(name: String, source: ModelSource)] {
    if let threads { kernel_threads_set(threads) }
    let sources =
      model.isEmpty
      ? [ModelSource()] : model.map { ModelSource(model: $0, force: force) }
    if sources.count > 1 {
      for source in sources { _ = try Checkpoint.open(source.path) }
    }
    return sources.enumerated().map { index, source in
      let isAlone = sources.count { $0.name == source.name } == 1
      let isSame = sources[..<index].contains { $0.path == source.path }
      let name = isAlone ? source.name : source.path
      return (isSame ? "\(name) (\(index + 1))" : name, source)
    }
  }
}

struct SubsetOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Use only the first items of the set.", valueName: "count"))
  var limit: Int?

  @Flag(
    help: ArgumentHelp(
      "Choose the items of --limit evenly over form, polarity, n_r and schemas instead, the halves "
        + "of a Yes/No pair together."))
  var stratify = false

  @Option(
    help: ArgumentHelp(
      "What --stratify goes by: \(Self.knownKeys).",
      valueName: "list"))
  var strata: String?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more, not \(limit)") }
    if strata != nil, !stratify { throw ValidationError("--strata is for --stratify: give both") }
    if stratify, limit == nil {
      throw ValidationError("--stratify chooses the items of --limit: give --limit too")
    }
    do { _ = try keys() } catch { throw ValidationError("\(error)") }
  }

  func choose(from items: [Item]) throws -> [Item] {
    guard let limit, limit < items.count else { return items }
    guard stratify else { return Array(items.prefix(limit)) }
    return Breakdown.stratified(items, count: limit, by: try keys()).map { items[$0] }
  }

  private static let knownKeys = Breakdown.allCases.filter { $0 != .difficulty }.map(\.rawValue)
    .joined(separator: ", ")

  private func keys() throws -> [Breakdown] {
    guard let strata else { return Breakdown.strata }
    return try list(strata).map { entry in
      guard let key = Breakdown(rawValue: entry), key != .difficulty else {
        throw CommandError.usage("--strata: '\(entry)' is not one of \(Self.knownKeys)")
      }
      return key
    }
  }
}

/// Files that results are written to; `-` is standard output.
struct ReportOptions: ParsableArguments {
  @OptionGroup var output: JSONOption

  @Option(
    help: ArgumentHelp(
      "Write every number as comma-separated values, a line each; - for standard output.",
      valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp("Write the tables as Markdown; - for standard output.", valueName: "file"))
  var markdown: String?

  @Option(
    help: ArgumentHelp(
      "Write the score of every answer, as JSON Lines, or as comma-separated values where the name "
        + "ends in .csv; - for standard output.", valueName: "file"))
  var scores: String?

  var writesFiles: Bool { csv != nil || markdown != nil || scores != nil }

  private var toStandardOutput: [String] {
    [("--csv", csv), ("--markdown", markdown), ("--scores", scores)].filter { $0.1 == "-" }
      .map(\.0) + (output.json ? ["--json"] : [])
  }

  func validate() throws {
    if toStandardOutput.count > 1 {
      throw ValidationError(
        "\(toStandardOutput.joined(separator: " and ")) cannot share standard output: "
          + "name files for all but one")
    }
    let files = [csv, markdown, scores].compactMap { $0 }
    if let twice = files.first(where: { file in files.count { $0 == file } > 1 }) {
      throw ValidationError("\(twice) cannot take two results: name another file")
    }
  }

  /// Opens the files, so that one which cannot be written is known before the work.
  func open() throws -> ReportFiles {
    func file(_ path: String?) throws -> WholeFile? {
      try path.flatMap { $0 == "-" ? nil : try WholeFile($0) }
    }
    return ReportFiles(
      options: self, csv: try file(csv), markdown: try file(markdown), scores: try file(scores))
  }
}

/// The opened files; dropped without `write`, they are as they were before.
struct ReportFiles {
  let options: ReportOptions
  let csv, markdown, scores: WholeFile?

  /// - Parameters:
  ///   - report: what was found.
  ///   - edits: what was changed in the models.
  /// - Throws: `CommandError.failed`, naming the file.
  func write(_ report: EvaluationReport, edits: EditOptions) throws {
    try put(csv, options.csv) { report.csv }
    try put(markdown, options.markdown) { report.markdown(edits: edits.summary) }
    try put(scores, options.scores) {
      options.scores?.hasSuffix(".csv") == true ? report.scoreCSV : report.scoreLines
    }
    if options.output.json {
      try StandardOutput.line(report.json(edits: edits.json).text)
    } else if ![options.csv, options.markdown, options.scores].contains("-") {
      try StandardOutput.line(report.text(edits: edits.summary))
    }
  }

  private func put(_ file: WholeFile?, _ path: String?, _ text: () -> String) throws {
    if let file {
      try file.write(Array(text().utf8))
      try file.commit()
    } else if path == "-" {
      try StandardOutput.bytes(Array(text().utf8))
    }
  }
}

extension AccuracyMetric: ExpressibleByArgument {}
