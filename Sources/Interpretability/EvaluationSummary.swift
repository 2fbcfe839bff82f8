// Scores of many items as shares and means with intervals, in all and by group.

import GAR

/// A share of right answers with its 95 % Wilson interval.
public struct Share: Sendable, Equatable {
  public var count: Int
  public var successes: Int

  public init(successes: Int, count: Int) {
    self.successes = successes
    self.count = count
  }

  public var value: Double { count > 0 ? Double(successes) / Double(count) : 0 }
  public var interval: Interval { Statistics.wilson(successes: successes, count: count) }
}

/// A mean with its 95 % interval by the normal approximation; infinite for a single value.
public struct MeanWithInterval: Sendable, Equatable {
  public var count: Int
  public var mean: Double
  public var interval: Interval

  public init(_ values: [Double]) {
    count = values.count
    mean = Statistics.mean(values)
    interval = Statistics.interval(ofMean: values, z: Statistics.z95)
  }
}

/// The metrics of some items, as `gar/SPEC` section 8 names them; a metric that no score has is `nil`,
/// and one that some scores have is taken over those.
public struct EvaluationSummary: Sendable, Equatable {
  public var count: Int
  private var shares: [AccuracyMetric: Share] = [:]
  private var means: [MeanMetric: MeanWithInterval] = [:]

  public init(_ scores: [AnswerScore]) {
    count = scores.count
    for metric in AccuracyMetric.allCases {
      let known = scores.compactMap(metric.isRight)
      if known.isEmpty { continue }
      shares[metric] = Share(successes: known.count { $0 }, count: known.count)
    }
    for metric in MeanMetric.allCases {
      let known = scores.compactMap(metric.value)
      if known.isEmpty { continue }
      means[metric] = MeanWithInterval(known.map(Double.init))
    }
  }

  public subscript(metric: AccuracyMetric) -> Share? { shares[metric] }
  public subscript(metric: MeanMetric) -> MeanWithInterval? { means[metric] }
}

/// A way to sort items into groups.
public enum Breakdown: String, CaseIterable, Sendable {
  case form, polarity
  case relationCount = "n_r"
  case schemaPair = "schemas"
  case swapped, exchanged
  case position, pairs, shots
  /// Form, polarity and n_r crossed: the paper's axes of difficulty.
  case difficulty = "form, polarity, n_r"

  /// The group that an item belongs to.
  public func group(of item: Item) -> String {
    let task = item.task
    switch self {
    case .form: return task.form.rawValue
    case .polarity: return task.isNegated ? "negated" : "affirmative"
    case .relationCount: return "\(task.relationCount)"
    case .schemaPair: return task.schemaPair.map(\.rawValue).joined(separator: "+")
    case .swapped: return task.isSwapped ? "yes" : "no"
    case .exchanged: return task.isExchanged ? "yes" : "no"
    case .position: return "\(item.targetPosition)"
    case .pairs: return "\(item.pairCount)"
    case .shots: return "\(item.shotCount)"
    case .difficulty:
      return [Breakdown.form, .polarity, .relationCount].map { $0.group(of: item) }
        .joined(separator: " ")
    }
  }
}

/// One group of a breakdown.
public struct GroupSummary: Sendable, Equatable {
  public var name: String
  public var summary: EvaluationSummary
}

extension Breakdown {
  /// The groups in ascending order, numbers by value; `scores` has one for each of `items`.
  public func groups(_ items: [Item], _ scores: [AnswerScore]) -> [GroupSummary] {
    precondition(items.count == scores.count, "\(items.count) items, \(scores.count) scores")
    return sorted(Array(zip(items, scores))) { $0.0 }.map {
      GroupSummary(name: $0, summary: EvaluationSummary($1.map(\.1)))
    }
  }

  /// Values by the group of the item that belongs to each, in ascending order, numbers by value.
  public func sorted<Value>(
    _ values: [Value], item: (Value) -> Item
  ) -> [(group: String, members: [Value])] {
    Dictionary(grouping: values) { group(of: item($0)) }
      .map { (group: $0, members: $1) }
      .sorted { (Int($0.group) ?? 0, $0.group) < (Int($1.group) ?? 0, $1.group) }
  }
}
