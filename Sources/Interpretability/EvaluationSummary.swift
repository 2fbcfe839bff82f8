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
  public var mean: Double
  public var interval: Interval

  public init(_ values: [Double]) {
    mean = Statistics.mean(values)
    interval = Statistics.interval(ofMean: values, z: Statistics.z95)
  }
}

/// The metrics of some items, as `gar/SPEC` section 8 names them.
public struct EvaluationSummary: Sendable, Equatable {
  public var count: Int
  /// `accuracy.first`, `accuracy.all`, `accuracy.candidates`.
  public var first, all, candidates: Share
  /// `accuracy.all` with the article counted to the answer that the release counts to the prompt.
  public var whole: Share
  /// In logits.
  public var logitDifference: MeanWithInterval
  /// Of the answer, in [0, 1].
  public var probability: MeanWithInterval
  /// In nats.
  public var loss: MeanWithInterval

  public init(_ scores: [AnswerScore]) {
    func share(_ isRight: (AnswerScore) -> Bool) -> Share {
      Share(successes: scores.count(where: isRight), count: scores.count)
    }
    count = scores.count
    first = share(\.isFirstRight)
    all = share(\.isAllRight)
    whole = share(\.isWholeRight)
    candidates = share(\.isBestCandidate)
    logitDifference = MeanWithInterval(scores.map { Double($0.logitDifference) })
    probability = MeanWithInterval(scores.map { Double($0.probability) })
    loss = MeanWithInterval(scores.map { Double($0.loss) })
  }
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
    let grouped = Dictionary(grouping: zip(items, scores)) { group(of: $0.0) }
    return grouped.map { GroupSummary(name: $0, summary: EvaluationSummary($1.map(\.1))) }
      .sorted { (Int($0.name) ?? 0, $0.name) < (Int($1.name) ?? 0, $1.name) }
  }
}
