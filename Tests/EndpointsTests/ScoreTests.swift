// Metrics of answers whose values are worked out by hand.

import Endpoints
import Foundation
import GAR
import Interpretability
import JSONText
import Testing

@Suite struct ScoreTests {
  private func item(_ matches: (Item) -> Bool) throws -> EndpointQuestion {
    EndpointQuestion(try #require(try generatedItems(400).first(where: matches)))
  }

  /// Candidates that differ in their first letter, and no article.
  private func plainItem() throws -> EndpointQuestion {
    try item { item in
      item.task.form == .generation && item.candidates.count == 3
        && Set(item.candidates.compactMap(\.first)).count == 3 && item.foil != item.answer
        && item.candidates.contains(item.foil) && !item.prompt.hasSuffix(" the")
    }
  }

  private func score(_ text: String, _ item: EndpointQuestion) -> AnswerScore {
    AnswerScore(.generated(text: text, first: []), of: item)
  }

  @Test func textIsRightWhereItBeginsWithTheAnswer() throws {
    let item = try plainItem()
    let answer = item.answer
    for text in [
      answer, " \(answer)", "\n\(answer).", "\(answer)\nand more", "**\(answer)**", "\"\(answer)\"",
      answer.uppercased(), "<think>\(item.foil)</think> \(answer)",
    ] {
      #expect(score(text, item).isAllRight == true, "\(text)")
      #expect(score(text, item).isBestCandidate == true, "\(text)")
    }
    for text in ["", "\(answer)s", "not \(answer)", item.foil, "\(answer)1", "the \(answer)"] {
      #expect(score(text, item).isAllRight == false, "\(text)")
    }
  }

  @Test func articleMayBeRepeatedWhereThePromptEndsWithIt() throws {
    let item = try item { $0.prompt.hasSuffix(" the") && $0.task.form == .generation }
    #expect(score(" the \(item.answer)", item).isAllRight == true)
    #expect(score(" \(item.answer)", item).isAllRight == true)
    #expect(score(" the the \(item.answer)", item).isAllRight == false)
  }

  @Test func theFirstCandidateNamedCounts() throws {
    let item = try plainItem()
    let (answer, foil) = (item.answer, item.foil)
    #expect(score("It is \(answer), not \(foil)", item).isBestCandidate == true)
    #expect(score("Not \(foil) but \(answer)", item).isBestCandidate == false)
    #expect(score("x\(foil) \(foil)x \(answer)", item).isBestCandidate == true)
    #expect(score("neither", item).isBestCandidate == false)
  }

  @Test func listedTokensGiveFirstCandidatesAndDifference() throws {
    let item = try plainItem()
    func begins(_ text: String) -> String { " " + text.prefix(1) }
    let first = [
      ListedToken(text: " zebra", logProbability: -0.5),
      ListedToken(text: begins(item.answer), logProbability: -1.5),
      ListedToken(text: " ", logProbability: -1.75),
      ListedToken(text: begins(item.foil), logProbability: -3.75),
    ]
    let score = AnswerScore(.generated(text: " zebra", first: first), of: item)
    #expect(score.isFirstRight == false && score.isAllRight == false)
    #expect(score.isBestCandidate == true)
    #expect(score.logitDifference == 2.25)
    #expect(score.probability == nil && score.loss == nil && score.isWholeRight == nil)
    let unlisted = AnswerScore(.generated(text: " zebra", first: [first[0]]), of: item)
    #expect(unlisted.logitDifference == nil && unlisted.isBestCandidate == false)
  }

  @Test func scoredAnswersGiveEverything() throws {
    let item = try plainItem()
    func continuation(
      _ text: String, _ values: [Double], best: [Bool], article: Bool = true
    ) -> ScoredContinuation {
      let tokens = zip(values, best).enumerated().map { index, token in
        ScoredToken(
          token: ListedToken(text: "\(text)\(index)", logProbability: token.0), isBest: token.1)
      }
      return ScoredContinuation(
        text: text, tokens: tokens, best: "\(item.answer)0", isArticleBest: article)
    }
    let others = item.candidates.filter { $0 != item.answer }
      .map { continuation($0, [$0 == item.foil ? -2 : -4], best: [false]) }
    let own = continuation(item.answer, [-0.5, -0.25], best: [true, false])
    let score = AnswerScore(.scored([own] + others), of: item)
    #expect(score.isFirstRight == true && score.isAllRight == false && score.isWholeRight == false)
    #expect(score.isBestCandidate == true && score.logitDifference == 1.5 && score.loss == 0.75)
    #expect(abs(try #require(score.probability) - 0.4723665527) < 1e-7)
    #expect(score.predictedText == "\(item.answer)0")
    let right = continuation(item.answer, [-3], best: [true], article: false)
    let second = AnswerScore(.scored([right] + others), of: item)
    #expect(second.isAllRight == true && second.isWholeRight == false)
    #expect(second.isBestCandidate == false && second.logitDifference == -1)
  }

  @Test func answersAreReadBackAsTheyWereKept() throws {
    let answers: [EndpointAnswer] = [
      .generated(
        text: "a \"b\"\n", first: [ListedToken(text: " é", logProbability: -0.1234567890123)]),
      .generated(text: "", first: []),
      .scored([
        ScoredContinuation(
          text: "x y",
          tokens: [
            ScoredToken(token: ListedToken(text: " x", logProbability: -9999), isBest: false)
          ],
          best: "q", isArticleBest: false)
      ]),
    ]
    for answer in answers {
      let value = try JSONValue.read(Array(answer.json.text.utf8), rules: .strict)
      #expect(EndpointAnswer(value) == answer)
    }
    for text in ["{}", #"{"scored":[]}"#, #"{"scored":[{}]}"#, #"{"text":"a","first":[1]}"#] {
      #expect(EndpointAnswer(try JSONValue.read(Array(text.utf8), rules: .strict)) == nil)
    }
  }
}
