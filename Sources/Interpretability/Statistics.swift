// The few statistics that results are reported with.

import Foundation

/// A closed interval.
public struct Interval: Sendable, Equatable {
  public var low: Double
  public var high: Double

  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  public func contains(_ x: Double) -> Bool { low <= x && x <= high }
}

public enum Statistics {
  /// Two-sided normal quantiles.
  public static let z95 = 1.959_963_984_540_054

  /// Wilson's interval of a share of `count` trials.
  ///
  /// Source: Wilson 1927; Brown, Cai and DasGupta 2001, eq. 4.
  public static func wilson(successes: Int, count: Int, z: Double = z95) -> Interval {
    guard count > 0 else { return Interval(low: 0, high: 1) }
    let n = Double(count), p = Double(successes) / n, z2 = z * z
    let center = (p + z2 / (2 * n)) / (1 + z2 / n)
    let half = z / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot()
    return Interval(low: max(0, center - half), high: min(1, center + half))
  }

  public static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// Of the mean: sample deviation / √n. Infinite for fewer than two values.
  public static func standardError(_ values: [Double]) -> Double {
    guard values.count > 1 else { return .infinity }
    let mean = mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
  }

  /// The t that holds |T| below it with probability `confidence`, T of Student's distribution.
  ///
  /// - Parameters:
  ///   - confidence: between 0 and 1.
  ///   - degreesOfFreedom: at least 1; one less than the number of values in a mean's interval.
  /// - Returns: t, positive.
  ///
  /// Source: Abramowitz and Stegun 1964, eq. 26.7.3 and 26.7.4, inverted by bisection.
  public static func studentQuantile(confidence: Double, degreesOfFreedom: Int) -> Double {
    let n = degreesOfFreedom
    precondition(n >= 1, "studentQuantile: \(n) degrees of freedom")
    /// P(|T| < √n · tan angle).
    func probability(_ angle: Double) -> Double {
      let isOdd = !n.isMultiple(of: 2)
      var term = isOdd ? cos(angle) : 1, sum = 0.0
      for power in stride(from: isOdd ? 1 : 0, to: n - 1, by: 2) {
        sum += term
        term *= cos(angle) * cos(angle) * Double(power + 1) / Double(power + 2)
      }
      return isOdd ? 2 / .pi * (angle + sin(angle) * sum) : sin(angle) * sum
    }
    var (low, high) = (0.0, Double.pi / 2)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if probability(middle) < confidence { low = middle } else { high = middle }
    }
    return Double(n).squareRoot() * tan((low + high) / 2)
  }

  /// Of the mean: `z` standard errors to both sides.
  public static func interval(ofMean values: [Double], z: Double) -> Interval {
    let mean = mean(values), half = z * standardError(values)
    return Interval(low: mean - half, high: mean + half)
  }

  /// The chance that a positive scores above a negative, ties counted half: the area under the ROC
  /// curve, from rank sums.
  public static func auroc(positives: [Double], negatives: [Double]) -> Double {
    guard !positives.isEmpty, !negatives.isEmpty else { return 0.5 }
    let all = (positives.map { ($0, true) } + negatives.map { ($0, false) })
      .sorted { $0.0 < $1.0 }
    var rankSum = 0.0
    var index = 0
    while index < all.count {
      var end = index
      while end < all.count, all[end].0 == all[index].0 { end += 1 }
      let meanRank = Double(index + end + 1) / 2
      rankSum += meanRank * Double(all[index..<end].count { $0.1 })
      index = end
    }
    let p = Double(positives.count), n = Double(negatives.count)
    return (rankSum - p * (p + 1) / 2) / (p * n)
  }

  /// Spearman's correlation: Pearson's of the ranks, equal values sharing the mean of theirs.
  public static func rankCorrelation(_ x: [Double], _ y: [Double]) -> Double {
    correlation(ranks(x), ranks(y))
  }

  /// Ranks from 1; equal values share the mean of theirs.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for place in first..<end { ranks[order[place]] = Double(first + end + 1) / 2 }
      first = end
    }
    return ranks
  }

  /// Pearson's correlation; 0 where one side does not vary.
  public static func correlation(_ x: [Double], _ y: [Double]) -> Double {
    precondition(x.count == y.count, "correlation: \(x.count) and \(y.count) values")
    let (mx, my) = (mean(x), mean(y))
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xy += (a - mx) * (b - my)
      xx += (a - mx) * (a - mx)
      yy += (b - my) * (b - my)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
  }
}
