// A saved session of the explorer: the model and the items by how they were asked for, and the place.

import Explorer
import Foundation
import GAR

/// A session as its file holds it: JSON, one file a name.
struct SessionFile: Codable {
  struct ModelPart: Codable, Equatable {
    /// What `--model` was given; `nil` for the built-in model.
    var argument: String?
    /// Whether `--fast` was given.
    var isFast: Bool
    var name: String
    var layers, heads: Int
  }
  struct ItemPart: Codable, Equatable {
    /// The options that the items were asked for with.
    var arguments: [String]
    var count: Int
    /// Of every prompt and answer.
    var digest: String
  }

  static let format = "gar-explorer session"
  static let version = 1

  var format = SessionFile.format
  var version = SessionFile.version
  var model: ModelPart
  var items: ItemPart
  var place: Snapshot

  init(model: ModelPart, items: ItemPart, place: Snapshot) {
    (self.model, self.items, self.place) = (model, items, place)
  }
}

extension SessionFile.ItemPart {
  init(arguments: [String], items: [Item]) {
    self.arguments = arguments
    count = items.count
    // FNV-1a over 64 bits: it tells changed files apart, and guards against nothing else.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for item in items {
      for byte in (item.id + "\n" + item.prompt + "\n" + item.answer + "\n").utf8 {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
      }
    }
    digest = String(hash, radix: 16)
  }
}

/// The folder of saved sessions.
enum Sessions {
  /// `$XDG_STATE_HOME/gar-explorer/sessions`, by default in `~/.local/state`.
  static var folder: String {
    let environment = ProcessInfo.processInfo.environment
    let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (state ?? NSHomeDirectory() + "/.local/state") + "/gar-explorer/sessions"
  }

  /// - Throws: `CommandError.usage` for a name that is no file name.
  static func path(_ name: String) throws -> String {
    let isPlain = name.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
    guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 100 else {
      throw CommandError.usage(
        "“\(name)” cannot name a session; use letters, digits, dots, - and _")
    }
    return "\(folder)/\(name).json"
  }

  static var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// - Returns: the path of the file, which is there whole or as it was before.
  static func save(_ session: SessionFile, as name: String) throws -> String {
    let path = try path(name)
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError.failed(
        "\(folder): cannot be made; set XDG_STATE_HOME to a folder of yours")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try Commands.save(try encoder.encode(session) + Data("\n".utf8), to: path)
    return path
  }

  /// - Throws: `CommandError.unusable`, naming the file.
  static func load(_ name: String) throws -> SessionFile {
    let path = try path(name)
    guard let data = FileManager.default.contents(atPath: path) else {
      let known = names.isEmpty ? "there are none" : "there are " + names.joined(separator: ", ")
      throw CommandError.unusable("\(path): no such session; \(known)")
    }
    struct Head: Decodable { var format: String, version: Int }
    guard let head = try? JSONDecoder().decode(Head.self, from: data),
      head.format == SessionFile.format
    else { throw CommandError.unusable("\(path): not a session of the explorer") }
    guard head.version == SessionFile.version else {
      throw CommandError.unusable(
        "\(path): a session of version \(head.version), and this program reads version "
          + "\(SessionFile.version)")
    }
    do { return try JSONDecoder().decode(SessionFile.self, from: data) } catch {
      throw CommandError.unusable("\(path): damaged; save the session again")
    }
  }
}

extension SessionFile {
  /// - Throws: `CommandError.unusable`, saying what differs from what was saved.
  func check(model: ModelPart, items: ItemPart, name: String) throws {
    if (model.layers, model.heads) != (self.model.layers, self.model.heads) {
      throw CommandError.unusable(
        "session \(name) was saved with \(self.model.name), \(self.model.layers) layers of "
          + "\(self.model.heads) heads; that model now has \(model.layers) of \(model.heads)")
    }
    if items != self.items {
      let what =
        items.count == self.items.count
        ? "their texts have changed since" : "there were \(self.items.count), now \(items.count)"
      let source = items.arguments.isEmpty ? "generated" : items.arguments.joined(separator: " ")
      throw CommandError.unusable("session \(name): other items (\(source)); \(what)")
    }
  }
}
