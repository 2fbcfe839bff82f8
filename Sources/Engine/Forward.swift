// The ways to start a pass: from tokens, from embeddings, from a shared prefix, or from a recorded
// run whose later layers change.

/// Which positions' logits a pass computes.
public enum LogitRows: Sendable, Equatable {
  case all
  /// The last `count` positions, at least 1; END is the last of all.
  case last(Int)

  func count(tokenCount: Int) -> Int {
    switch self {
    case .all: tokenCount
    case .last(let count): min(max(1, count), tokenCount)
    }
  }
}

/// One prompt of a batch, and what happens to it.
public struct PassInput: Sendable {
  enum Source: Sendable {
    case tokens([Int32])
    case embeddings(Tensor)
    case rerun(Trace)
    case continuing(Trace, tokens: [Int32], shared: Int)
  }

  let source: Source
  let interventions: [Intervention]

  /// A whole pass over `tokens`.
  public static func tokens(
    _ tokens: [Int32], interventions: [Intervention] = []
  ) -> PassInput {
    PassInput(source: .tokens(tokens), interventions: interventions)
  }

  /// A whole pass over given embeddings, `[T, D]`.
  public static func embeddings(
    _ embeddings: Tensor, interventions: [Intervention] = []
  ) -> PassInput {
    PassInput(source: .embeddings(embeddings), interventions: interventions)
  }

  /// A recorded run with further interventions; only what they change is computed.
  ///
  /// Layers before the first one touched, and positions before the first one touched, are taken from
  /// the recording, which needs `TraceOptions.rerun`. The result equals a whole pass.
  public static func rerun(_ trace: Trace, adding interventions: [Intervention]) -> PassInput {
    PassInput(source: .rerun(trace), interventions: interventions)
  }

  /// A pass over `tokens` that takes the keys and values of its longest common prefix with a recorded
  /// plain run. The result equals a whole pass.
  public static func tokens(_ tokens: [Int32], sharingPrefixOf trace: Trace) -> PassInput {
    guard trace.interventions.isEmpty else { return .tokens(tokens) }
    let shared = min(
      zip(tokens, trace.tokens).prefix { $0 == $1 }.count, max(0, tokens.count - 1))
    guard shared > 0 else { return .tokens(tokens) }
    return PassInput(
      source: .continuing(trace, tokens: tokens, shared: shared), interventions: [])
  }

  /// A pass over `tokens` that takes the keys and values of its first `shared` positions from a
  /// recorded run, under the interventions of that run. These go by position, so that what a prefix
  /// becomes does not depend on what follows it: the result equals a whole pass.
  /// - Precondition: the run's first `shared` tokens are those of `tokens`, which has more.
  public static func tokens(
    _ tokens: [Int32], continuing trace: Trace, shared: Int
  ) -> PassInput {
    precondition(
      (0..<tokens.count).contains(shared) && shared <= trace.tokens.count
        && tokens[..<shared] == trace.tokens[..<shared],
      "continuing: the run does not begin with the same \(shared) tokens")
    return PassInput(
      source: .continuing(trace, tokens: tokens, shared: shared),
      interventions: trace.interventions)
  }
}

extension PassInput {
  /// - Precondition: a pass takes from other runs only what was computed in its own arithmetic, and
  ///   one in int8 is no patching.
  fileprivate func check(_ arithmetic: Arithmetic) {
    switch source {
    case .rerun(let trace), .continuing(let trace, _, _):
      precondition(
        trace.arithmetic == arithmetic,
        "forward: a pass in \(arithmetic) cannot go on from a run in \(trace.arithmetic)")
    case .tokens, .embeddings: break
    }
    for intervention in interventions {
      guard case .replace(let trace) = intervention.effect else { continue }
      precondition(
        arithmetic == .float32 && trace.arithmetic == .float32,
        "forward: activations of another run are patched in \(Arithmetic.float32) alone")
    }
  }
}

extension Model {
  /// Runs one prompt.
  ///
  /// - Parameters:
  ///   - tokens: at least one.
  ///   - interventions: what is changed, in order.
  ///   - recording: what the trace keeps.
  ///   - logits: the positions whose logits are computed.
  ///   - arithmetic: how exactly it multiplies. A run in int8 has no backward pass, its activations
  ///     replace none of another run, and what goes on from it is in int8 too.
  /// - Returns: the logits and what was recorded.
  /// - Throws: `EngineError` if the prompt does not fit, or a logit is not finite.
  public func forward(
    _ tokens: [Int32], interventions: [Intervention] = [], recording: TraceOptions = [],
    logits: LogitRows = .last(1), arithmetic: Arithmetic = .float32
  ) throws -> Trace {
    try forward(
      .tokens(tokens, interventions: interventions), recording: recording, logits: logits,
      arithmetic: arithmetic)
  }

  public func forward(
    _ input: PassInput, recording: TraceOptions = [], logits: LogitRows = .last(1),
    arithmetic: Arithmetic = .float32
  ) throws -> Trace {
    try forward(
      batch: [input], recording: recording, logits: logits, arithmetic: arithmetic)[0]
  }

  /// Runs several prompts at once; weights are read once for all of them. Each result has the bits
  /// that the prompt would have alone.
  /// - Precondition: re-evaluations in one batch start at the same layer as each other, and are not
  ///   mixed with whole passes.
  public func forward(
    batch inputs: [PassInput], recording: TraceOptions = [], logits: LogitRows = .last(1),
    arithmetic: Arithmetic = .float32
  ) throws -> [Trace] {
    guard !inputs.isEmpty else { return [] }
    var plans: [SequencePlan] = []
    var row = 0
    for input in inputs {
      input.check(arithmetic)
      let plan = try SequencePlan(
        input, model: self, recording: recording, logits: logits, firstRow: row)
      row = plan.rows.upperBound
      plans.append(plan)
    }
    var pass = ForwardPass(
      model: self, plans: plans, recording: recording, logits: logits, arithmetic: arithmetic)
    return try pass.run()
  }
}
