// What the heads of a model's files say of it, as far as they can be read.

import Checkpoints
import Foundation

/// Size, type and family of a model that need not be one that loads.
struct ModelHead {
  private(set) var byteCount = 0
  private(set) var elementType: String?
  private(set) var family: String?

  init(path: String) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
    if isDirectory.boolValue {
      readDirectory(path)
    } else {
      readGGUF(path)
    }
  }

  private mutating func readDirectory(_ path: String) {
    byteCount = weightFiles(inDirectory: path).reduce(0) { $0 + fileSize($1) }
    if let checkpoint = try? Checkpoint.open(path) {
      var bytes: [String: Int] = [:]
      for tensor in checkpoint.tensors.values {
        bytes[tensor.type.name, default: 0] += tensor.byteCount
      }
      elementType = Self.commonest(bytes) ?? checkpoint.unsupportedTensors.values.min()
    }
    let configuration = try? ConfigurationFile(path: path + "/config.json")
    family = try? configuration?.string("model_type")
  }

  private mutating func readGGUF(_ path: String) {
    let parts = splitParts(of: path)
    byteCount = parts.reduce(0) { $0 + fileSize($1) }
    guard let file = try? GGUFFile(path: path) else { return }
    family = try? file.string("general.architecture")
    var bytes: [String: Int] = [:]
    for tensor in file.tensors { bytes[tensor.type.name, default: 0] += tensor.byteCount }
    elementType = Self.commonest(bytes)
  }

  private static func commonest(_ bytes: [String: Int]) -> String? {
    bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }
}

/// Files of weights in a model directory, of formats that load or not.
func weightFiles(inDirectory path: String) -> [String] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  let endings = [".safetensors", ".bin", ".gguf", ".pth", ".pt"]
  return names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
    .map { path + "/" + $0 }
}

/// Bytes of a file, or of what a link leads to; 0 where there is none.
func fileSize(_ path: String) -> Int {
  let real = URL(filePath: path).resolvingSymlinksInPath().path
  let attributes = try? FileManager.default.attributesOfItem(atPath: real)
  return (attributes?[.size] as? Int) ?? 0
}

/// `model-00001-of-00003.gguf` and those that follow it; any other path alone.
func splitParts(of path: String) -> [String] {
  guard let match = path.wholeMatch(of: /(.*)-00001-of-(\d{5})\.gguf/), let count = Int(match.2),
    (1...10_000).contains(count)
  else { return [path] }
  return (1...count).map { part in
    let digits = String(part)
    let padded = String(repeating: "0", count: 5 - digits.count) + digits
    return "\(match.1)-\(padded)-of-\(match.2).gguf"
  }
}
