// `gar intervene`: what True and False heads cause.

import ArgumentParser
import Engine
import Foundation
import GAR
import Interpretability
import Results

extension StudySettings.PatternKind: ExpressibleByArgument {}

struct Intervene: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure what True and False heads cause: accuracy before and after changes.",
    discussion: """
      True heads and False heads are changed in turn, and accuracy is given on Yes items, on No items \
      and over all. zero and mean: the heads' output is set to zero, or to its mean over all prompts \
      given. enhance: for a Yes item True heads are multiplied by --enhancement and False heads set to \
      zero, for a No item the reverse; this uses the label, as in the paper. weak row: at the last token \
      of the claimed answer each head attends as a random head of its layer does that is neither True \
      nor False, once for each draw. strong row: there it attends to the query's last token alone. The \
      control is as many random heads that are neither, in --draws draws. In generation the same \
      heads are set to zero and to their means, on affirmative and on negated items.

      Accuracies have 95 % Wilson intervals, differences Newcombe's, and p is McNemar's exact test. \
      Without --heads the heads are looked for as `gar heads` does.

      Examples:
        gar intervene
        gar intervene --heads 3.0,4.6,F2.6 --strengths 0,0.5,1,1.5,2 --svg strengths.svg
        gar intervene --items GAR_data.jsonl --limit 800 --stratify --pattern strong --json
      """)

  @OptionGroup var model: ModelOptions
  @Option(
    help: ArgumentHelp(
      "True and False heads, instead of looking for them: a name or file of `gar heads --save`, or a "
        + "list: 3.0,4.6,F2.6.", valueName: "name, file or list"))
  var heads: HeadSelection?
  @OptionGroup var itemOptions: ItemOptions
  @OptionGroup var subset: SubsetOptions
  @Option(help: ArgumentHelp("Draws of random heads and of random rows.", valueName: "count"))
  var draws = 20
  @Option(help: ArgumentHelp("Seed of these draws.", valueName: "seed"))
  var drawSeed: UInt64 = 1
  @Option(help: ArgumentHelp("What enhancement multiplies by.", valueName: "factor"))
  var enhancement: Float = 2
  @Option(
    help: ArgumentHelp(
      "Which attention rows are put in: weak or strong; both if not given.", valueName: "kind"))
  var pattern: [StudySettings.PatternKind] = []
  @Option(
    help: ArgumentHelp(
      "Strengths to try in turn: factors of the heads' output, and shares of the rows from 0 to 1.",
      valueName: "list"))
  var strengths: String?
  @Option(help: "What counts as right: first, all, whole or candidates.")
  var metric: AccuracyMetric = .all
  @OptionGroup(title: "Results") var files: StudyFiles

  /// As many of each form; statements as `gar heads` has them.
  static var defaults: GenerationSettings {
    var settings = GenerationSettings.statementPairs(400)
    settings.forms = TaskForm.allCases
    return settings
  }

  func validate() throws {
    guard (1...10_000).contains(draws) else {
      throw ValidationError("--draws must be 1 to 10000, not \(draws)")
    }
    guard enhancement.isFinite else { throw ValidationError("--enhancement must be finite") }
    if files.npy != nil, strengths == nil {
      throw ValidationError("--npy holds accuracy by strength: give --strengths too")
    }
    do { _ = try settings() } catch { throw ValidationError("\(error)") }
  }

  func run() throws {
    Interruption.install()
    let loaded = try model.load()
    let given = try heads?.load(for: loaded.model)
    let vocabulary = try itemOptions.generation.loadVocabulary()
    let items = try subset.choose(from: try itemOptions.load(Self.defaults, vocabulary: vocabulary))
    let tokenized = try loaded.tokenize(items)
    let outputs = try files.open()
    let set = try given ?? found(loaded, tokenized)
    guard !set.trueHeads.isEmpty || !set.falseHeads.isEmpty else {
      throw CommandError.unusable(
        "\(loaded.name) has no True or False head on these items; name heads with --heads")
    }
    let progress = ProgressBar("intervening", unit: "answers")
    let result = try loaded.model.study(
      set, on: tokenized.map { StudyQuestion($0) }, settings: try settings()
    ) { done, total in progress.update(done, total) }
    try outputs.write(StudyReport(model: loaded.name, result: result))
  }

  /// - Throws: `CommandError.unusable` where the items are too few to look for heads.
  private func found(_ loaded: LoadedModel, _ items: [TokenizedItem]) throws -> HeadSet {
    let pairs = StatementPair.pairs(in: items)
    guard pairs.count > 1 else {
      throw CommandError.unusable(
        "the items hold \(pairs.count) Yes/No pairs, too few to look for heads: give --heads")
    }
    let progress = ProgressBar("looking for heads", unit: "steps")
    let classes = try loaded.model.classifyHeads(
      pairs, progress: { done, total in progress.update(done, total) })
    return HeadSet(
      model: loaded.name, trueHeads: classes.heads(.trueHead),
      falseHeads: classes.heads(.falseHead))
  }

  private func settings() throws -> StudySettings {
    var settings = StudySettings()
    settings.draws = draws
    settings.seed = drawSeed
    settings.enhancement = enhancement
    settings.metric = metric
    if !pattern.isEmpty { settings.patterns = pattern }
    settings.strengths = try list(strengths ?? "").map { entry in
      guard let strength = Float(entry), strength.isFinite else {
        throw CommandError.usage("--strengths: '\(entry)' is no number")
      }
      return strength
    }
    return settings
  }
}

/// Files that `gar intervene` writes.
struct StudyFiles: ParsableArguments {
  @OptionGroup var output: JSONOption
  @Option(help: ArgumentHelp("Write every number as CSV.", valueName: "file"))
  var csv: String?
  @Option(help: ArgumentHelp("Write the tables as Markdown.", valueName: "file"))
  var markdown: String?
  @Option(
    help: ArgumentHelp(
      "Write a picture of all conditions, and of the strengths, as SVG.", valueName: "file"))
  var svg: String?
  @Option(
    help: ArgumentHelp(
      "Write accuracy by strength and group as .npy, a row for each line of the table.",
      valueName: "file"))
  var npy: String?

  /// The opened files; dropped without `write`, they are as they were before.
  struct Opened {
    let options: StudyFiles
    let csv, markdown, svg, npy: WholeFile?

    func write(_ report: StudyReport) throws {
      func put(_ file: WholeFile?, _ bytes: () -> [UInt8]) throws {
        guard let file else { return }
        try file.write(bytes())
        try file.commit()
      }
      try put(csv) { Array(report.csv.utf8) }
      try put(markdown) { Array(report.markdown.utf8) }
      try put(svg) { Array(report.svg.utf8) }
      try put(npy) {
        [UInt8](NumPyFile.data(report.strengthArray.values, shape: report.strengthArray.shape))
      }
      try StandardOutput.line(options.output.json ? report.json.text : report.text)
    }
  }

  /// Opens the files, so that one which cannot be written is known before the work.
  func open() throws -> Opened {
    Opened(
      options: self, csv: try csv.map { try WholeFile($0) },
      markdown: try markdown.map { try WholeFile($0) }, svg: try svg.map { try WholeFile($0) },
      npy: try npy.map { try WholeFile($0) })
  }
}
