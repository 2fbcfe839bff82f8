// `gar results export`: stored results as files for other programs and for papers.

import ArgumentParser
import Foundation
import JSONText
import Results

struct ExportRuns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write stored results as CSV, .npy, Markdown, LaTeX, or a report in HTML.",
    discussion: """
      - as a file is standard output. The report is one file that opens without a network, on light and \
      dark screens and on paper. LaTeX tables need the package booktabs.

      Examples:
        gar results export a.sqlite --html report.html
        gar results export a.sqlite --run 2 --npy scores.npy --items items.jsonl
        gar results export a.sqlite --csv - --run 1
      """)

  @OptionGroup var options: StoredRunOptions
  @Option(
    help: ArgumentHelp("Every number on a line of comma-separated values.", valueName: "file"))
  var csv: String?
  @Option(
    help: ArgumentHelp(
      "The scores of one run, [N, L, H] in the order of its items; NaN where there is none.",
      valueName: "file"))
  var npy: String?
  @Flag(help: "With --npy: the mean over the items, [L, H].")
  var mean = false
  @Option(help: ArgumentHelp("The items of one run, as JSON Lines.", valueName: "file"))
  var items: String?
  @Option(help: ArgumentHelp("The tables as Markdown.", valueName: "file"))
  var markdown: String?
  @Option(help: ArgumentHelp("The tables for LaTeX.", valueName: "file"))
  var latex: String?
  @Option(help: ArgumentHelp("The report, one page with everything.", valueName: "file"))
  var html: String?
  @OptionGroup var output: JSONOption

  private var targets: [(option: String, path: String)] {
    [
      ("--csv", csv), ("--npy", npy), ("--items", items), ("--markdown", markdown),
      ("--latex", latex), ("--html", html),
    ].compactMap { option, path in path.map { (option, $0) } }
  }

  func validate() throws {
    guard !targets.isEmpty else {
      throw ValidationError("name a file: --csv, --npy, --items, --markdown, --latex or --html")
    }
    if mean, npy == nil { throw ValidationError("--mean belongs to --npy") }
    let toOutput = targets.filter { $0.path == "-" }.map(\.option) + (output.json ? ["--json"] : [])
    if toOutput.count > 1 {
      throw ValidationError(
        "\(toOutput.joined(separator: " and ")) cannot share standard output: name files")
    }
  }

  func run() throws {
    Interruption.install()
    let report = try options.report()
    let contents = try targets.map { option, path in
      (path: path, data: try content(option, report))
    }
    for (path, data) in contents {
      if path == "-" { try StandardOutput.bytes([UInt8](data)) } else { try save(data, to: path) }
    }
    if output.json {
      let files = targets.map { (String($0.option.dropFirst(2)), JSONValue.string($0.path)) }
      try StandardOutput.line(
        JSONValue.object([("runs", .int(report.runs.count)), ("files", .object(files))]).text)
    }
  }

  private func content(_ option: String, _ report: StoredReport) throws -> Data {
    switch option {
    case "--csv": Data(report.csv.utf8)
    case "--npy": try array(report)
    case "--items":
      Data(
        try report.file.prompts(of: try onlyRun(report, "--items").record)
          .map { $0.json + "\n" }.joined().utf8)
    case "--markdown": Data(try report.markdown().utf8)
    case "--latex": Data(try report.latex().utf8)
    default: Data(try report.html().utf8)
    }
  }

  private func onlyRun(_ report: StoredReport, _ option: String) throws -> StoredRun {
    let able = option == "--npy" ? report.runs.filter { $0.heads != nil } : report.runs
    guard let run = able.first else {
      throw CommandError.unusable("\(options.file): none of these runs has scores of heads yet")
    }
    let isOne = option == "--npy" ? able.count == 1 : Set(able.map(\.record.setID)).count == 1
    guard isOne else {
      throw CommandError.usage("\(option) takes one run: choose it by --run")
    }
    return run
  }

  private func array(_ report: StoredReport) throws -> Data {
    let run = try onlyRun(report, "--npy")
    guard let heads = run.heads else { preconditionFailure("\(run.title) has no heads") }
    let shape = [heads.mean.layerCount, heads.mean.headCount]
    if mean { return NumPyFile.data(heads.mean.values, shape: shape) }
    let none = [Float](repeating: .nan, count: heads.mean.values.count)
    return NumPyFile.data(
      run.results.flatMap { $0.outcome?.headScores?.values ?? none },
      shape: [run.results.count] + shape)
  }
}
