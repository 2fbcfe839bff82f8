// Statistics of pairs against values from elsewhere, the compositionality gap and balanced subsets.

import GAR
import Interpretability
import TestSupport
import Testing

@Suite struct PairedComparisonTests {
  /// statsmodels 0.15.0, `mcnemar(table, exact=True)`.
  @Test(arguments: [
    (5, 0, 0.0625), (12, 2, 0.012939453125), (40, 22, 0.030015864349067285),
    (3, 9, 0.14599609375), (150, 100, 0.0018833009350761602), (1, 1, 1.0),
    (700, 600, 0.0060157938610449395), (2000, 2200, 0.0021323556719912455), (0, 0, 1.0),
  ])
  func mcNemarIsExact(b: Int, c: Int, p: Double) {
    #expect(abs(Statistics.mcNemar(b, c) / p - 1) < 1e-9)
  }

  /// Newcombe 1998, table II; Altman et al. 2000, Statistics with Confidence, p. 52; Fagerland et
  /// al. 2014, airway data.
  @Test(arguments: [
    (36, 12, 2, 0, 0.0569, 0.3404, 5e-5), (14, 5, 0, 22, 0.011, 0.226, 5e-4),
    (1, 1, 7, 12, -0.507, -0.026, 5e-4),
  ])
  func newcombeIsAsPublished(
    both: Int, first: Int, second: Int, neither: Int, low: Double, high: Double, within: Double
  ) {
    let interval = Statistics.newcombe(both: both, first: first, second: second, neither: neither)
    #expect(abs(interval.low - low) < within && abs(interval.high - high) < within, "\(interval)")
  }

  @Test func differencesCountWhoIsRightAlone() throws {
    func score(_ isRight: Bool?, _ loss: Float?) -> AnswerScore {
      AnswerScore(isAllRight: isRight, loss: loss)
    }
    let first = [score(true, 1), score(true, 2), score(false, 3), score(nil, nil)]
    let second = [score(true, 0), score(false, 4), score(false, 1), score(true, 1)]
    let comparison = PairedComparison(first, second)
    let all = try #require(comparison[.all])
    #expect(all.count == 3 && all.onlyFirst == 1 && all.onlySecond == 0)
    #expect(abs(all.value - 1 / 3) < 1e-12 && all.p == 1)
    #expect(comparison[.loss]?.mean == (1 - 2 + 2) / 3.0 && comparison[.loss]?.count == 3)
    #expect(comparison[.first] == nil && comparison[.probability] == nil)
  }
}

@Suite struct CompositionalityGapTests {
  private func score(_ isRight: Bool?) -> AnswerScore { AnswerScore(isAllRight: isRight) }

  private func composed(_ whole: Bool?, _ parts: Bool?...) -> ComposedScore {
    ComposedScore(whole: score(whole), parts: parts.map(score))
  }

  @Test func onlyItemsWithAllPartsRightCount() {
    let gap = CompositionalityGap(
      [
        composed(true, true, true), composed(false, true, true), composed(false, true),
        composed(false, true, false), composed(true, false), composed(false),
        composed(nil, true), composed(false, true, nil),
      ], metric: .all)
    #expect(gap.itemCount == 5)
    #expect(gap.wrong == Share(successes: 2, count: 3))
    #expect(
      CompositionalityGap([composed(false, true)], metric: .first).wrong
        == Share(successes: 0, count: 0))
  }
}

@Suite struct StratificationTests {
  private let items: [Item]

  init() throws {
    var settings = GenerationSettings()
    settings.count = 2000
    settings.pairs = [2, 3, 4]
    let vocabulary = try Vocabulary(path: packageRoot + "/Assets/gar/vocabulary.json")
    items = try ItemGenerator(vocabulary: vocabulary, settings: settings).items()
  }

  private func counts(_ chosen: [Int], _ breakdown: Breakdown) -> [Int] {
    breakdown.sorted(chosen) { items[$0] }.map(\.members.count)
  }

  @Test(arguments: [8, 51, 400, 1999])
  func groupsAreBalancedAndPairsStayTogether(count: Int) {
    let chosen = Breakdown.stratified(items, count: count, by: Breakdown.strata)
    #expect(chosen.count == count || chosen.count == count - 1)
    #expect(chosen == chosen.sorted() && Set(chosen).count == chosen.count)
    #expect(chosen == Breakdown.stratified(items, count: count, by: Breakdown.strata))
    let ids = Set(chosen.map { items[$0].id })
    for index in chosen {
      #expect(items[index].partnerID.map(ids.contains) ?? true)
    }
    guard count <= 400 else { return }
    for breakdown in [Breakdown.form, .polarity] {
      let counts = counts(chosen, breakdown)
      #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= count / 10 + 2, "\(counts)")
    }
  }

  /// As in the paper's release, where the items of a task stand together.
  @Test func orderOfTheSetDoesNotDecideWhatElseIsChosen() {
    let sorted = items.sorted { ($0.task.index, $0.id) < ($1.task.index, $1.id) }
    let chosen = Breakdown.stratified(sorted, count: 200, by: Breakdown.strata)
    for breakdown in [Breakdown.swapped, .exchanged] {
      let counts = breakdown.sorted(chosen) { sorted[$0] }.map(\.members.count)
      #expect(counts.count == 2 && counts.allSatisfy { (60...140).contains($0) }, "\(counts)")
    }
  }

  @Test func strataAreAsEqualAsPairsAllow() {
    let chosen = Breakdown.stratified(items, count: 192, by: Breakdown.strata)
    let strata = Dictionary(grouping: chosen) { index in
      Breakdown.strata.map { $0.group(of: items[index]) }
    }
    let counts = strata.values.map(\.count)
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2, "\(counts)")
    let all = Set(items.map { item in Breakdown.strata.map { $0.group(of: item) } })
    #expect(strata.count == all.count)
  }

  @Test func otherKeysBalanceOtherGroups() {
    let chosen = Breakdown.stratified(items, count: 90, by: [.pairs, .position])
    // 2, 3 or 4 places, each equally often, but for a pair more or less.
    let strata = Dictionary(grouping: chosen) { [items[$0].pairCount, items[$0].targetPosition] }
    #expect(strata.values.map(\.count).allSatisfy { (8...12).contains($0) })
  }
}
