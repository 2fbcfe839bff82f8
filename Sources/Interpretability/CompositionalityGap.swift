// How often a model that has the parts of a question misses the whole.

import GAR

/// Among items whose sub-questions are all answered right, the share whose own question is not.
///
/// Items without sub-questions, whose relations are both "same" and affirmative, are left out: they
/// are recall themselves. So are items for which the metric is not known.
///
/// Source: Press et al. 2023 (arXiv:2210.03350).
public struct CompositionalityGap: Sendable, Equatable {
  /// Items that have sub-questions.
  public var itemCount: Int
  /// Of the items whose sub-questions are all right (`count`), those answered wrong (`successes`).
  public var wrong: Share

  /// - Parameters:
  ///   - items: the score of each item and those of its sub-questions.
  ///   - metric: what counts as right.
  public init(_ items: [ComposedScore], metric: AccuracyMetric) {
    var wholes: [Bool] = []
    itemCount = 0
    for item in items where !item.parts.isEmpty {
      let parts = item.parts.compactMap(metric.isRight)
      guard let isRight = metric.isRight(item.whole), parts.count == item.parts.count else {
        continue
      }
      itemCount += 1
      if !parts.contains(false) { wholes.append(isRight) }
    }
    wrong = Share(successes: wholes.count { !$0 }, count: wholes.count)
  }
}

/// An item's score and those of its sub-questions.
public struct ComposedScore: Sendable, Equatable {
  public var whole: AnswerScore
  /// Empty where the item has none.
  public var parts: [AnswerScore]

  public init(whole: AnswerScore, parts: [AnswerScore]) {
    self.whole = whole
    self.parts = parts
  }
}
