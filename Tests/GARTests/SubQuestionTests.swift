// Sub-questions of generated items of all tasks, with none to two demonstrations.

import Assets
import GAR
import Testing
import Tokenization

/// Every fourth item of the samples with 0, 1 and 2 demonstrations, and what it is made of.
private let asked = Result {
  let vocabulary = try builtInVocabulary.get()
  return try samples.get().prefix(3).joined().filter { $0.id.utf8.reduce(0) { $0 &+ $1 } % 4 == 0 }
    .map { (item: $0, parts: subQuestions(of: $0, vocabulary: vocabulary)) }
}

/// Records a failure; a passing `#expect` costs too much to make so many of them.
private func check(
  _ holds: Bool, _ part: SubQuestion, _ claim: String,
  at location: SourceLocation = #_sourceLocation
) {
  if !holds { Issue.record("\(part.id): \(claim): \(part.text)", sourceLocation: location) }
}

/// A question's rows, without the preamble.
private func rows(_ part: SubQuestion, _ item: Item) -> [String] {
  let body =
    part.kind == .knowledge(relation: 1)
    ? String(part.text.dropFirst(item.preamble.map { $0.count + 1 } ?? 0)) : part.text
  return body.dropLast().split(separator: "\n ", omittingEmptySubsequences: false).map(String.init)
}

/// What a fact says between its member and its group, spelt out once more.
private func isOf(_ schema: SchemaID) -> String {
  switch schema {
  case .genders, .occupations: " is "
  case .cities: " is a city of "
  case .landmarks: " is a place in "
  case .kinds: " is a kind of "
  case .usages: " is a thing used for "
  case .adjectives: " is similar to "
  }
}

@Suite struct SubQuestionTests {
  @Test func eachItemHasTheKindsThatItsTaskCallsFor() throws {
    let all = try asked.get()
    #expect(Set(all.map(\.item.task)).count == 384)
    #expect(Set(all.map(\.item.shotCount)) == [0, 1, 2])
    for (item, parts) in all {
      let task = item.task
      var names: [String] = []
      if task.relationCount > 0 || task.isNegated { names.append("recall") }
      if task.relation0 != .equal { names.append("knowledge0") }
      if task.relation1 != .equal { names.append("knowledge1") }
      if task.isNegated { names.append("exclusion") }
      if parts.map(\.kind.name) != names { Issue.record("\(item.id): \(parts.map(\.kind.name))") }
    }
  }

  @Test func aTextIsItsPromptASpaceAndItsAnswer() throws {
    for (item, parts) in try asked.get() {
      for part in parts {
        check(part.text == part.prompt + " " + part.answer + "\n", part, "prompt and answer")
        check(!part.prompt.hasSuffix(" "), part, "no space ends the prompt")
        check(part.form == item.task.form, part, "the item's form")
        check(rows(part, item).count == item.shotCount + 1, part, "the item's number of shots")
        check(part.foil != part.answer, part, "the foil is another answer")
        check(
          part.candidates.contains(part.answer) && part.candidates.contains(part.foil), part,
          "answer and foil are candidates")
        check(Set(part.candidates).count == part.candidates.count, part, "distinct candidates")
        if item.task.form == .classification {
          check(part.answer == item.answer, part, "a half of a pair keeps its label")
        }
      }
    }
  }

  @Test func recallCopiesTheTargetsValueFromTheItemsContext() throws {
    for (item, parts) in try asked.get() {
      for part in parts where part.kind == .recall {
        let text = try #require(rows(part, item).last)
        let own = try #require(item.text.range(of: "< ", options: .backwards)?.lowerBound)
        let context = item.text[own...].prefix { $0 != ">" } + ">. "
        check(text.contains(context), part, "the item's context")
        let pair = item.row.pairs[item.row.target]
        let sentence = text.split(separator: " >. ").last.map(String.init) ?? ""
        check(sentence.contains(pair.key), part, "asks for the target's key")
        if part.form == .generation {
          check(part.answer == pair.value, part, "the target's value")
        } else {
          let told = item.row.pairs.filter { sentence.contains(" \($0.value)") }
            .contains { sentence.contains(pair.key) && $0.key == pair.key }
          check(told == (part.answer == "Yes"), part, "true exactly if the context says so")
        }
      }
    }
  }

