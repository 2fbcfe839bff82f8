// Generated sets: every item answered by the solver, roles on the right words, balance, and the
// same bytes for the same seed.

import Assets
import GAR
import Testing

/// What the property tests generate: all tasks, all numbers of pairs and demonstrations.
struct Sample: Sendable {
  static let all: [Sample] = (0...5).map { shots in
    var settings = GenerationSettings()
    settings.count = 10_000
    settings.seed = UInt64(100 + shots)
    settings.shots = shots
    settings.pairs = shots == 1 ? [3] : [2, 3, 3, 3, 4]
    settings.hasPreamble = shots != 0
    return Sample(settings: settings)
  }

  var settings: GenerationSettings

  func items(_ vocabulary: Vocabulary) throws -> [Item] {
    try ItemGenerator(vocabulary: vocabulary, settings: settings).items()
  }
}

/// 60,000 items over all tasks, made once.
private let vocabulary = Result { try Vocabulary(path: Assets.vocabulary) }
private let samples = Result {
  let vocabulary = try vocabulary.get()
  return try Sample.all.map { try $0.items(vocabulary) }
}

/// Records a failure; a passing `#expect` costs too much to make millions of them.
private func check(
  _ holds: Bool, _ item: Item, _ claim: String,
  at location: SourceLocation = #_sourceLocation
) {
  if !holds { Issue.record("\(item.id): \(claim): \(item.text)", sourceLocation: location) }
}

@Suite struct GenerationTests {
  @Test func everyItemHasOneAnswerByTheSolver() throws {
    let vocabulary = try vocabulary.get()
    for item in try samples.get().joined() {
      for row in item.rows {
        check(
          solve(row, vocabulary: vocabulary, task: item.task) == .unique(row.answer), item,
          "the solver's answer is the item's")
        check(
          row.candidates.indices.allSatisfy {
            $0 == row.target || row.candidates[$0] != row.answer
          }, item, "no distractor gives the right answer")
      }
    }
  }

  @Test func everyTaskComesEquallyOften() throws {
    for items in try samples.get() {
      var counts = [Int](repeating: 0, count: 384)
      for item in items { counts[item.task.index] += 1 }
      // 10,000 items on 384 tasks: 26 or 27 of each generation, 13 or 14 pairs of the others.
      #expect(counts.allSatisfy { (26...28).contains($0) })
    }
  }

  @Test func aTextIsItsPromptASpaceAndItsAnswer() throws {
    for item in try samples.get().joined() {
      check(item.text == item.prompt + " " + item.answer + "\n", item, "prompt and answer")
      check(!item.prompt.hasSuffix(" "), item, "no space ends the prompt")
      check(item.answer != item.foil, item, "the foil is another answer")
      check(
        item.candidates.contains(item.answer) && item.candidates.contains(item.foil), item,
        "answer and foil are candidates")
      check(item.rows.count == item.roles.count, item, "each row has roles")
    }
  }

  @Test func rowsOfAPromptAreDistinct() throws {
    for item in try samples.get().joined() {
      let questions = item.rows.map { [$0.query] + $0.pairs.flatMap { [$0.key, $0.value] } }
      check(Set(questions).count == item.rows.count, item, "rows differ")
    }
  }

