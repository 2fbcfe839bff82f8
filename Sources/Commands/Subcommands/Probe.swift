// `gar probe`: whether a few heads tell true statements from false ones.

import ArgumentParser
import Engine
import Foundation
import Interpretability
import JSONText

struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train probes on head features and say how well they tell true from false.",
    discussion: """
      Files are CSV as `gar features` and the paper's authors write them: a column for each head, \
      named (15,51) or 15.51, and label, 1 for true. Three files whose names differ in train, \
      validation and test alone are one data set; any other file is divided into folds, 60 % to \
      train, 20 % to choose the epoch, 20 % to test, each fifth being the test once.

      Two probes: a network of one hidden layer (ReLU, Adam, cross-entropy; of its epochs the one \
      with the best validation accuracy, the last of several) and a logistic regression (L2, C = 1, \
      on the training rows). Accuracy is the mean over seeds, each with its own folds and start; the \
      interval is Wilson's for so many rows, ± the deviation over seeds. Beside them stand the best \
      threshold on each head alone, and what always saying the more frequent label gets. Counts of right and wrong \
      answers are over all seeds.

      Examples:
        gar probe cities.csv --heads 15.51,14.0,14.18,14.46
        gar probe snli_train.csv snli_validation.csv snli_test.csv --json
        gar probe cities.csv companies.csv sp_en_trans.csv --transfer
        gar probe cities.csv --save cities.json
        gar probe companies.csv --load cities.json --predictions answers.csv
      """)

  @Argument(help: ArgumentHelp("Files of features.", valueName: "file"))
  var files: [String]
  @Option(
    help: ArgumentHelp(
      "Heads that the probe sees: 15.51,14.0 (layer.head); all columns if not given.",
      valueName: "heads"))
  var heads: String?
  @OptionGroup(title: "Training") var training: ProbeOptions
  @Flag(help: "Train on each data set and test on all others.")
  var transfer = false
  @Option(help: ArgumentHelp("Write a probe trained on all but test rows.", valueName: "file"))
  var save: String?
  @Option(help: ArgumentHelp("Test a probe that --save wrote; train nothing.", valueName: "file"))
  var load: String?
  @Option(
    help: ArgumentHelp(
      "With --load, write each row's answers as CSV; the rows need no labels.", valueName: "file"))
  var predictions: String?
  @Option(help: ArgumentHelp("Write every accuracy as CSV, a line each.", valueName: "file"))
  var csv: String?
  @Option(help: ArgumentHelp("Write the tables as Markdown.", valueName: "file"))
  var markdown: String?
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("give a file of features") }
    let repeated = files.first { file in files.count { $0 == file } > 1 }
    if let repeated { throw ValidationError("\(repeated) is given twice") }
    if let heads { try check { _ = try headList(heads, option: "--heads") } }
    if load != nil {
      if transfer || save != nil {
        throw ValidationError("--load trains nothing: --transfer and --save do not go with it")
      }
      if csv != nil || markdown != nil {
        throw ValidationError("--csv and --markdown are for training; --predictions for --load")
      }
      if heads != nil { throw ValidationError("--heads: the loaded probe has its own heads") }
    }
    if predictions != nil, load == nil || files.count != 1 {
      throw ValidationError("--predictions goes with --load and one file")
    }
  }

  func run() throws {
    Interruption.install()
    let tables = try files.map { try FeatureTable(path: $0) }
    if let load { return try apply(try TrainedProbe(path: load), to: tables) }
    let protocolUsed = training.probeProtocol
    let sets = try ProbeData.sets(
      tables, heads: try heads.map { try headList($0, option: "--heads") },
      folds: protocolUsed.folds)
    if save != nil, sets.count != 1 {
      throw CommandError.usage("--save: give one data set, not \(sets.count)")
    }
    if transfer, sets.count < 2 {
      throw CommandError.usage("--transfer needs two data sets or more, not \(sets.count)")
    }
    let report = try trained(sets, by: protocolUsed)
    if let save {
      let probe = protocolUsed.probe(on: sets[0], seed: protocolUsed.firstSeed)
      try Commands.save(try probe.fileData(), to: save)
      note("probe of \(sets[0].name) written to \(save)")
    }
    if let csv { try Commands.save(report.csv, to: csv) }
    if let markdown { try Commands.save(report.markdown, to: markdown) }
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func trained(_ sets: [ProbeData], by protocolUsed: ProbeProtocol) throws -> ProbeReport {
    let progress = ProgressBar("training probes", unit: "fits")
    let transfers = transfer ? sets.count * protocolUsed.seedCount : 0
    let total = sets.reduce(transfers) { $0 + protocolUsed.fitCount($1) }
    var done = 0
    func fitted() {
      done += 1
      progress.update(done, total)
    }
    let outcomes = try sets.map { try protocolUsed.outcome($0, fitted: fitted) }
    let table =
      !transfer
      ? []
      : try sets.map { source in
        try protocolUsed.transfer(from: source, to: sets, fitted: fitted)
      }
    return ProbeReport(settings: protocolUsed, outcomes: outcomes, transfer: table)
  }

  private func apply(_ probe: TrainedProbe, to tables: [FeatureTable]) throws {
    var results: [AppliedProbe] = []
    for table in tables {
      let selected = try table.selecting(probe.heads)
      guard selected.labels != nil || predictions != nil else {
        throw FeatureFileError.noLabels(file: table.file)
      }
      results.append(AppliedProbe(probe, to: selected))
    }
    if let predictions { try Commands.save(results[0].csv, to: predictions) }
    let report = AppliedProbeReport(probe: probe, results: results)
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }
}

