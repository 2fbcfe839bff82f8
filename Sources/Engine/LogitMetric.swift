// Scalars of the logits at END, and their gradients.

/// A weighted sum of logits at END: m = Σ weight · logit[token].
public struct LogitMetric: Sendable, Equatable {
  public var terms: [Term]

  public struct Term: Sendable, Equatable {
    public var token: Int32
    public var weight: Float

    public init(token: Int32, weight: Float) {
      self.token = token
      self.weight = weight
    }
  }

  public init(terms: [Term]) {
    self.terms = terms
  }

  /// The logit of `target` minus the logit of `foil`, in logits (natural log).
  public static func logitDifference(target: Int32, foil: Int32) -> LogitMetric {
    LogitMetric(terms: [Term(token: target, weight: 1), Term(token: foil, weight: -1)])
  }

  /// m of a finished pass.
  public func value(_ trace: Trace) -> Float {
    value(trace.endLogits)
  }

  /// m of the logits at END, `[V]`.
  public func value(_ logits: UnsafeBufferPointer<Float>) -> Float {
    terms.reduce(0) { $0 + $1.weight * logits[Int($1.token)] }
  }
}