  @Test func rolesStandOnTheirWords() throws {
    for item in try samples.get().joined() {
      let scalars = Array(item.text.unicodeScalars)
      for (row, roles) in zip(item.rows, item.roles) {
        checkRoles(item, row) { role in
          (roles[role] ?? []).map { range in
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[range])
            return String(text)
          }
        }
      }
      check(
        item.roles.last?[.end]?.first?.upperBound == item.prompt.unicodeScalars.count, item,
        "END is the prompt's last character")
    }
  }

  private func checkRoles(_ item: Item, _ row: Row, _ words: (Role) -> [String]) {
    let target = [row.pairs[row.target]]
    var others = row.pairs
    others.remove(at: row.target)
    let (matching, rest) = item.task.isNegated ? (others, target) : (target, others)
    // Adjectives open an exchanged sentence with a capital.
    func same(_ role: Role, _ names: [String]) -> Bool {
      words(role) == names
        || (item.task.isExchanged && words(role).map { $0.lowercased() } == names)
    }
    check(same(.key, matching.map(\.key)), item, "K")
    check(same(.value, matching.map(\.value)), item, "V")
    check(same(.distractorKeys, rest.map(\.key)), item, "K'")
    check(same(.distractorValues, rest.map(\.value)), item, "V'")
    check(words(.negation) == (item.task.isNegated ? ["not"] : []), item, "R")
    let answer = item.task.answersWithArticle ? String(row.answer.dropFirst(4)) : row.answer
    check(words(.answer) == [row.claim ?? answer], item, "A")
    // A negated group is in the plural, and may open its sentence.
    let capital = row.query.hasPrefix("the ") ? "The" + row.query.dropFirst(3) : row.query
    let query = words(.query)
    check(
      query == [row.query]
        || (item.task.isNegated
          && [[capital], [row.query + "s"], [capital + "s"]].contains(query)), item, "Q")
    check(words(.end).count == 1 && words(.end)[0].count == 1, item, "END")
  }

  @Test func textsAreReadBackByTheGrammar() throws {
    let grammar = Grammar(vocabulary: try vocabulary.get())
    for item in try samples.get().joined() {
      let parsed = grammar[item.task].parse(item.text, pairCount: item.pairCount)
      let rows = item.rows.map {
        ParsedText.Row(
          pairs: $0.pairs, query: $0.query, answer: $0.claim ?? $0.answer, label: $0.label)
      }
      check(parsed?.preamble == item.preamble && parsed?.rows == rows, item, "read back")
    }
  }

  @Test func thePreambleListsEveryCandidateOnce() throws {
    for item in try samples.get().joined() where item.preamble != nil {
      let line = try #require(item.preamble)
      let list = try #require(line.split(separator: " include ").last?.dropLast())
      let words = list.split(separator: ", ").flatMap { $0.split(separator: " and ") }
      check(
        words.map(String.init).sorted() == Set(item.rows.flatMap(\.candidates)).sorted(), item,
        "the preamble lists every candidate once")
      check(item.text.hasPrefix(line + "\n"), item, "the preamble is the first line")
    }
    let bare = try samples.get()[0]
    #expect(bare.allSatisfy { $0.preamble == nil })
  }

  @Test func statementsComeInPairsOfOneContext() throws {
    for items in try samples.get() {
      var index = 0
      while index < items.count {
        let item = items[index]
        guard item.task.form == .classification else {
          #expect(item.partnerID == nil)
          index += 1
          continue
        }
        let partner = items[index + 1]
        check(
          item.partnerID == partner.id && partner.partnerID == item.id, item, "linked partners")
        check(Set([item.answer, partner.answer]) == ["Yes", "No"], item, "one Yes, one No")
        check(
          item.foil == partner.answer && partner.foil == item.answer, item, "foils are labels")
        check(
          item.rows.dropLast() == partner.rows.dropLast() && item.preamble == partner.preamble
            && item.row.pairs == partner.row.pairs && item.row.query == partner.row.query, item,
          "one context")
        check(
          item.row.claim == partner.partnerClaim && item.partnerClaim == partner.row.claim, item,
          "each knows the other's claim")
        let wrong = item.answer == "No" ? item : partner
        let claim = try #require(wrong.row.claim)
        check(
          claim != wrong.row.answer && wrong.row.candidates.contains(claim), item,
          "the wrong claim is a distractor's answer")
        index += 2
      }
    }
  }
}

@Suite struct BalanceTests {
  @Test func theRightPairStandsEverywhereEquallyOften() throws {
    for items in try samples.get() {
      for form in TaskForm.allCases {
        for pairCount in 2...4 {
          let asked = items.filter { $0.task.form == form && $0.pairCount == pairCount }
          let counts = (0..<pairCount).map { place in
            asked.count { $0.targetPosition == place }
          }
          // Dealt in rounds, and a Yes/No pair shares its place.
          #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2, "\(form) \(counts)")
        }
      }
    }
  }

  @Test func answersAreBalanced() throws {
    for items in try samples.get() {
      let statements = items.filter { $0.task.form == .classification }
      #expect(statements.count == 5000)
      #expect(statements.count { $0.answer == "Yes" } == 2500)
      let people = items.filter { $0.task.answersWithArticle && $0.task.valueSchema == .genders }
      let boys = people.count { $0.answer == "boy" }
      #expect(people.count > 500 && abs(2 * boys - people.count) <= 1)
      let countries = items.filter {
        $0.task.form == .generation && $0.task.valueSchema == .cities
          && $0.task.relation1 == .child
      }
      let counts = Dictionary(grouping: countries, by: \.answer).mapValues(\.count)
      #expect(counts.count == 16)
      #expect((counts.values.max() ?? 0) - (counts.values.min() ?? 0) <= 1)
    }
  }

  @Test func pairCountsComeInTheirProportion() throws {
    let items = try samples.get()[0]
    for (pairCount, share) in [(2, 0.2), (3, 0.6), (4, 0.2)] {
      let found = Double(items.count { $0.pairCount == pairCount }) / Double(items.count)
      #expect(abs(found - share) < 0.001)
    }
  }

  @Test func aYesDemonstrationIsAsLikelyAsANo() throws {
    let labels = try samples.get().joined().flatMap { $0.rows.dropLast().compactMap(\.label) }
    let yes = Double(labels.count { $0 == "Yes" }) / Double(labels.count)
    // 75,000 draws, of which a Yes/No pair shares its own: five standard errors are 0.013.
    #expect(labels.count == 75_000 && abs(yes - 0.5) < 0.013)
  }
}

