// Looks a checkpoint's tensors up by name, checks their shapes, and cuts out the parts wanted.

import CKernels
import Checkpoints

final class WeightReader {
  private let checkpoint: Checkpoint
  private let norm: ModelConfiguration.Norm
  private let prefix: String
  /// What names begin with in this checkpoint.
  private let ownPrefix: String
  /// What was looked up, by name.
  private(set) var used: [String: CheckpointTensor] = [:]

  init(_ checkpoint: Checkpoint, names: TensorNames, norm: ModelConfiguration.Norm) {
    self.checkpoint = checkpoint
    self.norm = norm
    prefix = names.prefix
    let rest = names.embedding.dropFirst(names.prefix.count)
    ownPrefix =
      ([names.prefix] + names.otherPrefixes).first { checkpoint.tensors[$0 + rest] != nil }
      ?? names.prefix
  }

  private func tensor(_ name: String, _ shape: [Int]) throws -> CheckpointTensor {
    let own = name.hasPrefix(prefix) ? ownPrefix + name.dropFirst(prefix.count) : name
    let tensor = try checkpoint.tensor(own)
    guard tensor.shape == shape else {
      throw EngineError.shapeMismatch(
        name: own, expected: shape, found: tensor.shape, file: tensor.file.path)
    }
    used[own] = tensor
    return tensor
  }

  func matrix(_ place: TensorPlace, outputs: Int, inputs: Int) throws -> WeightMatrix {
    let stored = place.storedOutputs(outputs)
    let shape = place.isTransposed ? [inputs, stored] : [stored, inputs]
    let tensor = try tensor(place.name, shape)
    guard !(place.isTransposed && tensor.type.isQuantised) else {
      throw CheckpointError.unsupportedType(
        tensor: tensor.name, type: tensor.type.name, file: tensor.file.path)
    }
    let rowBytes = tensor.byteCount / shape[0]
    var view = kernel_view()
    view.type = tensor.type.kernel
    view.row_bytes = rowBytes
    view.transposed = place.isTransposed
    (view.rows, view.columns) = place.isTransposed ? (inputs, outputs) : (outputs, inputs)
    // An output is a row, or, where the matrix is transposed, one element of every row.
    let step = place.isTransposed ? rowBytes / stored : rowBytes
    view.data = tensor.bytes.baseAddress.map { UnsafeRawPointer($0 + place.stored(0) * step) }
    if case .interleaved(_, let count, let width) = place.part {
      (view.group_rows, view.group_bytes) = (width, count * width * rowBytes)
    }
    return WeightMatrix(name: tensor.name, tensor: tensor, view: view)
  }

  func projection(
    _ place: TensorPlace, outputs: Int, inputs: Int, bias: Bool
  ) throws -> Projection {
    Projection(
      matrix: try matrix(place, outputs: outputs, inputs: inputs),
      bias: bias ? try vector(place.bias, outputs) : nil)
  }

  func norm(_ name: String, _ width: Int) throws -> Norm {
    let place = TensorPlace(name)
    let gain = try vector(place, width)
    if norm.gainOffset != 0 {
      for index in 0..<width { gain.pointer[index] += norm.gainOffset }
    }
    return Norm(
      gain: gain, bias: norm.kind == .layer ? try vector(place.bias, width) : nil,
      epsilon: norm.epsilon)
  }

  private func vector(_ place: TensorPlace, _ count: Int) throws -> Tensor {
    let stored = place.storedOutputs(count)
    let source = try tensor(place.name, [stored])
    guard !source.type.isQuantised else {
      throw CheckpointError.unsupportedType(
        tensor: source.name, type: source.type.name, file: source.file.path)
    }
    let all = Tensor(uninitialized: [stored])
    kernel_to_f32(all.pointer, source.bytes.baseAddress, source.type.kernel, stored)
    if case .whole = place.part { return all }
    return Tensor((0..<count).map { all.pointer[place.stored($0)] }, shape: [count])
  }
}

extension ElementType {
  var kernel: kernel_type {
    switch self {
    case .f32: KERNEL_F32
    case .f16: KERNEL_F16
    case .bf16: KERNEL_BF16
    case .q40: KERNEL_Q4_0
    case .q41: KERNEL_Q4_1
    case .q50: KERNEL_Q5_0
    case .q51: KERNEL_Q5_1
    case .q80: KERNEL_Q8_0
    case .iq4NL: KERNEL_IQ4_NL
    case .q2K: KERNEL_Q2_K
    case .q3K: KERNEL_Q3_K
    case .q4K: KERNEL_Q4_K
    case .q5K: KERNEL_Q5_K
    case .q6K: KERNEL_Q6_K
    case .iq4XS: KERNEL_IQ4_XS
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
