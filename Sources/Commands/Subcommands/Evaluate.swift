// `gar evaluate`: how well a model answers a set of items.

import ArgumentParser
import Engine
import Foundation
import GAR
import Interpretability

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how well the model answers a set of items.",
    discussion: """
      accuracy.first: the model's first choice is the answer's first token. accuracy.all: every \
      token of the answer is, each after the right ones before it. accuracy.whole: the same, the \
      article that ends some prompts ("the" of "the girl") included. accuracy.candidates: the best of \
      the answers that the context offers. Accuracies have 95 % Wilson intervals, means normal ones.

      Examples:
        gar evaluate --count 1000
        gar evaluate --items items.jsonl --ablate 3.0,4.6 --json
        gar evaluate --pairs 2,3,4 --shots 0 --no-preamble --forms class
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var itemOptions: ItemOptions
  @Option(help: ArgumentHelp("Use only the first items of the set.", valueName: "count"))
  var limit: Int?
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup var output: JSONOption

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more, not \(limit)") }
  }

  func run() throws {
    Interruption.install()
    let loaded = try model.load()
    let interventions = try edits.interventions(for: loaded.model)
    if let scored = try itemOptions.loadScored() {
      let prompts = Array(scored.prefix(limit ?? scored.count))
      let result = try ScoredEvaluation(prompts, loaded, interventions: interventions)
      return try StandardOutput.line(
        output.json ? result.json(model: loaded.name).text : result.text(model: loaded.name))
    }
    let all = try itemOptions.load(
      .init(), vocabulary: try itemOptions.generation.loadVocabulary())
    let items = Array(all.prefix(limit ?? all.count))
    let questions = try loaded.tokenize(items).map { Question($0) }
    let progress = ProgressBar("evaluating", unit: "items")
    var scores: [AnswerScore] = []
    try loaded.model.evaluate(questions, interventions: interventions) { index, score in
      scores.append(score)
      progress.update(index + 1, questions.count)
    }
    let report = EvaluationReport(items: items, scores: scores)
    if output.json {
      try StandardOutput.line(report.json(model: loaded.name, edits: edits.json).text)
    } else {
      try StandardOutput.line(report.text(model: loaded.name, edits: edits.summary))
    }
  }
}
