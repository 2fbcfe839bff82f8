// A sub-question as one tokenizer cuts it.

import Tokenization

/// One sub-question under one tokenizer.
public struct TokenizedSubQuestion: Sendable {
  public let subQuestion: SubQuestion
  /// BOS, if the tokenizer has it, and the prompt; END is the last.
  public let tokens: [Int32]
  /// What follows `tokens` when the answer is right; at least one.
  public let answerTokens: [Int32]
  public let foilTokens: [Int32]
  /// First tokens of the candidates, distinct.
  public let candidateTokens: [Int32]
  /// How many of the last `tokens` are the answer's article ("the" of "the girl").
  public let articleTokens: Int

  /// - Throws: `TokenizedItemError` if the tokenizer does not separate prompt and answer.
  public init(
    _ question: SubQuestion, tokenizer: Tokenizer
  ) throws(TokenizedItemError) {
    let prompt = PromptTokens(question.prompt, id: question.id, tokenizer)
    subQuestion = question
    tokens = prompt.ids
    answerTokens = try prompt.continuation(question.answer).ids
    foilTokens = try prompt.continuation(question.foil).ids
    candidateTokens = try prompt.firstTokens(
      of: question.candidates,
      known: [(question.answer, answerTokens[0]), (question.foil, foilTokens[0])])
    articleTokens = question.article.map { word in prompt.ranges.count { $0.overlaps(word) } } ?? 0
  }
}
