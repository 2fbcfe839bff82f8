// Minimally changed prompts with another right answer, for patching.

/// What a counterfactual changes.
public enum CounterfactualKind: String, CaseIterable, Sendable, Codable {
  /// The query becomes one that another pair of the context answers.
  case otherQuery
  /// The query becomes one that nothing in the context answers to.
  case absentQuery
  /// The statement of a classification claims another answer: the Yes/No pair's other half.
  case partner
}

/// A corrupted prompt: it differs from the clean one in the query, or in the claim, alone.
public struct Counterfactual: Sendable, Equatable {
  public var kind: CounterfactualKind
  /// Up to END, like `Item.prompt`.
  public var prompt: String
  /// What is right here and wrong in the clean prompt; `nil` where nothing is. Where several
  /// answers are right this is the item's foil, if that is one of them, or the first pair's.
  public var answer: String?
  /// What is right as well.
  public var otherAnswers: [String] = []
  /// The query or claim that was put in.
  public var change: String
}

/// The counterfactuals of an item, in a fixed order: kind by kind as in `kinds`; partners with
/// the pair's other half first; other queries with one right answer before those with several, and
/// those answered by the item's foil before others; absent queries in the vocabulary's order from
/// the item's own query on.
///
/// What leaves the clean answer the only right one is left out.
public func counterfactuals(
  of item: Item, vocabulary: Vocabulary, kinds: [CounterfactualKind] = CounterfactualKind.allCases
) -> [Counterfactual] {
  let maker = CounterfactualMaker(item: item, vocabulary: vocabulary)
  return kinds.flatMap { kind in
    switch kind {
    case .otherQuery: maker.otherQueries()
    case .absentQuery: maker.absentQueries()
    case .partner: maker.partners()
    }
  }
}

private struct CounterfactualMaker {
  let item: Item
  let vocabulary: Vocabulary
  let grammar: TaskGrammar
  let row: Row

  init(item: Item, vocabulary: Vocabulary) {
    self.item = item
    self.vocabulary = vocabulary
    grammar = TaskGrammar(item.task, vocabulary)
    row = item.row
  }

  private var schema: Schema { vocabulary[item.task.keySchema] }

  func partners() -> [Counterfactual] {
    guard let claim = row.claim else { return [] }
    var claims = item.partnerClaim.map { [$0] } ?? []
    // A true statement has the distractors' answers for partners, a false one only the right one.
    let others = claim == row.answer ? row.candidates : [row.answer]
    for other in others where !other.isEmpty && other != claim && !claims.contains(other) {
      claims.append(other)
    }
    return claims.map { other in
      var changed = row
      changed.claim = other
      return counterfactual(.partner, changed, answer: item.foil, change: other)
    }
  }

  func otherQueries() -> [Counterfactual] {
    var queries: [String] = []
    for pair in row.pairs {
      for query in schema.sources(of: pair.key, by: item.task.relation0)
      where query != row.query && !queries.contains(query) {
        queries.append(query)
      }
    }
    var ranked: [(rank: Int, counterfactual: Counterfactual)] = []
    for query in queries {
      var changed = row
      changed.query = query
      guard let answers = rightAnswers(changed), let answer = answers.first else { continue }
      let rank = (answers.count == 1 ? 0 : 2) + (answer == item.foil ? 0 : 1)
      var found = counterfactual(.otherQuery, changed, answer: answer, change: query)
      found.otherAnswers = Array(answers.dropFirst())
      ranked.append((rank, found))
    }
    return (0...3).flatMap { rank in ranked.filter { $0.rank == rank }.map(\.counterfactual) }
  }

  func absentQueries() -> [Counterfactual] {
    let domain =
      item.task.relation0 == .child ? schema.groups.map(\.name) : schema.members
    let start = domain.firstIndex(of: row.query) ?? 0
    let keys = Set(row.pairs.map(\.key))
    return (domain[start...] + domain[..<start]).compactMap { query in
      guard query != row.query, !keys.contains(query),
        !keys.contains(where: { schema.relates(query, item.task.relation0, to: $0) })
      else { return nil }
      var changed = row
      changed.query = query
      guard let answers = rightAnswers(changed) else { return nil }
      return counterfactual(.absentQuery, changed, answer: answers.first, change: query)
    }
  }

  /// What is right after a change of the query, as it follows the prompt; the item's foil comes first
  /// where it is one of several. `nil`: the change leaves the clean answer the right one.
  private func rightAnswers(_ changed: Row) -> [String]? {
    if let claim = changed.claim {
      let label = holds(claim, changed) ? Phrasing.Frame.yes : Phrasing.Frame.no
      return label == item.answer ? nil : [label]
    }
    switch solve(changed, vocabulary: vocabulary, task: item.task) {
    case .none: return []
    case .unique(let answer):
      return answer == row.answer ? nil : [item.task.answerText(answer)]
    case .ambiguous(let answers):
      // Where everything answers, the clean answer does too, and nothing is to be set against it.
      if answers.contains(row.answer) { return [] }
      let texts = answers.map { item.task.answerText($0) }
      return texts.filter { $0 == item.foil } + texts.filter { $0 != item.foil }
    }
  }

  /// Whether a statement is true of the context.
  private func holds(_ claim: String, _ changed: Row) -> Bool {
    let isClaimed = zip(changed.pairs, changed.candidates).contains { pair, candidate in
      candidate == claim
        && schema.relates(changed.query, item.task.relation0, to: pair.key)
    }
    return isClaimed != item.task.isNegated
  }

  private func counterfactual(
    _ kind: CounterfactualKind, _ changed: Row, answer: String?, change: String
  ) -> Counterfactual {
    let rendered = grammar.render(
      rows: item.rows.dropLast() + [changed], preamble: item.preamble)
    return Counterfactual(kind: kind, prompt: rendered.prompt, answer: answer, change: change)
  }
}
