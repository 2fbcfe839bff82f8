// What every attribution method is asked about: a clean prompt, perhaps a corrupted one, and a metric.

import Engine

/// A clean prompt, a corrupted one of the same length where there is one, and the metric at END.
public struct PromptPair: Sendable {
  public var clean: [Int32]
  public var corrupted: [Int32]?
  public var metric: LogitMetric
  /// Hold in every run: the heads that a user has switched off, say.
  public var interventions: [Intervention]

  public init(
    clean: [Int32], corrupted: [Int32]? = nil, metric: LogitMetric,
    interventions: [Intervention] = []
  ) {
    self.clean = clean
    self.corrupted = corrupted
    self.metric = metric
    self.interventions = interventions
  }

  /// The first position at which the prompts differ; 0 where the prompts cannot be compared.
  ///
  /// Activations before it are the same in both runs, bit for bit.
  var firstDifference: Int {
    guard let corrupted else { return 0 }
    return zip(clean, corrupted).prefix { $0 == $1 }.count
  }

  /// The corrupted prompt.
  /// - Throws: `AttributionError` if there is none or its length differs.
  func alignedCorrupted() throws(AttributionError) -> [Int32] {
    guard let corrupted else { throw .noCorruptedPrompt }
    guard corrupted.count == clean.count else {
      throw .lengthMismatch(clean: clean.count, corrupted: corrupted.count)
    }
    return corrupted
  }
}

public enum AttributionError: Error, Equatable, Sendable, CustomStringConvertible {
  case noCorruptedPrompt
  case lengthMismatch(clean: Int, corrupted: Int)

  public var description: String {
    switch self {
    case .noCorruptedPrompt:
      "this item has no corrupted prompt of the same length; use zeroBaseline or ablation"
    case .lengthMismatch(let clean, let corrupted):
      "the clean prompt has \(clean) tokens and the corrupted one \(corrupted); "
        + "patching needs prompts that align token by token"
    }
  }
}

/// Called as work goes on; throwing (`CancellationError`, say) ends it.
public typealias ProgressHandler = (_ done: Int, _ total: Int) throws -> Void
