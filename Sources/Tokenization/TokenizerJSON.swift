// Reads `tokenizer.json`, and the names of BOS and EOS beside it, into the parts of a tokenizer.

import Checkpoints
import JSONText

extension TokenizerParts {
  init(_ file: ConfigurationFile) throws {
    guard let model = try file.section("model") else {
      throw CheckpointError.missingKey(key: "model", file: file.path)
    }
    try Self.checkSupported(model)
    addedTokens = try file.sections("added_tokens").map(AddedToken.init)
    // Merges know the model's own pieces only: an added token is never made of parts.
    let pieces = try Vocabulary(model)
    vocabulary = try pieces.adding(addedTokens, file: file.path)
    normalizer = try Normalizer.read(file.section("normalizer"))
    template = try Template(file.section("post_processor"), vocabulary: vocabulary)
    let preTokenizer = try PreTokenizer(file.section("pre_tokenizer"), file: file.path)
    let decoder = try file.section("decoder")?.string("type") ?? "null"
    guard decoder == "ByteLevel" else {
      throw TokenizerError.unsupported(
        part: "decoder", found: decoder, known: ["ByteLevel"], file: file.path)
    }
    algorithm = ByteLevelBPE(
      preTokenizer: preTokenizer, vocabulary: pieces,
      merges: try MergeTable(model, vocabulary: pieces),
      ignoresMerges: try model.bool("ignore_merges", default: false),
      unknownID: try Self.unknownID(model, pieces))
  }

  /// Refuses models that would be tokenized wrongly.
  private static func checkSupported(_ model: ConfigurationFile) throws {
    func refuse(_ part: String, _ found: String, known: String) -> TokenizerError {
      .unsupported(part: part, found: found, known: [known], file: model.path)
    }
    let type = try model.string("type", default: "BPE")
    guard type == "BPE" else { throw refuse("model type", type, known: "BPE (byte-level)") }
    if try model.bool("byte_fallback", default: false) {
      throw refuse(
        "model type", "BPE with byte_fallback (SentencePiece)", known: "BPE (byte-level)")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      let affix = try model.string(key, default: "")
      if !affix.isEmpty { throw refuse("model.\(key)", affix, known: "null") }
    }
    let dropout = try model.double("dropout", default: 0)
    if dropout != 0 { throw refuse("model.dropout", "\(dropout)", known: "null") }
  }

  private static func unknownID(
    _ model: ConfigurationFile, _ vocabulary: Vocabulary
  ) throws -> Int32? {
    let name = try model.string("unk_token", default: "")
    if name.isEmpty { return nil }
    if let id = vocabulary.id(of: name) { return id }
    throw TokenizerError.unknownToken(token: name, key: "model.unk_token", file: model.path)
  }

  /// `tokenizer_config.json` names BOS and EOS; without it, `config.json` gives their ids.
  mutating func readNamedTokens(directory: String) throws {
    var names: ConfigurationFile?
    var ids: ConfigurationFile?
    if PathKind(directory + "/tokenizer_config.json") == .other {
      names = try ConfigurationFile(path: directory + "/tokenizer_config.json")
    }
    if PathKind(directory + "/config.json") == .other {
      ids = try ConfigurationFile(path: directory + "/config.json")
    }
    func find(_ name: String) -> Int32? {
      let named = names?.present(name)
      let text = named?.string ?? named?.object?["content"]?.string
      if let text, let id = vocabulary.id(of: text) { return id }
      let value = ids?.present(name + "_id")
      let id = value?.int ?? value?.array?.first?.int
      return id.flatMap { Int32(exactly: $0) }
    }
    bosTokenID = find("bos_token")
    eosTokenID = find("eos_token")
  }
}

// MARK: - Sections of tokenizer.json

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
