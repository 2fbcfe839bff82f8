// Prompts whose bracketed answers are scored: each sentence read, and what broken brackets say.

import Foundation
import GAR
import JSONText
import TestSupport
import Testing

private let scoredPath = sharedFile("gar/official/dcformer_synthetic.jsonl")

@Suite struct ScoredPromptTests {
  private func read(_ rows: [String], task: String = "task1") throws -> ItemFile {
    let text = try #require(
      String(
        data: JSONEncoder().encode("\n" + rows.joined(separator: "\n") + "\n"), encoding: .utf8))
    return try ItemFile(
      bytes: Array("{\"task_id\":\"\(task)\",\"texts\":\(text)}\n".utf8), file: "f",
      vocabulary: try builtInVocabulary.get())
  }

  private func rows(_ rows: String...) throws -> [ScoredRow] {
    let file = try read(rows)
    #expect(file.format == .scored && file.problems == [])
    return try #require(file.scored?.prompts.first).rows
  }

  struct Sentence: CustomTestStringConvertible, Sendable {
    var row: String
    /// Key and value of each pair, then the target.
    var pairs: [String]
    var target: Int
    var query: String?
    var relation: ScoredRelation
    var isNegated: Bool
    var asksForPerson = false
    var answer: String
    var testDescription: String { row }
  }

  static let sentences = [
    Sentence(
      row: "< Ann has a flute. Ben has an owl. Cy has tea. >. Ben possesses a kind of [ bird ]",
      pairs: ["Ann", "flute", "Ben", "owl", "Cy", "tea"], target: 1, query: "Ben", relation: .kind,
      isNegated: false, answer: "bird"),
    Sentence(
      row: "< The flutes are Ann's. The owl is Ben's. X-ray is Ann's. >. Ann does not own [ owl ]",
      pairs: ["Ann", "flutes", "Ben", "owl", "Ann", "X-ray"], target: 1, query: "Ann",
      relation: .same, isNegated: true, answer: "owl"),
    Sentence(
      row: "< Ann likes Oslo. Ben likes Reno, N.V. Cy likes Lima. >. Who yearns for Reno, N.V? "
        + "[ Ben ]",
      pairs: ["Ann", "Oslo", "Ben", "Reno, N.V", "Cy", "Lima"], target: 1, query: "Reno, N.V",
      relation: .same, isNegated: false, asksForPerson: true, answer: "Ben"),
    Sentence(
      row: "< Oslo attracts Ann. Lima attracts Ben. >. Ann does not want to visit the city in "
        + "[ Peru ]",
      pairs: ["Ann", "Oslo", "Ben", "Lima"], target: 1, query: "Ann", relation: .city,
      isNegated: true, answer: "Peru"),
    Sentence(
      row: "< Ann has a saw. Ben has a pen. >. Who does not have the thing that can write? [ Ann ]",
      pairs: ["Ann", "saw", "Ben", "pen"], target: 0, query: "write", relation: .usage,
      isNegated: true, asksForPerson: true, answer: "Ann"),
    Sentence(
      row: "< Wet Ann. Tame Ben. >. Ben is the opposite of [ wild ]",
      pairs: ["Ann", "wet", "Ben", "tame"], target: 1, query: "Ben", relation: .opposite,
      isNegated: false, answer: "wild"),
    Sentence(
      row: "< Ann arrived in May. Ben arrived in July. >. Ann did not show up the month just "
        + "before [ August ]",
      pairs: ["Ann", "May", "Ben", "July"], target: 1, query: "Ann", relation: .before,
      isNegated: true, answer: "August"),
    Sentence(
      row: "< At 9 o'clock arrived Ann. At 4 o'clock arrived Ben. >. Who appeared the time just "
        + "before 5 o'clock? [ Ben ]",
      pairs: ["Ann", "9 o'clock", "Ben", "4 o'clock"], target: 1, query: "5 o'clock",
      relation: .before, isNegated: false, asksForPerson: true, answer: "Ben"),
    Sentence(
      row: "There are a saw, a pen, a saw. Which is different? The [ pen ]",
      pairs: ["", "saw", "", "pen", "", "saw"], target: 1, query: nil, relation: .same,
      isNegated: true, answer: "pen"),
    Sentence(
      row: "There are 2017, 2011, 2017. Which is not 2017? The year just after [ 2010 ]",
      pairs: ["", "2017", "", "2011", "", "2017"], target: 1, query: "2017", relation: .after,
      isNegated: true, answer: "2010"),
  ]

  @Test(arguments: sentences) func aRowIsReadIntoStructure(_ sentence: Sentence) throws {
    let row = try rows(sentence.row)[0]
    let structure = try #require(row.structure)
    #expect(structure.pairs.flatMap { [$0.key, $0.value] } == sentence.pairs)
    #expect(structure.target == sentence.target && structure.query == sentence.query)
    #expect(structure.relation == sentence.relation && structure.isNegated == sentence.isNegated)
    #expect(structure.asksForPerson == sentence.asksForPerson)
    #expect(row.answer == sentence.answer && row.candidates.contains(sentence.answer))
  }

  @Test func anAnswerStandsWhereItsRangeSays() throws {
    let prompt = try #require(
      try read([
        "< Ann has a saw. Ben has a pen. >. Ann has saw",
        "< Ann has a saw. Ben has a cup. >. Ben has [ cup ]",
        "< Ann has a fan. Ben has a pen. >. Ann has [ fan ]",
      ]).scored?.prompts.first)
    #expect(prompt.rows.map(\.isScored) == [false, true, true])
    #expect(prompt.rows[0].answer == "saw")
    let scalars = Array(prompt.text.unicodeScalars)
    for row in prompt.scoredRows {
      let range = try #require(row.answerRange)
      #expect(String(String.UnicodeScalarView(scalars[range])) == row.answer)
    }
    #expect(
      prompt.prompt(before: 2) == "\n< Ann has a saw. Ben has a pen. >. Ann has saw\n"
        + "< Ann has a saw. Ben has a cup. >. Ben has cup\n"
        + "< Ann has a fan. Ben has a pen. >. Ann has")
    #expect(prompt.rows[1].candidates == ["saw", "cup"])
  }

  @Test func candidatesComeFromOtherRowsAndTheCalendar() throws {
    let read = try rows(
      "< Ann has a saw. Ben has an owl. >. Ann has a kind of tool",
      "< Ann has a saw. Ben has an owl. >. Ben has a kind of [ bird ]",
      "< Ann arrived in May. Ben arrived in December. >. Ann arrived the month just before [ June ]",
      "< Ann has a saw. Ben has an owl. >. Who has a kind of bird? [ Ben ]")
    #expect(read[1].candidates == ["tool", "bird"])
    #expect(read[2].candidates == ["June", "January"])
    #expect(read[3].candidates == ["Ann", "Ben"])
  }

  @Test func aReadingThatTheBracketsContradictIsNone() throws {
    let row = try rows("< Ann has a saw. Ben has a pen. >. Ann has [ pen ]")[0]
    #expect(row.structure == nil && row.answer == "pen" && row.candidates == ["pen"])
  }

  @Test(arguments: [
    ("Ann has [ saw", "1 opening and 0 closing brackets", 28),
    ("Ann has [ saw ] or [ pen ]", "2 opening and 2 closing brackets", 39),
    ("Ann has [saw]", "expected an answer as [ so ] at the row's end", 28),
    ("Ann has [ saw ] now", "expected an answer as [ so ] at the row's end", 28),
    ("Ann has saw", "no row of \"texts\" has an answer in brackets", 28),
  ]) func brokenBracketsAreNamed(end: String, message: String, column: Int) throws {
    let file = try read(["\(end)"])
    let problem = try #require(file.problems.first)
    #expect(problem.description.contains(message), "\(problem)")
    let start = "{\"task_id\":\"task1\",\"texts\":".count
    let found = problem.position?.column ?? 0
    #expect(found >= start && found < start + column)
    #expect(file.scored?.prompts == [])
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let set = try #require(try read(Self.sentences.map(\.row)).scored)
    let again = try ItemFile(
      bytes: scoredLines(of: set.prompts), file: "f", vocabulary: try builtInVocabulary.get())
    #expect(again.format == .scored && again.problems == [])
    #expect(again.scored?.prompts == set.prompts)
  }

  @Test(.enabled(if: scoredPath != nil, "../shared/gar/official is absent"))
  func theSetIsReadAndNearlyAllOfItIntoStructure() throws {
    let file = try ItemFile(
      path: try #require(scoredPath), vocabulary: try builtInVocabulary.get())
    let set = try #require(file.scored)
    #expect(file.problems == [] && set.prompts.count == 888 && set.shares.count == 74)
    #expect(set.prompts.allSatisfy { $0.rows.count == 8 && $0.scoredRows.count == 6 })
    #expect(set.shares.reduce(0) { $0 + $1.rows } == 7104)
    #expect(set.shares.reduce(0) { $0 + $1.parsed } == 7104)
    let scored = set.prompts.flatMap(\.scoredRows)
    #expect(scored.allSatisfy { $0.candidates.contains($0.answer ?? "") })
    #expect(scored.count { $0.candidates.count > 1 } > 5300)
  }
}
