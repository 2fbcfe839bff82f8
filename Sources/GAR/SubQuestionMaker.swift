// Builds the sub-questions of one item out of its rows.

struct SubQuestionMaker {
  let item: Item
  let vocabulary: Vocabulary

  var task: GARTask { item.task }
  private var demonstrations: ArraySlice<Row> { item.rows.dropLast() }

  // MARK: Recall

  func recall() -> SubQuestion {
    let asked = recall(item.row, target: item.row.target)
    var rows: [Row] = [asked]
    for row in demonstrations {
      let targets = [row.target] + row.pairs.indices.filter { $0 != row.target }
      let ways = targets.map { recall(row, target: $0) }
      // A key that stands in two pairs has two values.
      let clear = ways.filter { way in way.pairs.count { $0.key == way.query } == 1 }
      rows.append(
        clear.first { way in
          !rows.contains { $0.query == way.query && Set($0.pairs) == Set(way.pairs) }
        } ?? ways[0])
    }
    rows.append(rows.removeFirst())
    let rendered = TaskGrammar(task.recall, vocabulary).render(rows: rows, preamble: nil)
    let foil = asked.pairs[foilPair(of: item.row)].value
    return question(.recall, rendered, foil: foil, candidates: distinct(asked.candidates))
  }

  /// A true claim stays true and a false one names the value that belongs to the claimed answer.
  private func recall(_ row: Row, target: Int) -> Row {
    let values = row.pairs.map(\.value)
    let claim = row.claim.map { claim in
      if claim == row.answer { return values[target] }
      let wrong = [claimedPair(of: row)] + Array(values.indices)
      return values[wrong.first { values[$0] != values[target] } ?? target]
    }
    return Row(
      pairs: row.pairs, target: target, query: row.pairs[target].key, candidates: values,
      claim: claim)
  }

  // MARK: Exclusion

  func exclusion() -> SubQuestion {
    let asked = exclusion(item.row)
    var used = [asked]
    for row in demonstrations {
      let own = exclusion(row)
      // The asked question must not be answered by a demonstration.
      let others = vocabulary[task.keySchema].members.lazy.filter { !matches(row.query, $0) }
        .compactMap { own.replacingAnswer(with: $0) }
      func isNew(_ way: Exclusion) -> Bool { !used.contains { $0.asksTheSame(way) } }
      used.append(isNew(own) ? own : others.first(where: isNew) ?? own)
    }
    used.append(used.removeFirst())
    let rendered = BareRow.render(used.map(bareRow), preamble: nil)
    let foilKey = item.row.pairs[foilPair(of: item.row)].key
    return question(.exclusion, rendered, foil: foilKey, candidates: asked.names)
  }

  private func exclusion(_ row: Row) -> Exclusion {
    let answer = row.pairs[row.target].key
    let claim = row.claim.map { $0 == row.answer ? answer : row.pairs[claimedPair(of: row)].key }
    return Exclusion(
      names: distinct(row.pairs.map(\.key)), query: row.query, answer: answer, claim: claim)
  }

  private func matches(_ query: String, _ key: String) -> Bool {
    key == query || vocabulary[task.keySchema].relates(query, task.relation0, to: key)
  }

  private func bareRow(_ exclusion: Exclusion) -> BareRow {
    let frame = FactPhrasing.Frame.self
    let phrasing = FactPhrasing.of(task.keySchema)
    let isStatement = task.form == .classification
    var lead: [BareRow.Span] = []
    if isStatement {
      lead.append(.init(Phrasing.Frame.premise + Phrasing.Frame.contextStart))
    }
    lead.append(.init(frame.thereAre))
    for (index, name) in exclusion.names.enumerated() {
      let isLast = index == exclusion.names.count - 1
      if index > 0 { lead.append(.init(isLast ? Phrasing.Frame.and : Phrasing.Frame.comma)) }
      lead.append(.init(name, name == exclusion.answer ? .distractorKeys : .key))
    }
    lead.append(.init(frame.namesEnd))
    let who =
      isStatement
      ? Phrasing.Frame.contextEnd + Phrasing.Frame.question + phrasing.subject
      : " " + phrasing.who
    lead.append(.init(who + frame.copula))
    lead.append(.init(negationWord, .negation))
    let isOf = task.relation0 == .equal ? "" : isOf(task.keySchema)
    lead.append(.init(" " + isOf))
    lead.append(.init(exclusion.query, .query))
    lead.append(.init(isStatement ? frame.copula : frame.queryEnd))
    return BareRow(lead: lead, answer: exclusion.answer, claim: exclusion.claim, role: .answer)
  }

  // MARK: Shared

  func question(
    _ kind: SubQuestionKind, _ rendered: RenderedText, foil: String, candidates: [String]
  ) -> SubQuestion {
    let isStatement = task.form == .classification
    return SubQuestion(
      id: "\(item.id)/\(kind.name)", kind: kind, form: task.form, text: rendered.text,
      prompt: rendered.prompt, answer: rendered.answer, foil: isStatement ? item.foil : foil,
      candidates: isStatement ? item.candidates : candidates, roles: rendered.roles)
  }

  /// What stands between "is" and a group.
  func isOf(_ schema: SchemaID) -> String {
    let phrase = vocabulary[schema].memberPhrase
    return phrase.isEmpty ? FactPhrasing.of(schema).isOf : phrase + " "
  }

  func distinct(_ names: [String]) -> [String] {
    var result: [String] = []
    for name in names where !result.contains(name) { result.append(name) }
    return result
  }

  /// The pair that leads to the item's foil; where that names no pair, as a label does, the first
  /// that is not the target.
  func foilPair(of row: Row) -> Int {
    otherPair(of: row) { task.answerText(row.candidates[$0]) == item.foil }
  }

  /// The pair that leads to a false claim.
  func claimedPair(of row: Row) -> Int { otherPair(of: row) { row.candidates[$0] == row.claim } }

  private func otherPair(of row: Row, where isMeant: (Int) -> Bool) -> Int {
    let others = row.pairs.indices.filter {
      $0 != row.target && row.candidates[$0] != row.answer
    }
    return others.first(where: isMeant) ?? others.first ?? row.target
  }
}

/// Distinct keys of a context, of which one does not match the query.
private struct Exclusion {
  var names: [String]
  var query: String
  var answer: String
  var claim: String?

  func asksTheSame(_ other: Exclusion) -> Bool {
    query == other.query && Set(names) == Set(other.names)
  }

  /// `nil` where the name is there already.
  func replacingAnswer(with name: String) -> Exclusion? {
    if names.contains(name) { return nil }
    var result = self
    result.names = names.map { $0 == answer ? name : $0 }
    result.answer = name
    if claim == answer { result.claim = name }
    return result
  }
}
