// Items under the built-in tokenizer, and their corrupted prompts.

import Assets
import GAR
import Testing
import Tokenization

/// 6,144 items, 16 of each task, and the tokenizer of the built-in model.
private struct Fixture {
  var vocabulary: Vocabulary
  var tokenizer: Tokenizer
  var items: [TokenizedItem]

  init() throws {
    vocabulary = try Vocabulary(path: Assets.vocabulary)
    tokenizer = try Tokenizer.load(path: Assets.model)
    var settings = GenerationSettings()
    settings.count = 6144
    settings.pairs = [2, 3, 3, 3, 4]
    let all = try ItemGenerator(vocabulary: vocabulary, settings: settings).items()
    let tokenizer = tokenizer
    items = try all.map { try TokenizedItem($0, tokenizer: tokenizer) }
  }
}

private let shared = Result { try Fixture() }

@Suite struct TokenizedItemTests {
  @Test func tokensSpellThePromptAndTheAnswer() throws {
    let fixture = try shared.get()
    for item in fixture.items {
      #expect(
        fixture.tokenizer.decode(item.tokens, skipSpecial: true) == item.item.prompt)
      #expect(fixture.tokenizer.decode(item.answerTokens) == " " + item.item.answer)
      #expect(fixture.tokenizer.decode(item.foilTokens) == " " + item.item.foil)
      #expect(item.tokens.first == fixture.tokenizer.bosTokenID)
      #expect(item.tokenRanges.count == item.tokens.count)
      #expect(item.candidateTokens.contains(item.answerTokens[0]))
    }
  }

  @Test func firstTokensTellAnswerAndFoilApart() throws {
    let same = try shared.get().items.filter { $0.answerTokens[0] == $0.foilTokens[0] }
    // The vocabulary has two countries "the United …" and two landmarks "Mount …", which cannot be
    // avoided where a context has no third pair.
    #expect(same.allSatisfy { $0.item.pairCount == 2 })
    #expect(same.count < 15)
  }

  @Test func tokenRolesCoverTheirWords() throws {
    for item in try shared.get().items {
      for (row, scalarRoles) in zip(item.roles, item.item.roles) {
        for (role, ranges) in scalarRoles {
          let tokens = try #require(row[role])
          #expect(tokens.count == ranges.count)
          for (token, range) in zip(tokens, ranges) where token.upperBound <= item.tokens.count {
            let covered =
              item.tokenRanges[token.lowerBound]
              .lowerBound..<item.tokenRanges[token.upperBound - 1].upperBound
            // The space before a word belongs to its first token; END is the end of a word.
            let isCovered =
              covered.lowerBound <= range.lowerBound && covered.upperBound == range.upperBound
              && (covered.lowerBound >= range.lowerBound - 1 || role == .end)
            if !isCovered { Issue.record("\(item.item.id) \(role): \(covered), \(range)") }
          }
        }
      }
      let asked = try #require(item.roles.last)
      #expect(asked[.end] == [item.tokens.count - 1..<item.tokens.count])
      if item.item.task.form == .generation {
        #expect(asked[.answer]?.first?.lowerBound == item.tokens.count)
        #expect(asked[.answer]?.first?.count == item.answerTokens.count)
      }
    }
  }

  @Test func theStatementRunsFromPremiseToQuestionMark() throws {
    let fixture = try shared.get()
    for item in fixture.items {
      guard let range = item.statement else {
        #expect(item.item.task.form == .generation)
        continue
      }
      let text = fixture.tokenizer.decode(Array(item.tokens[range]))
      #expect(item.item.prompt.hasSuffix("that" + text + "? Answer:"))
      #expect(text.contains(try #require(item.item.row.claim)))
    }
  }

  @Test func theArticleIsCounted() throws {
    let fixture = try shared.get()
    for item in fixture.items {
      let ending = fixture.tokenizer.decode(Array(item.tokens.suffix(item.articleTokens)))
      #expect(ending == (item.item.task.answersWithArticle ? " the" : ""))
    }
  }
}

