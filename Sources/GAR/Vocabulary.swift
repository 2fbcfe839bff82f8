// The facts the benchmark is built on: entities and the groups they belong to, by schema.

/// One schema's entities and how they are grouped.
public struct Schema: Sendable {
  /// How the entities are organised.
  public enum Kind: String, Sendable, CaseIterable {
    /// Named groups and their members.
    case tree
    /// Sets of adjectives that mean the same, each beside the set that means the opposite.
    case synonyms
  }

  /// A group and its members; a set of synonyms has no name.
  public struct Group: Sendable, Equatable {
    public var name: String
    public var members: [String]
  }

  public let id: SchemaID
  /// The paper's name, such as `GendersOfPersons`.
  public let name: String
  /// How the preamble names the groups ("Countries of cities"); `nil`: it never lists them.
  public let preamble: String?
  /// What stands before a group where a member is meant ("a city of"); may be empty.
  public let memberPhrase: String
  /// The question word ("which country").
  public let question: String?
  public let kind: Kind
  /// In the order of the file.
  public let groups: [Group]

  private let groupOfMember: [String: Int]
  private let groupOfName: [String: Int]

  package init(
    id: SchemaID, name: String, preamble: String?, memberPhrase: String, question: String?,
    kind: Kind, groups: [Group]
  ) {
    self.id = id
    self.name = name
    self.preamble = preamble
    self.memberPhrase = memberPhrase
    self.question = question
    self.kind = kind
    self.groups = groups
    var ofMember: [String: Int] = [:]
    var ofName: [String: Int] = [:]
    for (index, group) in groups.enumerated() {
      ofName[group.name] = index
      for member in group.members { ofMember[member] = index }
    }
    groupOfMember = ofMember
    groupOfName = kind == .tree ? ofName : [:]
  }

  /// All entities, group by group.
  public var members: [String] { groups.flatMap(\.members) }

  /// The index of the group a member belongs to; each belongs to one.
  public func group(of member: String) -> Int? { groupOfMember[member] }

  /// The index of the group with this name.
  public func group(named name: String) -> Int? { groupOfName[name] }

  /// Whether `relation` leads from `source` to `target` (from the query to a key, or from the
  /// answer to a value).
  public func relates(_ source: String, _ relation: Relation, to target: String) -> Bool {
    switch relation {
    case .equal: return source == target
    case .child:
      guard let group = groupOfName[source] else { return false }
      return groupOfMember[target] == group
    case .similar:
      guard source != target, let group = groupOfMember[source] else { return false }
      return groupOfMember[target] == group
    }
  }

  /// Everything from which `relation` leads to `target`, in the order of the file.
  public func sources(of target: String, by relation: Relation) -> [String] {
    switch relation {
    case .equal: return [target]
    case .child:
      guard let group = groupOfMember[target] else { return [] }
      return [groups[group].name]
    case .similar:
      guard let group = groupOfMember[target] else { return [] }
      return groups[group].members.filter { $0 != target }
    }
  }
}

/// The seven schemas with their entities, from a file that a person can edit.
public struct Vocabulary: Sendable {
  private let schemas: [SchemaID: Schema]

  package init(schemas: [SchemaID: Schema]) {
    precondition(SchemaID.allCases.allSatisfy { schemas[$0] != nil }, "a schema is missing")
    self.schemas = schemas
  }

  public subscript(id: SchemaID) -> Schema {
    guard let schema = schemas[id] else { preconditionFailure("no schema \(id.rawValue)") }
    return schema
  }
}
