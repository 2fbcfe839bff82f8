// Over a set, places and answers come equally often.

import GAR
import Testing

@Suite struct BalanceTests {
  @Test func theRightPairStandsEverywhereEquallyOften() throws {
    for items in try samples.get() {
      for form in TaskForm.allCases {
        for pairCount in 2...4 {
          let asked = items.filter { $0.task.form == form && $0.pairCount == pairCount }
          let counts = (0..<pairCount).map { place in
            asked.count { $0.targetPosition == place }
          }
          // Dealt in rounds, and a Yes/No pair shares its place.
          #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2, "\(form) \(counts)")
        }
      }
    }
  }

  @Test func answersAreBalanced() throws {
    for items in try samples.get() {
      let statements = items.filter { $0.task.form == .classification }
      #expect(statements.count == 5000)
      #expect(statements.count { $0.answer == "Yes" } == 2500)
      let people = items.filter { $0.task.answersWithArticle && $0.task.valueSchema == .genders }
      let boys = people.count { $0.answer == "boy" }
      #expect(people.count > 500 && abs(2 * boys - people.count) <= 1)
      let countries = items.filter {
        $0.task.form == .generation && $0.task.valueSchema == .cities
          && $0.task.relation1 == .child
      }
      let counts = Dictionary(grouping: countries, by: \.answer).mapValues(\.count)
      #expect(counts.count == 16)
      #expect((counts.values.max() ?? 0) - (counts.values.min() ?? 0) <= 1)
    }
  }

  @Test func pairCountsComeInTheirProportion() throws {
    let items = try samples.get()[0]
    for (pairCount, share) in [(2, 0.2), (3, 0.6), (4, 0.2)] {
      let found = Double(items.count { $0.pairCount == pairCount }) / Double(items.count)
      #expect(abs(found - share) < 0.001)
    }
  }

  @Test func aYesDemonstrationIsAsLikelyAsANo() throws {
    let labels = try samples.get().joined().flatMap { $0.rows.dropLast().compactMap(\.label) }
    let yes = Double(labels.count { $0 == "Yes" }) / Double(labels.count)
    // 75,000 draws, of which a Yes/No pair shares its own: five standard errors are 0.013.
    #expect(labels.count == 75_000 && abs(yes - 0.5) < 0.013)
  }
}
