// A model's parameters: matrices read straight from the mapped files, gains as floats.

import CKernels
import Checkpoints

/// A matrix `[rows, columns]` in the file's own type; nothing is copied.
struct WeightMatrix: @unchecked Sendable {
  let name: String
  let tensor: CheckpointTensor
  let kernel: kernel_matrix
}

struct LayerWeights: Sendable {
  let attentionNorm: Tensor  // [D]
  let wQ: WeightMatrix  // [H·K, D]
  let wK, wV: WeightMatrix  // [G·K, D]
  let wO: WeightMatrix  // [D, H·K]
  let mlpNorm: Tensor  // [D]
  let wGate, wUp: WeightMatrix  // [M, D]
  let wDown: WeightMatrix  // [D, M]
}

struct Weights: Sendable {
  let embedding: WeightMatrix  // [V, D]
  let layers: [LayerWeights]
  let finalNorm: Tensor  // [D]
  let unembedding: WeightMatrix  // [V, D]

  /// Takes every tensor that the configuration implies, and checks its shape.
  /// - Throws: `CheckpointError.missingTensor`, `EngineError.shapeMismatch`.
  init(
    _ checkpoint: Checkpoint, names: TensorNames, configuration model: ModelConfiguration
  ) throws {
    let reader = WeightReader(checkpoint: checkpoint)
    let (d, m, v) = (model.dModel, model.dMLP, model.vocabularySize)
    embedding = try reader.matrix(names.embedding, [v, d])
    unembedding = model.tiesEmbedding ? embedding : try reader.matrix(names.unembedding, [v, d])
    finalNorm = try reader.vector(names.finalNorm, d)
    var layers: [LayerWeights] = []
    for layer in 0..<model.layerCount {
      func name(_ template: String) -> String { template.replacing("{layer}", with: "\(layer)") }
      layers.append(
        LayerWeights(
          attentionNorm: try reader.vector(name(names.attentionNorm), d),
          wQ: try reader.matrix(name(names.wQ), [model.queryWidth, d]),
          wK: try reader.matrix(name(names.wK), [model.kvWidth, d]),
          wV: try reader.matrix(name(names.wV), [model.kvWidth, d]),
          wO: try reader.matrix(name(names.wO), [d, model.queryWidth]),
          mlpNorm: try reader.vector(name(names.mlpNorm), d),
          wGate: try reader.matrix(name(names.wGate), [m, d]),
          wUp: try reader.matrix(name(names.wUp), [m, d]),
          wDown: try reader.matrix(name(names.wDown), [d, m])))
    }
    self.layers = layers
  }
}

/// Looks tensors up by name and checks them.
private struct WeightReader {
  let checkpoint: Checkpoint

  private func tensor(_ name: String, _ shape: [Int]) throws -> CheckpointTensor {
    let tensor = try checkpoint.tensor(name)
    guard tensor.shape == shape else {
      throw EngineError.shapeMismatch(
        name: name, expected: shape, found: tensor.shape, file: tensor.file.path)
    }
    return tensor
  }

  func matrix(_ name: String, _ shape: [Int]) throws -> WeightMatrix {
    let tensor = try tensor(name, shape)
    let kernel = kernel_matrix(
      data: tensor.bytes.baseAddress, type: tensor.type.kernel, rows: shape[0], columns: shape[1])
    return WeightMatrix(name: name, tensor: tensor, kernel: kernel)
  }

  func vector(_ name: String, _ count: Int) throws -> Tensor {
    let source = try tensor(name, [count])
    let result = Tensor(uninitialized: [count])
    kernel_to_f32(result.pointer, source.bytes.baseAddress, source.type.kernel, count)
    return result
  }
}

extension ElementType {
  var kernel: kernel_type {
    switch self {
    case .f32: KERNEL_F32
    case .f16: KERNEL_F16
    case .bf16: KERNEL_BF16
    }
  }
}

extension CheckpointTensor {
  /// The first element that is NaN or infinite, if any.
  package var firstNonFinite: Int? {
    let count = shape.reduce(1, *)
    let index = kernel_first_nonfinite(bytes.baseAddress, type.kernel, count)
    return index < count ? index : nil
  }
}
