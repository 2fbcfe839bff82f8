// What a head's attention does for the metric, summed by the roles of the two positions: which names
// the head's job ("A attends to Q").

import Engine

/// Attribution-weighted attention of every head.
public struct PatternAttribution: Sendable {
  /// A[t,s] · dm/dA[t,s] by layer, `[H, T, S]`, in logits.
  public let scores: [Tensor]
  /// A, by layer, `[H, T, S]`.
  public let patterns: [Tensor]
}

/// A query role, a key role, and how much of a head's work passes between them.
public struct RolePair: Sendable, Equatable {
  public var query: String
  public var key: String
  /// Σ A · dm/dA over the cells of the pair, in logits.
  public var attribution: Float
  /// Mean over the query role's positions of the attention that the key role gets, in [0, 1].
  public var attention: Float

  public init(query: String, key: String, attribution: Float, attention: Float) {
    self.query = query
    self.key = key
    self.attribution = attribution
    self.attention = attention
  }

  /// `A attends to Q 0.83`.
  public var summary: String {
    let hundredths = Int((attention * 100).rounded())
    let digits = hundredths % 100
    return "\(query) attends to \(key) \(hundredths / 100).\(digits < 10 ? "0" : "")\(digits)"
  }
}

extension Model {
  /// A[t,s] · dm/dA[t,s] of every head, from one forward and one backward pass over the clean prompt.
  public func patternAttribution(_ pair: PromptPair) throws -> PatternAttribution {
    let trace = try forward(
      pair.clean, interventions: pair.interventions, recording: .backward)
    return patternAttribution(trace, metric: pair.metric)
  }

  /// The same of a run that recorded `TraceOptions.backward`.
  public func patternAttribution(_ trace: Trace, metric: LogitMetric) -> PatternAttribution {
    let gradients = backward(trace, of: metric, keeping: .attentionPattern)
    let patterns = trace.layers.compactMap(\.attentionPattern)
    let scores = zip(patterns, gradients.gradAttentionPattern).map { pattern, gradient in
      Tensor(zip(pattern.values, gradient.values).map(*), shape: pattern.shape)
    }
    return PatternAttribution(scores: scores, patterns: patterns)
  }
}

extension PatternAttribution {
  /// A head's role pairs, the largest share of attribution first.
  ///
  /// - Parameters:
  ///   - head: a head of the run's model.
  ///   - labels: each position's role, `[T]`; positions of one role are summed. `nil` leaves a
  ///     position out.
  /// - Returns: every pair of labels that occurs; attribution in logits.
  public func rolePairs(_ head: HeadIndex, labels: [String?]) -> [RolePair] {
    let count = labels.count
    let cells = scores[head.layer].row(head.head), pattern = patterns[head.layer].row(head.head)
    precondition(cells.count == count * count, "rolePairs: \(count) labels, \(cells.count) cells")
    var sums: [Pair: (attribution: Float, attention: Float)] = [:]
    for (t, query) in labels.enumerated() {
      guard let query else { continue }
      for (s, key) in labels[...t].enumerated() {
        guard let key else { continue }
        let old = sums[Pair(query: query, key: key)] ?? (0, 0)
        sums[Pair(query: query, key: key)] = (
          old.attribution + cells[t * count + s], old.attention + pattern[t * count + s]
        )
      }
    }
    let queries = Dictionary(grouping: labels.compactMap { $0 }) { $0 }.mapValues(\.count)
    return sums.map { pair, sum in
      RolePair(
        query: pair.query, key: pair.key, attribution: sum.attribution,
        attention: sum.attention / Float(queries[pair.query] ?? 1))
    }.sorted {
      (abs($0.attribution), $1.query, $1.key) > (abs($1.attribution), $0.query, $0.key)
    }
  }

  private struct Pair: Hashable {
    var query: String
    var key: String
  }
}
