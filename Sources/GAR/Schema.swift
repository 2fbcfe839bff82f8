// The seven schemas and three relations out of which every task is composed.

/// A kind of fact the benchmark composes: which group an entity belongs to, or which adjectives
/// mean the same.
///
/// Source: Ni et al., AAAI 2025 (arXiv:2412.12841), table of schemas.
public enum SchemaID: String, CaseIterable, Sendable, Codable {
  case genders, occupations, cities, landmarks, kinds, usages, adjectives

  /// The name in the task identifiers of the paper's release, with its data structure.
  package var officialName: String {
    switch self {
    case .genders: "genders_of_persons.TreeSet"
    case .occupations: "occupations_Of_Persons.TreeSet"
    case .cities: "countries_of_cities.TreeSet"
    case .landmarks: "countries_of_landmarks.TreeSet"
    case .kinds: "kinds_of_things.TreeSet"
    case .usages: "capabilities_of_things.TreeSet"
    case .adjectives: "person_adjs.SymSet"
    }
  }

  /// One word for lists.
  public var shortName: String {
    switch self {
    case .genders: "Genders"
    case .occupations: "Occupations"
    case .cities: "Cities"
    case .landmarks: "Landmarks"
    case .kinds: "Kinds"
    case .usages: "Usages"
    case .adjectives: "Adjectives"
    }
  }

  /// Persons stand first in a context sentence; their groups ("the boy") are common nouns.
  public var isOfPersons: Bool { self == .genders || self == .occupations }
}

/// How a query leads to a key, or a value to an answer.
public enum Relation: String, CaseIterable, Sendable, Codable {
  /// An entity to itself; the paper's "same".
  case equal
  /// A group to its members.
  case child
  /// An adjective to a synonym other than itself.
  case similar

  /// As in the paper's task names: `=`, `∋`, `≈`.
  public var symbol: String {
    switch self {
    case .equal: "="
    case .child: "∋"
    case .similar: "≈"
    }
  }
}

/// Two schemas whose entities can stand in one context sentence, with the relations offered for
/// each of them.
package struct SchemaPair: Sendable {
  package var persons: SchemaID
  package var other: SchemaID
  package var personRelations: [Relation]
  package var otherRelations: [Relation]

  /// The ten pairs in the order of the paper's release.
  ///
  /// To add one: a line here, a line in `Phrasing.all`, and its facts in the vocabulary.
  package static let all: [SchemaPair] = [
    SchemaPair(.genders, .cities, [.equal, .child], [.equal, .child]),
    SchemaPair(.genders, .landmarks, [.equal, .child], [.equal, .child]),
    SchemaPair(.genders, .kinds, [.equal, .child], [.equal, .child]),
    SchemaPair(.genders, .usages, [.equal, .child], [.child]),
    SchemaPair(.occupations, .cities, [.child], [.equal, .child]),
    SchemaPair(.occupations, .landmarks, [.child], [.equal, .child]),
    SchemaPair(.occupations, .kinds, [.child], [.equal, .child]),
    SchemaPair(.occupations, .usages, [.child], [.child]),
    SchemaPair(.genders, .adjectives, [.equal, .child], [.similar]),
    SchemaPair(.occupations, .adjectives, [.child], [.similar]),
  ]

  private init(
    _ persons: SchemaID, _ other: SchemaID, _ personRelations: [Relation],
    _ otherRelations: [Relation]
  ) {
    self.persons = persons
    self.other = other
    self.personRelations = personRelations
    self.otherRelations = otherRelations
  }
}
