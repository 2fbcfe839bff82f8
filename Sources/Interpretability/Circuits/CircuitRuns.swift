// The runs that edges are scored with: the clean one, points on the way to it, and how far every
// sender's output is from the reference.

import Engine

/// What the clean run is set against.
public enum CircuitReference: Sendable {
  /// The corrupted prompt: what carries the change of the query or claim.
  case corrupted
  /// Means by position class over a set: what carries all that is the item's own, the links within
  /// the context included.
  case mean(PositionMeans)
  /// Outputs of zero.
  case zero
}

public struct CircuitSettings: Sendable {
  public var reference: CircuitReference
  /// Points of the integral, k/n for k = 1..n; 1 takes the gradient at the clean run alone.
  public var steps: Int
  /// Step-wise tracing: how many senders of one input are followed at most.
  public var width: Int
  /// And that share of the input's best sender, at least.
  public var share: Float
  /// And that share of the best sender to the logits, at least.
  public var floor: Float
  /// Step-wise tracing: how many nodes are followed at most.
  public var nodeLimit: Int
  /// Edge attribution: how many edges a circuit has.
  public var edgeLimit: Int

  public init(
    reference: CircuitReference = .corrupted, steps: Int = 5, width: Int = 4, share: Float = 0.25,
    floor: Float = 0.05, nodeLimit: Int = 100, edgeLimit: Int = 40
  ) {
    self.reference = reference
    self.steps = steps
    self.width = width
    self.share = share
    self.floor = floor
    self.nodeLimit = nodeLimit
    self.edgeLimit = edgeLimit
  }
}

/// The clean run, the inputs between reference and clean, and the senders' differences.
struct CircuitRuns {
  let clean: Trace
  /// Embeddings at k/n, k = 1..n−1; the n-th point is the clean run.
  let inputs: [Tensor]
  let differences: SenderDifferences
  let cleanMetric: Float
  let referenceMetric: Float?

  private let model: Model
  private let interventions: [Intervention]

  /// - Throws: `AttributionError` where the reference is a corrupted prompt that does not align.
  init(_ model: Model, _ item: LabeledPair, _ settings: CircuitSettings) throws {
    precondition(settings.steps >= 1, "CircuitRuns: \(settings.steps) steps")
    self.model = model
    let pair = item.pair
    interventions = pair.interventions
    clean = try model.forward(
      pair.clean, interventions: interventions, recording: TraceOptions.backward.union(.mlpOutput))
    let embeddings = try model.embed(pair.clean)
    var reference: Trace?, start = Tensor(zeros: embeddings.shape)
    switch settings.reference {
    case .corrupted:
      let corrupted = try pair.alignedCorrupted()
      reference = try model.forward(
        corrupted, interventions: interventions, recording: [.headZ, .mlpOutput])
      start = try model.embed(corrupted)
    case .mean(let means): (reference, start) = means.reference(for: item)
    case .zero: break
    }
    let steps = Float(settings.steps)
    // Towards zero a norm hides the way: the gradient is taken at the clean run.
    let points = reference == nil ? 1 : settings.steps
    inputs = (1..<max(1, points)).map { .interpolated(start, embeddings, at: Float($0) / steps) }
    differences = SenderDifferences(
      model, clean: clean, reference: reference, embeddings: .difference(embeddings, start))
    cleanMetric = pair.metric.value(clean)
    referenceMetric =
      reference.flatMap { $0.logits.count > 0 ? pair.metric.value($0) : nil }
  }

  var pointCount: Int { inputs.count + 1 }

  /// The run at a point, recorded for a backward pass.
  func point(_ index: Int) throws -> Trace {
    guard index < inputs.count else { return clean }
    return try model.forward(
      .embeddings(inputs[index], interventions: interventions), recording: .backward)
  }
}

/// How every sender's output differs from the reference: Δout = clean − reference.
final class SenderDifferences {
  private let model: Model
  private let clean: Trace
  /// By layer, `[T, H, K]` and `[T, D]`.
  private let headZ, mlpOutput: [Tensor]
  /// `[T, D]`.
  let embeddings: Tensor
  /// By layer, `[H + 1, T, D]`, kept where all of them fit.
  private var kept: [Int: Tensor] = [:]
  private let keepsAll: Bool

  init(_ model: Model, clean: Trace, reference: Trace?, embeddings: Tensor) {
    self.model = model
    self.clean = clean
    self.embeddings = embeddings
    let layers = model.configuration.layerCount
    headZ = (0..<layers).map { layer in
      .difference(clean.headZ(layer), reference?.headZ(layer))
    }
    mlpOutput = (0..<layers).map { layer in
      .difference(clean.mlpOutput(layer), reference?.mlpOutput(layer))
    }
    let perLayer = (model.configuration.headCount + 1) * embeddings.count
    keepsAll = layers * perLayer <= 64 << 20
  }

  /// Δout of a layer's heads and, last, of its MLP, `[H + 1, T, D]`.
  func outputs(layer: Int) -> Tensor {
    if let outputs = kept[layer] { return outputs }
    let heads = model.headResults(
      clean, layer: layer, heads: Array(0..<model.configuration.headCount), z: headZ[layer])
    let mlp = mlpOutput[layer]
    let result = Tensor(uninitialized: [heads.shape[0] + 1] + mlp.shape)
    result.pointer.update(from: heads.pointer, count: heads.count)
    result.rowPointer(heads.shape[0]).update(from: mlp.pointer, count: mlp.count)
    if keepsAll { kept[layer] = result }
    return result
  }
}

extension Trace {
  /// What a layer's MLP added, `[T, D]`, which the run must have recorded.
  func mlpOutput(_ layer: Int) -> Tensor {
    guard let output = layers[layer].mlpOutput else {
      preconditionFailure("the run did not record the MLP's output of layer \(layer)")
    }
    return output
  }
}

extension Tensor {
  /// a − b, or a where there is no b.
  static func difference(_ a: Tensor, _ b: Tensor?) -> Tensor {
    guard let b else { return a }
    precondition(a.shape == b.shape, "difference: \(a.shape) and \(b.shape)")
    let result = Tensor(uninitialized: a.shape)
    for index in 0..<a.count { result.pointer[index] = a.pointer[index] - b.pointer[index] }
    return result
  }
}
