// Generates balanced sets of items from a vocabulary and a seed.

/// Draws items: the same vocabulary and settings give the same bytes on every platform.
///
/// Tasks take turns in shuffled rounds, so that every selected task comes equally often; a
/// classification task yields a Yes/No pair at once, the halves adjacent. Over a set the place of
/// the right pair, the query and the right value are dealt evenly for each form.
public struct ItemGenerator: Sendable {
  public let settings: GenerationSettings
  private let vocabulary: Vocabulary
  private let grammar: Grammar

  public init(vocabulary: Vocabulary, settings: GenerationSettings) {
    self.vocabulary = vocabulary
    self.settings = settings
    grammar = Grammar(vocabulary: vocabulary)
  }

  /// All items of the set.
  ///
  /// - Throws: `GenerationError` if the settings ask for what the vocabulary or the benchmark
  ///   cannot give.
  public func items() throws -> [Item] {
    var items: [Item] = []
    items.reserveCapacity(max(0, settings.count))
    try generate { items.append($0) }
    return items
  }

  /// Passes the items to `body` one by one, for sets too large to hold.
  ///
  /// A longer set begins with a shorter one of the same settings, up to the last item of an odd
  /// count.
  public func generate(_ body: (Item) throws -> Void) throws {
    var schedule = try makeSchedule()
    let sampler = RowSampler(vocabulary: vocabulary)
    var chooser = Chooser(seed: settings.seed)
    var emitted = 0
    var visit = 0
    while emitted < settings.count {
      let task = schedule.next(&chooser.random, left: settings.count - emitted)
      let draft = try draw(task, sampler, &chooser)
      for item in items(from: draft, number: visit, &chooser.random) {
        try body(item)
        emitted += 1
      }
      visit += 1
    }
  }

  private func makeSchedule() throws -> Schedule {
    guard settings.count > 0 else { throw GenerationError.badCount(settings.count) }
    guard let fewest = settings.pairs.min(), fewest >= 2 else {
      throw GenerationError.badPairs(settings.pairs)
    }
    guard (0...GenerationSettings.shotLimit).contains(settings.shots) else {
      throw GenerationError.badShots(settings.shots)
    }
    let schedule = Schedule(tasks: try settings.selectedTasks())
    guard schedule.canFill(settings.count) else {
      throw GenerationError.oddCount(settings.count)
    }
    return schedule
  }

  /// What the two halves of a Yes/No pair share.
  private struct Draft {
    var task: GARTask
    var rows: [Row]
    var preamble: String?
  }

  private func draw(
    _ task: GARTask, _ sampler: RowSampler, _ chooser: inout Chooser
  ) throws -> Draft {
    let choice = chooser.deal(
      DeckKey(purpose: .pairCount, form: task.form, size: settings.pairs.count))
    let pairCount = settings.pairs[choice]
    let asked = try sampler.row(task, pairCount: pairCount, isBalanced: true, &chooser)
    var rows = [asked]
    var attempts = 0
    while rows.count <= settings.shots {
      let row = try sampler.row(task, pairCount: pairCount, isBalanced: false, &chooser)
      attempts += 1
      guard attempts < 100 * settings.shots else {
        throw GenerationError.rowsRepeat(task: task.officialID, rowCount: settings.shots + 1)
      }
      if !rows.contains(where: { $0.pairs == row.pairs && $0.query == row.query }) {
        rows.append(row)
      }
    }
    // The asked row was drawn first and is put last.
    rows.swapAt(0, rows.count - 1)
    if task.form == .classification {
      for index in rows.indices.dropLast() {
        let isTrue = chooser.random.below(2) == 0
        rows[index] = claiming(isTrue, rows[index], &chooser.random)
      }
    }
    return Draft(
      task: task, rows: rows,
      preamble: settings.hasPreamble ? preamble(task, rows, &chooser.random) : nil)
  }

  private func preamble(
    _ task: GARTask, _ rows: [Row], _ random: inout SplitMix64
  ) -> String? {
    guard grammar[task].preambleStart != nil else { return nil }
    var distinct: [String] = []
    for row in rows {
      for candidate in row.candidates where !distinct.contains(candidate) {
        distinct.append(candidate)
      }
    }
    return grammar[task].preamble(listing: random.shuffled(distinct))
  }

