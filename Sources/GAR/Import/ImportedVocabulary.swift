// The vocabulary that a file of the release's format needs: the built-in one, and what is known of
// the file's own entities.

extension FactBase {
  /// The vocabulary with these entities put into the groups that are known of them, so that other
  /// queries can be found for counterfactuals. Where a file cuts a schema differently, its cut wins.
  func vocabulary(including entities: [SchemaID: [String]]) -> Vocabulary {
    var schemas: [SchemaID: Schema] = [:]
    for id in SchemaID.allCases {
      let schema = vocabulary[id]
      let names = entities[id] ?? []
      schemas[id] =
        names.isEmpty
        ? schema : schema.with(groups: id == .adjectives ? sets(names) : tree(names, id))
    }
    return Vocabulary(schemas: schemas)
  }

  private func tree(_ names: [String], _ id: SchemaID) -> [Schema.Group] {
    var groups: [Schema.Group] = []
    var places: [String: Int] = [:]
    var seen: Set<String> = []
    for name in names + vocabulary[id].members {
      guard case .known(let found, _) = membership(of: name, in: id), let group = found.first,
        seen.insert(name).inserted
      else { continue }
      if let place = places[group] {
        groups[place].members.append(name)
      } else {
        places[group] = groups.count
        groups.append(Schema.Group(name: group, members: [name]))
      }
    }
    return groups
  }

  private func sets(_ names: [String]) -> [Schema.Group] {
    var groups: [Schema.Group] = []
    var seen: Set<String> = []
    for name in names + vocabulary[.adjectives].members where !seen.contains(name) {
      let synonyms = sources(of: name, by: .similar, in: .adjectives).filter { !seen.contains($0) }
      guard !synonyms.isEmpty else { continue }
      seen.formUnion([name] + synonyms)
      groups.append(Schema.Group(name: "", members: [name] + synonyms))
    }
    return groups
  }
}

extension Schema {
  fileprivate func with(groups: [Group]) -> Schema {
    Schema(
      id: id, name: name, preamble: preamble, memberPhrase: memberPhrase, question: question,
      kind: kind, groups: groups)
  }
}
