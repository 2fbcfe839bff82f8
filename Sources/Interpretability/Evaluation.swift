// How well a model answers a set of questions. Questions that begin alike share the work on their
// beginnings.

import Engine
import Foundation

extension Model {
  /// Answers every question under the same interventions.
  ///
  /// Questions are run in batches, and one that begins like another takes the other's keys and values.
  /// A result has the bits that the question would have alone, whatever its company and order.
  ///
  /// - Parameters:
  ///   - questions: any number, of any lengths.
  ///   - interventions: hold in every run.
  ///   - arithmetic: of every run.
  ///   - each: called once with every result, in any order; throwing ends the work.
  /// - Returns: how many tokens were computed.
  /// - Throws: `EngineError` for a prompt that does not fit.
  @discardableResult
  public func evaluate(
    _ questions: [Question], interventions: [Intervention] = [],
    arithmetic: Arithmetic = .float32,
    each: (_ index: Int, AnswerScore) throws -> Void
  ) throws -> EvaluationWork {
    var work = EvaluationWork()
    let schedule = PrefixSchedule(questions.map(\.forced), tokenLimit: tokensKept)
    for window in schedule.windows {
      var runs: [Int: Trace] = [:]
      for batch in window {
        let inputs = batch.entries.map { entry in
          let tokens = questions[entry.index].forced
          let leader = entry.leader.flatMap { runs[$0] }
          return leader.map { .tokens(tokens, continuing: $0, shared: entry.shared) }
            ?? PassInput.tokens(tokens, interventions: interventions)
        }
        let longest = batch.entries.map { questions[$0.index].scoredCount }.max() ?? 1
        let traces = try forward(
          batch: inputs, recording: batch.isShared ? .keysAndValues : [], logits: .last(longest),
          arithmetic: arithmetic)
        for (entry, trace) in zip(batch.entries, traces) {
          if batch.isShared { runs[entry.index] = trace }
          work.add(trace.tokenCount, shared: entry.shared, scored: longest)
          try each(entry.index, score(trace, questions[entry.index]))
        }
      }
    }
    return work
  }

  /// The scores in the order of the questions.
  public func evaluate(
    _ questions: [Question], interventions: [Intervention] = [],
    arithmetic: Arithmetic = .float32
  ) throws -> [AnswerScore] {
    var scores = [AnswerScore](repeating: AnswerScore(), count: questions.count)
    try evaluate(questions, interventions: interventions, arithmetic: arithmetic) {
      scores[$0] = $1
    }
    return scores
  }

  /// How many tokens' keys and values 512 MB hold.
  private var tokensKept: Int {
    let perToken =
      configuration.layerCount * 2 * configuration.attention.kvHeadCount * configuration.dHead * 4
    return max(1, (512 << 20) / perToken)
  }

  /// The metrics of a run over `question.forced` that computed the logits of every answer position.
  package func score(_ run: Trace, _ question: Question) -> AnswerScore {
    let count = run.logits.shape[0]
    let rows = count - question.answer.count..<count
    let end = run.logits.row(rows.lowerBound)
    var loss = 0.0
    var isAllRight = true
    for (row, token) in zip(rows, question.answer) {
      let logits = run.logits.row(row)
      loss += Double(logSumExp(logits) - logits[Int(token)])
      isAllRight = isAllRight && argMax(logits) == token
    }
    let article = question.tokens.suffix(question.articleTokens)
    let isArticleRight = zip(count - question.scoredCount..<rows.lowerBound, article)
      .allSatisfy { argMax(run.logits.row($0)) == $1 }
    let predicted = argMax(end)
    let target = question.answer[0]
    let best = question.candidates.max { end[Int($0)] < end[Int($1)] } ?? predicted
    return AnswerScore(
      isFirstRight: predicted == target, isAllRight: isAllRight,
      isWholeRight: isAllRight && isArticleRight, isBestCandidate: best == target,
      logitDifference: question.metric.value(end), probability: Float(exp(-loss)),
      loss: Float(loss), predicted: predicted)
  }
}
