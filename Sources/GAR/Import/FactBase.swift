// What is known of entities when a file's answers are checked: given facts first, then what the
// file's own rows testify.

/// Where a fact comes from.
public enum FactSource: String, CaseIterable, Sendable {
  /// The built-in vocabulary.
  case vocabulary
  /// A file of facts that was given.
  case file
  /// Other rows of the file that is read.
  case testimony
}

/// What is known of one entity's group.
package enum Membership: Equatable, Sendable {
  /// The groups, of which given facts may name several.
  case known([String], FactSource)
  /// Rows testify for two groups equally often.
  case contradictory([String])
  case unknown
}

/// Whether one relation leads from one name to another.
package enum Judgement: Equatable, Sendable {
  case yes, no, unknown
}

/// Facts of all sources. Testimony counts only where nothing else is known.
///
/// A vocabulary's group counts only if the file names no group that the vocabulary lacks, or names
/// this one: where a file says "the artist", the vocabulary's "the painter" is another cut.
package struct FactBase: Sendable {
  let vocabulary: Vocabulary
  let given: GivenFacts
  private(set) var testimony = Testimony()
  /// The groups that the file names, by schema.
  private(set) var groupNames: [SchemaID: Set<String>] = [:]
  private var foreign: Set<SchemaID> = []
  /// A group as the file names it, by its name without an article.
  private var spellings: [SchemaID: [Substring: String]] = [:]
  private var synonyms: SynonymGraph

  package init(vocabulary: Vocabulary, given: GivenFacts = GivenFacts()) {
    self.vocabulary = vocabulary
    self.given = given
    synonyms = SynonymGraph(given.synonyms + vocabulary[.adjectives].groups.map(\.members))
  }

  /// Notes that the file calls a group by this name.
  mutating func note(group: String, of schema: SchemaID) {
    guard groupNames[schema, default: []].insert(group).inserted else { return }
    spellings[schema, default: [:]][Self.plain(group)] = group
    if vocabulary[schema].group(named: group) == nil { foreign.insert(schema) }
  }

  /// Notes that a row has `relation` lead from `source` to `target`.
  mutating func testify(
    _ source: String, _ relation: Relation, to target: String, in schema: SchemaID, row: Int
  ) {
    switch relation {
    case .equal: break
    case .child: testimony.add(target, group: source, schema: schema, row: row)
    case .similar: synonyms.add(source, target, row: row)
    }
  }

  /// The group of an entity, by all facts but what the row `excluded` alone testifies.
  package func membership(
    of entity: String, in schema: SchemaID, excluding excluded: Int? = nil
  ) -> Membership {
    if let groups = given.groups(of: entity, in: schema) {
      return .known(groups.map { spelling(of: $0, schema) }, .file)
    }
    if let group = vocabularyGroup(of: entity, in: schema) { return .known([group], .vocabulary) }
    return testimony.membership(of: entity, schema: schema, excluding: excluded)
  }

  private func vocabularyGroup(of entity: String, in schema: SchemaID) -> String? {
    guard let index = vocabulary[schema].group(of: entity) else { return nil }
    let name = vocabulary[schema].groups[index].name
    let isMeant = !foreign.contains(schema) || groupNames[schema]?.contains(name) == true
    return isMeant ? name : nil
  }

  /// Whether `relation` leads from `source` to `target`, and by which facts.
  package func judge(
    _ source: String, _ relation: Relation, to target: String, in schema: SchemaID,
    excluding excluded: Int? = nil
  ) -> (judgement: Judgement, source: FactSource?) {
    switch relation {
    case .equal: return (source == target ? .yes : .no, nil)
    case .child:
      guard
        case .known(let groups, let by) = membership(
          of: target, in: schema, excluding: excluded)
      else { return (.unknown, nil) }
      return (groups.contains(source) ? .yes : .no, by)
    case .similar:
      return synonyms.judge(source, target, excluding: excluded)
    }
  }

  /// Everything from which `relation` leads to `target`, by all that is known.
  func sources(of target: String, by relation: Relation, in schema: SchemaID) -> [String] {
    switch relation {
    case .equal: return [target]
    case .child:
      if case .known(let groups, _) = membership(of: target, in: schema) { return groups }
      return []
    case .similar: return synonyms.all(of: target)
    }
  }

  private func spelling(of group: String, _ schema: SchemaID) -> String {
    spellings[schema]?[Self.plain(group)] ?? group
  }

  /// Countries are named with their article in some files ("the United Kingdom").
  private static func plain(_ group: String) -> Substring {
    group.hasPrefix(article) ? group.dropFirst(article.count) : Substring(group)
  }

  /// Entities of which rows and given facts say different groups, or rows two.
  package func contradictions() -> [Contradiction] {
    testimony.entities.compactMap { schema, entity in
      let counts = testimony.counts(of: entity, schema: schema)
      var groups = counts.map {
        Contradiction.Group(name: $0.group, source: .testimony, rows: $0.rows)
      }
      let known: Membership
      if let given = given.groups(of: entity, in: schema) {
        known = .known(given.map { spelling(of: $0, schema) }, .file)
      } else {
        known =
          vocabularyGroup(of: entity, in: schema).map { .known([$0], .vocabulary) } ?? .unknown
      }
      if case .known(let names, let source) = known {
        if counts.allSatisfy({ names.contains($0.group) }) { return nil }
        groups += names.map { Contradiction.Group(name: $0, source: source, rows: 0) }
      }
      return groups.count < 2
        ? nil : Contradiction(schema: schema, entity: entity, groups: groups)
    }
  }
}

/// An entity that is said to be in several groups.
package struct Contradiction: Sendable, Equatable {
  package struct Group: Sendable, Equatable {
    package var name: String
    package var source: FactSource
    /// How many rows testify to it.
    package var rows: Int
  }

  package var schema: SchemaID
  package var entity: String
  package var groups: [Group]
}
