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

      With --endpoint a model behind an OpenAI-compatible server answers: llama.cpp, vLLM, Ollama, or a \
      hosted one. Where the server gives log-probabilities of a text that it is sent (llama-cpp-python, \
      vLLM), every metric is exact. Else the generated text is judged: accuracy.all is the share of \
      texts that begin with the answer, up to a word's end and whatever the case, and where the \
      server lists the likeliest first tokens, accuracy.first, accuracy.candidates and the logit \
      difference are taken from them. A metric that cannot be known is left out.

      Examples:
        gar evaluate --count 1000
        gar evaluate --items items.jsonl --ablate 3.0,4.6 --json
        gar evaluate --pairs 2,3,4 --shots 0 --no-preamble --forms class
        gar evaluate --count 4000 --limit 400 --stratify --subquestions
        gar evaluate --endpoint http://localhost:8080/v1 --model qwen3
        gar evaluate --model models/a --model models/b --csv both.csv
        gar evaluate --model llama-q4.gguf --fast
      """)

  @OptionGroup var models: ModelListOptions
  @OptionGroup var speed: FastOption
  @OptionGroup var itemOptions: ItemOptions
  @OptionGroup var subset: SubsetOptions
  @Flag(help: "Ask the parts of each item too, and report the compositionality gap.")
  var subquestions = false
  @Option(
    help: ArgumentHelp("What counts as right in the gap: first, all, whole or candidates."))
  var gapMetric: AccuracyMetric = .all
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup(title: "A model behind a server") var server: EndpointOptions
  @OptionGroup(title: "Results") var output: ReportOptions

  func validate() throws {
    try server.check(models: models, edits: edits)
    if speed.fast, server.endpoint != nil {
      throw ValidationError("--fast is for models that are computed here, not for --endpoint")
    }
  }

  func run() throws {
    Interruption.install()
    if let prompts = try itemOptions.loadScored() { return try evaluate(prompts) }
    let sources = server.endpoint == nil ? try models.sources() : []
    let files = try output.open()
    let vocabulary = try itemOptions.generation.loadVocabulary()
    let all = try itemOptions.load(.init(), vocabulary: vocabulary)
    let items = try subset.choose(from: all)
    let set = EvaluationSet(
      items: items,
      subQuestions: subquestions
        ? items.map { subQuestions(of: $0, vocabulary: vocabulary) } : nil)
    var runs = try sources.map { name, source in
      var run = try measure(source, set, of: sources.count)
      run.model = name
      return run
    }
    if let url = server.endpoint {
      let whole = EvaluationSet(
        items: all, subQuestions: all.map { subQuestions(of: $0, vocabulary: vocabulary) })
      runs += try models.model.map { try server.evaluate($0, at: url, set, of: whole) }
    }
    try files.write(EvaluationReport(set, runs: runs, gapMetric: gapMetric), edits: edits)
  }

  /// Prompts with scored answers in brackets, which have no parts and breakdowns of their own.
  private func evaluate(_ prompts: [ScoredPrompt]) throws {
    let refused: [(String, Bool)] = [
      ("--endpoint", server.endpoint != nil), ("--subquestions", subquestions),
      ("--stratify", subset.stratify), ("several models", models.model.count > 1),
      ("--csv, --markdown and --scores", output.writesFiles),
    ]
    if let option = refused.first(where: \.1)?.0 {
      throw CommandError.usage("\(option) is for items, and --items holds scored prompts")
    }
    let (name, source) = try models.sources()[0]
    let loaded = speed.apply(to: try source.load())
    let result = try ScoredEvaluation(
      Array(prompts.prefix(subset.limit ?? prompts.count)), loaded,
      interventions: try edits.interventions(for: loaded.model))
    try StandardOutput.line(
      output.output.json ? result.json(model: name).text : result.text(model: name))
  }

  /// The model is let go before the next one is loaded.
  private func measure(
    _ source: ModelSource, _ set: EvaluationSet, of modelCount: Int
  ) throws -> EvaluationRun {
    let loaded = speed.apply(to: try source.load())
    let interventions = try edits.interventions(for: loaded.model)
    return try loaded.evaluate(
      set, interventions: interventions,
      title: modelCount == 1 ? "evaluating" : "evaluating \(source.name)")
  }
}
