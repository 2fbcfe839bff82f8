// `gar quiz`: a person takes the test.

import ArgumentParser
import Explorer
import Foundation
import GAR
import Interpretability

struct Quiz: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take the test yourself, and see how you do beside the model.",
    discussion: """
      Asks items one by one, keeps the time, and ends with your accuracy beside the model's on the \
      same items and beside that of people in the paper, by form, polarity and n_r, with 95 % Wilson \
      intervals. Generated items are spread evenly over these kinds, with one demonstration and the \
      line of candidates, as in the paper; the items of a file are asked in their order, or with \
      --limit a balanced choice of them. Case, accents, hyphens, articles and a full stop make no \
      difference in an answer; y and n stand for Yes and No; all else must be spelt as in the item. \
      s skips, q or Ctrl-D or Ctrl-C ends. Without --no-feedback each answer is judged at once.

      Examples:
        gar quiz
        gar quiz --count 40 --save answers.jsonl
        gar quiz --items items.jsonl --limit 20 --no-feedback
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var speed: FastOption
  @OptionGroup var itemOptions: ItemOptions
  @Option(
    help: ArgumentHelp(
      "Ask only so many of the items, spread evenly over their kinds.", valueName: "count"))
  var limit: Int?
  @Option(
    help: ArgumentHelp(
      "Keep each answer in this file as it is given; an earlier quiz on the same items goes on.",
      valueName: "file"))
  var save: String?
  @Flag(name: .customLong("no-feedback"), help: "Say nothing about the answers before the end.")
  var noFeedback = false
  @OptionGroup var output: JSONOption

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more, not \(limit)") }
  }

  func run() throws {
    Interruption.install()
    let loaded = speed.apply(to: try model.load())
    let vocabulary = try itemOptions.generation.loadVocabulary()
    let items = try chooseItems(vocabulary)
    // Before anything is asked: a model that cannot be set beside the person is no use at the end.
    let questions = try loaded.tokenize(items).map { Question($0) }
    let record = try save.map { try QuizRecord($0, items: items) }
    var session = QuizSession(
      items: items, vocabulary: vocabulary, screen: QuizScreen(usesErrors: output.json),
      record: record, givesFeedback: !noFeedback)
    let reader = try LineReader()
    let outcome = try session.run(reader)
    reader.stop()
    let scores = try evaluate(outcome.answers.map { questions[$0.item] }, loaded)
    let report = QuizReport(
      outcome, items: items, scores: scores, model: loaded.name, arithmetic: loaded.arithmetic)
    try StandardOutput.line(output.json ? report.json.text : "\n" + report.text)
    if case .interrupted(let signal) = outcome.ending {
      try StandardOutput.flush()
      throw ExitCode(128 + signal)
    }
  }

  private func chooseItems(_ vocabulary: Vocabulary) throws -> [Item] {
    if itemOptions.items != nil {
      let all = try itemOptions.load(QuizSet.defaults, vocabulary: vocabulary)
      return limit.map { QuizSet.balanced($0, of: all, seed: 1) } ?? all
    }
    let settings = try itemOptions.generation.settings(QuizSet.defaults)
    let pool = ItemGenerator(vocabulary: vocabulary, settings: QuizSet.pool(settings))
    let count = min(limit ?? settings.count, settings.count)
    return QuizSet.balanced(count, of: try pool.items(), seed: settings.seed)
  }

  private func evaluate(_ questions: [Question], _ loaded: LoadedModel) throws -> [AnswerScore] {
    let progress = ProgressBar("the model's turn", unit: "items")
    var scores: [AnswerScore] = []
    try loaded.model.evaluate(questions, arithmetic: loaded.arithmetic) { index, score in
      scores.append(score)
      progress.update(index + 1, questions.count)
    }
    return scores
  }
}
