// Facts from files that a person gives: a vocabulary in our format, or a list of subjects and their
// objects, such as landmarks and their countries.

import Foundation
import JSONText

/// Memberships from a file.
public struct GivenFacts: Sendable {
  private var groups: [SchemaID: [String: [String]]] = [:]
  private(set) var synonyms: [[String]] = []

  public init() {}

  /// Reads a vocabulary, or an object with `properties` (`domain_name`, `range_name`) and `samples`
  /// (each a `subject` and its `object`).
  ///
  /// - Throws: `VocabularyError`, with the place in the file.
  public init(path: String) throws {
    try self.init(json: try vocabularyBytes(path), file: path)
  }

  public init(json: [UInt8], file: String) throws {
    let root: JSONValue
    do {
      root = try JSONValue.read(json, rules: .strict)
    } catch {
      throw VocabularyError.syntax(file: file, at: error.position, problem: error.problem)
    }
    guard root["samples"] != nil else {
      add(try Vocabulary(json: json, file: file))
      return
    }
    try FactListReader(file: file, bytes: json).read(root) { schema, entity, group in
      groups[schema, default: [:]][entity, default: []].append(group)
    }
  }

  private mutating func add(_ vocabulary: Vocabulary) {
    for id in SchemaID.allCases {
      for group in vocabulary[id].groups {
        if id == .adjectives {
          synonyms.append(group.members)
        } else {
          for member in group.members { groups[id, default: [:]][member] = [group.name] }
        }
      }
    }
  }

  /// A name's last full stop is its sentence's too, so that it may be missing in a text.
  func groups(of entity: String, in schema: SchemaID) -> [String]? {
    guard let known = groups[schema] else { return nil }
    return known[entity] ?? known[entity + "."]
  }
}

private struct FactListReader {
  let file: String
  let bytes: [UInt8]

  /// To add a kind of list: its domain and range as the file names them, and the schema.
  private static let schemas: [(domain: String, range: String, schema: SchemaID)] = [
    ("landmark", "country", .landmarks), ("city", "country", .cities),
    ("person", "occupation", .occupations), ("person", "gender", .genders),
    ("name", "gender", .genders), ("thing", "kind", .kinds), ("thing", "usage", .usages),
  ]

  func read(_ root: JSONValue, _ body: (SchemaID, String, String) -> Void) throws {
    let properties = try member("properties", of: root, "the list of facts")
    let domain = try string("domain_name", of: properties, "\"properties\"")
    let range = try string("range_name", of: properties, "\"properties\"")
    guard
      let schema = Self.schemas.first(where: {
        $0.domain == domain && $0.range == range
      })?.schema
    else {
      let known = Self.schemas.map { "\($0.domain) and \($0.range)" }
      throw VocabularyError.unknownKey(
        file: file, at: place(properties), key: "\(domain) and \(range)", of: "the benchmark",
        known: known)
    }
    let samples = try member("samples", of: root, "the list of facts")
    guard let list = samples.array else { throw wrongType(samples, "\"samples\"", "a list") }
    for sample in list {
      body(
        schema, try string("subject", of: sample, "an entry of \"samples\""),
        try string("object", of: sample, "an entry of \"samples\""))
    }
  }

  private func place(_ value: JSONValue) -> TextPosition {
    TextPosition(offset: value.offset, in: bytes)
  }

  private func wrongType(
    _ value: JSONValue, _ what: String, _ expected: String
  ) -> VocabularyError {
    .wrongType(
      file: file, at: place(value), what: what, expected: expected, found: value.typeName)
  }

  private func member(_ key: String, of value: JSONValue, _ what: String) throws -> JSONValue {
    guard value.object != nil else { throw wrongType(value, what, "an object") }
    guard let member = value[key] else {
      throw VocabularyError.missingKey(file: file, at: place(value), key: key, of: what)
    }
    return member
  }

  private func string(_ key: String, of value: JSONValue, _ what: String) throws -> String {
    let member = try member(key, of: value, what)
    guard let text = member.string else { throw wrongType(member, "\"\(key)\"", "a string") }
    return text
  }
}
