// Turns lines of the paper's release into items: which pair gives the answer, what the others lead
// to, and where the solver disagrees.

/// Items read from the release's format, and what was found on the way.
public struct OfficialImport: Sendable {
  public var items: [Item]
  /// Where the solver arrives at another answer, or at none.
  public var disagreements: [SolverDisagreement]
  /// Rows that no fact but their own testimony decides.
  public var undecided: [SolverDisagreement]
  package var contradictions: [Contradiction]
  public var facts: FactTally
  /// Rows, demonstrations included.
  public var exampleCount: Int
  /// Lines whose structure gives back the text byte for byte.
  public var renderedExactly: Int
  package var lines: [OfficialLine]
  /// The built-in facts and what is known of the file's entities.
  public var vocabulary: Vocabulary
}

/// Reads lines of the release's format.
///
/// The pair that gives an answer is told by the query where relation 0 is "same", else by the order
/// of the token ranges, else by the answer where relation 1 is "same", else by facts. Facts are the
/// given ones, then the vocabulary's, then what other rows of the file testify.
struct OfficialImporter {
  let grammar: Grammar
  private var facts: FactBase
  private let lines: [OfficialLine]
  private var identities: [[Int]] = []
  private var targets: [[Int?]] = []
  private var tally = FactTally()

  init(lines: [OfficialLine], vocabulary: Vocabulary, given: GivenFacts, grammar: Grammar) {
    self.grammar = grammar
    self.lines = lines
    facts = FactBase(vocabulary: vocabulary, given: given)
    identities = Self.identities(of: lines)
    targets = lines.map { $0.parsed.rows.map { _ in nil } }
  }

  mutating func run() -> OfficialImport {
    noteGroups()
    settleByStructure()
    settleByFacts()
    let partners = Partners(lines, grammar)
    let disagreements = judge()
    var items: [Item] = []
    items.reserveCapacity(lines.count)
    for index in lines.indices { items.append(item(index, partners)) }
    let exact = zip(items, lines).count { $0.text == $1.text }
    return OfficialImport(
      items: items, disagreements: disagreements.filter { !$0.cause.isDoubt },
      undecided: disagreements.filter(\.cause.isDoubt), contradictions: facts.contradictions(),
      facts: tally, exampleCount: lines.reduce(0) { $0 + $1.parsed.rows.count },
      renderedExactly: exact, lines: lines, vocabulary: facts.vocabulary(including: entities()))
  }
}

extension OfficialImporter {
  /// Every key and value, in the order of the file.
  private func entities() -> [SchemaID: [String]] {
    var names: [SchemaID: [String]] = [:]
    var seen: [SchemaID: Set<String>] = [:]
    for line in lines {
      for pair in line.parsed.rows.flatMap(\.pairs) {
        for (schema, name) in [
          (line.task.keySchema, pair.key), (line.task.valueSchema, pair.value),
        ]
        where seen[schema, default: []].insert(name).inserted {
          names[schema, default: []].append(name)
        }
      }
    }
    return names
  }
}

// MARK: - Which pair gives the answer

extension OfficialImporter {
  /// Rows of one context and query are one witness, whatever is claimed and however it is asked.
  private struct Identity: Hashable {
    var schema: SchemaID
    var relation: Relation
    var isNegated: Bool
    var pairs: [ContextPair]
    var query: String
  }

  private static func identities(of lines: [OfficialLine]) -> [[Int]] {
    var known: [Identity: Int] = [:]
    return lines.map { line in
      line.parsed.rows.map { row in
        let identity = Identity(
          schema: line.task.keySchema, relation: line.task.relation0,
          isNegated: line.task.isNegated, pairs: row.pairs, query: row.query)
        if let number = known[identity] { return number }
        known[identity] = known.count
        return known.count - 1
      }
    }
  }

  private mutating func noteGroups() {
    for line in lines {
      let task = line.task
      for row in line.parsed.rows {
        if task.relation0 == .child { facts.note(group: row.query, of: task.keySchema) }
        if task.relation1 == .child { facts.note(group: row.answer, of: task.valueSchema) }
      }
      guard task.relation1 == .child, let preamble = line.parsed.preamble else { continue }
      for group in grammar[task].entries(ofPreamble: preamble) {
        facts.note(group: group, of: task.valueSchema)
      }
    }
  }

  private mutating func settleByStructure() {
    for (number, line) in lines.enumerated() {
      for (index, row) in line.parsed.rows.enumerated() {
        let task = line.task
        let target =
          Self.only(row, task.relation0 == .equal) { ($0.key == row.query) != task.isNegated }
          ?? line.ranges?[index].target(count: row.pairs.count, isNegated: task.isNegated)
          ?? Self.only(row, task.relation1 == .equal && row.isAsserted) { $0.value == row.answer }
        if let target { settle(number, index, target) }
      }
    }
  }

  private static func only(
    _ row: ParsedText.Row, _ applies: Bool, _ fits: (ContextPair) -> Bool
  ) -> Int? {
    guard applies else { return nil }
    let fitting = row.pairs.indices.filter { fits(row.pairs[$0]) }
    return fitting.count == 1 ? fitting[0] : nil
  }

