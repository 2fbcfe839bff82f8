// A loaded model: configuration, mapped weights, and the entry points of its passes.

import CKernels
import Checkpoints

/// A transformer ready to run. It never changes, so passes may run on several threads at once.
public final class Model: Sendable {
  /// Where it was loaded from.
  public let path: String
  public let configuration: ModelConfiguration
  let weights: Weights
  let ropeTable: RoPETable
  private let checkpoint: Checkpoint

  /// Files up to this size are searched for NaN when loaded, larger ones when a logit is not finite.
  static let eagerScanLimit = 64 << 20

  /// Loads a Hugging Face directory. Weights stay in the mapped file.
  /// - Throws: `CheckpointError` for unusable files, `EngineError` for an unknown architecture, a
  ///   missing tensor, a wrong shape or a NaN.
  public static func load(_ path: String) throws -> Model {
    try Model(try Checkpoint.open(path))
  }

  public init(_ checkpoint: Checkpoint) throws {
    let family = try ModelFamily.of(checkpoint.configuration)
    configuration = try family.configure(checkpoint.configuration)
    weights = try Weights(
      checkpoint, names: family.tensorNames, configuration: configuration)
    ropeTable = RoPETable(configuration.rope)
    path = checkpoint.path
    self.checkpoint = checkpoint
    if byteCount <= Self.eagerScanLimit { try checkWeightsAreFinite() }
  }

  /// Bytes of weights that are mapped.
  public var byteCount: Int { checkpoint.tensors.values.reduce(0) { $0 + $1.byteCount } }

  /// The number of parameters in the files.
  public var parameterCount: Int {
    checkpoint.tensors.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// - Throws: `EngineError.nonFiniteWeight`, naming the first bad tensor by name.
  func checkWeightsAreFinite() throws(EngineError) {
    for name in checkpoint.tensors.keys.sorted() {
      guard let tensor = checkpoint.tensors[name], let index = tensor.firstNonFinite else {
        continue
      }
      throw .nonFiniteWeight(tensor: name, index: index, file: tensor.file.path)
    }
  }

  /// - Throws: `EngineError` unless this prompt fits the model.
  public func check(_ tokens: [Int32]) throws(EngineError) {
    try checkLength(tokens.count)
    for (index, token) in tokens.enumerated()
    where token < 0 || Int(token) >= configuration.vocabularySize {
      throw .tokenOutOfRange(
        token: Int(token), index: index, vocabularySize: configuration.vocabularySize)
    }
  }

  func checkLength(_ tokenCount: Int) throws(EngineError) {
    guard tokenCount > 0 else { throw .emptyPrompt }
    guard tokenCount <= configuration.contextLength else {
      throw .promptTooLong(tokens: tokenCount, contextLength: configuration.contextLength)
    }
  }

  /// The rows of the embedding for these tokens, `[T, D]`.
  public func embed(_ tokens: [Int32]) throws(EngineError) -> Tensor {
    try check(tokens)
    let result = Tensor(uninitialized: [tokens.count, configuration.dModel])
    for (index, token) in tokens.enumerated() {
      weights.embedding.copyRow(Int(token), to: result.rowPointer(index))
    }
    return result
  }
}

extension WeightMatrix {
  /// Row `index` as floats.
  func copyRow(_ index: Int, to output: UnsafeMutablePointer<Float>) {
    let rowBytes = kernel.columns * kernel_type_size(kernel.type)
    kernel_to_f32(output, kernel.data + index * rowBytes, kernel.type, kernel.columns)
  }
}
