// A named choice of heads that commands and the explorer share: JSON with the heads marked True and
// False, the model that they belong to, and the evidence on them.

import Engine
import Foundation

/// Heads marked True and False, found by `gar heads` or by hand.
///
/// The file: `{"model": "starter", "trueHeads": ["3.0", "4.6"], "falseHeads": []}`; `gar heads` adds
/// the model's hash and the evidence.
public struct HeadSet: Sendable, Equatable {
  /// The model's name.
  public var model: String
  /// `Model.contentHash` of the model; `nil` where the set was written by hand.
  public var modelHash: String?
  /// What the evidence was gathered on: `300 Yes/No pairs`.
  public var items: String?
  public var trueHeads: [HeadIndex]
  public var falseHeads: [HeadIndex]
  public var evidence: [Evidence]

  /// The numbers on one head, as `HeadEvidence` has them.
  public struct Evidence: Codable, Sendable, Equatable {
    public var head: String
    public var d, low, high, auroc: Double
    public var attributionWhenTrue, attributionWhenFalse: Double
    public var rolePair: String?
  }

  public init(
    model: String, trueHeads: [HeadIndex] = [], falseHeads: [HeadIndex] = [],
    modelHash: String? = nil, items: String? = nil, evidence: [Evidence] = []
  ) {
    self.model = model
    self.trueHeads = trueHeads
    self.falseHeads = falseHeads
    self.modelHash = modelHash
    self.items = items
    self.evidence = evidence
  }

  public func heads(_ kind: HeadKind) -> [HeadIndex] {
    switch kind {
    case .trueHead: trueHeads
    case .falseHead: falseHeads
    case .neither: []
    }
  }

  private struct File: Codable {
    var model: String
    var modelHash, items: String?
    var trueHeads, falseHeads: [String]
    var evidence: [Evidence]?
  }

  /// Reads the set of that name, or of that file, and checks that it is this model's.
  /// - Throws: `HeadSetError`, naming the file; `EngineError.headOutOfRange`.
  public init(_ nameOrPath: String, for model: Model) throws {
    let path = try HeadSetStore.path(of: nameOrPath)
    try self.init(path: path, configuration: model.configuration)
    if let modelHash, modelHash != model.contentHash {
      throw HeadSetError.otherModel(self.model, file: path)
    }
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
      falseHeads: try heads(file.falseHeads), modelHash: file.modelHash, items: file.items,
      evidence: file.evidence ?? [])
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
      model: model, modelHash: modelHash, items: items, trueHeads: trueHeads.map(\.dotted),
      falseHeads: falseHeads.map(\.dotted), evidence: evidence.isEmpty ? nil : evidence)
    var data = try encoder.encode(file)
    data.append(UInt8(ascii: "\n"))
    return data
  }
}

extension HeadSet.Evidence {
  public init(_ evidence: HeadEvidence) {
    self.init(
      head: evidence.head.dotted, d: evidence.d, low: evidence.interval.low,
      high: evidence.interval.high, auroc: evidence.auroc,
      attributionWhenTrue: evidence.attributionWhenTrue,
      attributionWhenFalse: evidence.attributionWhenFalse, rolePair: evidence.rolePair?.summary)
  }
}

public enum HeadSetError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(String)
  case notAHeadSet(String)
  case badHead(String, file: String)
  case bothKinds(HeadIndex, file: String)
  /// The set belongs to the model of that name, and this is another.
  case otherModel(String, file: String)
  case unknownName(String, known: [String], folder: String)
  case badName(String)

  public var description: String {
    switch self {
    case .unreadable(let path): "\(path): cannot be read; give a file that `gar heads --save` wrote"
    case .notAHeadSet(let path):
      "\(path): not a head set; expected {\"model\": …, \"trueHeads\": [\"3.0\"], \"falseHeads\": []}"
    case .badHead(let name, let file):
      "\(file): '\(name)' is no head; write layer.head, such as 3.0"
    case .bothKinds(let head, let file):
      "\(file): head \(head.dotted) is marked both True and False; remove one"
    case .otherModel(let name, let file):
      "\(file): these heads were found in another model (\(name)); "
        + "find this model's own with `gar heads --save`"
    case .unknownName(let name, let known, let folder):
      "no head set is called '\(name)' in \(folder); "
        + (known.isEmpty
          ? "`gar heads --save \(name)` makes it" : "known are \(known.joined(separator: ", "))")
    case .badName(let name):
      "'\(name)' cannot name a head set; use letters, digits, '-', '_' and '.', "
        + "or give a file whose name ends in .json"
    }
  }
}
