// What single readers of the residual stream would give if they read another stream than the run's:
// the exact counterpart of input gradients, for patching single edges.

import CKernels

/// Which of a head's inputs.
public enum HeadInput: String, CaseIterable, Sendable {
  case query, key, value
}

extension Model {
  /// z of every head of a layer, `[T, H, K]`, where one of their inputs reads another stream `[T, D]`
  /// before the layer's norm; the other two are those of the run.
  ///
  /// - Precondition: the run recorded queries, keys and values.
  public func headZ(
    _ trace: Trace, layer: Int, reading stream: Tensor, by input: HeadInput
  ) throws -> Tensor {
    var pass = try readingPass(stream, recording: [.queries, .keysAndValues])
    _ = pass.computeZ(layer, weights.layers[layer], narrowing: false)
    let own = trace.layers[layer], changed = pass.layers[0][layer]
    func choose(_ path: KeyPath<LayerTrace, Tensor?>, _ isChanged: Bool) -> Tensor {
      guard let tensor = (isChanged ? changed : own)[keyPath: path] else {
        preconditionFailure("headZ: the run lacks queries, keys and values")
      }
      return tensor
    }
    let (q, k) = (choose(\.q, input == .query), choose(\.k, input == .key))
    let v = choose(\.v, input == .value), count = trace.tokenCount
    let shape = configuration.attentionShape(
      layer: layer, rows: count, firstPosition: 0, keys: count)
    let pattern = Tensor(uninitialized: [configuration.headCount, count, count])
    let z = Tensor(uninitialized: [count, configuration.headCount, configuration.dHead])
    kernel_attention_pattern(pattern.pointer, q.pointer, k.pointer, shape)
    kernel_attention_mix(z.pointer, pattern.pointer, v.pointer, shape)
    return z
  }

  /// What a layer's MLP adds to the stream where it reads `stream`, `[T, D]`.
  public func mlpOutput(layer: Int, reading stream: Tensor) throws -> Tensor {
    var pass = try readingPass(stream, recording: [])
    return pass.mlpOutput(layer, weights.layers[layer])
  }

  private func readingPass(_ stream: Tensor, recording: TraceOptions) throws -> ForwardPass {
    let plan = try SequencePlan(
      .embeddings(stream), model: self, recording: recording, logits: .last(1))
    return ForwardPass(
      model: self, plans: [plan], recording: recording, logits: .last(1), arithmetic: .float32)
  }
}
