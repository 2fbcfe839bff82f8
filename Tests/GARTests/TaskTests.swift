// The list of tasks, and their names both ways.

import GAR
import Testing

@Suite struct TaskTests {
  @Test func thereAre384Tasks() {
    let tasks = GARTask.all
    #expect(tasks.count == 384)
    #expect(Set(tasks).count == 384)
    #expect(tasks.count { $0.form == .generation } == 192)
    #expect(tasks.count(where: \.isNegated) == 192)
    #expect(tasks.count(where: \.isSwapped) == 192)
    #expect(tasks.count(where: \.isExchanged) == 192)
    #expect(Set(tasks.map(\.schemaPair)).count == 10)
    #expect(tasks.indices.allSatisfy { tasks[$0].index == $0 })
  }

  /// The counts follow from the relations that the paper offers for each schema pair.
  @Test func difficultyIsTheNumberOfRelationsThatAreNotSame() {
    let counts = (0...2).map { difficulty in
      GARTask.all.count { $0.relationCount == difficulty }
    }
    // Of 24 choices of relations, 3 are (=, =), 11 have one that is not, 10 two; 16 tasks each.
    #expect(counts == [3 * 16, 11 * 16, 10 * 16])
  }

  @Test func officialIdentifiersAreReadBack() throws {
    for task in GARTask.all {
      let parsed = try #require(GARTask.parse(officialID: task.officialID))
      #expect(parsed.task == task)
      #expect(parsed.pairCount == 3)
      let longer = try #require(GARTask.parse(officialID: task.officialID(pairCount: 12)))
      #expect(longer.task == task)
      #expect(longer.pairCount == 12)
    }
    #expect(Set(GARTask.all.map(\.officialID)).count == 384)
  }

  @Test(arguments: [
    "", "rlr_gen", "rlr_gen[][cxt_len=3]",
    "rlr_gen[genders_of_persons.TreeSet.equal,countries_of_cities.TreeSet.equal][cxt_len=3]",
    "g2c[rlr_gen][person_adjs.SymSet.similar,genders_of_persons.TreeSet.equal][cxt_len=1]",
    "g2c[rlr_gen][person_adjs.SymSet.similar,genders_of_persons.TreeSet.equal][cxt_len=03]",
    "g2c[rlr_gen][person_adjs.SymSet.similar,genders_of_persons.TreeSet.equal][cxt_len=3] ",
  ])
  func otherStringsAreNoIdentifiers(_ id: String) {
    #expect(GARTask.parse(officialID: id) == nil)
  }

  @Test func anIdentifierSpellsOutTheTask() throws {
    let task = try #require(
      GARTask(
        schemas: [.kinds, .genders], relations: [.child, .equal], isNegated: true,
        form: .classification, isExchanged: true))
    #expect(
      task.officialID
        == "g2c[rlr_gen[dict_candidates=True]][kinds_of_things.TreeSet.neg_child,"
        + "genders_of_persons.TreeSet.equal][cxt_len=3,rev_item2str]")
    #expect(task.summary == "Kinds∋,Genders= neg rev cls")
    #expect(task.relationCount == 1)
    #expect(task.isSwapped)
    #expect(task.schemaPair == [.genders, .kinds])
  }

  @Test func propertiesOfNoTaskGiveNone() {
    #expect(
      GARTask(
        schemas: [.cities, .kinds], relations: [.equal, .equal], isNegated: false,
        form: .generation, isExchanged: false) == nil)
    #expect(
      GARTask(
        schemas: [.genders, .usages], relations: [.equal, .equal], isNegated: false,
        form: .generation, isExchanged: false) == nil)
    #expect(
      GARTask(
        schemas: [.genders], relations: [.equal, .equal], isNegated: false, form: .generation,
        isExchanged: false) == nil)
  }
}