  /// Settled rows testify, which may settle more; each round settles one at least.
  private mutating func settleByFacts() {
    var ignored = FactTally()
    var isMoving = true
    while isMoving {
      isMoving = false
      for (number, line) in lines.enumerated() {
        for index in line.parsed.rows.indices where targets[number][index] == nil {
          guard let target = rowJudge(number, index).findTarget(&ignored).target else { continue }
          settle(number, index, target)
          isMoving = true
        }
      }
    }
  }

  private mutating func settle(_ number: Int, _ index: Int, _ target: Int) {
    targets[number][index] = target
    let task = lines[number].task
    let row = lines[number].parsed.rows[index]
    let witness = identities[number][index]
    for (place, pair) in row.pairs.enumerated() where (place == target) != task.isNegated {
      facts.testify(
        row.query, task.relation0, to: pair.key, in: task.keySchema, row: witness)
    }
    if row.isAsserted {
      facts.testify(
        row.answer, task.relation1, to: row.pairs[target].value, in: task.valueSchema, row: witness)
    }
  }

  private func rowJudge(_ number: Int, _ index: Int) -> RowJudge {
    RowJudge(
      facts: facts, task: lines[number].task, row: lines[number].parsed.rows[index],
      identity: identities[number][index])
  }
}

// MARK: - The solver, and items

extension OfficialImporter {
  private mutating func judge() -> [SolverDisagreement] {
    var found: [SolverDisagreement] = []
    for (number, line) in lines.enumerated() {
      for index in line.parsed.rows.indices {
        let judge = rowJudge(number, index)
        var finding = judge.findTarget(&tally)
        if finding.cause == nil, let target = finding.target {
          finding = judge.check(target: target, &tally)
          let named = line.ranges?[index].target(
            count: judge.row.pairs.count, isNegated: line.task.isNegated)
          if finding.cause == nil, let named, named != target {
            finding.cause = .otherPair
            finding.detail = "\(judge.row.pairs[named].key) for \(judge.row.pairs[target].key)"
          }
        }
        guard let cause = finding.cause else { continue }
        found.append(
          SolverDisagreement(
            line: line.number, row: index, taskID: line.taskID, cause: cause,
            detail: finding.detail))
      }
    }
    return found
  }

  private func item(_ number: Int, _ partners: Partners) -> Item {
    let line = lines[number]
    let sentences = grammar[line.task]
    let partner = partners.partner[number]
    let last = line.parsed.rows.count - 1
    let settled = line.parsed.rows.enumerated().map { index, row in
      var right = row.isAsserted ? row.answer : nil
      if index == last, right == nil, let partner {
        right = lines[partner].parsed.rows[last].answer
      }
      return SettledRow(
        row: row, target: targets[number][index] ?? likeliestTarget(number, index),
        rightAnswer: right)
    }
    let completion = RowCompletion(
      facts: facts, task: line.task,
      listed: line.parsed.preamble.map { sentences.entries(ofPreamble: $0) })
    let rows = completion.rows(settled)
    let rendered = sentences.render(rows: rows, preamble: line.parsed.preamble)
    return Item(
      id: Self.id(line), task: line.task, rows: rows, preamble: line.parsed.preamble,
      text: rendered.text, prompt: rendered.prompt, answer: rendered.answer,
      foil: foil(of: rows[last], task: line.task, listed: completion.listed ?? []),
      roles: rendered.roles, partnerID: partner.map { Self.id(lines[$0]) },
      partnerClaim: partner.map { lines[$0].parsed.rows[last].answer })
  }

  private static func id(_ line: OfficialLine) -> String { "official-\(line.number)" }

  /// Where facts leave several: a pair whose value the answer leads to, else one that may fit.
  private func likeliestTarget(_ number: Int, _ index: Int) -> Int {
    let judge = rowJudge(number, index)
    let (row, task) = (judge.row, judge.task)
    func mayFit(_ pair: ContextPair) -> Bool {
      let judgement = facts.judge(row.query, task.relation0, to: pair.key, in: task.keySchema)
      return judgement.judgement != (task.isNegated ? .yes : .no)
    }
    func leads(_ pair: ContextPair) -> Bool {
      facts.judge(row.answer, task.relation1, to: pair.value, in: task.valueSchema).judgement
        == .yes
    }
    let possible = row.pairs.indices.filter { mayFit(row.pairs[$0]) }
    return possible.first { row.isAsserted && leads(row.pairs[$0]) } ?? possible.first ?? 0
  }

  /// Another candidate, one with another first word if there is any; where no candidate but the
  /// answer is known, another entry of the list, or a distractor itself.
  private func foil(of row: Row, task: GARTask, listed: [String]) -> String {
    if let label = row.label {
      return label == Phrasing.Frame.yes ? Phrasing.Frame.no : Phrasing.Frame.yes
    }
    let answer = task.answerText(row.answer)
    let word = answer.prefix { $0 != " " }
    for source in [row.candidates, listed, row.pairs.map(\.value)] {
      let others = source.map { task.answerText($0) }.filter { !$0.isEmpty && $0 != answer }
      let telling = others.first { $0.prefix { $0 != " " } != word }
      if let foil = telling ?? others.first { return foil }
    }
    return row.query
  }
}

extension ParsedText.Row {
  /// The row says that its answer is right.
  var isAsserted: Bool { label != Phrasing.Frame.no }
}
