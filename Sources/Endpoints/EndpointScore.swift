// Judges a server's answer by the metrics of `gar/SPEC`, section 8, as far as it tells them.

import Foundation
import Interpretability

extension AnswerScore {
  /// What a server's answer tells of the metrics; the rest stays `nil`.
  ///
  /// Of a scored answer (`EndpointScoring.echo`) all are exact and mean what they mean for a model
  /// of our own; the difference of two logits is that of their log-probabilities. Of a generated one:
  /// - `isAllRight`: the text begins with the answer; see `GeneratedText`.
  /// - `isFirstRight`: the first token begins the answer; only where the server names tokens.
  /// - `isBestCandidate`: the likeliest of the candidates among the listed first tokens, or where
  ///   none is listed the first candidate that the text names.
  /// - `logitDifference`: between the listed tokens that begin answer and foil, where both are.
  /// - `isWholeRight`, `probability` and `loss` stay `nil`: the article is in the prompt, and only
  ///   right answers would have a probability, whose mean would flatter the model.
  public init(_ answer: EndpointAnswer, of question: EndpointQuestion) {
    self.init()
    switch answer {
    case .scored(let continuations): score(continuations, question)
    case .generated(let text, let first): score(GeneratedText(text), first, question)
    }
  }

  private mutating func score(_ continuations: [ScoredContinuation], _ question: EndpointQuestion) {
    func find(_ text: String) -> ScoredContinuation? { continuations.first { $0.text == text } }
    guard let own = find(question.answer) else { return }
    let first = own.tokens[0]
    isFirstRight = first.isBest
    let isAll = own.tokens.allSatisfy(\.isBest)
    isAllRight = isAll
    isWholeRight = isAll && own.isArticleBest
    let candidates = question.candidates.compactMap { find($0)?.tokens[0].token }
    isBestCandidate = candidates.allSatisfy {
      $0.logProbability <= first.token.logProbability || $0.text == first.token.text
    }
    if let foil = find(question.foil) {
      logitDifference = Float(
        first.token.logProbability - foil.tokens[0].token.logProbability)
    }
    let loss = -own.tokens.reduce(0) { $0 + $1.token.logProbability }
    self.loss = Float(loss)
    probability = Float(exp(-loss))
    predictedText = own.best
  }

  private mutating func score(
    _ text: GeneratedText, _ first: [ListedToken], _ question: EndpointQuestion
  ) {
    isAllRight = text.begins(with: question.answer, afterArticle: question.articleLength > 0)
    predictedText = text.line
    let answerValue = listed(question.answer, in: first)
    if let best = question.candidates.compactMap({ listed($0, in: first) }).max() {
      // An unlisted candidate is less likely than any that is listed. Candidates that begin with
      // the same token are equally likely, as for our own models.
      isBestCandidate = answerValue == best
    } else {
      isBestCandidate = text.firstNamed(of: question.candidates) == question.answer
    }
    guard let said = first.first else { return }
    isFirstRight = begins(question.answer, with: said.text)
    if let answerValue, let foil = listed(question.foil, in: first) {
      logitDifference = Float(answerValue - foil)
    }
  }

  /// The log-probability of the longest listed token that an answer begins with.
  private func listed(_ answer: String, in tokens: [ListedToken]) -> Double? {
    tokens.filter { begins(answer, with: $0.text) }
      .max { ($0.text.count, $0.logProbability) < ($1.text.count, $1.logProbability) }?
      .logProbability
  }

  /// Tokens of running text carry the space before a word; those that open a message do not.
  private func begins(_ answer: String, with token: String) -> Bool {
    let word = token.drop { $0 == " " }
    return !word.isEmpty && answer.hasPrefix(word)
  }
}

/// What a model wrote, as it is compared with an answer: without a leading block of thoughts, white
/// space, quotation marks and signs of emphasis, and without regard to case.
struct GeneratedText {
  private let text: String

  init(_ raw: String) {
    var text = raw.drop { $0.isWhitespace }
    if text.hasPrefix("<think>") {
      text = text.range(of: "</think>").map { text[$0.upperBound...] } ?? ""
    }
    let ornaments: Set<Character> = ["\"", "'", "“", "”", "‘", "’", "*", "_", "`"]
    self.text = String(text.drop { $0.isWhitespace || ornaments.contains($0) })
  }

  var isEmpty: Bool { text.isEmpty }

  /// The first line.
  var line: String { text.prefix { !$0.isNewline }.trimmingCharacters(in: .whitespaces) }

  /// Whether the text begins with an answer that ends at a word's end: "pig." begins with "pig",
  /// "pigs" does not. Where the prompt ends with the answer's article, the text may repeat it.
  func begins(with answer: String, afterArticle: Bool) -> Bool {
    var rest = text[...]
    if afterArticle, let article = rest.range(of: "the ", options: [.anchored, .caseInsensitive]) {
      rest = rest[article.upperBound...]
    }
    guard let found = rest.range(of: answer, options: [.anchored, .caseInsensitive]) else {
      return false
    }
    return isWordEnd(found.upperBound)
  }

  /// The candidate that the text names first, the longer one where two begin at one place.
  func firstNamed(of candidates: [String]) -> String? {
    let places = candidates.compactMap { candidate in
      place(of: candidate).map { (place: $0, candidate: candidate) }
    }
    return places.min {
      ($0.place, -$0.candidate.count) < ($1.place, -$1.candidate.count)
    }?.candidate
  }

  private func place(of candidate: String) -> String.Index? {
    var rest = text.startIndex..<text.endIndex
    while let found = text.range(of: candidate, options: .caseInsensitive, range: rest) {
      let opens =
        found.lowerBound == text.startIndex
        || !isPartOfWord(text[text.index(before: found.lowerBound)])
      if opens, isWordEnd(found.upperBound) { return found.lowerBound }
      rest = text.index(after: found.lowerBound)..<text.endIndex
    }
    return nil
  }

  private func isWordEnd(_ index: String.Index) -> Bool {
    index == text.endIndex || !isPartOfWord(text[index])
  }

  private func isPartOfWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber
  }
}
