// The cache that Hugging Face's libraries fill: a folder a repository, with snapshots of revisions.

import Foundation

/// `models--org--name/refs/main` names the commit whose files are in `snapshots/<commit>`.
///
/// Source: the layout that huggingface_hub documents as its cache system.
struct HuggingFaceCache: Sendable {
  let path: String

  private static let prefix = "models--"

  /// Every model with a snapshot; of a repository of GGUF files alone, each file.
  func places() -> [ModelPlace] {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return folders.sorted().filter { $0.hasPrefix(Self.prefix) }.flatMap { folder -> [ModelPlace] in
      let name = folder.dropFirst(Self.prefix.count).replacing("--", with: "/", maxReplacements: 1)
      guard let snapshot = snapshot(inFolder: folder, revision: nil) else { return [] }
      return Self.places(inSnapshot: snapshot, name: String(name))
    }
  }

  private static func places(inSnapshot snapshot: String, name: String) -> [ModelPlace] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: snapshot)) ?? []).sorted()
    let files = names.filter(isModelFile)
    if names.contains("config.json") || files.isEmpty {
      // A repository of a tokenizer or of pictures alone is no model.
      let isModel = names.contains("config.json") && !weightFiles(inDirectory: snapshot).isEmpty
      return isModel ? [ModelPlace(store: .huggingFace, name: name, path: snapshot)] : []
    }
    return files.map {
      ModelPlace(store: .huggingFace, name: name + "/" + $0, path: snapshot + "/" + $0)
    }
  }

  /// The snapshot of `org/name` or `org/name@revision`.
  func snapshot(named name: String) -> String? {
    let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let repository = parts[0].split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(repository.count), repository.allSatisfy(Self.isPlain) else {
      return nil
    }
    let revision = parts.count > 1 ? String(parts[1]) : nil
    let folder = Self.prefix + repository.joined(separator: "--")
    guard let snapshot = snapshot(inFolder: folder, revision: revision),
      FileManager.default.fileExists(atPath: snapshot + "/config.json")
    else { return nil }
    return snapshot
  }

  /// A name is no way out of the cache.
  private static func isPlain(_ part: Substring) -> Bool {
    !part.isEmpty && part != "." && part != ".."
  }

  private func snapshot(inFolder folder: String, revision: String?) -> String? {
    let snapshots = "\(path)/\(folder)/snapshots"
    let commits = (try? FileManager.default.contentsOfDirectory(atPath: snapshots)) ?? []
    let reference = revision ?? "main"
    let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy(Self.isPlain) else { return nil }
    let file = FileManager.default.contents(atPath: "\(path)/\(folder)/refs/\(reference)")
    let commit = file.map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    if let commit, commits.contains(commit) { return snapshots + "/" + commit }
    if let revision {
      let matches = commits.filter { $0.hasPrefix(revision) }
      return matches.count == 1 ? snapshots + "/" + matches[0] : nil
    }
    return newest(commits.map { snapshots + "/" + $0 })
  }

  /// A cache that was copied can lack its references.
  private func newest(_ paths: [String]) -> String? {
    func date(_ path: String) -> Date {
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      return (attributes?[.modificationDate] as? Date) ?? .distantPast
    }
    return paths.max { (date($0), $0) < (date($1), $1) }
  }
}
