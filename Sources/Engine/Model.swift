// A loaded model: configuration, mapped weights, and the entry points of its passes.

import CKernels
import Checkpoints

/// A transformer ready to run. It never changes, so passes may run on several threads at once.
public final class Model: Sendable {
  /// Where it was loaded from.
  public let path: String
  public let configuration: ModelConfiguration
  let weights: Weights
  private let ropeTable, windowRoPETable: RoPETable?
  /// The file's own configuration, for `contentHash`.
  let configurationText: String

  /// Files up to this size are searched for NaN when loaded, larger ones when a logit is not finite.
  static let eagerScanLimit = 64 << 20

  /// Loads a Hugging Face directory or a GGUF file. Weights stay in the mapped file.
  /// - Throws: `CheckpointError` for unusable files, `EngineError` for an unknown architecture, a
  ///   missing tensor, a wrong shape or a NaN.
  public static func load(_ path: String) throws -> Model {
    try Model(try Checkpoint.open(path))
  }

  public init(_ checkpoint: Checkpoint) throws {
    let names: TensorNames
    if let file = try GGUFModel(checkpoint) {
      configuration = try file.configuration()
      names = file.tensorNames(configuration)
    } else {
      let family = try ModelFamily.of(checkpoint.configuration)
      configuration = try family.configure(checkpoint.configuration)
      names = family.tensorNames(configuration)
    }
    weights = try Weights(checkpoint, names: names, configuration: configuration)
    ropeTable = configuration.rope.map(RoPETable.init)
    windowRoPETable = configuration.windowRoPE.map(RoPETable.init)
    path = checkpoint.path
    configurationText = checkpoint.configuration.text
    if byteCount <= Self.eagerScanLimit { try checkWeightsAreFinite() }
  }

  /// Bytes of the weights that are used.
  public var byteCount: Int { weights.tensors.reduce(0) { $0 + $1.byteCount } }

  /// The number of parameters that are used; files may hold other tensors too.
  public var parameterCount: Int { weights.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// The rotary angles of a layer, if it has any.
  func ropeTable(layer: Int) -> RoPETable? {
    configuration.window(layer: layer) > 0 ? windowRoPETable ?? ropeTable : ropeTable
  }

  /// - Throws: `EngineError.nonFiniteWeight`, naming the first bad tensor by name.
  func checkWeightsAreFinite() throws(EngineError) {
    for tensor in weights.tensors {
      guard let index = tensor.firstNonFinite else { continue }
      throw .nonFiniteWeight(tensor: tensor.name, index: index, file: tensor.file.path)
    }
  }

  /// - Throws: `EngineError` unless this prompt fits the model.
  public func check(_ tokens: [Int32]) throws(EngineError) {
    try checkLength(tokens.count)
    try checkVocabulary(tokens)
  }

  /// - Throws: `EngineError.tokenOutOfRange` unless the model knows each of these tokens, which need
  ///   be no prompt.
  public func checkVocabulary(_ tokens: [Int32]) throws(EngineError) {
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

  /// The residual stream that a prompt starts with, `[T, D]`: the embeddings of its tokens, scaled,
  /// and, where positions are learned, those of its positions.
  public func embed(_ tokens: [Int32]) throws(EngineError) -> Tensor {
    try embed(tokens, from: 0)
  }

  /// The same of the positions from `first` on.
  func embed(_ tokens: [Int32], from first: Int) throws(EngineError) -> Tensor {
    try check(tokens)
    let width = configuration.dModel
    let result = Tensor(uninitialized: [tokens.count - first, width])
    let position = Tensor(uninitialized: [width])
    for (row, token) in tokens[first...].enumerated() {
      let x = result.rowPointer(row)
      weights.embedding.copyRow(Int(token), to: x)
      if configuration.embeddingScale != 1 {
        for index in 0..<width { x[index] *= configuration.embeddingScale }
      }
      guard let learned = weights.positionEmbedding else { continue }
      learned.copyRow(first + row, to: position.pointer)
      kernel_add(x, position.pointer, width)
    }
    return result
  }
}

extension WeightMatrix {
  /// Row `index` as floats.
  func copyRow(_ index: Int, to output: UnsafeMutablePointer<Float>) {
    kernel_to_f32(output, view.data + index * view.row_bytes, view.type, view.columns)
  }
}
