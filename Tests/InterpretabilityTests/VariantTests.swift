// Evaluation under many sets of changes: the same bits as by whole passes, whatever is shared.

import Engine
import Interpretability
import TestSupport
import Testing

@Suite struct VariantTests {
  @Test(arguments: ["multihead", "grouped", "gemma2", "llama-dynamic", "gpt_neox"])
  func variantsGiveTheScoresOfWholePasses(name: String) throws {
    let model = try Model.load(ReferenceCase.directory(name))
    let fixture = try ReferenceCase.load(name)
    let count = fixture.tokens.count
    // Prompts that share beginnings of several lengths, one that shares none, and two that are equal.
    let tails = [count - 2, count - 1, 9, 9, 0]
    var questions = tails.enumerated().map { index, kept in
      var tokens = fixture.tokens
      for place in kept..<count { tokens[place] = (tokens[place] + Int32(index) + 1) % 20 + 2 }
      return Question(tokens: tokens, answer: [4, 5], foil: 6, candidates: [4, 6])
    }
    questions.append(questions[0])
    let head = HeadIndex(layer: 1, head: 1)
    let uniform: [[Intervention]] = [
      [Intervention(.head(HeadIndex(layer: 0, head: 2)), .zero)],
      [Intervention(.head(head), .scale(2)), Intervention(.mlp(layer: 1), .zero)],
      [Intervention(.head(head), .patternRow(oneHot: 1), at: .only([4]))],
      [Intervention(.head(head), .patternRow(fromHead: HeadIndex(layer: 1, head: 0)))],
      [],
    ]
    let own: @Sendable (Int) -> [Intervention] = { index in
      index == 1 ? [] : [Intervention(.head(head), .zero, at: .only([index + 2, count - 1]))]
    }
    let variants = uniform.map { QuestionVariant($0) } + [QuestionVariant(byQuestion: own)]
    var found: [[AnswerScore?]] = Array(
      repeating: questions.map { _ in nil }, count: variants.count + 1)
    try model.evaluate(questions, variants: variants) { variant, index, score in
      let place = variant ?? variants.count
      #expect(found[place][index] == nil)
      found[place][index] = score
    }
    for (place, interventions) in (uniform + [[], []]).enumerated() {
      for (index, question) in questions.enumerated() {
        let isOwn = place == uniform.count
        let expected = try model.evaluate(
          [question], interventions: isOwn ? own(index) : interventions)
        #expect(found[place][index] == expected[0], "\(name), variant \(place), question \(index)")
      }
    }
  }
}
