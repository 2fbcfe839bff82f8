// The paper's protocol: both probes on every fold and seed, single heads beside them, and probes of
// one data set tested on the others.

import Engine
import GAR

/// How often and on what a probe is tried.
public struct ProbeProtocol: Sendable, Equatable {
  public var training = ProbeSettings()
  /// Parts of a data set that is not divided yet; at least 3.
  public var folds = 5
  /// How many times folds and networks are drawn anew.
  public var seedCount = 5
  public var firstSeed: UInt64 = 1

  public init() {}

  /// Every seed's own generator.
  func generators() -> [SplitMix64] {
    (0..<seedCount).map { SplitMix64(seed: firstSeed &+ UInt64($0)) }
  }
}

/// What came out on one data set.
public struct ProbeOutcome: Sendable, Equatable {
  public var data: ProbeData
  public var network: ProbeSummary
  public var logistic: ProbeSummary
  /// The best threshold on one head alone, in the order of the heads.
  public var singleHeads: [ProbeSummary]
  /// The share of the more frequent label among all test rows.
  public var majorityRate: Double
  /// The epoch that was kept, by seed and fold.
  public var epochs: [[Int]]
}

extension ProbeProtocol {
  /// How many fits `outcome` and `transfer` make of a data set, for progress.
  public func fitCount(_ data: ProbeData) -> Int {
    if case .given = data.division { return seedCount }
    return seedCount * folds
  }

  /// Tries both probes and every head alone on one data set.
  ///
  /// - Parameters:
  ///   - data: any data set.
  ///   - fitted: called after each fold; throwing ends the work.
  /// - Returns: scores by seed and fold.
  /// - Throws: what `fitted` throws.
  ///
  /// Source: Ni et al. 2025 (arXiv:2412.12841), the section on True and False heads.
  public func outcome(
    _ data: ProbeData, fitted: () throws -> Void = {}
  ) throws -> ProbeOutcome {
    var network: [[ProbeScore]] = [], logistic: [[ProbeScore]] = []
    var heads = [[[ProbeScore]]](repeating: [], count: data.heads.count)
    var epochs: [[Int]] = []
    for var random in generators() {
      var (networkFolds, logisticFolds): ([ProbeScore], [ProbeScore]) = ([], [])
      var headFolds = [[ProbeScore]](repeating: [], count: data.heads.count)
      var epochFolds: [Int] = []
      for split in data.splits(folds, random: &random) {
        let trained = ProbeNetwork.trained(
          split.train, validation: split.validation, settings: training, random: &random)
        epochFolds.append(trained.epoch)
        networkFolds.append(
          ProbeScore(trained.network.scores(split.test), labels: split.test.labels))
        let linear = LogisticRegression.fitted(split.train)
        logisticFolds.append(ProbeScore(linear.scores(split.test), labels: split.test.labels))
        for head in data.heads.indices {
          let threshold = HeadThreshold(split.train.column(head))
          let test = split.test.column(head)
          headFolds[head].append(ProbeScore(threshold.scores(test), labels: test.labels))
        }
        try fitted()
      }
      network.append(networkFolds)
      logistic.append(logisticFolds)
      epochs.append(epochFolds)
      for head in data.heads.indices { heads[head].append(headFolds[head]) }
    }
    return ProbeOutcome(
      data: data, network: ProbeSummary(scores: network),
      logistic: ProbeSummary(scores: logistic), singleHeads: heads.map(ProbeSummary.init),
      majorityRate: data.targetRows.majorityRate, epochs: epochs)
  }

  /// Trains on one data set and tests on the others: the paper's table across domains.
  ///
  /// - Returns: for each target the network's and the logistic regression's score.
  /// - Throws: what `fitted` throws.
  public func transfer(
    from source: ProbeData, to targets: [ProbeData], fitted: () throws -> Void = {}
  ) throws -> [(network: ProbeSummary, logistic: ProbeSummary)] {
    var scores = [(network: [[ProbeScore]], logistic: [[ProbeScore]])](
      repeating: ([], []), count: targets.count)
    for index in 0..<seedCount {
      let probe = probe(on: source, seed: firstSeed &+ UInt64(index))
      for (target, data) in targets.enumerated() {
        let rows = data.targetRows
        scores[target].network.append(
          [ProbeScore(probe.network.scores(rows), labels: rows.labels)])
        scores[target].logistic.append(
          [ProbeScore(probe.logistic.scores(rows), labels: rows.labels)])
      }
      try fitted()
    }
    return scores.map { (ProbeSummary(scores: $0.network), ProbeSummary(scores: $0.logistic)) }
  }

  /// Trains both probes on a whole data set but its test rows.
  public func probe(on data: ProbeData, seed: UInt64) -> TrainedProbe {
    var random = SplitMix64(seed: seed)
    let rows = data.trainingRows(random: &random)
    let trained = ProbeNetwork.trained(
      rows.train, validation: rows.validation, settings: training, random: &random)
    return TrainedProbe(
      heads: data.heads, trainedOn: data.name, network: trained.network,
      logistic: .fitted(rows.train), epoch: trained.epoch,
      validationAccuracy: trained.validationAccuracy)
  }
}

/// True where one head's feature is above, or below, a value.
package struct HeadThreshold: Equatable {
  package var value: Double
  package var isTrueAbove: Bool

  /// The threshold and direction with the most right rows; of equals the lowest value.
  /// - Parameter rows: of width 1, at least one.
  package init(_ rows: ProbeRows) {
    let sorted = zip(rows.values, rows.labels).sorted { $0.0 < $1.0 }
    let positives = rows.labels.count { $0 }
    // Right answers where all rows stand above the threshold and are called true.
    var right = positives
    var best = (right: max(right, rows.count - right), value: -Double.infinity)
    var bestAbove = right >= rows.count - right
    for index in sorted.indices {
      right += sorted[index].1 ? -1 : 1
      let isLast = index + 1 == sorted.count
      if !isLast, sorted[index + 1].0 == sorted[index].0 { continue }
      let value = isLast ? .infinity : (sorted[index].0 + sorted[index + 1].0) / 2
      if max(right, rows.count - right) > best.right {
        best = (max(right, rows.count - right), value)
        bestAbove = right >= rows.count - right
      }
    }
    value = best.value
    isTrueAbove = bestAbove
  }

  /// Positive where a row is called true.
  package func scores(_ rows: ProbeRows) -> [Double] {
    rows.values.map { x in
      guard value.isFinite else { return (value < 0) == isTrueAbove ? 1 : -1 }
      return isTrueAbove ? x - value : value - x
    }
  }
}