  /// The row as a statement: true, or claiming a distractor's answer.
  private func claiming(_ isTrue: Bool, _ row: Row, _ random: inout SplitMix64) -> Row {
    let wrong = row.candidates.filter { $0 != row.answer }
    let claim = isTrue ? row.answer : wrong[random.below(wrong.count)]
    return Row(
      pairs: row.pairs, target: row.target, query: row.query, candidates: row.candidates,
      claim: claim)
  }

  private func items(
    from draft: Draft, number: Int, _ random: inout SplitMix64
  ) -> [Item] {
    let id = "\(settings.seed)-\(number)"
    guard draft.task.form == .classification, let asked = draft.rows.last else {
      return [item(draft, rows: draft.rows, id: id, &random)]
    }
    let halves = [claiming(true, asked, &random), claiming(false, asked, &random)]
    let ids = [id + "-yes", id + "-no"]
    let order = random.below(2) == 0 ? [0, 1] : [1, 0]
    return order.map { half in
      var item = item(
        draft, rows: draft.rows.dropLast() + [halves[half]], id: ids[half], &random)
      item.partnerID = ids[1 - half]
      item.partnerClaim = halves[1 - half].claim
      return item
    }
  }

  private func item(
    _ draft: Draft, rows: [Row], id: String, _ random: inout SplitMix64
  ) -> Item {
    let rendered = grammar[draft.task].render(rows: rows, preamble: draft.preamble)
    return Item(
      id: id, task: draft.task, rows: rows, preamble: draft.preamble, text: rendered.text,
      prompt: rendered.prompt, answer: rendered.answer,
      foil: foil(of: rows[rows.count - 1], task: draft.task, &random), roles: rendered.roles)
  }

  /// Another candidate, one with another first word if there is any, since metrics compare first
  /// tokens.
  private func foil(of row: Row, task: GARTask, _ random: inout SplitMix64) -> String {
    if let label = row.label {
      return label == Phrasing.Frame.yes ? Phrasing.Frame.no : Phrasing.Frame.yes
    }
    let answer = task.answerText(row.answer)
    let others = row.candidates.map { task.answerText($0) }.filter { $0 != answer }
    let word = answer.prefix { $0 != " " }
    let telling = others.filter { $0.prefix { $0 != " " } != word }
    let pool = telling.isEmpty ? others : telling
    return pool[random.below(pool.count)]
  }
}

/// Which task comes next. Each form goes through its tasks in shuffled rounds; the forms take
/// turns so that the items of each stay in proportion to its number of tasks.
private struct Schedule {
  private var stream: [TaskForm: Stream]

  private struct Stream {
    var tasks: [GARTask]
    var round: [GARTask] = []
    var emitted = 0
    /// Items that one visit yields.
    var step: Int
  }

  init(tasks: [GARTask]) {
    stream = [:]
    for form in TaskForm.allCases {
      let own = tasks.filter { $0.form == form }
      if own.isEmpty { continue }
      stream[form] = Stream(tasks: own, step: form == .classification ? 2 : 1)
    }
  }

  func canFill(_ count: Int) -> Bool {
    stream[.generation] != nil || count.isMultiple(of: 2)
  }

  mutating func next(_ random: inout SplitMix64, left: Int) -> GARTask {
    let form = nextForm(left: left)
    guard var own = stream[form] else { preconditionFailure("no \(form) tasks are selected") }
    if own.round.isEmpty { own.round = random.shuffled(own.tasks) }
    own.emitted += own.step
    let task = own.round.removeLast()
    stream[form] = own
    return task
  }

  private func nextForm(left: Int) -> TaskForm {
    guard let generation = stream[.generation] else { return .classification }
    guard let classification = stream[.classification] else { return .generation }
    if left < classification.step { return .generation }
    let ahead = generation.emitted * classification.tasks.count
    return ahead <= classification.emitted * generation.tasks.count ? .generation : .classification
  }
}
