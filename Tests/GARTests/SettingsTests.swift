// What is generated on request: filters, counts, seeds, and requests that cannot be met.

import GAR
import Testing

@Suite struct SettingsTests {
  private func items(_ change: (inout GenerationSettings) -> Void) throws -> [Item] {
    var settings = GenerationSettings()
    settings.count = 40
    change(&settings)
    return try ItemGenerator(vocabulary: try builtInVocabulary.get(), settings: settings).items()
  }

  /// FNV-1a, 64 bits.
  private func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// Pins the bytes. They change only with sampling or wording, in a commit that says why.
  /// Identifiers hold commas, which are not those between the entries of a list.
  @Test func aListOfTasksKeepsIdentifiersWhole() throws {
    let (first, second) = (GARTask.all[7], GARTask.all[300])
    let list = "\(first.officialID), \(second.officialID),12"
    #expect(
      GenerationSettings.tasks(from: list) == [first.officialID, second.officialID, "12"])
    #expect(GenerationSettings.tasks(from: "Genders=,Kinds= cls") == ["Genders=,Kinds= cls"])
    var settings = GenerationSettings()
    settings.tasks = GenerationSettings.tasks(from: list)
    #expect(Set(try settings.selectedTasks().map(\.index)) == [7, 12, 300])
  }

  @Test func aSeedMeansTheSameBytesEverywhere() throws {
    let bytes = jsonLines(of: try items { $0.count = 768 })
    #expect(hash(bytes) == 10_866_779_120_179_685_295, "the hash is \(hash(bytes))")
    #expect(try jsonLines(of: items { $0.count = 768 }) == bytes)
    #expect(
      try jsonLines(
        of: items {
          $0.count = 768; $0.seed = 2
        }) != bytes)
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
    #expect(
      try GenerationSettings.schemas(from: "genders+kinds,Adjectives")
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
    let vocabulary = try builtInVocabulary.get()
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
