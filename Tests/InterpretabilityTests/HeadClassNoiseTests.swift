// Where there is nothing to find, the search finds nothing; and its intervals are as wide as few
// pairs ask for.

import Engine
import Interpretability
import TestSupport
import Testing

@Suite struct HeadClassNoiseTests {
  /// A random model tells true statements from false ones by chance alone: of 32 intervals of
  /// 99.9 %, one misses 0 in one model of thirty.
  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func noHeadOfARandomModelIsTrueOrFalse(seed: UInt64) throws {
    let random = try PlantedFinding(RandomModel.write(seed: seed), pairCount: 40, seed: seed)
    #expect(random.classes.heads(.trueHead).isEmpty && random.classes.heads(.falseHead).isEmpty)
    #expect(random.classes.heads.contains { $0.isCandidate })
    #expect(random.classes.heads.filter { !$0.interval.contains(0) }.count <= 1)
  }

  /// The planted heads themselves, with each pair's halves taken for true and false by chance.
  @Test func noHeadIsTrueOrFalseUnderShuffledLabels() throws {
    let planted = try PlantedFinding.planted()
    for seed in 1...2 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let shuffled = planted.pairs.map { pair in
        Bool.random(using: &random)
          ? pair : StatementPair(whenTrue: pair.whenFalse, whenFalse: pair.whenTrue)
      }
      let classes = try planted.model.classifyHeads(shuffled)
      #expect(classes.heads(.trueHead).isEmpty && classes.heads(.falseHead).isEmpty)
      let trueHead = try #require(classes.heads.first { $0.head == HeadIndex(.trueHead) })
      #expect(trueHead.isCandidate)
      #expect(trueHead.failures.contains(.interval) && trueHead.failures.contains(.auroc))
    }
  }

  /// Of 20,000 samples of three normal numbers, the interval by a normal quantile misses the true
  /// mean in 8 %, and Student's in 1 of 1,000.
  @Test func intervalOfFewValuesIsAsWideAsItMustBe() {
    var random = SeededGenerator(seed: 1)
    let samples = (0..<20_000).map { _ in
      (0..<3).map { _ in
        // A sum of twelve uniform numbers is normal to within what three values can show.
        (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
      }
    }
    func missed(_ quantile: Double) -> Double {
      let missed = samples.count { !Statistics.interval(ofMean: $0, z: quantile).contains(0) }
      return Double(missed) / Double(samples.count)
    }
    let student = Statistics.studentQuantile(confidence: 0.999, degreesOfFreedom: 2)
    #expect(missed(student) < 0.002)
    #expect(missed(3.2905) > 0.07)
  }

  /// The search takes the differences of the paper's feature and Student's interval for as many.
  @Test func searchReportsMeanAndIntervalOfTheFeature() throws {
    let planted = try PlantedFinding.planted()
    let pairs = Array(planted.pairs.prefix(5))
    let head = HeadIndex(.restless)
    let differences = try pairs.map { pair in
      let features = try [pair.whenTrue, pair.whenFalse].map { half in
        let run = try planted.model.forward(half.tokens, recording: .backward)
        let pattern = try #require(run.layers[head.layer].attentionPattern)
        let statement = try #require(half.statement)
        return try #require(headFeature(pattern, head: head.head, statement: statement))
      }
      return Double(features[0]) - Double(features[1])
    }
    let classes = try planted.model.classifyHeads(pairs)
    let evidence = try #require(classes.heads.first { $0.head == head })
    // The table's value for four degrees of freedom.
    let half = 8.610 * Statistics.standardError(differences)
    #expect(abs(evidence.d - Statistics.mean(differences)) < 1e-12)
    #expect(abs(evidence.interval.high - evidence.d - half) < 1e-4 * half)
    #expect(abs(evidence.d - evidence.interval.low - half) < 1e-4 * half)
    #expect(half > 0)
  }

  /// Two-sided 99.9 % and 95 % points of Student's t as tables print them.
  @Test(arguments: [
    (0.999, 1, 636.619), (0.999, 2, 31.599), (0.999, 3, 12.924), (0.999, 9, 4.781),
    (0.999, 10, 4.587), (0.999, 30, 3.646), (0.999, 100, 3.390), (0.95, 1, 12.706),
    (0.95, 2, 4.303), (0.95, 7, 2.365), (0.95, 60, 2.000),
  ])
  func studentQuantileIsThatOfTheTables(
    confidence: Double, degrees: Int, expected: Double
  ) {
    let found = Statistics.studentQuantile(confidence: confidence, degreesOfFreedom: degrees)
    #expect(abs(found - expected) < 0.0006)
  }
}
