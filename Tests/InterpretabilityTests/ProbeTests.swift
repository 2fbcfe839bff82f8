// The probes against PyTorch and scikit-learn, and the protocol on sets whose answers are known.

import Engine
import Foundation
import GAR
import Interpretability
import TestSupport
import Testing

/// What `make_probes.py` wrote.
private struct ProbeFixture: Decodable {
  struct Regression: Decodable {
    var c: Double
    var weights: [Double]
    var bias, auroc: Double
    /// True negatives, false positives, false negatives, true positives.
    var confusion: [Int]
  }

  var values: [Double]
  var labels: [Int]
  var hidden: Int
  var start: [Double]
  var batches: [[Int]]
  var steps, singlePrecision: [[Double]]
  var losses, scores: [Double]
  var regressions: [Regression]

  static func load() throws -> ProbeFixture {
    let path = fixture("InterpretabilityTests", "probes.json")
    return try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
  }

  var rows: ProbeRows {
    ProbeRows(width: values.count / labels.count, values: values, labels: labels.map { $0 == 1 })
  }
}

@Suite struct ProbeTests {
  // MARK: Against PyTorch and scikit-learn

  @Test func theNetworkFollowsPyTorchStepByStep() throws {
    let fixture = try ProbeFixture.load()
    let rows = fixture.rows
    var network = ProbeNetwork(
      inputCount: rows.width, hiddenCount: fixture.hidden, parameters: fixture.start)
    var adam = Adam(parameterCount: fixture.start.count, rate: 1e-3)
    var gradient = fixture.start
    #expect(fixture.steps.count > 20)
    for (step, batch) in fixture.batches.enumerated() {
      let loss = network.loss(rows, batch: batch, gradient: &gradient)
      #expect(abs(loss - fixture.losses[step]) < 1e-10)
      network.train(rows, batches: [batch[...]], adam: &adam)
      // torch in double precision differs by rounding alone, in single precision by 1e-7 a step.
      #expect(largestGap(network.parameters, fixture.steps[step]) < 1e-10, "step \(step)")
      #expect(largestGap(network.parameters, fixture.singlePrecision[step]) < 1e-5, "step \(step)")
    }
    #expect(largestGap(network.scores(rows), fixture.scores) < 1e-9)
  }

