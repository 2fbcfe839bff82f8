// A GGUF file, or the parts of a split one, as a checkpoint.

import JSONText

extension Checkpoint {
  /// Opens a GGUF file; of a split model the first part, which the others follow in its directory.
  /// - Throws: `CheckpointError`; every size and range is checked before it is used.
  static func openGGUF(_ file: MappedFile, path: String) throws(CheckpointError) -> Checkpoint {
    let first = try GGUFFile(file)
    let parts = [first] + (try laterParts(of: first))
    var tensors: [String: CheckpointTensor] = [:]
    var unsupported: [String: String] = [:]
    for part in parts {
      for tensor in part.tensors {
        guard tensors[tensor.name] == nil, unsupported[tensor.name] == nil else {
          throw .duplicateTensor(name: tensor.name, first: path, second: part.path)
        }
        guard let type = ElementType(rawValue: tensor.type.name) else {
          unsupported[tensor.name] = tensor.type.name
          continue
        }
        tensors[tensor.name] = CheckpointTensor(
          name: tensor.name, type: type, shape: tensor.shape, file: part.file,
          offset: tensor.offset, byteCount: tensor.byteCount)
      }
    }
    return Checkpoint(
      path: path, files: parts.map(\.file), tensors: tensors, unsupportedTensors: unsupported,
      configuration: try configuration(first))
  }

  /// `name-00001-of-00003.gguf` says in its metadata that there are three.
  private static func laterParts(of first: GGUFFile) throws(CheckpointError) -> [GGUFFile] {
    let count = try first.int("split.count", default: 1)
    guard count > 1 else { return [] }
    let ending = "-00001-of-" + padded(count) + ".gguf"
    guard count <= 99_999, try first.int("split.no", default: 0) == 0,
      first.path.hasSuffix(ending)
    else {
      throw .invalidGGUF(
        file: first.path,
        reason: "it is a part of a model split in \(count); give the part that ends in \(ending)")
    }
    var parts: [GGUFFile] = []
    for number in 2...count {
      let path =
        first.path.dropLast(ending.utf8.count) + "-" + padded(number) + "-of-"
        + padded(count) + ".gguf"
      guard PathKind(String(path)) == .other else {
        throw .missingShard(name: String(path), index: first.path)
      }
      parts.append(try GGUFFile(path: String(path)))
    }
    return parts
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// The metadata as far as it describes the model; the tokenizer has its own reader.
  private static func configuration(_ file: GGUFFile) throws(CheckpointError) -> ConfigurationFile {
    var members: [JSONObject.Member] = []
    for key in file.keys where !key.hasPrefix("tokenizer.") {
      guard let value = try file.value(key), let json = try value.json(depth: 0) else { continue }
      members.append(JSONObject.Member(key: key, value: json))
    }
    return ConfigurationFile(path: file.path, object: JSONObject(members: members))
  }
}

extension GGUFValue {
  /// `nil` for what describes no model: arrays of arrays, and arrays longer than any model is deep.
  fileprivate func json(depth: Int) throws(CheckpointError) -> JSONValue? {
    switch self {
    case .integer(let value, _): return .int(value)
    case .large(let value): return .double(Double(value))
    case .number(let value, _): return .double(value)
    case .bool(let value): return .bool(value)
    case .string(let value): return .string(value)
    case .array(let array):
      guard depth == 0, array.count <= 1 << 16 else { return nil }
      var elements: [JSONValue] = []
      for value in try array.values() {
        guard let element = try value.json(depth: 1) else { return nil }
        elements.append(element)
      }
      return .array(elements)
    }
  }
}
