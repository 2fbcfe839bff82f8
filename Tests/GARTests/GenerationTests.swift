// Generated sets: every item answered by the solver, and roles on the right words.

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
let builtInVocabulary = Result { try Vocabulary(path: Assets.vocabulary) }
let samples = Result {
  let vocabulary = try builtInVocabulary.get()
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
    let vocabulary = try builtInVocabulary.get()
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
          && [[capital], [row.query + "s"], [capital + "s"]].contains(query)),
      item, "Q")
    check(words(.end).count == 1 && words(.end)[0].count == 1, item, "END")
  }

  @Test func textsAreReadBackByTheGrammar() throws {
    let grammar = Grammar(vocabulary: try builtInVocabulary.get())
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
