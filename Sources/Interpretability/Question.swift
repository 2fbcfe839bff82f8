// A prompt with a known answer, in token ids: what evaluation and the search for True and False heads
// need of an item.

import Engine

/// A prompt up to END and what is right to say next.
public struct Question: Sendable, Equatable {
  /// BOS to END.
  public var tokens: [Int32]
  /// The right answer, at least one token.
  public var answer: [Int32]
  /// The first token of the answer that the metric sets against the right one.
  public var foil: Int32
  /// First tokens of the answers that the item offers.
  public var candidates: [Int32]
  /// Where the claimed statement stands, in classification.
  public var statement: Range<Int>?
  /// How many of the last prompt tokens the model would have to say itself in a whole answer: 1 for
  /// the article of "the girl", which the release counts to the prompt.
  public var articleTokens: Int

  public init(
    tokens: [Int32], answer: [Int32], foil: Int32, candidates: [Int32] = [],
    statement: Range<Int>? = nil, articleTokens: Int = 0
  ) {
    precondition(!answer.isEmpty, "Question: no answer tokens")
    precondition(articleTokens < tokens.count, "Question: nothing before the article")
    self.tokens = tokens
    self.answer = answer
    self.foil = foil
    self.candidates = candidates
    self.statement = statement
    self.articleTokens = articleTokens
  }

  /// Logit of the answer's first token minus the foil's.
  public var metric: LogitMetric { .logitDifference(target: answer[0], foil: foil) }

  /// The prompt and the answer but for its last token: what teacher forcing runs.
  package var forced: [Int32] { tokens + answer.dropLast() }

  /// The positions whose logits the metrics read, from the end of `forced`.
  package var scoredCount: Int { answer.count + articleTokens }
}

/// Two halves of a counterfactual pair: the same premise with a true and with a false statement.
public struct StatementPair: Sendable, Equatable {
  public var whenTrue: Question
  public var whenFalse: Question

  public init(whenTrue: Question, whenFalse: Question) {
    self.whenTrue = whenTrue
    self.whenFalse = whenFalse
  }
}
