// How well a probe's scores tell true from false.

/// One probe on one set of test rows.
public struct ProbeScore: Sendable, Equatable {
  /// Rows that are true or false, and were called so or not.
  public var truePositives, falsePositives, trueNegatives, falseNegatives: Int
  /// The chance that a true row scores above a false one.
  public var auroc: Double

  /// - Parameters:
  ///   - scores: above 0 is called true.
  ///   - labels: as many.
  public init(_ scores: [Double], labels: [Bool]) {
    precondition(scores.count == labels.count, "ProbeScore: \(scores.count), \(labels.count)")
    let positives = zip(scores, labels).filter(\.1).map(\.0)
    let negatives = zip(scores, labels).filter { !$0.1 }.map(\.0)
    truePositives = positives.count { $0 > 0 }
    falseNegatives = positives.count - truePositives
    falsePositives = negatives.count { $0 > 0 }
    trueNegatives = negatives.count - falsePositives
    auroc = Statistics.auroc(positives: positives, negatives: negatives)
  }

  public var count: Int { truePositives + falsePositives + trueNegatives + falseNegatives }
  public var right: Int { truePositives + trueNegatives }
  public var accuracy: Double { Double(right) / Double(max(1, count)) }
}

/// A kind of probe on one data set, over all folds and seeds.
public struct ProbeSummary: Sendable, Equatable {
  /// The scores of every fold, by seed.
  public var scores: [[ProbeScore]]

  public init(scores: [[ProbeScore]]) { self.scores = scores }

  /// Of each seed, over all of its test rows.
  public var seedAccuracies: [Double] {
    scores.map { folds in
      Double(folds.reduce(0) { $0 + $1.right }) / Double(max(1, folds.reduce(0) { $0 + $1.count }))
    }
  }

  /// The mean over seeds.
  public var accuracy: Double { Statistics.mean(seedAccuracies) }

  /// The sample deviation over seeds; 0 for one seed.
  public var spread: Double {
    let count = Double(seedAccuracies.count)
    return count > 1 ? Statistics.standardError(seedAccuracies) * count.squareRoot() : 0
  }

  /// Test rows of one seed.
  public var count: Int { scores.first?.reduce(0) { $0 + $1.count } ?? 0 }

  /// Wilson's 95 % interval of the accuracy on so many rows: what other rows of the kind might give.
  public var interval: Interval {
    Statistics.wilson(
      successes: Int((accuracy * Double(count)).rounded()), count: count)
  }

  /// The mean over folds and seeds: scores of different networks have no common scale.
  public var auroc: Double { Statistics.mean(scores.joined().map(\.auroc)) }

  /// Counts over all folds and seeds.
  public func total(_ part: KeyPath<ProbeScore, Int>) -> Int {
    scores.joined().reduce(0) { $0 + $1[keyPath: part] }
  }
}
