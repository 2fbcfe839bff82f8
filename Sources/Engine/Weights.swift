// A model's parameters: matrices read straight from the mapped files, gains and biases as floats.

import CKernels
import Checkpoints

/// A matrix in the file's own type, or a part of one; nothing is copied.
struct WeightMatrix: @unchecked Sendable {
  let name: String
  let tensor: CheckpointTensor
  let view: kernel_view

  var inputs: Int { view.transposed ? view.rows : view.columns }
  var outputs: Int { view.transposed ? view.columns : view.rows }
}

/// W · x + b.
struct Projection: Sendable {
  let matrix: WeightMatrix
  /// `[outputs]`.
  let bias: Tensor?
}

/// Shapes are `[outputs, inputs]`.
struct LayerWeights: Sendable {
  /// Of D elements: what goes into attention and MLP, and what comes out of them.
  let attentionNorm, attentionPostNorm, mlpNorm, mlpPostNorm: Norm?
  let queryNorm, keyNorm: Norm?
  let wQ: Projection  // [H·K, D]
  let wK, wV: Projection  // [G·K, D]
  let wO: Projection  // [D, H·K]
  let wGate: Projection  // [M, D]
  let wUp: Projection?  // [M, D], where the MLP is gated
  let wDown: Projection  // [D, M]
}

struct Weights: Sendable {
  let embedding: WeightMatrix  // [V, D]
  let positionEmbedding: WeightMatrix?  // [positions, D], where positions are learned
  let layers: [LayerWeights]
  let finalNorm: Norm
  let unembedding: WeightMatrix  // [V, D]
  /// Every tensor that is used, once.
  let tensors: [CheckpointTensor]

  /// Takes every tensor that the configuration implies, and checks its shape.
  /// - Throws: `CheckpointError.missingTensor`, `EngineError.shapeMismatch`.
  init(
    _ checkpoint: Checkpoint, names: TensorNames, configuration model: ModelConfiguration
  ) throws {
    let reader = WeightReader(checkpoint, names: names, norm: model.norm)
    let (d, v) = (model.dModel, model.vocabularySize)
    embedding = try reader.matrix(.init(names.embedding), outputs: v, inputs: d)
    positionEmbedding =
      model.rope == nil
      ? try reader.matrix(
        .init(names.positionEmbedding), outputs: model.contextLength, inputs: d) : nil
    unembedding =
      model.tiesEmbedding
      ? embedding : try reader.matrix(.init(names.unembedding), outputs: v, inputs: d)
    finalNorm = try reader.norm(names.finalNorm, d)
    layers = try (0..<model.layerCount).map { layer in
      try LayerWeights(layer, reader, names, model)
    }
    tensors = reader.used.values.sorted { $0.name < $1.name }
  }
}

extension LayerWeights {
  fileprivate init(
    _ layer: Int, _ reader: WeightReader, _ names: TensorNames, _ model: ModelConfiguration
  ) throws {
    let (d, m, q, kv) = (model.dModel, model.dMLP, model.queryWidth, model.kvWidth)
    func norm(_ name: String, _ width: Int, if isThere: Bool) throws -> Norm? {
      isThere ? try reader.norm(name.at(layer: layer), width) : nil
    }
    func projection(
      _ place: TensorPlace, _ outputs: Int, _ inputs: Int, bias: Bool
    ) throws -> Projection {
      try reader.projection(place.at(layer: layer), outputs: outputs, inputs: inputs, bias: bias)
    }
    let (before, after) = (model.norm.placement != .after, model.norm.placement != .before)
    attentionNorm = try norm(names.attentionNorm, d, if: before)
    let inputBias = model.attention.hasInputBias
    wQ = try projection(names.wQ, q, d, bias: inputBias)
    wK = try projection(names.wK, kv, d, bias: inputBias)
    wV = try projection(names.wV, kv, d, bias: inputBias)
    let headNorm = model.attention.headNorm, wholeWidth = headNorm == .wholeWidth
    queryNorm = try norm(names.queryNorm, wholeWidth ? q : model.dHead, if: headNorm != nil)
    keyNorm = try norm(names.keyNorm, wholeWidth ? kv : model.dHead, if: headNorm != nil)
    wO = try projection(names.wO, d, q, bias: model.attention.hasOutputBias)
    attentionPostNorm = try norm(names.attentionPostNorm, d, if: after)
    mlpNorm = try norm(names.mlpNorm, d, if: before)
    wGate = try projection(names.wGate, m, d, bias: model.mlp.hasBias)
    wUp = model.mlp.isGated ? try projection(names.wUp, m, d, bias: model.mlp.hasBias) : nil
    wDown = try projection(names.wDown, d, m, bias: model.mlp.hasBias)
    mlpPostNorm = try norm(names.mlpPostNorm, d, if: after)
  }
}