@Suite struct SettingsTests {
  private func items(_ change: (inout GenerationSettings) -> Void) throws -> [Item] {
    var settings = GenerationSettings()
    settings.count = 40
    change(&settings)
    return try ItemGenerator(vocabulary: try vocabulary.get(), settings: settings).items()
  }

  /// FNV-1a, 64 bits.
  private func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// Pins the bytes. They change only with sampling or wording, in a commit that says why.
  @Test func aSeedMeansTheSameBytesEverywhere() throws {
    let bytes = jsonLines(of: try items { $0.count = 768 })
    #expect(hash(bytes) == 10_866_779_120_179_685_295, "the hash is \(hash(bytes))")
    #expect(try jsonLines(of: items { $0.count = 768 }) == bytes)
    #expect(try jsonLines(of: items { $0.count = 768; $0.seed = 2 }) != bytes)
  }

  @Test func aLongerSetBeginsWithAShorterOne() throws {
    let long = try items { $0.count = 400 }
    #expect(try items { $0.count = 40 } == Array(long.prefix(40)))
    #expect(Set(long.map(\.id)).count == 400)
  }

  @Test func filtersSelectTasks() throws {
    #expect(try items { $0.forms = [.generation] }.allSatisfy { $0.task.form == .generation })
    #expect(try items { $0.polarities = [.negated] }.allSatisfy(\.task.isNegated))
    #expect(
      try items { $0.schemas = [[.genders, .kinds], [.adjectives]] }.allSatisfy {
        $0.task.schemaPair == [.genders, .kinds] || $0.task.schemas.contains(.adjectives)
      })
    #expect(try items { $0.tasks = ["17", "3"] }.allSatisfy { [3, 17].contains($0.task.index) })
    let id = GARTask.all[250].officialID
    #expect(try items { $0.tasks = [id] }.allSatisfy { $0.task.index == 250 })
    #expect(
      try items { $0.tasks = ["Genders∋,Kinds"] }.allSatisfy {
        $0.task.summary.hasPrefix("Genders∋,Kinds")
      })
    #expect(try GenerationSettings.schemas(from: "genders+kinds,Adjectives")
      == [[.genders, .kinds], [.adjectives]])
  }

  @Test func anOddCountIsFilledWithAGeneration() throws {
    let items = try items { $0.count = 41 }
    #expect(items.count == 41)
    #expect(items.count { $0.answer == "Yes" } == items.count { $0.answer == "No" })
  }

  @Test func impossibleRequestsSayWhatToDo() throws {
    #expect(throws: GenerationError.badCount(0)) { try items { $0.count = 0 } }
    #expect(throws: GenerationError.oddCount(5)) {
      try items {
        $0.count = 5
        $0.forms = [.classification]
      }
    }
    #expect(throws: GenerationError.badPairs([3, 1])) { try items { $0.pairs = [3, 1] } }
    #expect(throws: GenerationError.badPairs([])) { try items { $0.pairs = [] } }
    #expect(throws: GenerationError.badShots(-1)) { try items { $0.shots = -1 } }
    #expect(throws: GenerationError.unknownTask("384")) { try items { $0.tasks = ["384"] } }
    #expect(throws: GenerationError.noTasks) { try items { $0.schemas = [[.cities, .kinds]] } }
    #expect(throws: GenerationError.unknownSchema("citys")) {
      try GenerationSettings.schemas(from: "citys")
    }
    #expect(throws: GenerationError.tooFewEntities(schema: .genders, needed: 60, found: 50)) {
      try items {
        $0.pairs = [60]
        $0.schemas = [[.genders]]
        $0.tasks = ["genders_of_persons.TreeSet.equal"]
      }
    }
  }

  @Test func asManyPairsAsTheVocabularyAllows() throws {
    let items = try items {
      $0.pairs = [20]
      $0.count = 768
      $0.shots = 0
    }
    let vocabulary = try vocabulary.get()
    for item in items {
      #expect(
        solve(item.row, vocabulary: vocabulary, task: item.task) == .unique(item.row.answer))
    }
  }

  @Test func aSmallVocabularyCannotGiveManyDifferentRows() throws {
    let small = try Vocabulary(json: VocabularyTests.small(), file: "facts.json")
    var settings = GenerationSettings()
    settings.pairs = [2]
    settings.shots = 0
    settings.count = 768
    for item in try ItemGenerator(vocabulary: small, settings: settings).items() {
      #expect(solve(item.row, vocabulary: small, task: item.task) == .unique(item.row.answer))
    }
    settings.shots = 30
    #expect(throws: GenerationError.self) {
      try ItemGenerator(vocabulary: small, settings: settings).items()
    }
  }
}
