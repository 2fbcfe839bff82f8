// How well a model answers a set of questions.

import Engine
import Foundation

/// One question's metrics (`gar/SPEC`, section 8).
public struct AnswerScore: Sendable, Equatable {
  /// The arg max over the vocabulary at END is the answer's first token.
  public var isFirstRight: Bool
  /// Every answer token is the arg max under teacher forcing.
  public var isAllRight: Bool
  /// The same for the article as well that the prompt may end with ("the" of "the girl").
  public var isWholeRight: Bool
  /// The arg max over the first tokens of the candidates is the answer's.
  public var isBestCandidate: Bool
  /// Answer's first token minus the foil's, in logits.
  public var logitDifference: Float
  /// Of the whole answer, in [0, 1].
  public var probability: Float
  /// −log probability of the whole answer, in nats.
  public var loss: Float
  /// The arg max over the vocabulary at END.
  public var predicted: Int32

  public init(
    isFirstRight: Bool, isAllRight: Bool, isWholeRight: Bool, isBestCandidate: Bool,
    logitDifference: Float, probability: Float, loss: Float, predicted: Int32
  ) {
    self.isFirstRight = isFirstRight
    self.isAllRight = isAllRight
    self.isWholeRight = isWholeRight
    self.isBestCandidate = isBestCandidate
    self.logitDifference = logitDifference
    self.probability = probability
    self.loss = loss
    self.predicted = predicted
  }
}

extension Model {
  /// Answers every question under the same interventions.
  ///
  /// Questions are run in batches; a result does not depend on its batch.
  ///
  /// - Parameters:
  ///   - questions: any number, of any lengths.
  ///   - interventions: hold in every run.
  ///   - each: called in order with every result; throwing ends the work.
  /// - Throws: `EngineError` for a prompt that does not fit.
  public func evaluate(
    _ questions: [Question], interventions: [Intervention] = [],
    each: (_ index: Int, AnswerScore) throws -> Void
  ) throws {
    var first = 0
    while first < questions.count {
      let batch = nextBatch(of: questions, from: first)
      let inputs = questions[batch].map {
        PassInput.tokens($0.forced, interventions: interventions)
      }
      let longest = questions[batch].map(\.scoredCount).max() ?? 1
      let runs = try forward(batch: inputs, logits: .last(longest))
      for (index, run) in zip(batch, runs) { try each(index, score(run, questions[index])) }
      first = batch.upperBound
    }
  }

  public func evaluate(
    _ questions: [Question], interventions: [Intervention] = []
  ) throws -> [AnswerScore] {
    var scores: [AnswerScore] = []
    try evaluate(questions, interventions: interventions) { _, score in scores.append(score) }
    return scores
  }

  /// Enough prompts to fill the kernels, few enough that progress is seen and cancelling is quick.
  private func nextBatch(of questions: [Question], from first: Int) -> Range<Int> {
    var (end, tokens) = (first, 0)
    while end < questions.count, end == first || tokens + questions[end].forced.count <= 512 {
      tokens += questions[end].forced.count
      end += 1
    }
    return first..<end
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
