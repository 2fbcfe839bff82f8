// The wording of sub-questions, spelt out, and items whose entities no vocabulary knows.

import Foundation
import GAR
import Testing

@Suite struct SubQuestionTextTests {
  /// The texts of an item of one row.
  private func texts(
    _ schemas: [SchemaID], _ relations: [Relation], negated: Bool = false,
    form: TaskForm = .generation, row: Row
  ) throws -> [String] {
    let vocabulary = try builtInVocabulary.get()
    let task = try #require(
      GARTask(
        schemas: schemas, relations: relations, isNegated: negated, form: form,
        isExchanged: false))
    let other = row.candidates.indices.first { $0 != row.target } ?? 0
    let rendered = TaskGrammar(task, vocabulary).render(rows: [row], preamble: nil)
    var item = try #require(try samples.get()[0].first)
    item.task = task
    item.rows = [row]
    item.preamble = nil
    (item.text, item.prompt, item.answer) = (rendered.text, rendered.prompt, rendered.answer)
    item.foil =
      row.label.map { $0 == "Yes" ? "No" : "Yes" } ?? task.answerText(row.candidates[other])
    item.roles = rendered.roles
    return subQuestions(of: item, vocabulary: vocabulary).map { $0.text + "| " + $0.foil }
  }

  private func row(
    _ pairs: [(String, String)], _ query: String, _ candidates: [String], target: Int = 0,
    claim: String? = nil
  ) -> Row {
    Row(
      pairs: pairs.map { ContextPair(key: $0.0, value: $0.1) }, target: target, query: query,
      candidates: candidates, claim: claim)
  }

  @Test func aNegatedItemOfTwoGroupsHasAllFour() throws {
    let row = row([("John", "Rome"), ("Mary", "Kyoto")], "the boy", ["Italy", "Japan"], target: 1)
    #expect(
      try texts([.genders, .cities], [.child, .child], negated: true, row: row) == [
        "< John likes Rome. Mary likes Kyoto. >. So Mary wants to go to Kyoto\n| Rome",
        "John is the boy\n| girl",
        "Kyoto is a city of Japan\n| Italy",
        "There are John and Mary. Who is not the boy? Mary\n| John",
      ])
  }

  @Test func statementsAreAskedAsStatements() throws {
    let row = row(
      [("John", "Rome"), ("Mary", "Kyoto")], "the boy", ["Italy", "Japan"], target: 1,
      claim: "Italy")
    #expect(
      try texts(
        [.genders, .cities], [.child, .child], negated: true, form: .classification, row: row) == [
          "Premise: < John likes Rome. Mary likes Kyoto. >. Answer with Yes or No. Can it be "
            + "inferred from the premise that Mary wants to go to Rome? Answer: No\n| Yes",
          "Answer with Yes or No. Is it true that John is the girl? Answer: No\n| Yes",
          "Answer with Yes or No. Is it true that Kyoto is a city of Italy? Answer: No\n| Yes",
          "Premise: < There are John and Mary. >. Answer with Yes or No. Can it be inferred from "
            + "the premise that the one who is not the boy is John? Answer: No\n| Yes",
        ])
  }

  @Test func aThingIsNamedWithoutItsUse() throws {
    let owner = row([("Mary", "pen"), ("John", "saw")], "the girl", ["writing", "cutting"])
    #expect(
      try texts([.genders, .usages], [.child, .child], row: owner) == [
        "< Mary has pen. John has saw. >. So Mary owns pen\n| saw",
        "Mary is the girl\n| boy", "pen is a thing used for writing\n| cutting",
      ])
    let used = row(
      [("pen", "Emma Stone"), ("saw", "Plato")], "writing", ["the actor", "the philosopher"])
    #expect(
      try texts([.usages, .occupations], [.child, .child], row: used) == [
        "< Emma Stone has pen. Plato has saw. >. So who has pen? Emma Stone\n| Plato",
        "pen is a thing used for writing\n| cutting",
        "Emma Stone is the actor\n| philosopher",
      ])
  }

  @Test func adjectivesAreSimilar() throws {
    let described = row(
      [("rich", "Mary"), ("happy", "John"), ("happy", "Paul")], "glad", ["Mary", "John", "Paul"])
    #expect(
      try texts([.adjectives, .genders], [.similar, .equal], negated: true, row: described) == [
        "< Mary is rich. John is happy. Paul is happy. >. So who is rich? Mary\n| John",
        "happy is similar to glad\n| wealthy",
        "There are rich and happy. Which is not similar to glad? rich\n| happy",
      ])
    let person = row(
      [("Emma Stone", "happy"), ("Plato", "rich")], "the actor", ["glad", "wealthy"], target: 0,
      claim: "glad")
    #expect(
      try texts(
        [.occupations, .adjectives], [.child, .similar], form: .classification, row: person)[0]
        == "Premise: < Emma Stone is happy. Plato is rich. >. Answer with Yes or No. Can it be "
        + "inferred from the premise that In other words, Emma Stone is happy? Answer: Yes\n| No")
  }

  @Test func recallItselfHasNoParts() throws {
    let pairs = [("John", "Rome"), ("Mary", "Kyoto")]
    let recall = row(pairs, "John", ["Rome", "Kyoto"])
    #expect(try texts([.genders, .cities], [.equal, .equal], row: recall) == [])
    let negated = row(pairs, "John", ["Rome", "Kyoto"], target: 1)
    #expect(
      try texts([.genders, .cities], [.equal, .equal], negated: true, row: negated) == [
        "< John likes Rome. Mary likes Kyoto. >. So Mary wants to go to Kyoto\n| Rome",
        "There are John and Mary. Who is not John? Mary\n| John",
      ])
  }

  /// An imported item's names need not be in the vocabulary: its facts are its own.
  @Test func unknownEntitiesTellTheirOwnFacts() throws {
    let row = row(
      [("Zorblax", "Qwert"), ("Vilnor", "Plimf")], "the wizard", ["Nowhere", "Elsewhere"])
    #expect(
      try texts([.occupations, .cities], [.child, .child], row: row) == [
        "< Zorblax likes Qwert. Vilnor likes Plimf. >. So Zorblax wants to go to Qwert\n| Plimf",
        "Zorblax is the wizard\n| actor", "Qwert is a city of Nowhere\n| Elsewhere",
      ])
  }
}
