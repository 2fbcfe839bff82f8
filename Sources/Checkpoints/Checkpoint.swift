// A checkpoint on disk as named tensors and a configuration, whatever its file kind.

/// One tensor of a checkpoint, where it lies in a mapped file.
public struct CheckpointTensor: Sendable {
  public let name: String
  public let type: ElementType
  /// Sizes, outermost first, row-major; empty for a scalar.
  public let shape: [Int]
  /// The file that holds the tensor; this reference keeps it mapped.
  public let file: MappedFile
  /// Where the tensor starts in its file, in bytes; not always a multiple of the element's size.
  public let offset: Int
  public let byteCount: Int

  /// The tensor's bytes, valid while `file` is held.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount])
  }
}

/// A model's weights and configuration.
public struct Checkpoint: Sendable {
  /// What was opened, as the caller gave it.
  public let path: String
  public let files: [MappedFile]
  public let tensors: [String: CheckpointTensor]
  /// Tensors of types that cannot be computed with, by name: their type in the file's words.
  public let unsupportedTensors: [String: String]
  public let configuration: ConfigurationFile

  /// Opens a GGUF file, or a Hugging Face directory: `config.json` with `model.safetensors`, or with the shards
  /// that `model.safetensors.index.json` lists. The single file wins where both are there, as in
  /// transformers. Weights are mapped, not read.
  /// - Throws: `CheckpointError`; every size and range is checked before it is used.
  public static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
    switch PathKind(path) {
    case .nothing: throw .missing(path: path)
    case .other:
      let file = try MappedFile(path: path)
      guard path.hasSuffix(".gguf") || GGUFFile.hasMagic(file) else {
        throw .notADirectory(path: path)
      }
      return try openGGUF(file, path: path)
    case .directory: return try openDirectory(path)
    }
  }

  /// The tensor of that name.
  /// - Throws: `missingTensor`, or `unsupportedType` where it is there in another type.
  public func tensor(_ name: String) throws(CheckpointError) -> CheckpointTensor {
    if let tensor = tensors[name] { return tensor }
    if let type = unsupportedTensors[name] {
      throw .unsupportedType(tensor: name, type: type, file: path)
    }
    throw .missingTensor(name: name, path: path)
  }
}

extension Checkpoint {
  private static func openDirectory(_ path: String) throws(CheckpointError) -> Checkpoint {
    let configurationPath = path + "/config.json"
    guard PathKind(configurationPath) == .other else {
      let found = visibleNames(inDirectory: path)
      let models = found.filter { $0.hasSuffix(".gguf") }
      // A lone GGUF file, or the first part of a split one, is what the directory is for.
      if let model = models.first, models.count == 1 || model.contains("-00001-of-") {
        return try open(path + "/" + model)
      }
      throw .noConfiguration(directory: path, found: found)
    }
    let configuration = try ConfigurationFile(path: configurationPath)
    let shards: [SafetensorsFile]
    if PathKind(path + "/model.safetensors") == .other {
      shards = [try SafetensorsFile(path: path + "/model.safetensors")]
    } else if PathKind(path + "/model.safetensors.index.json") == .other {
      shards = try ShardIndex(directory: path).open()
    } else {
      throw .noWeights(directory: path, found: visibleNames(inDirectory: path))
    }
    return try Checkpoint(path: path, shards: shards, configuration: configuration)
  }

  private init(
    path: String, shards: [SafetensorsFile], configuration: ConfigurationFile
  ) throws(CheckpointError) {
    var tensors: [String: CheckpointTensor] = [:]
    var unsupported: [String: String] = [:]
    var holder: [String: String] = [:]
    for shard in shards {
      let names = shard.tensors.map(\.name) + shard.unsupported.map(\.name)
      for name in names {
        if let first = holder.updateValue(shard.file.path, forKey: name) {
          throw .duplicateTensor(name: name, first: first, second: shard.file.path)
        }
      }
      for tensor in shard.tensors { tensors[tensor.name] = tensor }
      for (name, type) in shard.unsupported { unsupported[name] = type }
    }
    self.path = path
    self.files = shards.map(\.file)
    self.tensors = tensors
    self.unsupportedTensors = unsupported
    self.configuration = configuration
  }
}
