// Which heads a command means: a saved set by its name or file, or a list.

import ArgumentParser
import Engine
import Foundation
import Interpretability

/// The text of `--heads`.
struct HeadSelection: Equatable {
  var text: String

  /// The heads of a list such as `3.0,4.6,F2.6`: True heads unless marked F; `nil` where the text is
  /// a name or a file.
  private var listed: [(head: HeadIndex, isFalse: Bool)]? {
    let entries = list(text)
    let heads = entries.compactMap { entry -> (head: HeadIndex, isFalse: Bool)? in
      let isMarked = entry.first.map { "TtFf".contains($0) } ?? false
      return HeadIndex(isMarked ? String(entry.dropFirst()) : entry)
        .map { ($0, isMarked && "Ff".contains(entry.prefix(1))) }
    }
    return heads.count == entries.count && !entries.isEmpty ? heads : nil
  }

  /// - Throws: `HeadSetError`; `EngineError.headOutOfRange`; `CommandError.usage` for a head that is
  ///   listed twice.
  func load(for model: Model) throws -> HeadSet {
    guard let listed else { return try HeadSet(text, for: model) }
    var seen: Set<HeadIndex> = []
    for (head, _) in listed {
      try model.configuration.check(head)
      guard seen.insert(head).inserted else {
        throw CommandError.usage("--heads: head \(head.dotted) is listed twice")
      }
    }
    return HeadSet(
      model: "the list", trueHeads: listed.filter { !$0.isFalse }.map(\.head),
      falseHeads: listed.filter(\.isFalse).map(\.head))
  }
}

extension HeadSelection: ExpressibleByArgument {
  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    text = argument
  }
}

/// Writes a set under a name or to a file, and says where it lies.
func saveHeadSet(_ set: HeadSet, as text: String) throws {
  let path: String
  do { path = try HeadSetStore.pathToSave(text) } catch {
    throw CommandError.usage("--save: \(error)")
  }
  if path != text {
    do {
      try FileManager.default.createDirectory(
        atPath: HeadSetStore.folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError.failed(
        "\(HeadSetStore.folder): cannot be made: \(error.localizedDescription)")
    }
  }
  try save(try set.fileData(), to: path)
  note(
    "\(set.trueHeads.count) True and \(set.falseHeads.count) False heads written to \(path)")
}
