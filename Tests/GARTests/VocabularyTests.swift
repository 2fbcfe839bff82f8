// The built-in vocabulary, and one clear error for each way in which an edited one can be wrong.

import Assets
import Foundation
import GAR
import Testing

@Suite struct VocabularyTests {
  @Test func theBuiltInVocabularyLoads() throws {
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    #expect(SchemaID.allCases.map { vocabulary[$0].groups.count } == [2, 10, 16, 16, 12, 12, 48])
    #expect(SchemaID.allCases.map { vocabulary[$0].members.count } == [50, 60, 64, 48, 86, 48, 96])
    let cities = vocabulary[.cities]
    #expect(cities.groups[0].name == "China")
    #expect(cities.relates("Japan", .child, to: "Kyoto"))
    #expect(!cities.relates("China", .child, to: "Kyoto"))
    #expect(!cities.relates("Kyoto", .child, to: "Kyoto"))
    #expect(cities.sources(of: "Kyoto", by: .child) == ["Japan"])
    #expect(vocabulary[.adjectives].sources(of: "happy", by: .similar) == ["glad"])
    #expect(!vocabulary[.adjectives].relates("happy", .similar, to: "happy"))
    #expect(!vocabulary[.adjectives].relates("happy", .similar, to: "sad"))
  }

  /// The built-in file with one text replaced, and the one error this must give.
  struct Damage: CustomTestStringConvertible {
    var from: String
    var to: String
    var message: String
    var testDescription: String { message }
  }

  static let damages = [
    Damage(
      from: #""Adam","#, to: #""Adam" "#,
      message: "line 13, column 6: not valid JSON: expected ',' or ']', found '\"'"),
    Damage(
      from: #""version": 1"#, to: #""version": 2"#,
      message: "version is 2, and only version 1 is known"),
    Damage(
      from: #""Adam","#, to: #""Alice","#,
      message: "line 39, column 6: schema genders, \"Alice\" stands in the groups "
        + "\"the boy\" and \"the girl\": keep one"),
    Damage(
      from: #""Alan","#, to: #""Adam","#,
      message: "line 13, column 6: schema genders, group \"the boy\" lists \"Adam\" twice: "
        + "remove one"),
    Damage(
      from: #""Adam","#, to: #"" Adam","#,
      message: "line 12, column 6: schema genders, \" Adam\" begins or ends with a space: "
        + "correct it"),
    Damage(
      from: #""Adam","#, to: #""Ad\nam","#,
      message: "line 12, column 6: schema genders, \"Ad\\nam\" holds a line break or control "
        + "character: correct it"),
    Damage(
      from: #""Adam","#, to: #""A<dam","#,
      message: "line 12, column 6: schema genders, \"A<dam\" holds an angle bracket, which "
        + "delimits a context: correct it"),
    Damage(
      from: #""Adam","#, to: #""","#,
      message: "line 12, column 6: schema genders, \"\" is empty: correct it"),
    Damage(
      from: #""Adam","#, to: "7,",
      message: "line 12, column 6: an entity of group \"the boy\" of genders must be a string, "
        + "not a number"),
    Damage(
      from: #""kind": "synonyms""#, to: #""kind": "forest""#,
      message: "schema adjectives has the unknown kind \"forest\"; known are tree and synonyms"),
    Damage(
      from: #""kind": "synonyms""#, to: #""kind": "tree""#,
      message: "schema adjectives must be of kind synonyms"),
    Damage(
      from: #""genders": {"#, to: #""gender": {"#,
      message: "\"schemas\" has no \"gender\"; known are genders, occupations, cities, "
        + "landmarks, kinds, usages, adjectives"),
    Damage(
      from: #""name": "GendersOfPersons","#, to: "",
      message: "line 4, column 14: schema genders lacks \"name\": add it"),
    Damage(
      from: #""memberPhrase": "a city of""#, to: #""memberPhrase": ["a city of"]"#,
      message: "the memberPhrase of schema cities must be a string, not a list"),
    Damage(
      from: #""the girl": ["#, to: #""the boy": ["#,
      message: "line 38, column 5: not valid JSON: the key \"the boy\" stands here twice"),
  ]

