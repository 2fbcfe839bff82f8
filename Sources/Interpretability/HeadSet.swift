// A named choice of heads that commands and the explorer share: JSON with the heads marked True and
// False.

import Engine
import Foundation

/// Heads marked True and False, found by `gar heads` or by hand.
///
/// The file: `{"model": "starter", "trueHeads": ["3.0", "4.6"], "falseHeads": []}`.
public struct HeadSet: Sendable, Equatable {
  public var model: String
  public var trueHeads: [HeadIndex]
  public var falseHeads: [HeadIndex]

  public init(model: String, trueHeads: [HeadIndex] = [], falseHeads: [HeadIndex] = []) {
    self.model = model
    self.trueHeads = trueHeads
    self.falseHeads = falseHeads
  }

  private struct File: Codable {
    var model: String
    var trueHeads, falseHeads: [String]
  }

  /// Reads a head set and checks that `configuration` has its heads.
  /// - Throws: `HeadSetError`, naming the file; `EngineError.headOutOfRange`.
  public init(path: String, configuration: ModelConfiguration) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw HeadSetError.unreadable(path)
    }
    let file: File
    do { file = try JSONDecoder().decode(File.self, from: data) } catch {
      throw HeadSetError.notAHeadSet(path)
    }
    func heads(_ names: [String]) throws -> [HeadIndex] {
      try names.map { name in
        guard let head = HeadIndex(name) else { throw HeadSetError.badHead(name, file: path) }
        try configuration.check(head)
        return head
      }
    }
    self.init(
      model: file.model, trueHeads: try heads(file.trueHeads),
      falseHeads: try heads(file.falseHeads))
    if let head = trueHeads.first(where: falseHeads.contains) {
      throw HeadSetError.bothKinds(head, file: path)
    }
  }

  /// Writes the file whole or not at all.
  public func write(to path: String) throws {
    try fileData().write(to: URL(filePath: path), options: .atomic)
  }

  /// The file's content.
  public func fileData() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = File(
      model: model, trueHeads: trueHeads.map(\.dotted), falseHeads: falseHeads.map(\.dotted))
    var data = try encoder.encode(file)
    data.append(UInt8(ascii: "\n"))
    return data
  }
}

public enum HeadSetError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(String)
  case notAHeadSet(String)
  case badHead(String, file: String)
  case bothKinds(HeadIndex, file: String)

  public var description: String {
    switch self {
    case .unreadable(let path): "\(path): cannot be read; give a file that `gar heads --save` wrote"
    case .notAHeadSet(let path):
      "\(path): not a head set; expected {\"model\": …, \"trueHeads\": [\"3.0\"], \"falseHeads\": []}"
    case .badHead(let name, let file):
      "\(file): '\(name)' is no head; write layer.head, such as 3.0"
    case .bothKinds(let head, let file):
      "\(file): head \(head.dotted) is marked both True and False; remove one"
    }
  }
}
