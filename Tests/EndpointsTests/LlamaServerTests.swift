// The whole way to a real server: its scores are those of our own engine on the same model.

import Assets
import Checkpoints
import Endpoints
import Engine
import Foundation
import GAR
import Interpretability
import TestSupport
import Testing
import Tokenization

@Suite(
  .serialized, .enabled(if: llamaPython != nil, "llama-cpp-python's server or gguf is absent"),
  .timeLimit(.minutes(5)))
struct LlamaServerTests {
  private let python: String
  private let items: [Item]

  init() throws {
    python = try #require(llamaPython)
    items = try generatedItems(32)
  }

  private func local() throws -> [AnswerScore] {
    let model = try Model(try Checkpoint.open(Assets.model))
    let tokenizer = try Tokenizer.load(path: Assets.model)
    return try model.evaluate(
      try items.map { Question(try TokenizedItem($0, tokenizer: tokenizer)) })
  }

  private func ask(
    _ server: LlamaServer, api: EndpointAPI? = nil
  ) throws -> EndpointAnswers {
    var settings = try EndpointSettings(url: server.url, model: "built-in")
    settings.api = api
    let questions = items.map { EndpointQuestion($0) }
    return try EndpointRun(settings).ask(questions, of: questions)
  }

  @Test func echoedScoresAreOurs() throws {
    let found = try ask(try LlamaServer(python: python, logits: true))
    #expect(found.api == .completions && found.scoring == .echo)
    var agreements = 0
    for (index, (theirs, ours)) in zip(found.scores, try local()).enumerated() {
      let difference = try #require(theirs.logitDifference)
      let loss = try #require(theirs.loss)
      // Theirs are products with other roundings, on weights of float16.
      #expect(abs(difference - (try #require(ours.logitDifference))) < 0.05, "\(index)")
      #expect(abs(loss - (try #require(ours.loss))) < 0.05, "\(index)")
      let isEqual =
        theirs.isFirstRight == ours.isFirstRight && theirs.isAllRight == ours.isAllRight
        && theirs.isWholeRight == ours.isWholeRight
        && theirs.isBestCandidate == ours.isBestCandidate
      agreements += isEqual ? 1 : 0
    }
    // An item may stand on an edge that rounding decides.
    #expect(agreements >= 31, "\(agreements) of 32")
  }

  @Test func generatedTextAgreesToo() throws {
    let found = try ask(try LlamaServer(python: python, logits: false))
    #expect(found.api == .completions && found.scoring == .text)
    let agreements = zip(found.scores, try local()).count { $0.isAllRight == $1.isAllRight }
    #expect(agreements >= 31, "\(agreements) of 32")
  }

  @Test func chatIsAnswered() throws {
    let found = try ask(try LlamaServer(python: python, logits: true), api: .chat)
    #expect(found.api == .chat && found.scoring == .top)
    #expect(found.scores.allSatisfy { $0.isFirstRight != nil && $0.isAllRight != nil })
  }
}
