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

@Suite struct GenerationTests {
  @Test func everyItemHasOneAnswerByTheSolver() throws {
    let vocabulary = try vocabulary.get()
    for item in try samples.get().joined() {
      for row in item.rows {
        #expect(solve(row, vocabulary: vocabulary, task: item.task) == .unique(row.answer))
        for (index, candidate) in row.candidates.enumerated() where index != row.target {
          #expect(candidate != row.answer, "\(item.id): a distractor gives the right answer")
        }
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
      #expect(item.text == item.prompt + " " + item.answer + "\n")
      #expect(!item.prompt.hasSuffix(" "))
      #expect(item.answer != item.foil)
      #expect(item.candidates.contains(item.answer) && item.candidates.contains(item.foil))
      #expect(item.rows.count == item.roles.count)
    }
  }

  @Test func rowsOfAPromptAreDistinct() throws {
    for item in try samples.get().joined() {
      #expect(Set(item.rows.map { Row(pairs: $0.pairs, target: 0, query: $0.query,
        candidates: $0.candidates) }).count == item.rows.count)
    }
  }

  @Test func rolesStandOnTheirWords() throws {
    for item in try samples.get().joined() {
      let scalars = Array(item.text.unicodeScalars)
      func words(_ role: Role, _ row: Int) -> [String] {
        (item.roles[row][role] ?? []).map { range in
          var text = String.UnicodeScalarView()
          text.append(contentsOf: scalars[range])
          return String(text)
        }
      }
      for (index, row) in item.rows.enumerated() {
        let others = row.pairs.indices.filter { $0 != row.target }
        let target = row.pairs[row.target]
        let matching: [ContextPair] =
          item.task.isNegated ? others.map { row.pairs[$0] } : [target]
        let rest: [ContextPair] =
          item.task.isNegated ? [target] : others.map { row.pairs[$0] }
        // Adjectives open an exchanged sentence with a capital.
        #expect(words(.key, index).map { $0.lowercased() } == matching.map { $0.key.lowercased() })
        #expect(
          words(.value, index).map { $0.lowercased() } == matching.map { $0.value.lowercased() })
        #expect(
          words(.distractorKeys, index).map { $0.lowercased() } == rest.map { $0.key.lowercased() })
        #expect(
          words(.distractorValues, index).map { $0.lowercased() }
            == rest.map { $0.value.lowercased() })
        let query = words(.query, index)
        #expect(query.count == 1)
        #expect(
          query.allSatisfy {
            [row.query, row.query + "s"].contains($0)
              || ["The " + row.query.dropFirst(4), "The " + row.query.dropFirst(4) + "s"]
                .contains($0)
          }, "\(query) for \(row.query)")
        #expect(words(.negation, index) == (item.task.isNegated ? ["not"] : []))
        #expect(
          words(.answer, index)
            == [row.claim ?? (item.task.answersWithArticle
              ? String(row.answer.dropFirst(4)) : row.answer)])
        #expect(words(.end, index).count == 1)
      }
      #expect(item.roles.last?[.end]?.first?.upperBound == item.prompt.unicodeScalars.count)
    }
  }

  @Test func textsAreReadBackByTheGrammar() throws {
    let grammar = Grammar(vocabulary: try vocabulary.get())
    for item in try samples.get().joined() {
      let parsed = grammar[item.task].parse(item.text, pairCount: item.pairCount)
      #expect(parsed?.preamble == item.preamble)
      #expect(
        parsed?.rows
          == item.rows.map {
            ParsedText.Row(
              pairs: $0.pairs, query: $0.query, answer: $0.claim ?? $0.answer, label: $0.label)
          }, "\(item.text)")
    }
  }

  @Test func thePreambleListsEveryCandidateOnce() throws {
    for item in try samples.get().joined() where item.preamble != nil {
      let line = try #require(item.preamble)
      let list = try #require(line.split(separator: " include ").last?.dropLast())
      let words = list.split(separator: ", ").flatMap { $0.split(separator: " and ") }
      #expect(
        words.map(String.init).sorted() == Set(item.rows.flatMap(\.candidates)).sorted())
      #expect(item.text.hasPrefix(line + "\n"))
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
        #expect(item.partnerID == partner.id && partner.partnerID == item.id)
        #expect(Set([item.answer, partner.answer]) == ["Yes", "No"])
        #expect(item.foil == partner.answer && partner.foil == item.answer)
        #expect(item.rows.dropLast() == partner.rows.dropLast())
        #expect(item.preamble == partner.preamble)
        #expect(item.row.pairs == partner.row.pairs && item.row.query == partner.row.query)
        #expect(item.row.claim == partner.partnerClaim && item.partnerClaim == partner.row.claim)
        let wrong = item.answer == "No" ? item : partner
        let claim = try #require(wrong.row.claim)
        #expect(claim != wrong.row.answer && wrong.row.candidates.contains(claim))
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
