// The solver finds what is wrong with a row and says why, by facts of each source.

import Assets
import Foundation
import GAR
import JSONText
import Testing

@Suite struct DisagreementTests {
  private static let city = "[genders_of_persons.TreeSet.equal,countries_of_cities.TreeSet.child]"
  private static let group = "[genders_of_persons.TreeSet.child,countries_of_cities.TreeSet.equal]"
  private static let negated =
    "[genders_of_persons.TreeSet.neg_child,countries_of_cities.TreeSet.equal]"

  private func line(_ task: String, _ text: String, pairs: Int = 2, isClaim: Bool = false) -> String
  {
    let head = "rlr_gen[dict_candidates=True]"
    let id = (isClaim ? "g2c[\(head)]" : head) + task + "[cxt_len=\(pairs)]"
    return "{\"task_id\":\"\(id)\",\"texts\":\"\(text)\\n\"}"
  }

  private func claim(_ context: String, _ statement: String, _ label: String) -> String {
    line(
      Self.city,
      "Premise: < \(context) >. Answer with Yes or No. Can it be inferred from the premise that "
        + "\(statement)? Answer: \(label)", isClaim: true)
  }

  private func read(_ lines: [String], _ given: GivenFacts = GivenFacts()) throws -> OfficialImport
  {
    let file = try ItemFile(
      bytes: Array(lines.joined(separator: "\n").utf8), file: "f",
      vocabulary: try builtInVocabulary.get(), given: given)
    #expect(file.problems == [])
    return try #require(file.official)
  }

  private func causes(_ lines: [String], _ given: GivenFacts = GivenFacts()) throws -> [String] {
    let found = try read(lines, given)
    return (found.disagreements + found.undecided).map {
      "\($0.line).\($0.row) \($0.cause.rawValue): \($0.detail)"
    }
  }

  private let rome = "Jack likes Rome. Anna likes Kyoto."

