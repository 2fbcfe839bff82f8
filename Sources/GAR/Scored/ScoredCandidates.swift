// What the contexts of scored prompts offer as answers, by what the file's own rows testify.

/// Facts of scored rows: what a relation makes of a thing.
struct ScoredFacts {
  private struct Key: Hashable {
    var relation: ScoredRelation
    var thing: String
  }

  private var said: [Key: [String: Int]] = [:]

  init(_ prompts: [ScoredPrompt]) {
    for structure in prompts.lazy.flatMap(\.rows).map({ ($0.structure, $0.answer) }) {
      guard let (row, answer) = structure.0.flatMap({ row in structure.1.map { (row, $0) } }) else {
        continue
      }
      for (index, pair) in row.pairs.enumerated() {
        let isTarget = index == row.target
        if row.asksForPerson {
          // The group asked for is that of the answer's thing, or in negated rows of all others.
          if isTarget != row.isNegated, let query = row.query {
            add(row.relation, pair.value, query)
          }
        } else if isTarget {
          add(row.relation, pair.value, answer)
        }
      }
    }
  }

  private mutating func add(_ relation: ScoredRelation, _ thing: String, _ answer: String) {
    said[Key(relation: relation, thing: thing), default: [:]][answer, default: 0] += 1
  }

  /// What `relation` makes of a thing: by the calendar, else what most rows say.
  func image(of thing: String, by relation: ScoredRelation) -> String? {
    switch relation {
    case .same: return thing
    case .before, .after:
      if let time = Calendar.shifted(thing, by: relation == .before ? 1 : -1) { return time }
    case .kind, .city, .usage, .opposite: break
    }
    let answers = said[Key(relation: relation, thing: thing)] ?? [:]
    return answers.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }

  /// The distinct answers of a row's context, in its order; things of which no row says anything
  /// give none.
  func candidates(of row: ScoredRow) -> [String] {
    guard let structure = row.structure, let answer = row.answer else { return row.candidates }
    var distinct: [String] = []
    for (index, pair) in structure.pairs.enumerated() {
      let candidate =
        structure.asksForPerson
        ? pair.key
        : index == structure.target ? answer : image(of: pair.value, by: structure.relation)
      if let candidate, !distinct.contains(candidate) { distinct.append(candidate) }
    }
    return distinct
  }
}

/// A file of scored prompts.
public struct ScoredSet: Sendable {
  public let prompts: [ScoredPrompt]

  init(_ read: [ScoredPrompt]) {
    let facts = ScoredFacts(read)
    prompts = read.map { prompt in
      var prompt = prompt
      for index in prompt.rows.indices where prompt.rows[index].isScored {
        prompt.rows[index].candidates = facts.candidates(of: prompt.rows[index])
      }
      return prompt
    }
  }

  /// How many rows of a task there are, and how many are read into structure.
  public struct TaskShare: Sendable, Equatable {
    public var taskID: String
    public var rows: Int
    public var parsed: Int
  }

  /// In the order of the file.
  public var shares: [TaskShare] {
    var shares: [TaskShare] = []
    var places: [String: Int] = [:]
    for prompt in prompts {
      let place = places[prompt.taskID] ?? shares.count
      if place == shares.count {
        places[prompt.taskID] = place
        shares.append(TaskShare(taskID: prompt.taskID, rows: 0, parsed: 0))
      }
      shares[place].rows += prompt.rows.count
      shares[place].parsed += prompt.rows.count { $0.structure != nil }
    }
    return shares
  }
}