@Suite struct CounterfactualTests {
  @Test func corruptedPromptsDifferOnlyInTheQueryOrClaim() throws {
    let fixture = try shared.get()
    var without: [String] = []
    for item in fixture.items {
      guard
        let corrupted = item.corrupted(
          kind: nil, vocabulary: fixture.vocabulary, tokenizer: fixture.tokenizer)
      else {
        without.append(item.item.task.summary)
        continue
      }
      #expect(corrupted.tokens.count == item.tokens.count)
      let place = corrupted.kind == .partner ? Role.answer : .query
      let changeable = try #require(item.roles.last?[place]?.first)
      for index in item.tokens.indices where item.tokens[index] != corrupted.tokens[index] {
        #expect(changeable.contains(index) && corrupted.changedTokens.contains(index))
      }
      #expect(corrupted.tokens != item.tokens)
      #expect(corrupted.changedTokens.clamped(to: changeable) == corrupted.changedTokens)
    }
    print("without an aligned counterfactual: \(without.count) of \(fixture.items.count)")
    #expect(without.count <= 10, "\(without)")
  }

  @Test func thePartnerIsTheOtherHalf() throws {
    let fixture = try shared.get()
    let byID = Dictionary(uniqueKeysWithValues: fixture.items.map { ($0.item.id, $0) })
    var aligned = 0
    var all = 0
    for item in fixture.items {
      guard let id = item.item.partnerID else { continue }
      let partner = try #require(byID[id])
      let first = try #require(
        counterfactuals(of: item.item, vocabulary: fixture.vocabulary, kinds: [.partner]).first)
      #expect(first.prompt == partner.item.prompt)
      #expect(first.answer == partner.item.answer)
      all += 1
      let corrupted = item.corrupted(
        kind: .partner, vocabulary: fixture.vocabulary, tokenizer: fixture.tokenizer)
      if let corrupted, corrupted.tokens == partner.tokens { aligned += 1 }
    }
    print("Yes/No partners of equal length: \(aligned) of \(all)")
    #expect(Double(aligned) > 0.8 * Double(all))
  }

  @Test func theStatedAnswerIsWhatTheSolverFinds() throws {
    let fixture = try shared.get()
    for item in fixture.items.prefix(1536) where item.item.task.form == .generation {
      let kinds: [CounterfactualKind] = [.otherQuery, .absentQuery]
      for other in counterfactuals(
        of: item.item, vocabulary: fixture.vocabulary, kinds: kinds)
      {
        var changed = item.item.row
        changed.query = other.change
        let solved = solve(changed, vocabulary: fixture.vocabulary, task: item.item.task)
        #expect(solved != .unique(changed.answer))
        switch solved {
        case .unique(let answer):
          #expect(other.answer == item.item.task.answerText(answer))
          #expect(other.otherAnswers.isEmpty)
        case .ambiguous(let answers) where other.kind == .otherQuery:
          let texts = answers.map { item.item.task.answerText($0) }
          #expect(Set([other.answer ?? ""] + other.otherAnswers) == Set(texts))
          #expect(!texts.contains(item.item.foil) || other.answer == item.item.foil)
        default: break
        }
        if other.kind == .absentQuery, !item.item.task.isNegated { #expect(solved == .none) }
        if other.kind == .absentQuery { #expect(other.answer == nil) }
        #expect(other.prompt != item.item.prompt)
      }
    }
  }

  @Test func aFalseStatementCanBeMadeTrueByItsQuery() throws {
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    var settings = GenerationSettings()
    settings.tasks = [
      "g2c[rlr_gen[dict_candidates=True]][genders_of_persons.TreeSet.equal,"
        + "kinds_of_things.TreeSet.child][cxt_len=3]"
    ]
    settings.count = 200
    let items = try ItemGenerator(vocabulary: vocabulary, settings: settings).items()
    for item in items where item.answer == "No" {
      let others = counterfactuals(of: item, vocabulary: vocabulary, kinds: [.otherQuery])
      let claimant = zip(item.row.pairs, item.row.candidates).filter { $1 == item.row.claim }
      #expect(others.map(\.change) == claimant.map(\.0.key))
      #expect(others.allSatisfy { $0.answer == "Yes" })
      #expect(counterfactuals(of: item, vocabulary: vocabulary, kinds: [.absentQuery]).isEmpty)
    }
  }
}