  @Test func factsAreTrueByTheVocabulary() throws {
    let vocabulary = try builtInVocabulary.get()
    for (item, parts) in try asked.get() {
      for part in parts {
        guard case .knowledge(let relation) = part.kind else { continue }
        let schema = vocabulary[item.task.schemas[relation]]
        var members: [String] = []
        // What a true fact names; similarity tells the same in both directions.
        var told: [Set<String>] = []
        for row in rows(part, item) {
          var fact = row
          var isTrue = true
          if part.form == .classification {
            let start = "Answer with Yes or No. Is it true that "
            check(fact.hasPrefix(start), part, "asks for the truth")
            isTrue = fact.hasSuffix("? Answer: Yes")
            fact = String(fact.dropFirst(start.count).prefix { $0 != "?" })
          }
          let cut = try #require(fact.range(of: isOf(schema.id)), "\(fact)")
          let member = String(fact[..<cut.lowerBound]), group = String(fact[cut.upperBound...])
          let holds = schema.relates(group, item.task.relations[relation], to: member)
          check(holds == isTrue, part, "a fact")
          members.append(member)
          told.append(schema.kind == .synonyms && isTrue ? [member, group] : [member])
        }
        let asked = try #require(told.last)
        check(
          told.dropLast().allSatisfy(asked.isDisjoint), part,
          "no demonstration tells the asked fact")
        let pair = item.row.pairs[item.row.target]
        if relation == 1 {
          check(members.last == pair.value, part, "the target's value")
        } else {
          check(
            (members.last == pair.key) != item.task.isNegated, part,
            "a key that matches the query")
        }
      }
    }
  }

  @Test func exclusionNamesTheKeysAndLeavesOneThatDoesNotMatch() throws {
    let vocabulary = try builtInVocabulary.get()
    for (item, parts) in try asked.get() {
      for part in parts where part.kind == .exclusion {
        let schema = vocabulary[item.task.keySchema]
        let all = rows(part, item)
        for (index, row) in all.enumerated() {
          let isLast = index == all.count - 1
          let start = try #require(row.range(of: "There are ")).upperBound
          let end = try #require(row.range(of: ". ", range: start..<row.endIndex)).lowerBound
          let names = row[start..<end].split(separator: ", ").flatMap { $0.components(" and ") }
          let rest = row[end...]
          let relation = item.task.relation0
          let asked = item.rows[index].query
          let isOf = relation == .equal ? " " : isOf(schema.id).dropFirst(3)
          check(rest.contains(" is not\(isOf)\(asked)"), part, "asks for the query")
          let odd = names.filter { $0 != asked && !schema.relates(asked, relation, to: $0) }
          check(odd.count == 1, part, "one name does not match")
          if isLast {
            check(Set(names) == Set(item.row.pairs.map(\.key)), part, "the context's keys")
            check(odd == [item.row.pairs[item.row.target].key], part, "the target's key")
            if part.form == .generation { check(part.answer == odd[0], part, "it is the answer") }
          }
        }
      }
    }
  }

  @Test func onlyTheLastFactTellsTheComposedAnswer() throws {
    for (item, parts) in try asked.get() where item.task.form == .generation {
      guard item.task.relation1 != .equal else { continue }
      for part in parts where part.kind != .knowledge(relation: 1) {
        // Demonstrations are the item's own.
        let words = (rows(part, item).last ?? "").split { !$0.isLetter }.map(String.init).joined(
          separator: " ")
        check(!(" " + words + " ").contains(" \(item.answer) "), part, "no \(item.answer)")
      }
    }
  }

  @Test func rolesStandOnTheirWords() throws {
    for (item, parts) in try asked.get() {
      for part in parts {
        let scalars = Array(part.text.unicodeScalars)
        func words(_ role: Role) -> [String] {
          (part.roles.last?[role] ?? []).map { range in
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[range])
            return String(text)
          }
        }
        check(part.roles.count == item.rows.count, part, "each row has roles")
        check(
          part.roles.last?[.end]?.first?.upperBound == part.prompt.unicodeScalars.count, part,
          "END is the prompt's last character")
        let isFact = part.kind != .recall && part.kind != .exclusion
        let answer: Role = part.kind == .knowledge(relation: 0) ? .query : .answer
        if part.form == .generation {
          check(words(answer) == [part.answer], part, "the answer's role")
        }
        check(words(.negation) == (part.kind == .exclusion ? ["not"] : []), part, "R")
        if isFact { check(words(.end).count == 1, part, "END") }
      }
    }
  }

  @Test func aTokenizerSeparatesPromptAndAnswer() throws {
    let tokenizer = try Tokenizer.load(path: Assets.model)
    for (index, entry) in try asked.get().enumerated() where index % 5 == 0 {
      for part in entry.parts {
        let tokenized = try TokenizedSubQuestion(part, tokenizer: tokenizer)
        check(
          tokenizer.decode(tokenized.tokens, skipSpecial: true) == part.prompt, part, "the prompt")
        check(tokenizer.decode(tokenized.answerTokens) == " " + part.answer, part, "the answer")
        check(
          tokenized.candidateTokens.contains(tokenized.answerTokens[0]), part, "a candidate")
        let ending = tokenizer.decode(Array(tokenized.tokens.suffix(tokenized.articleTokens)))
        let endsWithArticle = part.form == .generation && part.prompt.hasSuffix(" the")
        check(ending == (endsWithArticle ? " the" : ""), part, "the article")
      }
    }
  }
}

extension Substring {
  fileprivate func components(_ separator: String) -> [String] {
    split(separator: separator).map(String.init)
  }
}
