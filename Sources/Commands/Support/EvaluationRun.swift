// Runs models over a set of items, one model after another.

import Engine
import GAR
import Interpretability

/// Items and, where they are asked for, the sub-questions of each.
struct EvaluationSet {
  var items: [Item]
  /// For each item; `nil` where they are not asked.
  var subQuestions: [[SubQuestion]]?

  /// What is asked in all.
  var count: Int { items.count + (subQuestions?.joined().count ?? 0) }
}

/// What one model answered.
struct EvaluationRun {
  /// For titles; another in every run.
  var model: String
  /// For each item.
  var scores: [AnswerScore]
  /// For each item, of each of its sub-questions; `nil` where they were not asked.
  var parts: [[AnswerScore]]?
  /// Where prompts were computed here.
  var work: EvaluationWork?
  /// Where a server answered.
  var server: EndpointSource?
  var arithmetic = Arithmetic.float32

  /// - Parameters:
  ///   - model: for titles.
  ///   - set: what was asked.
  ///   - scores: of all items, then of all their sub-questions in the same order.
  ///   - work: what it took.
  init(model: String, set: EvaluationSet, scores: [AnswerScore], work: EvaluationWork? = nil) {
    precondition(scores.count == set.count, "\(scores.count) scores, \(set.count) questions")
    self.model = model
    self.work = work
    self.scores = Array(scores.prefix(set.items.count))
    var rest = scores.dropFirst(set.items.count)
    parts = set.subQuestions.map { lists in
      lists.map { list in
        defer { rest = rest.dropFirst(list.count) }
        return Array(rest.prefix(list.count))
      }
    }
  }

  var composed: [ComposedScore]? {
    parts.map { zip(scores, $0).map { ComposedScore(whole: $0, parts: $1) } }
  }
}

extension LoadedModel {
  /// Answers a set under interventions.
  func evaluate(
    _ set: EvaluationSet, interventions: [Intervention], title: String
  ) throws -> EvaluationRun {
    let tokenizer = try requireTokenizer()
    var questions = try tokenize(set.items).map { Question($0) }
    for list in set.subQuestions ?? [] {
      questions += try tokenize(list).map { Question($0) }
    }
    let progress = ProgressBar(
      title, unit: set.subQuestions == nil ? "items" : "questions")
    var scores = [AnswerScore](repeating: AnswerScore(), count: questions.count)
    var done = 0
    let work = try model.evaluate(
      questions, interventions: interventions, arithmetic: arithmetic
    ) { index, score in
      scores[index] = score
      scores[index].predictedText = score.predicted.map { tokenizer.decode([$0]) }
      done += 1
      progress.update(done, questions.count)
    }
    var run = EvaluationRun(model: name, set: set, scores: scores, work: work)
    run.arithmetic = arithmetic
    return run
  }
}
