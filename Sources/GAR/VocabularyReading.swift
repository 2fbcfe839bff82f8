// Reads `vocabulary.json` and refuses what sampling could not use, naming the place and the remedy.

import Foundation
import JSONText

/// What is wrong with a vocabulary file.
public enum VocabularyError: Error, Equatable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case syntax(file: String, at: TextPosition, problem: String)
  case wrongType(file: String, at: TextPosition, what: String, expected: String, found: String)
  case unsupportedVersion(file: String, found: String)
  case missingKey(file: String, at: TextPosition, key: String, of: String)
  case unknownKey(file: String, at: TextPosition, key: String, of: String, known: [String])
  case missingSchema(file: String, schema: String)
  case unknownKind(file: String, at: TextPosition, schema: String, kind: String)
  case wrongKind(file: String, at: TextPosition, schema: String, expected: String)
  case tooFewGroups(file: String, at: TextPosition, schema: String, needed: Int, found: Int)
  case tooFewMembers(
    file: String, at: TextPosition, schema: String, group: String, needed: Int, found: Int)
  case badName(file: String, at: TextPosition, schema: String, name: String, problem: String)
  case duplicateInGroup(
    file: String, at: TextPosition, schema: String, group: String, entity: String)
  case inTwoGroups(
    file: String, at: TextPosition, schema: String, groups: [String], entity: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .syntax(let file, let at, let problem): "\(file), \(at): not valid JSON: \(problem)"
    case .wrongType(let file, let at, let what, let expected, let found):
      "\(file), \(at): \(what) must be \(expected), not \(found)"
    case .unsupportedVersion(let file, let found):
      "\(file): version is \(found), and only version 1 is known"
    case .missingKey(let file, let at, let key, let owner):
      "\(file), \(at): \(owner) lacks \"\(key)\": add it"
    case .unknownKey(let file, let at, let key, let owner, let known):
      "\(file), \(at): \(owner) has no \"\(key)\"; known are \(known.joined(separator: ", "))"
    case .missingSchema(let file, let schema):
      "\(file): the schema \"\(schema)\" is missing: add it, as in the built-in vocabulary"
    case .unknownKind(let file, let at, let schema, let kind):
      "\(file), \(at): schema \(schema) has the unknown kind \"\(kind)\"; "
        + "known are tree and synonyms"
    case .wrongKind(let file, let at, let schema, let expected):
      "\(file), \(at): schema \(schema) must be of kind \(expected)"
    case .tooFewGroups(let file, let at, let schema, let needed, let found):
      "\(file), \(at): schema \(schema) has \(found) groups, and sampling needs \(needed): add some"
    case .tooFewMembers(let file, let at, let schema, let group, let needed, let found):
      "\(file), \(at): schema \(schema), group \"\(group)\" has \(found) entities, "
        + "and sampling needs \(needed): add some or remove the group"
    case .badName(let file, let at, let schema, let name, let problem):
      "\(file), \(at): schema \(schema), \"\(name)\" \(problem): correct it"
    case .duplicateInGroup(let file, let at, let schema, let group, let entity):
      "\(file), \(at): schema \(schema), group \"\(group)\" lists \"\(entity)\" twice: remove one"
    case .inTwoGroups(let file, let at, let schema, let groups, let entity):
      "\(file), \(at): schema \(schema), \"\(entity)\" stands in the groups "
        + groups.map { "\"\($0)\"" }.joined(separator: " and ") + ": keep one"
    }
  }
}

extension Vocabulary {
  /// Reads a vocabulary file.
  ///
  /// - Throws: `VocabularyError`, for the first thing found wrong, with its place in the file.
  public init(path: String) throws {
    try self.init(json: try vocabularyBytes(path), file: path)
  }

  /// Reads a vocabulary from JSON text; `file` names it in errors.
  public init(json: [UInt8], file: String) throws {
    self = try VocabularyReader(bytes: json, file: file).read()
  }
}

/// The bytes of a file of facts.
///
/// - Throws: `VocabularyError.unreadable`.
func vocabularyBytes(_ path: String) throws -> [UInt8] {
  do {
    return try fileBytes(path)
  } catch {
    throw VocabularyError.unreadable(file: path, reason: error.reason)
  }
}

