// What the rows of a file testify: a row relates its query to the keys that match it, and its
// answer to the value of the pair that gives it.

/// Witnesses for the groups of entities. A witness is a row's number; rows that differ in form or
/// claim alone are one.
struct Testimony: Sendable {
  private struct Entity: Hashable {
    var schema: SchemaID
    var name: String
  }

  private var witnesses: [Entity: [(group: String, rows: Set<Int>)]] = [:]
  private var order: [Entity] = []

  mutating func add(_ entity: String, group: String, schema: SchemaID, row: Int) {
    let key = Entity(schema: schema, name: entity)
    if witnesses[key] == nil { order.append(key) }
    var groups = witnesses.removeValue(forKey: key) ?? []
    if let index = groups.firstIndex(where: { $0.group == group }) {
      groups[index].rows.insert(row)
    } else {
      groups.append((group, [row]))
    }
    witnesses[key] = groups
  }

  /// The group that most rows but `excluded` testify to.
  func membership(of entity: String, schema: SchemaID, excluding excluded: Int?) -> Membership {
    var best: (names: [String], count: Int) = ([], 0)
    for (group, rows) in witnesses[Entity(schema: schema, name: entity)] ?? [] {
      let own = excluded.map { rows.contains($0) ? 1 : 0 } ?? 0
      let count = rows.count - own
      if count > best.count {
        best = ([group], count)
      } else if count == best.count, count > 0 {
        best.names.append(group)
      }
    }
    switch best.names.count {
    case 0: return .unknown
    case 1: return .known(best.names, .testimony)
    default: return .contradictory(best.names)
    }
  }

  /// Every entity that is testified to, in the order of the file.
  var entities: [(schema: SchemaID, name: String)] { order.map { ($0.schema, $0.name) } }

  func counts(of entity: String, schema: SchemaID) -> [(group: String, rows: Int)] {
    (witnesses[Entity(schema: schema, name: entity)] ?? []).map { ($0.group, $0.rows.count) }
  }
}

/// Which adjectives mean the same: sets that are given, and pairs that rows testify to. What means
/// the same as one word of a set means the same as all.
struct SynonymGraph: Sendable {
  private var edges: [String: [(word: String, rows: Set<Int>)]] = [:]
  private var givenSet: [String: Int] = [:]

  /// A witness that no row is: the word is of the same given set.
  private static let given = -1

  init(_ sets: [[String]]) {
    for (index, set) in sets.enumerated() {
      for (left, right) in zip(set, set.dropFirst()) { add(left, right, row: Self.given) }
      for word in set where givenSet[word] == nil { givenSet[word] = index }
    }
  }

  mutating func add(_ left: String, _ right: String, row: Int) {
    guard left != right else { return }
    addOneWay(left, right, row)
    addOneWay(right, left, row)
  }

  private mutating func addOneWay(_ from: String, _ to: String, _ row: Int) {
    var words = edges.removeValue(forKey: from) ?? []
    if let index = words.firstIndex(where: { $0.word == to }) {
      words[index].rows.insert(row)
    } else {
      words.append((to, [row]))
    }
    edges[from] = words
  }

  /// Whether two different words mean the same: they are of one given set, a row says so, or pairs
  /// that two rows each testify to lead from one to the other. One row alone may be wrong and would
  /// join sets, so that what hangs on it stays unknown. They do not mean the same if synonyms of
  /// both are known and nothing leads from one to the other.
  func judge(
    _ source: String, _ target: String, excluding excluded: Int?
  ) -> (judgement: Judgement, source: FactSource?) {
    if source == target { return (.no, nil) }
    if let one = givenSet[source], let other = givenSet[target], one == other {
      return (.yes, .vocabulary)
    }
    if strength(source, target, excluding: excluded) > 0 { return (.yes, .testimony) }
    if reach(from: source, needing: 2, excluding: excluded).contains(target) {
      return (.yes, .testimony)
    }
    let reached = reach(from: source, needing: 1, excluding: excluded)
    if reached.contains(target) { return (.unknown, nil) }
    if reached.count > 1, reach(from: target, needing: 1, excluding: excluded).count > 1 {
      let isGiven = givenSet[source] != nil && givenSet[target] != nil
      return (.no, isGiven ? .vocabulary : .testimony)
    }
    return (.unknown, nil)
  }

  /// All synonyms of a word but itself, nearest first.
  func all(of word: String) -> [String] {
    let near = (edges[word] ?? []).map(\.word)
    let far = reach(from: word, needing: 2, excluding: nil).dropFirst()
    return near + far.filter { !near.contains($0) }
  }

  /// How many rows but `excluded` testify that the words mean the same; a given set counts for two.
  private func strength(_ from: String, _ to: String, excluding excluded: Int?) -> Int {
    guard let rows = edges[from]?.first(where: { $0.word == to })?.rows else { return 0 }
    return count(rows, excluding: excluded)
  }

  private func count(_ rows: Set<Int>, excluding excluded: Int?) -> Int {
    let own = excluded.map { rows.contains($0) ? 1 : 0 } ?? 0
    return rows.count - own + (rows.contains(Self.given) ? 1 : 0)
  }

  private func reach(from word: String, needing needed: Int, excluding excluded: Int?) -> [String] {
    var reached = [word]
    var index = 0
    while index < reached.count {
      for (next, rows) in edges[reached[index]] ?? []
      where !reached.contains(next) && count(rows, excluding: excluded) >= needed {
        reached.append(next)
      }
      index += 1
    }
    return reached
  }
}
