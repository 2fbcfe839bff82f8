// `gar heads`: the True and False heads of a model, with the evidence.

import ArgumentParser
import Engine
import Foundation
import GAR
import Interpretability
import Results

struct Heads: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the True and False heads, with the evidence on each.",
    discussion: """
      A head's activation f is the maximum over the statement's positions of (largest attention to a \
      token other than BOS, minus attention to BOS). Candidates are the heads with the largest \
      attribution on both halves of the Yes/No pairs; d is the mean of f(statement true) - f(statement \
      false). d > 0 makes a True head and d < 0 a False head, where |d| is at least 0.01, its 99.9 % \
      interval (Student's t) excludes 0, and AUROC in its own direction is at least 0.65. Without \
      --items, 300 pairs of 2 to 4 pairs of one context without a demonstration are generated.

      Examples:
        gar heads
        gar heads --tasks paper --svg heads.svg
        gar heads --model ~/models/vicuna --candidates 100 --save vicuna
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var itemOptions: ItemOptions
  @Option(
    help: ArgumentHelp(
      "Candidates at most; a twentieth of all heads, at least 8, if not given.",
      valueName: "count"))
  var candidates: Int?
  @Option(
    help: ArgumentHelp(
      "Keep the True and False heads under a name, or in a file that ends in .json; --heads takes "
        + "either.", valueName: "name or file"))
  var save: String?
  @Option(help: ArgumentHelp("Write the evidence on every head as CSV.", valueName: "file"))
  var csv: String?
  @Option(help: ArgumentHelp("Write d of every head as .npy, [L, H].", valueName: "file"))
  var npy: String?
  @Option(help: ArgumentHelp("Write d of every head as an SVG heatmap.", valueName: "file"))
  var svg: String?
  @OptionGroup var output: JSONOption

  /// How the numbers of the built-in model's card were made.
  static var defaults: GenerationSettings { .statementPairs(300) }

  func validate() throws {
    if let candidates, candidates < 1 {
      throw ValidationError("--candidates must be 1 or more, not \(candidates)")
    }
    if let save {
      do { _ = try HeadSetStore.pathToSave(save) } catch {
        throw ValidationError("--save: \(error)")
      }
    }
  }

  func run() throws {
    Interruption.install()
    let loaded = try model.load(for: .attribution)
    let items = try itemOptions.load(
      Self.defaults, vocabulary: try itemOptions.generation.loadVocabulary())
    let tokenized = try loaded.tokenize(items)
    let pairs = StatementPair.pairs(in: tokenized)
    guard pairs.count > 1 else {
      throw CommandError.unusable(
        "the items hold \(pairs.count) Yes/No pairs, and evidence needs 2 or more; "
          + "use classification items with their partners")
    }
    var settings = HeadClassSettings()
    settings.candidateCount = candidates ?? 0
    let progress = ProgressBar("classifying heads", unit: "steps")
    let classes = try loaded.model.classifyHeads(
      pairs, settings: settings, labels: questionLabels(of: tokenized)
    ) { done, total in progress.update(done, total) }
    let report = HeadsReport(
      model: loaded.name, modelHash: loaded.model.contentHash, classes: classes)
    try write(report, configuration: loaded.model.configuration)
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func write(_ report: HeadsReport, configuration: ModelConfiguration) throws {
    if let save { try saveHeadSet(report.headSet, as: save) }
    if let csv { try Commands.save(report.csv, to: csv) }
    if let svg { try Commands.save(report.svg(configuration), to: svg) }
    if let npy {
      let shape = [configuration.layerCount, configuration.headCount]
      let d = report.classes.heads.map { Float($0.d) }
      try Commands.save(NumPyFile.data(d, shape: shape), to: npy)
    }
  }
}
