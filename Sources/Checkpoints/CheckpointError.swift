// Everything that can be wrong with a checkpoint, each as one line that names the remedy.

/// Why a checkpoint cannot be read.
public enum CheckpointError: Error, Equatable, Sendable {
  /// Nothing is at the path that was given.
  case missing(path: String)
  /// A file that is no GGUF file stands where a model was expected.
  case notADirectory(path: String)
  /// The system does not let the file be opened or mapped.
  case unreadable(path: String, reason: String)
  /// The directory has no `config.json`; `found` is what it has.
  case noConfiguration(directory: String, found: [String])
  /// The directory has no safetensors weights; `found` is what it has.
  case noWeights(directory: String, found: [String])
  /// A file that should be JSON is not.
  case invalidJSON(file: String, line: Int, reason: String)
  /// The head of a safetensors file is damaged, or the file is cut short.
  case invalidHeader(file: String, reason: String)
  /// The head of a GGUF file is damaged; the reason names the byte.
  case invalidGGUF(file: String, reason: String)
  /// Not a GGUF file, or one of another version or byte order; the reason holds the remedy.
  case foreignGGUF(file: String, reason: String)
  /// One tensor's entry contradicts itself or the file.
  case invalidTensor(name: String, file: String, reason: String)
  /// A tensor has an element type that the format does not have.
  case unknownType(tensor: String, type: String, file: String)
  /// A tensor that is needed has an element type that only other programs read.
  case unsupportedType(tensor: String, type: String, file: String)
  /// Two shards hold a tensor of the same name.
  case duplicateTensor(name: String, first: String, second: String)
  /// The index names a shard that is not there.
  case missingShard(name: String, index: String)
  /// The index places a tensor in a shard that lacks it.
  case tensorNotInShard(name: String, shard: String, index: String)
  /// A tensor that the model needs is not in the checkpoint.
  case missingTensor(name: String, path: String)
  /// A configuration lacks a key.
  case missingKey(key: String, file: String)
  /// A configuration has a value of the wrong kind.
  case wrongType(key: String, file: String, expected: String, found: String)
}

extension CheckpointError: CustomStringConvertible {
  public var description: String { printableLine(text) }

  private var text: String {
    switch self {
    case .missing(let path):
      "\(path): no such file or directory; give the path of a model, or a name that `gar models` lists"
    case .notADirectory(let path):
      "\(path): is no GGUF file; give one, or a directory with config.json and model.safetensors"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .noConfiguration(let directory, let found):
      "\(directory): has no config.json (\(Self.listing(found))); "
        + "give a Hugging Face model directory, or a GGUF file"
    case .noWeights(let directory, let found): Self.noWeightsText(directory, found)
    case .invalidJSON(let file, let line, let reason):
      "\(file): line \(line): not valid JSON: \(reason); mend it or fetch the file again"
    case .invalidHeader(let file, let reason):
      "\(file): not a readable safetensors file: \(reason); fetch the file again"
    case .invalidGGUF(let file, let reason):
      "\(file): not a readable GGUF file: \(reason); fetch the file again"
    case .foreignGGUF(let file, let reason):
      "\(file): not a GGUF file that can be read: \(reason)"
    case .invalidTensor(let name, let file, let reason):
      "\(file): tensor \(name): \(reason); fetch the file again or write it anew"
    case .unknownType(let tensor, let type, let file):
      "\(file): tensor \(tensor): unknown element type \(type); "
        + "known are \(Self.readableTypes); save the model in one of these"
    case .unsupportedType(let tensor, let type, let file):
      "\(file): tensor \(tensor): element type \(type) cannot be computed with; "
        + "save it as \(Self.readableTypes)"
    case .duplicateTensor(let name, let first, let second):
      "\(second): tensor \(name): is also in \(first); remove the shard that does not belong here"
    case .missingShard(let name, let index):
      "\(index): names the shard \(name), which is not in the directory; fetch it"
    case .tensorNotInShard(let name, let shard, let index):
      "\(shard): has no tensor \(name), though \(index) places it there; fetch both again"
    case .missingTensor(let name, let path):
      "\(path): has no tensor \(name), which the model needs; check that the download is complete"
    case .missingKey(let key, let file):
      "\(file): key \(key) is missing; add it or take the original file"
    case .wrongType(let key, let file, let expected, let found):
      "\(file): key \(key) is \(found), not \(expected); mend it or take the original file"
    }
  }

  static let readableTypes = ElementType.plain.map(\.name).joined(separator: ", ")

  private static func noWeightsText(_ directory: String, _ found: [String]) -> String {
    let other = found.first { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }
    let lead = "\(directory): has no model.safetensors or model.safetensors.index.json"
    if let other {
      return "\(lead), only \(other); convert it: load the model with transformers and save it "
        + "with save_pretrained(directory, safe_serialization=True)"
    }
    if let gguf = found.first(where: { $0.hasSuffix(".gguf") }) {
      return "\(lead), only \(gguf); give that file's own path"
    }
    return "\(lead) (\(listing(found))); fetch the model's weights"
  }

  /// At most eight names, so that the message stays one line.
  private static func listing(_ names: [String]) -> String {
    guard !names.isEmpty else { return "the directory is empty" }
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "found \(shown) and \(names.count - 8) more" : "found \(shown)"
  }
}

/// A message with every control character spelled out: names that a file gives may hold line ends
/// or terminal escapes.
package func printableLine(_ text: String) -> String {
  var line = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar.properties.generalCategory == .control {
      line.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
    } else {
      line.append(scalar)
    }
  }
  return String(line)
}
