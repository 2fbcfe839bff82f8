// Two models on the same items: how their scores differ, and whether that can be chance.

import Foundation

extension Statistics {
  /// McNemar's exact test: the two-sided chance that pairs which disagree do so this unevenly, if
  /// either way were equally likely.
  ///
  ///     p = min(1, 2 · P(X ≤ min(b, c))), X ~ Binomial(b + c, 1/2)
  ///
  /// - Parameters:
  ///   - b: how often only the first was right.
  ///   - c: how often only the second was right.
  /// - Returns: p, in (0, 1]; 1 where nothing disagrees.
  ///
  /// Source: McNemar 1947; the exact form of Fay 2010, section 2.
  public static func mcNemar(_ b: Int, _ c: Int) -> Double {
    let n = b + c
    guard n > 0 else { return 1 }
    let scale = lgamma(Double(n) + 1) - Double(n) * log(2)
    let tail = (0...min(b, c)).reduce(0.0) { sum, k in
      sum + exp(scale - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1))
    }
    return min(1, 2 * tail)
  }

  /// The interval of a difference of two shares of the same trials, first minus second, out of both
  /// Wilson intervals and the shares' correlation.
  ///
  /// - Parameters:
  ///   - both: how often both succeeded.
  ///   - first: how often only the first did.
  ///   - second: how often only the second did.
  ///   - neither: how often neither did.
  /// - Returns: the 95 % interval.
  ///
  /// Source: Newcombe 1998 (Statistics in Medicine 17, 2635), method 10.
  public static func newcombe(both: Int, first: Int, second: Int, neither: Int) -> Interval {
    let count = both + first + second + neither
    guard count > 0 else { return Interval(low: -1, high: 1) }
    let n = Double(count)
    let a = wilson(successes: both + first, count: count)
    let b = wilson(successes: both + second, count: count)
    let p = Double(both + first) / n, q = Double(both + second) / n
    let margins =
      [both + first, second + neither, both + second, first + neither].map(Double.init)
    let product = margins.reduce(1, *)
    let cross = Double(both) * Double(neither) - Double(first) * Double(second)
    // Positive correlation is corrected for continuity.
    let numerator = cross > 0 ? max(0, cross - n / 2) : cross
    let phi = product > 0 ? numerator / product.squareRoot() : 0
    func spread(_ x: Double, _ y: Double) -> Double {
      max(0, x * x - 2 * phi * x * y + y * y).squareRoot()
    }
    return Interval(
      low: p - q - spread(p - a.low, b.high - q), high: p - q + spread(q - b.low, a.high - p))
  }
}

/// How two models differ in one accuracy.
public struct AccuracyDifference: Sendable, Equatable {
  /// Items for which both are known.
  public var count: Int
  public var onlyFirst, onlySecond: Int
  /// First minus second, in [−1, 1].
  public var value: Double
  /// By Newcombe's method 10.
  public var interval: Interval
  /// By McNemar's exact test.
  public var p: Double
}

/// Two models on the same items, in the same order.
public struct PairedComparison: Sendable, Equatable {
  private var accuracies: [AccuracyMetric: AccuracyDifference] = [:]
  private var means: [MeanMetric: MeanWithInterval] = [:]

  public init(_ first: [AnswerScore], _ second: [AnswerScore]) {
    precondition(first.count == second.count, "\(first.count) and \(second.count) scores")
    for metric in AccuracyMetric.allCases {
      accuracies[metric] = Self.difference(
        zip(first, second).compactMap { a, b in
          metric.isRight(a).flatMap { a in metric.isRight(b).map { (a, $0) } }
        })
    }
    for metric in MeanMetric.allCases {
      let differences = zip(first, second).compactMap { a, b in
        metric.value(a).flatMap { a in metric.value(b).map { Double(a) - Double($0) } }
      }
      if !differences.isEmpty { means[metric] = MeanWithInterval(differences) }
    }
  }

  /// `nil` where no item has the metric from both.
  public subscript(metric: AccuracyMetric) -> AccuracyDifference? { accuracies[metric] }
  /// First minus second.
  public subscript(metric: MeanMetric) -> MeanWithInterval? { means[metric] }

  private static func difference(_ pairs: [(Bool, Bool)]) -> AccuracyDifference? {
    if pairs.isEmpty { return nil }
    func count(_ a: Bool, _ b: Bool) -> Int { pairs.count { $0 == (a, b) } }
    let first = count(true, false), second = count(false, true)
    return AccuracyDifference(
      count: pairs.count, onlyFirst: first, onlySecond: second,
      value: Double(first - second) / Double(pairs.count),
      interval: Statistics.newcombe(
        both: count(true, true), first: first, second: second, neither: count(false, false)),
      p: Statistics.mcNemar(first, second))
  }
}