private struct VocabularyReader {
  let bytes: [UInt8]
  let file: String

  private static let keys = [
    "name", "preamble", "memberPhrase", "question", "kind", "groups",
  ]

  func read() throws -> Vocabulary {
    let root: JSONValue
    do {
      root = try JSONValue.read(bytes, rules: .strict)
    } catch {
      throw VocabularyError.syntax(file: file, at: error.position, problem: error.problem)
    }
    try checkKeys(of: root, what: "the vocabulary", known: ["version", "schemas"])
    let version = try required("version", of: root, what: "the vocabulary")
    guard version.wholeNumber == 1 else {
      throw VocabularyError.unsupportedVersion(file: file, found: shown(version))
    }
    let list = try required("schemas", of: root, what: "the vocabulary")
    try checkKeys(of: list, what: "\"schemas\"", known: SchemaID.allCases.map(\.rawValue))
    var schemas: [SchemaID: Schema] = [:]
    for id in SchemaID.allCases {
      guard let value = list[id.rawValue] else {
        throw VocabularyError.missingSchema(file: file, schema: id.rawValue)
      }
      schemas[id] = try schema(id, from: value)
    }
    return Vocabulary(schemas: schemas)
  }

  private func schema(_ id: SchemaID, from value: JSONValue) throws -> Schema {
    let what = "schema \(id.rawValue)"
    try checkKeys(of: value, what: what, known: Self.keys)
    let kindValue = try required("kind", of: value, what: what)
    let kindName = try string(kindValue, what: "the kind of \(what)")
    guard let kind = Schema.Kind(rawValue: kindName) else {
      throw VocabularyError.unknownKind(
        file: file, at: place(kindValue), schema: id.rawValue, kind: kindName)
    }
    let expected: Schema.Kind = id == .adjectives ? .synonyms : .tree
    guard kind == expected else {
      throw VocabularyError.wrongKind(
        file: file, at: place(kindValue), schema: id.rawValue, expected: expected.rawValue)
    }
    let nameValue = try required("name", of: value, what: what)
    let phrase = try optionalString("memberPhrase", of: value, what: what) ?? ""
    let preamble = try optionalString("preamble", of: value, what: what)
    let groups = try required("groups", of: value, what: what)
    return Schema(
      id: id, name: try string(nameValue, what: "the name of \(what)"), preamble: preamble,
      memberPhrase: phrase, question: try optionalString("question", of: value, what: what),
      kind: kind,
      groups: kind == .tree ? try tree(groups, schema: id) : try synonyms(groups, schema: id))
  }

  private func tree(_ value: JSONValue, schema id: SchemaID) throws -> [Schema.Group] {
    guard let object = value.object else {
      throw wrongType(value, "the groups of schema \(id.rawValue)", "an object of lists")
    }
    var groups: [Schema.Group] = []
    var groupOf: [String: String] = [:]
    for member in object.members {
      let (name, list) = (member.key, member.value)
      try check(name: name, at: list, schema: id)
      groups.append(
        try group(named: name, list, schema: id, needed: 1, groupOf: &groupOf))
    }
    try checkCount(groups, at: value, schema: id)
    return groups
  }

  private func synonyms(_ value: JSONValue, schema id: SchemaID) throws -> [Schema.Group] {
    let what = "the groups of schema \(id.rawValue)"
    var groups: [Schema.Group] = []
    var groupOf: [String: String] = [:]
    for opposites in try array(value, what: what) {
      let sets = try array(opposites, what: "a pair of opposites of schema \(id.rawValue)")
      guard sets.count == 2 else {
        throw wrongType(
          opposites, "a pair of opposites of schema \(id.rawValue)", "two lists",
          found: "\(sets.count)")
      }
      for set in sets {
        let name = try array(set, what: "a set of synonyms").first.flatMap(\.string) ?? ""
        var group = try group(named: name, set, schema: id, needed: 2, groupOf: &groupOf)
        group.name = ""
        groups.append(group)
      }
    }
    try checkCount(groups, at: value, schema: id)
    return groups
  }

