// The `model` section of `tokenizer.json`: pieces by id, and merges.

import Checkpoints
import JSONText

extension Vocabulary {
  /// Reads `vocab`.
  init(_ model: ConfigurationFile) throws {
    self.init()
    let file = model.path
    let members = try model.members("vocab")
    reserve(members.count)
    for member in members {
      guard let id = member.value.int else {
        throw CheckpointError.wrongType(
          key: "model.vocab.\(member.key)", file: file, expected: "an integer",
          found: member.value.kind)
      }
      try add(member.key, id: id, pieceCount: members.count, file: file)
    }
  }

  /// This with the added tokens that it lacks.
  func adding(_ tokens: [AddedToken], file: String) throws -> Vocabulary {
    var all = self
    for token in tokens where id(of: token.content) != token.id {
      try all.add(
        token.content, id: Int(token.id), pieceCount: pieceCount + tokens.count, file: file)
    }
    return all
  }

  private mutating func add(_ piece: String, id: Int, pieceCount: Int, file: String) throws {
    // Gaps are allowed, but an id may not ask for more memory than the file justifies.
    let limit = max(65_536, 8 * pieceCount)
    guard (0..<limit).contains(id) else {
      throw TokenizerError.idOutOfRange(id: id, piece: piece, limit: limit, file: file)
    }
    do throws(Conflict) {
      try insert(piece, id: id)
    } catch {
      switch error {
      case .piece: throw TokenizerError.duplicatePiece(piece: piece, file: file)
      case .id(let holder):
        throw TokenizerError.duplicateID(id: id, first: holder, second: piece, file: file)
      }
    }
  }
}

extension MergeTable {
  /// Reads `merges`, each as `"a b"` or `["a", "b"]`.
  init(_ model: ConfigurationFile, vocabulary: Vocabulary) throws {
    let elements = try model.elements("merges")
    self.init(capacity: elements.count)
    var merged: [UInt8] = []
    for (rank, element) in elements.enumerated() {
      func fault(_ reason: String) -> TokenizerError {
        .invalidMerge(index: rank, reason: reason, file: model.path)
      }
      guard let (left, right) = Self.pair(element) else {
        throw fault("needs two pieces, as \"a b\" or [\"a\", \"b\"]")
      }
      guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right) else {
        let absent = vocabulary.id(of: left) == nil ? left : right
        throw fault("names \(absent), which is not in the vocabulary")
      }
      merged.removeAll(keepingCapacity: true)
      merged.append(contentsOf: left.utf8)
      merged.append(contentsOf: right.utf8)
      guard let id = merged.withUnsafeBufferPointer({ vocabulary.id(ofUTF8: $0) }) else {
        throw fault("makes \(left)\(right), which is not in the vocabulary")
      }
      insert(leftID, rightID, Merge(rank: UInt32(rank), id: id))
    }
  }

  private static func pair(_ element: JSONValue) -> (String, String)? {
    if let text = element.string {
      let sides = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard sides.count == 2, let left = String(sides[0]), let right = String(sides[1]) else {
        return nil
      }
      return (left, right)
    }
    guard let sides = element.array, sides.count == 2, let left = sides[0].string,
      let right = sides[1].string
    else { return nil }
    return (left, right)
  }
}

extension CharacterTable {
  /// The pieces that are one character.
  init(_ vocabulary: Vocabulary) {
    for (id, piece) in vocabulary.pieces.enumerated() {
      guard let scalars = piece?.unicodeScalars, let first = scalars.first, scalars.count == 1
      else { continue }  // most pieces are longer
      self[first] = Int32(id)
    }
  }
}