struct ProbeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Units of the hidden layer.", valueName: "count"))
  var hidden = 32
  @Option(help: ArgumentHelp("Passes over the training rows.", valueName: "count"))
  var epochs = 30
  @Option(help: ArgumentHelp("Rows of one step.", valueName: "count"))
  var batch = 32
  @Option(help: ArgumentHelp("Adam's learning rate.", valueName: "number"))
  var rate = 1e-3
  @Option(help: ArgumentHelp("Parts of a data set that is one file.", valueName: "count"))
  var folds = 5
  @Option(help: ArgumentHelp("How many times folds and networks are drawn.", valueName: "count"))
  var seeds = 5
  @Option(help: "The first seed; the others follow it.")
  var seed: UInt64 = 1

  func validate() throws {
    let counts: [(String, Int, ClosedRange<Int>)] = [
      ("--hidden", hidden, 1...4096), ("--epochs", epochs, 1...100_000),
      ("--batch", batch, 1...1_000_000), ("--folds", folds, 3...1000),
      ("--seeds", seeds, 1...10_000),
    ]
    for (name, value, range) in counts where !range.contains(value) {
      throw ValidationError(
        "\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    guard rate > 0, rate.isFinite else {
      throw ValidationError("--rate must be above 0, not \(rate)")
    }
  }

  var probeProtocol: ProbeProtocol {
    var result = ProbeProtocol()
    result.training.hiddenCount = hidden
    result.training.epochs = epochs
    result.training.batchSize = batch
    result.training.learningRate = rate
    (result.folds, result.seedCount, result.firstSeed) = (folds, seeds, seed)
    return result
  }
}

/// - Throws: `CommandError.usage` naming the option and the entry.
func headList(_ text: String, option: String) throws -> [HeadIndex] {
  var heads: [HeadIndex] = []
  for entry in list(text) {
    guard let head = HeadIndex(entry) else {
      throw CommandError.usage("\(option): '\(entry)' is no head; write layer.head, such as 3.0")
    }
    guard !heads.contains(head) else {
      throw CommandError.usage("\(option): head \(head.dotted) is given twice")
    }
    heads.append(head)
  }
  guard !heads.isEmpty else { throw CommandError.usage("\(option): give a head, such as 3.0") }
  return heads
}
