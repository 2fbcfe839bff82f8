// The relational loop of a row, and the solver's reasoning about it.

import Assets
import GAR
import Testing

@Suite struct RelationalLoopTests {
  let vocabulary: Vocabulary

  init() throws { vocabulary = try Vocabulary(path: Assets.vocabulary) }

  private func task(
    _ schemas: [SchemaID], _ relations: [Relation], negated: Bool = false,
    _ form: TaskForm = .generation
  ) throws -> GARTask {
    try #require(
      GARTask(
        schemas: schemas, relations: relations, isNegated: negated, form: form,
        isExchanged: false))
  }

  private func reasoning(_ row: Row, _ task: GARTask) -> SolverReasoning {
    SolverReasoning(row, task: task, vocabulary: vocabulary)
  }

  private let things = [
    ContextPair(key: "Mary", value: "dog"), ContextPair(key: "John", value: "apple"),
  ]

  @Test func affirmativeReasoningGoesFromQueryToAnswer() throws {
    let kinds = try task([.genders, .kinds], [.equal, .child])
    let row = Row(pairs: things, target: 0, query: "Mary", candidates: ["animal", "fruit"])
    let found = reasoning(row, kinds)
    #expect(found.text() == "Mary = Mary → dog; dog ∈ animal ⇒ animal")
    #expect(found.text(isASCII: true) == "Mary is Mary -> dog; dog in animal => animal")
    #expect(found.agrees)
    #expect(found.loop.branches.map(\.matches) == [true, false])
    #expect(found.loop.branches.map(\.keyRole) == [.key, .distractorKeys])
    #expect(found.loop.statedBranch == 0)
  }

  @Test func relationThatIsTheSameIsNoStepOfItsOwn() throws {
    let same = try task([.genders, .kinds], [.child, .equal])
    let row = Row(pairs: things, target: 1, query: "the boy", candidates: ["dog", "apple"])
    #expect(reasoning(row, same).text() == "John ∈ the boy → apple ⇒ apple")
  }

  /// The names swap: the pair that answers is K', V'.
  @Test func negatedReasoningNamesTheOddKeyAndTheOthers() throws {
    let negated = try task([.genders, .kinds], [.child, .child], negated: true)
    let pairs = [
      ContextPair(key: "Mary", value: "dog"), ContextPair(key: "John", value: "apple"),
      ContextPair(key: "Anna", value: "tea"),
    ]
    let row = Row(
      pairs: pairs, target: 1, query: "the girl", candidates: ["animal", "fruit", "drink"])
    let found = reasoning(row, negated)
    #expect(
      found.text()
        == "John ∉ the girl; Mary, Anna ∈ the girl; John → apple; apple ∈ fruit ⇒ fruit")
    #expect(found.loop.branches.map(\.keyRole) == [.key, .distractorKeys, .key])
    #expect(found.loop.branches.map(\.valueRole) == [.value, .distractorValues, .value])
    #expect(found.loop.branches.map(\.matches) == [true, false, true])
  }

  @Test func falseStatementHangsOnTheClaimedPair() throws {
    let kinds = try task([.genders, .kinds], [.equal, .child], .classification)
    let row = Row(
      pairs: things, target: 0, query: "Mary", candidates: ["animal", "fruit"], claim: "fruit")
    let found = reasoning(row, kinds)
    #expect(found.loop.statedBranch == 1)
    #expect(found.text().hasSuffix("⇒ animal; claimed fruit ⇒ No"))
  }

  @Test func swappedQueryStandsForWhatTheContextSays() throws {
    let swapped = try task([.adjectives, .genders], [.similar, .child])
    let pairs = [
      ContextPair(key: "glad", value: "Mary"), ContextPair(key: "poor", value: "John"),
    ]
    let row = Row(pairs: pairs, target: 0, query: "happy", candidates: ["the girl", "the boy"])
    #expect(
      reasoning(row, swapped).text() == "glad ≈ happy → Mary; Mary ∈ the girl ⇒ the girl")
  }

  @Test func factsThatAreMissingOrDisagreeAreSaid() throws {
    let kinds = try task([.genders, .kinds], [.child, .child])
    let unknown = Row(
      pairs: [ContextPair(key: "Zork", value: "dog"), ContextPair(key: "John", value: "apple")],
      target: 0, query: "the girl", candidates: ["animal", "fruit"])
    let found = reasoning(unknown, kinds)
    #expect(found.loop.branches.map(\.matches) == [nil, false])
    #expect(!found.agrees && found.text().hasSuffix("(the vocabulary does not say so)"))
    let wrong = Row(pairs: things, target: 0, query: "the boy", candidates: ["animal", "fruit"])
    #expect(reasoning(wrong, kinds).text().hasSuffix("(by the vocabulary: fruit)"))
  }

  /// Whatever is generated, the reasoning ends in the item's answer and no remark.
  @Test func reasoningAgreesWithEveryGeneratedItem() throws {
    var settings = GenerationSettings()
    settings.count = 1152
    settings.pairs = [2, 3, 6]
    for item in try ItemGenerator(vocabulary: vocabulary, settings: settings).items() {
      let found = reasoning(item.row, item.task)
      #expect(found.agrees, "\(item.id)")
      let end = item.row.label.map { "⇒ \($0)" } ?? "⇒ \(item.row.answer)"
      #expect(found.text().hasSuffix(end), "\(item.id): \(found.text())")
      // The target alone answers, so it alone matches, or alone does not.
      let matching = found.loop.branches.filter { $0.matches == !item.task.isNegated }
      #expect(matching.map(\.isTarget) == [true], "\(item.id)")
    }
  }
}
