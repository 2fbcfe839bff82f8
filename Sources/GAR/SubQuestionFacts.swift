// The knowledge among the sub-questions: bare facts, each behind one relation.

/// A member and what it is: a group, or another adjective that means the same.
private struct Fact: Equatable {
  var member: String
  var group: String
}

extension SubQuestionMaker {
  /// The fact behind a relation: that K is of the query's group, or V of the answer's.
  func knowledge(_ relation: Int) -> SubQuestion {
    let asked = facts(item.row, relation)[0]
    var used = names(asked, relation)
    var rows: [BareRow] = []
    for row in item.rows.dropLast() {
      let fact = demonstrated(row, relation, avoiding: used)
      used.formUnion(names(fact, relation))
      let wrong = wrongGroups(for: fact, in: row, relation).first
      rows.append(bareRow(fact, relation, wrong: wrong, isTrue: row.claim.map { $0 == row.answer }))
    }
    let wrong = wrongGroups(for: asked, in: item.row, relation)
    let foil = asksItemsOwnAnswer(relation) ? foilGroup(wrong) : wrong.first
    rows.append(
      bareRow(
        asked, relation, wrong: foil, isTrue: item.row.claim.map { $0 == item.row.answer }))
    // The line that lists the answer candidates belongs to the answer's schema.
    let rendered = BareRow.render(rows, preamble: relation == 1 ? item.preamble : nil)
    let plain = schema(relation).isOfPersons
    func text(_ group: String) -> String {
      plain && group.hasPrefix(article) ? String(group.dropFirst(article.count)) : group
    }
    return question(
      .knowledge(relation: relation), rendered, foil: text(foil ?? asked.group),
      candidates: ([asked.group] + wrong.prefix(max(1, item.pairCount - 1))).map(text))
  }

  private func schema(_ relation: Int) -> SchemaID { task.schemas[relation] }

  private func asksItemsOwnAnswer(_ relation: Int) -> Bool { relation == 1 }

  /// The group of the item's foil or false claim.
  private func foilGroup(_ wrong: [String]) -> String? {
    let row = item.row
    let pair = row.claim == nil || row.claim == row.answer ? foilPair(of: row) : claimedPair(of: row)
    return wrong.contains(row.candidates[pair]) ? row.candidates[pair] : wrong.first
  }

  /// What a row itself tells, the fact that its question rests on first.
  private func facts(_ row: Row, _ relation: Int) -> [Fact] {
    let others = row.pairs.indices.filter { $0 != row.target }
    if relation == 1 {
      return ([row.target] + others).map {
        Fact(member: row.pairs[$0].value, group: row.candidates[$0])
      }
    }
    let matching = task.isNegated && !others.isEmpty ? others : [row.target]
    return matching.map { Fact(member: row.pairs[$0].key, group: row.query) }
  }

  /// A fact of the row for a demonstration. One that would give another away is replaced by a
  /// neighbour in the vocabulary.
  private func demonstrated(_ row: Row, _ relation: Int, avoiding used: Set<String>) -> Fact {
    let own = facts(row, relation)
    let known = vocabulary[schema(relation)]
    let same = known.group(named: own[0].group).map { known.groups[$0].members } ?? []
    let neighbours = (same + known.members).lazy.compactMap { member in
      known.sources(of: member, by: task.relations[relation]).first.map {
        Fact(member: member, group: $0)
      }
    }
    func isNew(_ fact: Fact) -> Bool { names(fact, relation).isDisjoint(with: used) }
    return own.first(where: isNew) ?? neighbours.first(where: isNew) ?? own[0]
  }

  /// What must not come again: similarity tells the same in both directions.
  private func names(_ fact: Fact, _ relation: Int) -> Set<String> {
    task.relations[relation] == .similar ? [fact.member, fact.group] : [fact.member]
  }

  /// Groups to which a fact's member does not belong: those of the row's other pairs, then those
  /// asked for in the item's other rows, then the vocabulary's. Never empty unless the vocabulary
  /// has but one.
  private func wrongGroups(for fact: Fact, in row: Row, _ relation: Int) -> [String] {
    let known = vocabulary[schema(relation)]
    let own = task.relations[relation]
    let ofPairs =
      relation == 1
      ? row.candidates : row.pairs.flatMap { known.sources(of: $0.key, by: own).prefix(1) }
    let ofRows = relation == 1 ? item.rows.flatMap(\.candidates) : item.rows.map(\.query)
    func isWrong(_ group: String) -> Bool {
      group != fact.group && group != fact.member && !known.relates(group, own, to: fact.member)
    }
    let near = distinct(ofPairs + ofRows).filter(isWrong)
    if near.count >= max(1, row.pairs.count - 1) { return near }
    let domain = own == .child ? known.groups.map(\.name) : known.groups.compactMap(\.members.first)
    return distinct(near + domain.filter(isWrong))
  }

  /// - Parameters:
  ///   - fact: what is told.
  ///   - relation: 0 or 1.
  ///   - wrong: what a false statement claims.
  ///   - isTrue: whether the statement is true; `nil` in generation.
  private func bareRow(
    _ fact: Fact, _ relation: Int, wrong: String?, isTrue: Bool?
  ) -> BareRow {
    let frame = FactPhrasing.Frame.self
    let isOf = frame.copula + self.isOf(schema(relation))
    let opening: [BareRow.Span] = isTrue == nil ? [] : [.init(frame.factQuestion)]
    return BareRow(
      lead: opening + [.init(fact.member, relation == 0 ? .key : .value), .init(isOf)],
      answer: fact.group, claim: isTrue.map { $0 ? fact.group : wrong ?? fact.group },
      role: relation == 0 ? .query : .answer, promptsArticle: schema(relation).isOfPersons)
  }
}
