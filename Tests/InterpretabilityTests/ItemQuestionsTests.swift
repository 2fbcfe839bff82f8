// Items as questions, prompt pairs and statement pairs, and their scores as shares by group.

import GAR
import Interpretability
import TestSupport
import Testing
import Tokenization

/// Generated items under the built-in tokenizer.
private struct Items {
  let tokenizer: Tokenizer
  let vocabulary: Vocabulary
  let items: [TokenizedItem]

  init(_ change: (inout GenerationSettings) -> Void) throws {
    var settings = GenerationSettings()
    settings.count = 768
    change(&settings)
    let tokenizer = try Tokenizer.load(path: packageRoot + "/Assets/model")
    let vocabulary = try Vocabulary(path: packageRoot + "/Assets/gar/vocabulary.json")
    items = try ItemGenerator(vocabulary: vocabulary, settings: settings).items().map {
      try TokenizedItem($0, tokenizer: tokenizer)
    }
    (self.tokenizer, self.vocabulary) = (tokenizer, vocabulary)
  }
}

@Suite struct ItemQuestionsTests {
  @Test func labelsStandOnTheWordsOfTheirRoles() throws {
    let set = try Items { $0.shots = 1 }
    for item in set.items {
      let labels = item.labels
      #expect(labels.count == item.tokens.count)
      #expect(labels.first == "BOS" && labels.last == "END")
      #expect(labels.contains("Q") && labels.contains("demo"))
      let isClassification = item.item.task.form == .classification
      #expect(labels.contains("A") == isClassification, "\(item.item.id)")
      // Where "not" ends the prompt it is END.
      let hasNegation = item.item.task.isNegated && !item.item.prompt.hasSuffix(" not")
      #expect(labels.contains("R") == hasNegation, "\(item.item.id)")
      let query = zip(item.tokens, labels).filter { $0.1 == "Q" }.map(\.0)
      let text = set.tokenizer.decode(query).lowercased()
      // The last row's query word, though a group's article or plural may differ.
      let word = item.item.row.query.split(separator: " ").last.map { $0.lowercased() } ?? ""
      #expect(text.contains(word.prefix(3)), "\(item.item.id): \(text), \(word)")
    }
  }

  @Test func articleIsCountedWhereThePromptEndsWithIt() throws {
    let set = try Items { $0.forms = [.generation] }
    var articles = 0
    for item in set.items {
      let question = Question(item)
      let isArticle = item.item.prompt.hasSuffix(" the") && item.item.row.answer.hasPrefix("the ")
      #expect(question.articleTokens == (isArticle ? 1 : 0), "\(item.item.id)")
      if isArticle {
        articles += 1
        #expect(set.tokenizer.piece(question.tokens[question.tokens.count - 1]) == " the")
      }
      #expect(set.tokenizer.decode(question.answer) == " " + item.item.answer)
    }
    #expect(articles > 50)
  }

  @Test func statementPairsHaveATrueAndAFalseHalfOfOneContext() throws {
    let set = try Items {
      $0.forms = [.classification]
      $0.shots = 0
    }
    let pairs = StatementPair.pairs(in: set.items)
    #expect(pairs.count == set.items.count / 2)
    let labels = questionLabels(of: set.items)
    let yes = set.tokenizer.encode(" Yes", addBOS: false).ids
    for pair in pairs {
      #expect(pair.whenTrue.answer == yes && pair.whenFalse.answer != yes)
      let statement = try #require(pair.whenTrue.statement)
      let text = set.tokenizer.decode(Array(pair.whenTrue.tokens[statement]))
      let before = set.tokenizer.decode(Array(pair.whenTrue.tokens[..<statement.lowerBound]))
      let after = set.tokenizer.decode(Array(pair.whenTrue.tokens[statement.upperBound...]))
      #expect(before.hasSuffix("from the premise that"), "\(text)")
      #expect(after == "? Answer:")
      let shared = zip(pair.whenTrue.tokens, pair.whenFalse.tokens).prefix { $0 == $1 }.count
      #expect(statement.contains(shared))
      #expect(labels(pair.whenFalse).count == pair.whenFalse.tokens.count)
    }
  }

  @Test func promptPairSetsTheAnswerAgainstTheCorruptedPromptsAnswer() throws {
    let set = try Items { $0.count = 200 }
    var aligned = 0
    for item in set.items {
      let corrupted = item.corrupted(
        kind: nil, vocabulary: set.vocabulary, tokenizer: set.tokenizer)
      let pair = PromptPair(item, corrupted: corrupted)
      #expect(pair.metric.terms.map(\.weight) == [1, -1])
      #expect(pair.metric.terms[0].token == item.answerTokens[0])
      #expect(pair.metric.terms[1].token == corrupted?.foilToken ?? item.foilTokens[0])
      #expect(pair.corrupted?.count ?? pair.clean.count == pair.clean.count)
      if corrupted != nil { aligned += 1 }
    }
    #expect(aligned > 150)
  }

  @Test func summaryCountsEachMetricByGroup() throws {
    let set = try Items { $0.count = 60 }
    let items = set.items.map(\.item)
    let scores = items.indices.map { index in
      AnswerScore(
        isFirstRight: index % 2 == 0, isAllRight: index % 3 == 0, isWholeRight: index % 4 == 0,
        isBestCandidate: true, logitDifference: Float(index), probability: 0.25, loss: 1.5,
        predicted: 0)
    }
    let summary = EvaluationSummary(scores)
    #expect(summary[.first]?.successes == 30 && summary[.all]?.successes == 20)
    #expect(summary[.whole]?.successes == 15 && summary[.candidates]?.value == 1)
    #expect(summary[.logitDifference]?.mean == 29.5)
    #expect(summary[.probability]?.interval == Interval(low: 0.25, high: 0.25))
    for breakdown in Breakdown.allCases {
      let groups = breakdown.groups(items, scores)
      #expect(groups.reduce(0) { $0 + $1.summary.count } == 60)
      for group in groups {
        let expected = zip(items, scores).filter { breakdown.group(of: $0.0) == group.name }
        #expect(group.summary[.first]?.successes == expected.count { $0.1.isFirstRight == true })
      }
    }
  }
}
