// `gar evaluate`: how well models answer a set of items.

import ArgumentParser
import Engine
import Foundation
import GAR
import Interpretability

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how well models answer a set of items.",
    discussion: """
      accuracy.first: the model's first choice is the answer's first token. accuracy.all: every \
      token of the answer is, each after the right ones before it. accuracy.whole: the same, the \
      article that ends some prompts ("the" of "the girl") included. accuracy.candidates: the best of \
      the answers that the context offers. Accuracies have 95 % Wilson intervals, means normal ones.

      With --subquestions the parts of each item are asked too: recall, knowledge and exclusion, in \
      the item's form and with as many demonstrations. The compositionality gap is the share of \
      wrong answers among items whose parts are all right; items without parts (both relations \
      "same", affirmative) are left out of it.

      Several models are compared on the same items, each two: accuracies by McNemar's exact test and \
      Newcombe's interval, means by the normal interval of the differences.

      Examples:
        gar evaluate --count 1000
        gar evaluate --items items.jsonl --ablate 3.0,4.6 --json
        gar evaluate --pairs 2,3,4 --shots 0 --no-preamble --forms class
        gar evaluate --count 4000 --limit 400 --stratify --subquestions
        gar evaluate --model models/a --model models/b --csv both.csv
      """)

  @OptionGroup var models: ModelListOptions
  @OptionGroup var itemOptions: ItemOptions
  @OptionGroup var subset: SubsetOptions
  @Flag(help: "Ask the parts of each item too, and report the compositionality gap.")
  var subquestions = false
  @Option(
    help: ArgumentHelp("What counts as right in the gap: first, all, whole or candidates."))
  var gapMetric: AccuracyMetric = .all
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup(title: "Results") var output: ReportOptions

  func run() throws {
    Interruption.install()
    let sources = try models.sources()
    let files = try output.open()
    let vocabulary = try itemOptions.generation.loadVocabulary()
    let items = try subset.choose(from: try itemOptions.load(.init(), vocabulary: vocabulary))
    let set = EvaluationSet(
      items: items,
      subQuestions: subquestions
        ? items.map { subQuestions(of: $0, vocabulary: vocabulary) } : nil)
    let runs = try sources.map { name, source in
      var run = try measure(source, set, of: sources.count)
      run.model = name
      return run
    }
    try files.write(EvaluationReport(set, runs: runs, gapMetric: gapMetric), edits: edits)
  }

  /// The model is let go before the next one is loaded.
  private func measure(
    _ source: ModelSource, _ set: EvaluationSet, of modelCount: Int
  ) throws -> EvaluationRun {
    let loaded = try source.load()
    let interventions = try edits.interventions(for: loaded.model)
    return try loaded.evaluate(
      set, interventions: interventions,
      title: modelCount == 1 ? "evaluating" : "evaluating \(source.name)")
  }
}
