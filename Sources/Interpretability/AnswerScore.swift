// One question's metrics. Not every source has all of them: a model behind a server may tell its text
// and no logits, and what it does not tell is absent rather than zero.

/// One question's metrics (`gar/SPEC`, section 8); `nil` where the source does not tell.
public struct AnswerScore: Sendable, Equatable {
  /// The arg max over the vocabulary at END is the answer's first token.
  public var isFirstRight: Bool?
  /// Every answer token is the arg max under teacher forcing.
  public var isAllRight: Bool?
  /// The same for the article as well that the prompt may end with ("the" of "the girl").
  public var isWholeRight: Bool?
  /// The arg max over the first tokens of the candidates is the answer's.
  public var isBestCandidate: Bool?
  /// Answer's first token minus the foil's, in logits.
  public var logitDifference: Float?
  /// Of the whole answer, in [0, 1].
  public var probability: Float?
  /// −log probability of the whole answer, in nats.
  public var loss: Float?
  /// The arg max over the vocabulary at END, where the source has token ids.
  public var predicted: Int32?
  /// What it would say: the text of `predicted`, or of a whole generated answer.
  public var predictedText: String?

  public init(
    isFirstRight: Bool? = nil, isAllRight: Bool? = nil, isWholeRight: Bool? = nil,
    isBestCandidate: Bool? = nil, logitDifference: Float? = nil, probability: Float? = nil,
    loss: Float? = nil, predicted: Int32? = nil, predictedText: String? = nil
  ) {
    self.isFirstRight = isFirstRight
    self.isAllRight = isAllRight
    self.isWholeRight = isWholeRight
    self.isBestCandidate = isBestCandidate
    self.logitDifference = logitDifference
    self.probability = probability
    self.loss = loss
    self.predicted = predicted
    self.predictedText = predictedText
  }
}

/// The metrics that are right or wrong for each question.
public enum AccuracyMetric: String, CaseIterable, Sendable {
  case first, all, whole, candidates

  public func isRight(_ score: AnswerScore) -> Bool? {
    switch self {
    case .first: score.isFirstRight
    case .all: score.isAllRight
    case .whole: score.isWholeRight
    case .candidates: score.isBestCandidate
    }
  }
}

/// The metrics that are a number for each question.
public enum MeanMetric: String, CaseIterable, Sendable {
  case logitDifference, probability, loss

  public func value(_ score: AnswerScore) -> Float? {
    switch self {
    case .logitDifference: score.logitDifference
    case .probability: score.probability
    case .loss: score.loss
    }
  }
}
