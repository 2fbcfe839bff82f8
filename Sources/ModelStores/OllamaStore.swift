// Ollama's models: a manifest for each name, which points to a GGUF file by its digest.

import Foundation
import JSONText

struct OllamaStore: Sendable {
  /// Folders that hold `manifests` and `blobs`.
  let paths: [String]

  private static let modelLayer = "application/vnd.ollama.image.model"

  func places() -> [ModelPlace] { paths.flatMap(places(in:)) }

  /// Manifests lie at `manifests/registry/namespace/model/tag`.
  private func places(in path: String) -> [ModelPlace] {
    let root = path + "/manifests"
    return files(below: root, depth: 3).compactMap { parts in
      guard let digest = digest(inManifest: ([root] + parts).joined(separator: "/")) else {
        return nil
      }
      return ModelPlace(
        store: .ollama, name: Self.name(parts),
        path: "\(path)/blobs/\(digest.replacing(":", with: "-"))")
    }
  }

  /// As `ollama list` has it: without the usual registry and namespace.
  private static func name(_ parts: [String]) -> String {
    let model = parts[2] + ":" + parts[3]
    if parts[0] != "registry.ollama.ai" { return parts[0] + "/" + parts[1] + "/" + model }
    return parts[1] == "library" ? model : parts[1] + "/" + model
  }

  private func files(below path: String, depth: Int) -> [[String]] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
      .filter { !$0.hasPrefix(".") }
    if depth == 0 { return names.map { [$0] } }
    return names.flatMap { name in
      files(below: path + "/" + name, depth: depth - 1).map { [name] + $0 }
    }
  }

  /// The digest of the weights, such as `sha256:5ff0…`.
  private func digest(inManifest path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: path),
      let root = try? JSONValue.read([UInt8](data), rules: .strict)
    else { return nil }
    let layer = root["layers"]?.array?.first { $0["mediaType"]?.string == Self.modelLayer }
    // The digest becomes a file's name.
    return layer?["digest"]?.string.flatMap { $0.contains("/") ? nil : $0 }
  }
}
