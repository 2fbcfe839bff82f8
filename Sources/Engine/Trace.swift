// What a pass recorded.

/// What a pass shall keep of every layer.
public struct TraceOptions: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The residual stream before each layer and between attention and MLP.
  public static let residualStream = TraceOptions(rawValue: 1)
  /// Keys and values.
  public static let keysAndValues = TraceOptions(rawValue: 2)
  /// Queries, and what a backward pass needs of the norms in attention.
  public static let queries = TraceOptions(rawValue: 4)
  public static let attentionPattern = TraceOptions(rawValue: 8)
  /// Each head's output before W_O.
  public static let headZ = TraceOptions(rawValue: 16)
  /// The MLP's inner activations, and its output before a norm of it.
  public static let mlp = TraceOptions(rawValue: 32)
  /// What the MLP adds to the residual stream.
  public static let mlpOutput = TraceOptions(rawValue: 64)

  /// What `Model.rerun` needs.
  public static let rerun: TraceOptions = [.residualStream, .keysAndValues, .headZ]
  /// What `Model.backward` needs.
  public static let backward: TraceOptions = [
    .residualStream, .keysAndValues, .queries, .attentionPattern, .headZ, .mlp,
  ]
}

/// One layer's recorded activations. S = T: the keys of a whole prompt.
public struct LayerTrace: Sendable {
  /// Before the layer, `[T, D]`.
  public internal(set) var residPre: Tensor?
  /// After RoPE, `[T, H, K]` and `[T, G, K]`.
  public internal(set) var q, k: Tensor?
  /// Before their norm, where there is one, `[T, H·K]` and `[T, G·K]`.
  var queryInput, keyInput: Tensor?
  /// `[T, G, K]`.
  public internal(set) var v: Tensor?
  /// After softmax, `[H, T, S]`; 0 where a key is not seen.
  public internal(set) var attentionPattern: Tensor?
  /// Before W_O and after interventions, `[T, H, K]`.
  public internal(set) var headZ: Tensor?
  /// W_O · z before a norm of it, `[T, D]`.
  var attentionResult: Tensor?
  /// Between attention and MLP, `[T, D]`; there is no such place in a parallel block.
  public internal(set) var residMid: Tensor?
  /// What the MLP adds, after interventions, `[T, D]`.
  public internal(set) var mlpOutput: Tensor?
  /// What goes into the activation, and, where the MLP is gated, what its value is multiplied with;
  /// `[T, M]`.
  public internal(set) var mlpGate, mlpUp: Tensor?
  /// W_down's output before a norm of it, `[T, D]`.
  var mlpResult: Tensor?
}

/// A finished pass over one prompt.
public struct Trace: Sendable {
  /// Empty where the pass started from embeddings.
  public let tokens: [Int32]
  /// T.
  public let tokenCount: Int
  public let interventions: [Intervention]
  public let arithmetic: Arithmetic
  public internal(set) var layers: [LayerTrace]
  /// After the last layer and before the final norm, of the last positions, `[N, D]`.
  public internal(set) var residFinal: Tensor
  /// Of the last N positions, `[N, V]`.
  public internal(set) var logits: Tensor

  /// The logits at END, `[V]`.
  public var endLogits: UnsafeBufferPointer<Float> {
    logits.row(logits.shape[0] - 1)
  }
}

extension Trace {
  /// The recorded values that replace a site's at `position`.
  func source(
    of site: Intervention.Site, position: Int, width: Int
  ) -> UnsafePointer<Float> {
    let recorded: Tensor?
    var offset = 0
    switch site {
    case .head(let head):
      recorded = layers[head.layer].headZ
      offset = head.head * width
    case .mlp(let layer): recorded = layers[layer].mlpOutput
    case .residual(let layer): recorded = layers[layer].residPre
    }
    guard let recorded else {
      preconditionFailure("Intervention: the other run did not record \(site)")
    }
    precondition(
      position < recorded.shape[0],
      "Intervention: position \(position), the other run has \(recorded.shape[0])")
    return UnsafePointer(recorded.rowPointer(position) + offset)
  }

  /// The first layer at which an intervention acts, if any does.
  static func firstLayer(_ interventions: [Intervention]) -> Int? {
    interventions.map(\.site.layer).min()
  }
}