  @Test(arguments: damages) func oneClearErrorNamesThePlace(_ damage: Damage) throws {
    let text = try String(contentsOfFile: Assets.vocabulary, encoding: .utf8)
    let range = try #require(text.range(of: damage.from))
    let damaged = text.replacingCharacters(in: range, with: damage.to)
    let error = try #require(throws: VocabularyError.self) {
      try Vocabulary(json: Array(damaged.utf8), file: "facts.json")
    }
    #expect(error.description.hasPrefix("facts.json"))
    #expect(error.description.contains(damage.message), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  /// A smallest vocabulary, to be made smaller still.
  static func small(
    cities: String = #"{"China": ["Wuhan"], "Japan": ["Kyoto"]}"#,
    adjectives: String = #"[[["happy", "glad"], ["sad", "unhappy"]]]"#,
    without missing: SchemaID? = nil
  ) -> [UInt8] {
    let trees = [
      "genders": #"{"the boy": ["John"], "the girl": ["Mary"]}"#,
      "occupations": #"{"the actor": ["Ann"], "the author": ["Ben"]}"#, "cities": cities,
      "landmarks": #"{"Peru": ["Nazca"], "Jordan": ["Petra"]}"#,
      "kinds": #"{"animal": ["dog"], "fruit": ["pear"]}"#,
      "usages": #"{"writing": ["pen"], "cutting": ["saw"]}"#,
    ]
    let schemas = SchemaID.allCases.filter { $0 != missing }.map { id in
      let groups = trees[id.rawValue] ?? adjectives
      let kind = trees[id.rawValue] == nil ? "synonyms" : "tree"
      return #""\#(id.rawValue)": {"name": "N", "kind": "\#(kind)", "groups": \#(groups)}"#
    }
    return Array(#"{"version": 1, "schemas": {\#(schemas.joined(separator: ","))}}"#.utf8)
  }

  @Test func theSmallestVocabularyLoads() throws {
    let vocabulary = try Vocabulary(json: Self.small(), file: "facts.json")
    #expect(vocabulary[.cities].members == ["Wuhan", "Kyoto"])
    #expect(vocabulary[.cities].memberPhrase == "")
    #expect(vocabulary[.cities].preamble == nil)
  }

  @Test func whatSamplingNeedsIsAskedFor() throws {
    func message(_ json: [UInt8]) throws -> String {
      try #require(throws: VocabularyError.self) {
        try Vocabulary(json: json, file: "facts.json")
      }.description
    }
    #expect(
      try message(Self.small(without: .usages))
        == "facts.json: the schema \"usages\" is missing: add it, as in the built-in vocabulary")
    #expect(
      try message(Self.small(cities: #"{"China": ["Wuhan"], "Japan": []}"#)).hasSuffix(
        "schema cities, group \"Japan\" has 0 entities, and sampling needs 1: add some or remove "
          + "the group"))
    #expect(
      try message(Self.small(cities: #"{"China": ["Wuhan"]}"#)).hasSuffix(
        "schema cities has 1 groups, and sampling needs 2: add some"))
    #expect(
      try message(Self.small(adjectives: #"[[["happy"], ["sad", "unhappy"]]]"#)).hasSuffix(
        "schema adjectives, group \"happy\" has 1 entities, and sampling needs 2: add some or "
          + "remove the group"))
    #expect(
      try message(Self.small(adjectives: #"[[["happy", "glad"]]]"#)).hasSuffix(
        "a pair of opposites of schema adjectives must be two lists, not 1"))
    #expect(
      try message(Self.small(cities: "[]")).hasSuffix(
        "the groups of schema cities must be an object of lists, not a list"))
  }

  @Test func aMissingFileIsNamed() {
    #expect(
      throws: VocabularyError.unreadable(file: "/nowhere.json", reason: "there is no such file")
    ) { try Vocabulary(path: "/nowhere.json") }
  }
}