  @Test func theLogisticRegressionIsTheOptimumOfScikitLearn() throws {
    let fixture = try ProbeFixture.load()
    for expected in fixture.regressions {
      let found = LogisticRegression.fitted(fixture.rows, inverseRegularization: expected.c)
      #expect(largestGap(found.weights, expected.weights) < 1e-7, "C = \(expected.c)")
      #expect(abs(found.bias - expected.bias) < 1e-7, "C = \(expected.c)")
      let score = ProbeScore(found.scores(fixture.rows), labels: fixture.rows.labels)
      #expect(abs(score.auroc - expected.auroc) < 1e-12)
      #expect(
        [score.trueNegatives, score.falsePositives, score.falseNegatives, score.truePositives]
          == expected.confusion)
    }
  }

  /// Classes that a line divides would have weights without end but for the penalty.
  @Test func theLogisticRegressionEndsOnClassesThatALineDivides() {
    let rows = ProbeRows(
      width: 1, values: [-2, -1.5, 1, 3], labels: [false, false, true, true])
    let found = LogisticRegression.fitted(rows, inverseRegularization: 1e6)
    #expect(found.weights[0].isFinite && found.weights[0] > 5)
    #expect(ProbeScore(found.scores(rows), labels: rows.labels).accuracy == 1)
  }

  // MARK: The protocol

  @Test func everyRowIsATestRowOnceAndPartsAreStratified() {
    let rows = synthetic(count: 103, positives: 31, shift: 0)
    let data = ProbeData(
      name: "x", heads: [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 0, head: 1)],
      division: .folds(rows))
    var random = SplitMix64(seed: 3)
    let splits = data.splits(5, random: &random)
    #expect(splits.count == 5)
    #expect(Set(splits.flatMap { $0.test.values }) == Set(rows.values))
    #expect(splits.reduce(0) { $0 + $1.test.count } == rows.count)
    for split in splits {
      let all = split.train.values + split.validation.values + split.test.values
      #expect(Set(all) == Set(rows.values) && all.count == rows.values.count)
      #expect(abs(Double(split.train.count) / Double(rows.count) - 0.6) < 0.02)
      #expect([6, 7].contains(split.test.labels.count { $0 }))
    }
  }

  @Test func probesLearnWhatIsThereAndNothingElse() throws {
    var settings = ProbeProtocol()
    settings.seedCount = 2
    let heads = [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 0, head: 1)]
    func outcome(shift: Double) throws -> ProbeOutcome {
      try settings.outcome(
        ProbeData(
          name: "x", heads: heads,
          division: .folds(synthetic(count: 400, positives: 200, shift: shift))))
    }
    let told = try outcome(shift: 3)
    // Two normal distributions 3 deviations apart: no probe is right more often than Φ(1.5).
    for summary in [told.network, told.logistic, told.singleHeads[0]] {
      #expect(abs(summary.accuracy - 0.933) < 0.03)
      #expect(abs(summary.auroc - 0.983) < 0.015)
    }
    #expect(told.singleHeads[1].accuracy < 0.6)
    #expect(told.network.interval.contains(told.network.accuracy))
    #expect(told.network.total(\.truePositives) + told.network.total(\.falseNegatives) == 400)
    #expect(told.majorityRate == 0.5)
    #expect(try outcome(shift: 3) == told, "the seed decides everything")
    let untold = try outcome(shift: 0)
    for summary in [untold.network, untold.logistic] + untold.singleHeads {
      #expect(abs(summary.accuracy - 0.5) < 0.08)
      #expect(abs(summary.auroc - 0.5) < 0.1)
    }
  }

  /// A ring has no line through it: the network tells it, the logistic regression cannot.
  @Test func theNetworkTellsWhatNoLineDivides() throws {
    var random = SeededGenerator(seed: 5)
    var values: [Double] = []
    var labels: [Bool] = []
    for index in 0..<600 {
      let angle = Double.random(in: 0..<2 * .pi, using: &random)
      let radius = index.isMultiple(of: 2) ? 0.3 : 1.2
      values += [radius * cos(angle), radius * sin(angle)]
      labels.append(index.isMultiple(of: 2))
    }
    var settings = ProbeProtocol()
    settings.seedCount = 1
    settings.training.epochs = 60
    let heads = [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 0, head: 1)]
    let outcome = try settings.outcome(
      ProbeData(
        name: "ring", heads: heads,
        division: .folds(ProbeRows(width: 2, values: values, labels: labels))))
    #expect(outcome.network.accuracy > 0.95)
    #expect(outcome.logistic.accuracy < 0.65)
  }

  @Test func theThresholdIsTheBestOfAll() {
    var random = SeededGenerator(seed: 9)
    for _ in 0..<50 {
      let count = Int.random(in: 1...12, using: &random)
      let values = (0..<count).map { _ in Double(Int.random(in: 0...4, using: &random)) }
      let labels = (0..<count).map { _ in Bool.random(using: &random) }
      let rows = ProbeRows(width: 1, values: values, labels: labels)
      let found = ProbeScore(HeadThreshold(rows).scores(rows), labels: labels).right
      let cuts = [-1, 0.5, 1.5, 2.5, 3.5, 9]
      let best = cuts.flatMap { cut in
        [true, false].map { above in
          zip(values, labels).count { (($0 > cut) == above) == $1 }
        }
      }.max()
      #expect(found == best, "\(values) \(labels)")
    }
  }

  @Test func aProbeIsTestedOnOtherDataAsItIs() throws {
    var settings = ProbeProtocol()
    settings.seedCount = 2
    let heads = [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 0, head: 1)]
    let source = ProbeData(
      name: "a", heads: heads,
      division: .folds(synthetic(count: 300, positives: 150, shift: 3)))
    let same = ProbeData(
      name: "b", heads: heads,
      division: .folds(synthetic(count: 200, positives: 100, shift: 3, seed: 2)))
    let opposite = ProbeData(
      name: "c", heads: heads,
      division: .folds(synthetic(count: 200, positives: 100, shift: -3, seed: 3)))
    let scores = try settings.transfer(from: source, to: [same, opposite])
    #expect(scores[0].network.accuracy > 0.9 && scores[0].logistic.accuracy > 0.9)
    #expect(scores[1].network.accuracy < 0.1 && scores[1].logistic.accuracy < 0.1)
    #expect(scores[0].network.count == 200)
  }

  // MARK: The released features

  /// The accuracies that were measured on these files with the paper's protocol: on four heads and on
  /// all eight, in percent.
  static let released: [(files: [String], four: Double, eight: Double)] = [
    (
      ["train", "validation", "test"].map { "snli_YesNo_head_feature_3000_\($0)_zero_shot" },
      86.9, 87.4
    ),
    (["cities"], 86.0, 94.0), (["sp_en_trans"], 98.3, 98.3),
    (["companies_true_false"], 86.2, 87.0), (["counterfact_true_false"], 75.8, 78.5),
  ]

  @Test(
    .enabled(
      if: sharedFile("gar/official/head-features/cities.csv") != nil, "../shared is absent"),
    arguments: released)
  func theReleasedFeaturesGiveTheReferenceAccuracies(
    data: (files: [String], four: Double, eight: Double)
  ) throws {
    let tables = try data.files.map {
      try FeatureTable(
        path: try #require(sharedFile("gar/official/head-features/\($0).csv")))
    }
    let four = ["15.51", "14.0", "14.18", "14.46"].compactMap { HeadIndex($0) }
    var settings = ProbeProtocol()
    settings.seedCount = 3
    for (heads, reference) in [(four, data.four), (nil, data.eight)] {
      let sets = try ProbeData.sets(tables, heads: heads, folds: 5)
      #expect(sets.count == 1)
      let outcome = try settings.outcome(sets[0])
      let accuracy = 100 * outcome.network.accuracy
      #expect(abs(accuracy - reference) <= 1, "\(sets[0].name): \(accuracy), not \(reference)")
    }
  }

  /// Two features: the first shifted by `shift` deviations where the label is true, the second noise.
  private func synthetic(
    count: Int, positives: Int, shift: Double, seed: UInt64 = 1
  ) -> ProbeRows {
    var random = SplitMix64(seed: seed)
    let labels = (0..<count).map { $0 < positives }
    let values = labels.flatMap { label in
      [0.4 * (random.normal() + (label ? shift : -shift) / 2), 0.4 * random.normal()]
    }
    return ProbeRows(width: 2, values: values, labels: labels)
  }

  private func largestGap(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
  }
}