  @Test func rightAnswersAreAgreedWith() throws {
    #expect(
      try causes([line(Self.city, "< \(rome) >. So Anna wants to go to a city of Japan")]) == [])
    #expect(try causes([claim(rome, "Anna wants to go to a city of Japan", "Yes")]) == [])
    #expect(try causes([claim(rome, "Anna wants to go to a city of Italy", "No")]) == [])
  }

  @Test func aWrongAnswerIsListedWithTheRightOne() throws {
    #expect(
      try causes([line(Self.city, "< \(rome) >. So Anna wants to go to a city of Italy")])
        == ["1.0 wrong answer: Italy, where Kyoto leads to Japan"])
    #expect(
      try causes([line(Self.group, "< \(rome) >. So the girl wants to go to Rome")])
        == ["1.0 wrong answer: Rome, where Kyoto leads to Kyoto"])
  }

  @Test func aWrongLabelIsListed() throws {
    let yes = claim(rome, "Anna wants to go to a city of Italy", "Yes")
    #expect(try causes([yes]) == ["1.0 label wrong: Yes to Italy, where Kyoto leads to Japan"])
    let no = claim(rome, "Anna wants to go to a city of Japan", "No")
    #expect(try causes([no]) == ["1.0 label wrong: No to Japan, where Kyoto leads to Japan"])
    // What is right is then not known; the item can be read all the same.
    let found = try read([no])
    #expect(found.items[0].row.answer == "" && found.items[0].answer == "No")
    let again = try ItemFile(
      bytes: jsonLines(of: found.items), file: "f", vocabulary: try builtInVocabulary.get(),
      isStrict: true)
    #expect(again.problems == [] && again.items == found.items)
  }

  @Test func pairsThatDoNotFitOnceAreListed() throws {
    #expect(
      try causes([
        line(Self.group, "< Anna likes Rome. Clara likes Kyoto. >. So the girl wants to go to Rome")
      ])
        == ["1.0 several pairs fit: the girl: Anna, Clara"])
    #expect(
      try causes([
        line(Self.group, "< Jack likes Rome. Paul likes Kyoto. >. So the girl wants to go to Rome")
      ])
        == ["1.0 no pair fits: the girl: Jack, Paul"])
    #expect(
      try causes([
        line(
          Self.negated,
          "< Jack likes Rome. Paul likes Kyoto. >. The girls do not want to go to Rome")
      ]) == ["1.0 several pairs fit: the girl: Jack, Paul"])
  }

  @Test func aDistractorWithTheRightAnswerIsListed() throws {
    #expect(
      try causes([
        line(
          Self.city,
          "< Jack likes Tokyo. Anna likes Kyoto. >. So Anna wants to go to a city of Japan")
      ]) == ["1.0 candidate repeated: Kyoto and Tokyo both lead to Japan"])
  }

  private let strangers = "Jack likes Aaa. Anna likes Bbb."

  @Test func aRowIsNoWitnessForItself() throws {
    let text = "< \(strangers) >. So Anna wants to go to a city of Ruritania"
    #expect(try causes([line(Self.city, text)]) == ["1.0 unknown entity: Bbb (Cities)"])
    // The same context and query is the same witness.
    #expect(try causes([line(Self.city, text), line(Self.city, text)]).count == 2)
    let other = "< Paul likes Ccc. Clara likes Bbb. >. So Clara wants to go to a city of Ruritania"
    #expect(try causes([line(Self.city, text), line(Self.city, other)]) == [])
    let found = try read([line(Self.city, text), line(Self.city, other)])
    #expect(found.facts.decided[.testimony] == 2 && found.contradictions == [])
  }

  @Test func mostWitnessesAreBelievedAndATieIsNamed() throws {
    func says(_ name: String, _ country: String) -> String {
      line(
        Self.city,
        "< Jack likes Aaa. \(name) likes Bbb. >. So \(name) wants to go to a city of \(country)")
    }
    let tie = try causes([
      says("Anna", "Ruritania"), says("Clara", "Syldavia"), says("Nora", "Ruritania"),
    ])
    #expect(
      tie == [
        "1.0 contradictory membership: Bbb: as many rows say Ruritania as Syldavia",
        "2.0 wrong answer: Syldavia, where Bbb leads to Ruritania",
        "3.0 contradictory membership: Bbb: as many rows say Ruritania as Syldavia",
      ])
    let outvoted = ["Anna", "Clara", "Nora", "Ruth"].map { says($0, "Ruritania") }
    let found = try read(outvoted + [says("Lucy", "Syldavia")])
    #expect(found.disagreements.map(\.line) == [5])
    #expect(found.contradictions.map(\.entity) == ["Bbb"])
    #expect(found.contradictions.first?.groups.map(\.rows) == [4, 1])
  }

  @Test func givenFactsComeFirst() throws {
    let facts = """
      {"properties": {"domain_name": "city", "range_name": "country"},
       "samples": [{"subject": "Bbb", "object": "United Ruritania"}]}
      """
    let given = try GivenFacts(json: Array(facts.utf8), file: "facts.json")
    let right = line(
      Self.city, "< \(strangers) >. So Anna wants to go to a city of the United Ruritania")
    #expect(try causes([right], given) == [])
    let found = try read([right], given)
    #expect(found.facts.decided[.file] == 1)
    let wrong = line(Self.city, "< \(strangers) >. So Anna wants to go to a city of Syldavia")
    #expect(
      try causes([wrong], given) == [
        "1.0 wrong answer: Syldavia, where Bbb leads to United Ruritania"
      ])
    #expect(try read([wrong], given).contradictions.map(\.entity) == ["Bbb"])
  }

  @Test func aVocabularyThatIsGivenOutranksTheBuiltInOne() throws {
    let text = try String(contentsOfFile: Assets.vocabulary, encoding: .utf8)
    let moved = text.replacingOccurrences(of: "\"Kyoto\",", with: "")
      .replacingOccurrences(of: "\"Rome\"", with: "\"Rome\", \"Kyoto\"")
    let given = try GivenFacts(json: Array(moved.utf8), file: "vocabulary.json")
    #expect(
      try causes([claim(rome, "Anna wants to go to a city of Japan", "Yes")], given)
        == ["1.0 label wrong: Yes to Japan, where Kyoto leads to Italy"])
  }

  struct BadFacts: CustomTestStringConvertible, Sendable {
    var json: String
    var message: String
    var testDescription: String { message }
  }

  @Test(arguments: [
    BadFacts(json: "{\"samples\": [}", message: "line 1, column 14: not valid JSON"),
    BadFacts(json: "{\"samples\": []}", message: "the list of facts lacks \"properties\""),
    BadFacts(
      json:
        "{\"samples\": [], \"properties\": {\"domain_name\": \"dog\", \"range_name\": \"cat\"}}",
      message: "the benchmark has no \"dog and cat\"; known are landmark and country"),
    BadFacts(
      json:
        "{\"samples\": 7, \"properties\": {\"domain_name\": \"city\", \"range_name\": \"country\"}}",
      message: "\"samples\" must be a list, not a number"),
    BadFacts(
      json: "{\"properties\": {\"domain_name\": \"city\", \"range_name\": \"country\"},\n"
        + " \"samples\": [{\"subject\": 7, \"object\": \"Italy\"}]}",
      message: "line 2, column 26: \"subject\" must be a string, not a number"),
    BadFacts(json: "{}", message: "lacks \"version\""),
  ]) func aBrokenFileOfFactsIsNamed(_ bad: BadFacts) throws {
    let error = try #require(throws: VocabularyError.self) {
      try GivenFacts(json: Array(bad.json.utf8), file: "facts.json")
    }
    #expect(error.description.contains(bad.message), "\(error)")
  }

  /// Adjectives: one row alone may err, so that sets hang together by two.
  @Test func synonymsOfSynonymsNeedTwoWitnesses() throws {
    func says(_ name: String, _ adjective: String, _ answer: String, _ other: String) -> String {
      let id = "rlr_gen[genders_of_persons.TreeSet.equal,person_adjs.SymSet.similar][cxt_len=2]"
      return
        "{\"task_id\":\"\(id)\",\"texts\":\"< Jack is \(other). \(name) is \(adjective). >. So \(name)"
        + " is \(answer)\\n\"}"
    }
    let once = [says("Anna", "aaa", "bbb", "xxx"), says("Nora", "bbb", "ccc", "yyy")]
    let asked = says("Lucy", "aaa", "ccc", "zzz")
    #expect(try causes(once + [asked]).contains("3.0 unknown entity: aaa (Adjectives)"))
    let twice = once + [says("Ruth", "aaa", "bbb", "xxx"), says("Emma", "bbb", "ccc", "yyy")]
    #expect(try causes(twice + [asked]) == [])
    let far = [says("Eva", "ddd", "eee", "xxx"), says("Amy", "ddd", "eee", "yyy")]
    #expect(
      try causes(twice + far + [says("Lucy", "aaa", "eee", "zzz")]).map { String($0.prefix(16)) }
        == ["7.0 wrong answer"])
  }
}
