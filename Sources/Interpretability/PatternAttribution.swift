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
    PatternAttribution(
      trace, backward(trace, of: metric, keeping: .attentionPattern))
  }
}

extension PatternAttribution {
  /// - Precondition: the run recorded its attention pattern, and the gradients have it.
  init(_ trace: Trace, _ gradients: Gradients) {
    patterns = trace.layers.compactMap(\.attentionPattern)
    scores = zip(patterns, gradients.gradAttentionPattern).map { pattern, gradient in
      let product = Tensor(uninitialized: pattern.shape)
      let (x, y, result) = (pattern.pointer, gradient.pointer, product.pointer)
      for index in 0..<product.count { result[index] = x[index] * y[index] }
      return product
    }
  }

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
    let roles = Array(Set(labels.compactMap { $0 })).sorted()
    let numbers = labels.map { label in label.flatMap { roles.firstIndex(of: $0) } }
    // Query role by key role; strings would be hashed for every cell.
    var sums = [(attribution: Float, attention: Float)?](
      repeating: nil, count: roles.count * roles.count)
    for (t, query) in numbers.enumerated() {
      guard let query else { continue }
      for s in 0...t {
        guard let key = numbers[s] else { continue }
        let pair = query * roles.count + key
        let old = sums[pair] ?? (0, 0)
        sums[pair] = (
          old.attribution + cells[t * count + s], old.attention + pattern[t * count + s]
        )
      }
    }
    let queries = roles.indices.map { role in numbers.count { $0 == role } }
    return sums.enumerated().compactMap { pair, sum in
      let (query, key) = pair.quotientAndRemainder(dividingBy: roles.count)
      return sum.map { sum in
        RolePair(
          query: roles[query], key: roles[key], attribution: sum.attribution,
          attention: sum.attention / Float(queries[query]))
      }
    }.sorted {
      (abs($0.attribution), $1.query, $1.key) > (abs($1.attribution), $0.query, $0.key)
    }
  }
}