  /// Reads one group; `groupOf` holds the group of each entity of the schema seen so far.
  private func group(
    named name: String, _ value: JSONValue, schema id: SchemaID, needed: Int,
    groupOf: inout [String: String]
  ) throws -> Schema.Group {
    var seen: Set<String> = []
    var members: [String] = []
    for item in try array(value, what: "group \"\(name)\" of schema \(id.rawValue)") {
      let entity = try string(item, what: "an entity of group \"\(name)\" of \(id.rawValue)")
      try check(name: entity, at: item, schema: id)
      guard seen.insert(entity).inserted else {
        throw VocabularyError.duplicateInGroup(
          file: file, at: place(item), schema: id.rawValue, group: name, entity: entity)
      }
      if let other = groupOf.updateValue(name, forKey: entity) {
        throw VocabularyError.inTwoGroups(
          file: file, at: place(item), schema: id.rawValue, groups: [other, name], entity: entity)
      }
      members.append(entity)
    }
    guard members.count >= needed else {
      throw VocabularyError.tooFewMembers(
        file: file, at: place(value), schema: id.rawValue, group: name, needed: needed,
        found: members.count)
    }
    return Schema.Group(name: name, members: members)
  }

  /// With one group alone, no distractor's answer could differ from the right one.
  private func checkCount(
    _ groups: [Schema.Group], at value: JSONValue, schema id: SchemaID
  ) throws {
    guard groups.count >= 2 else {
      throw VocabularyError.tooFewGroups(
        file: file, at: place(value), schema: id.rawValue, needed: 2, found: groups.count)
    }
  }

  private func check(name: String, at value: JSONValue, schema id: SchemaID) throws {
    let problem: String? =
      if name.isEmpty {
        "is empty"
      } else if name.first == " " || name.last == " " {
        "begins or ends with a space"
      } else if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
        "holds a line break or control character"
      } else if name.contains(where: { $0 == "<" || $0 == ">" }) {
        "holds an angle bracket, which delimits a context"
      } else {
        nil
      }
    if let problem {
      throw VocabularyError.badName(
        file: file, at: place(value), schema: id.rawValue, name: name.debugDescription.inner,
        problem: problem)
    }
  }
}

extension VocabularyReader {
  private func place(_ value: JSONValue) -> TextPosition {
    TextPosition(offset: value.offset, in: bytes)
  }

  private func wrongType(
    _ value: JSONValue, _ what: String, _ expected: String, found: String? = nil
  ) -> VocabularyError {
    .wrongType(
      file: file, at: place(value), what: what, expected: expected,
      found: found ?? value.typeName)
  }

  private func checkKeys(of value: JSONValue, what: String, known: [String]) throws {
    guard let object = value.object else {
      throw wrongType(value, what, "an object")
    }
    for member in object.members where !known.contains(member.key) {
      throw VocabularyError.unknownKey(
        file: file, at: place(member.value), key: member.key, of: what, known: known)
    }
  }

  private func required(_ key: String, of value: JSONValue, what: String) throws -> JSONValue {
    guard let member = value[key] else {
      throw VocabularyError.missingKey(file: file, at: place(value), key: key, of: what)
    }
    return member
  }

  private func array(_ value: JSONValue, what: String) throws -> [JSONValue] {
    guard let values = value.array else { throw wrongType(value, what, "a list") }
    return values
  }

  private func string(_ value: JSONValue, what: String) throws -> String {
    guard let text = value.string else { throw wrongType(value, what, "a string") }
    return text
  }

  private func optionalString(
    _ key: String, of value: JSONValue, what: String
  ) throws -> String? {
    guard let member = value[key], !member.isNull else { return nil }
    return try string(member, what: "the \(key) of \(what)")
  }

  private func shown(_ value: JSONValue) -> String {
    value.wholeNumber.map(String.init) ?? value.double.map { "\($0)" } ?? value.typeName
  }
}

extension String {
  /// A quoted text without its quotes.
  fileprivate var inner: String { String(dropFirst().dropLast()) }
}
