// The wording, spelt out: one sentence of each kind, as the paper's release puts it.

import Assets
import Foundation
import GAR
import Testing

@Suite struct SentenceTests {
  struct Sentence: CustomTestStringConvertible {
    var schemas: [SchemaID]
    var relations: [Relation]
    var negated = false
    var exchanged = false
    var query: String
    var pairs: [(String, String)]
    var candidates: [String]
    /// Which pair gives the answer.
    var target: Int
    var generation: String
    var classification: String
    var testDescription: String { generation }
  }

  static let sentences = [
    Sentence(
      schemas: [.genders, .cities], relations: [.equal, .equal], query: "Mary",
      pairs: [("John", "Rome"), ("Mary", "Kyoto")], candidates: ["Rome", "Kyoto"], target: 1,
      generation: "< John likes Rome. Mary likes Kyoto. >. So Mary wants to go to Kyoto",
      classification: "Premise: < John likes Rome. Mary likes Kyoto. >. Answer with Yes or No. Can "
        + "it be inferred from the premise that Mary wants to go to Kyoto? Answer: Yes"),
    Sentence(
      schemas: [.genders, .landmarks], relations: [.child, .child], negated: true,
      exchanged: true, query: "the boy", pairs: [("John", "Petra"), ("Mary", "Nazca")],
      candidates: ["Jordan", "Peru"], target: 1,
      generation: "< Petra attracts John. Nazca attracts Mary. >. The boys do not want to go to a "
        + "place in Peru",
      classification: "Premise: < Petra attracts John. Nazca attracts Mary. >. Answer with Yes or "
        + "No. Can it be inferred from the premise that the boys do not want to go to a place in "
        + "Peru? Answer: Yes"),
    Sentence(
      schemas: [.cities, .genders], relations: [.child, .child], query: "Japan",
      pairs: [("Kyoto", "Mary"), ("Rome", "John")], candidates: ["the girl", "the boy"],
      target: 0,
      generation: "< Mary likes Kyoto. John likes Rome. >. So who wants to go to a city of Japan? "
        + "the girl",
      classification: "Premise: < Mary likes Kyoto. John likes Rome. >. Answer with Yes or No. Can "
        + "it be inferred from the premise that the one who wants to go to a city of Japan is the "
        + "girl? Answer: Yes"),
    Sentence(
      schemas: [.kinds, .genders], relations: [.equal, .equal], negated: true, exchanged: true,
      query: "dog", pairs: [("dog", "Mary"), ("tea", "John")], candidates: ["Mary", "John"],
      target: 1,
      generation: "< The dog is Mary's. The tea is John's. >. The one who owns dog is not John",
      classification: "Premise: < The dog is Mary's. The tea is John's. >. Answer with Yes or No. "
        + "Can it be inferred from the premise that the one who owns dog is not John? Answer: Yes"),
    Sentence(
      schemas: [.genders, .kinds], relations: [.equal, .child], negated: true, query: "Mary",
      pairs: [("Mary", "dog"), ("John", "tea")], candidates: ["animal", "drink"], target: 1,
      generation: "< Mary has dog. John has tea. >. Mary does not own a kind of drink",
      classification: "Premise: < Mary has dog. John has tea. >. Answer with Yes or No. Can it be "
        + "inferred from the premise that Mary does not own a kind of drink? Answer: Yes"),
    Sentence(
      schemas: [.genders, .usages], relations: [.equal, .child], query: "Mary",
      pairs: [("Mary", "pen"), ("John", "saw")], candidates: ["writing", "cutting"], target: 0,
      generation: "< Mary has pen. John has saw. >. So Mary owns a thing used for writing",
      classification: "Premise: < Mary has pen. John has saw. >. Answer with Yes or No. Can it be "
        + "inferred from the premise that Mary owns a thing used for writing? Answer: Yes"),
    Sentence(
      schemas: [.occupations, .usages], relations: [.child, .child], negated: true,
      query: "the actor", pairs: [("Emma Stone", "pen"), ("Plato", "saw")],
      candidates: ["writing", "cutting"], target: 1,
      generation: "< Emma Stone has pen. Plato has saw. >. The actor does not have a thing used "
        + "for cutting",
      classification: "Premise: < Emma Stone has pen. Plato has saw. >. Answer with Yes or No. Can "
        + "it be inferred from the premise that the actor does not have a thing used for cutting? "
        + "Answer: Yes"),
    Sentence(
      schemas: [.usages, .occupations], relations: [.child, .child], negated: true,
      query: "writing", pairs: [("pen", "Emma Stone"), ("saw", "Plato")],
      candidates: ["the actor", "the philosopher"], target: 1,
      generation: "< Emma Stone has pen. Plato has saw. >. The person who has a thing used for "
        + "writing is not the philosopher",
      classification: "Premise: < Emma Stone has pen. Plato has saw. >. Answer with Yes or No. Can "
        + "it be inferred from the premise that the person who has a thing used for writing is not "
        + "the philosopher? Answer: Yes"),
    Sentence(
      schemas: [.genders, .adjectives], relations: [.child, .similar], negated: true,
      exchanged: true, query: "the boy", pairs: [("John", "happy"), ("Mary", "rich")],
      candidates: ["glad", "wealthy"], target: 1,
      generation: "< Happy John. Rich Mary. >. The boys is not wealthy",
      classification: "Premise: < Happy John. Rich Mary. >. Answer with Yes or No. Can it be "
        + "inferred from the premise that the boys is not wealthy? Answer: Yes"),
    Sentence(
      schemas: [.adjectives, .genders], relations: [.similar, .equal], negated: true,
      query: "glad", pairs: [("happy", "John"), ("rich", "Mary")], candidates: ["John", "Mary"],
      target: 1,
      generation: "< John is happy. Mary is rich. >. The one who's glad is not Mary",
      classification: "Premise: < John is happy. Mary is rich. >. Answer with Yes or No. Can it be "
        + "inferred from the premise that the one who's glad is not Mary? Answer: Yes"),
    Sentence(
      schemas: [.adjectives, .genders], relations: [.similar, .equal], query: "glad",
      pairs: [("happy", "John"), ("rich", "Mary")], candidates: ["John", "Mary"], target: 0,
      generation: "< John is happy. Mary is rich. >. So who is glad? John",
      classification: "Premise: < John is happy. Mary is rich. >. Answer with Yes or No. Can it be "
        + "inferred from the premise that the one who's glad is John? Answer: Yes"),
    Sentence(
      schemas: [.occupations, .adjectives], relations: [.child, .similar], negated: true,
      query: "the actor", pairs: [("Emma Stone", "happy"), ("Plato", "rich")],
      candidates: ["glad", "wealthy"], target: 1,
      generation: "< Emma Stone is happy. Plato is rich. >. In other words, the actor is not "
        + "wealthy",
      classification: "Premise: < Emma Stone is happy. Plato is rich. >. Answer with Yes or No. "
        + "Can it be inferred from the premise that In other words, the actor is not wealthy? "
        + "Answer: Yes"),
    Sentence(
      schemas: [.adjectives, .occupations], relations: [.similar, .child], query: "glad",
      pairs: [("happy", "Emma Stone"), ("rich", "Plato")],
      candidates: ["the actor", "the philosopher"], target: 0,
      generation: "< Emma Stone is happy. Plato is rich. >. In other words, who is glad? the actor",
      classification: "Premise: < Emma Stone is happy. Plato is rich. >. Answer with Yes or No. "
        + "Can it be inferred from the premise that In other words, the person who's glad is the "
        + "actor? Answer: Yes"),
    Sentence(
      schemas: [.adjectives, .occupations], relations: [.similar, .child], negated: true,
      query: "glad", pairs: [("happy", "Emma Stone"), ("rich", "Plato")],
      candidates: ["the actor", "the philosopher"], target: 1,
      generation: "< Emma Stone is happy. Plato is rich. >. In other words, the person who's glad "
        + "is not the philosopher",
      classification: "Premise: < Emma Stone is happy. Plato is rich. >. Answer with Yes or No. "
        + "Can it be inferred from the premise that In other words, the person who's glad is not "
        + "the philosopher? Answer: Yes"),
  ]

  @Test(arguments: sentences) func theWordingIsTheReleases(_ sentence: Sentence) throws {
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    for form in TaskForm.allCases {
      let task = try #require(
        GARTask(
          schemas: sentence.schemas, relations: sentence.relations,
          isNegated: sentence.negated, form: form, isExchanged: sentence.exchanged))
      let row = Row(
        pairs: sentence.pairs.map { ContextPair(key: $0, value: $1) }, target: sentence.target,
        query: sentence.query, candidates: sentence.candidates,
        claim: form == .classification ? sentence.candidates[sentence.target] : nil)
      let rendered = Grammar(vocabulary: vocabulary)[task].render(rows: [row], preamble: nil)
      let expected =
        form == .generation ? sentence.generation : sentence.classification
      #expect(rendered.text == expected + "\n")
      #expect(solve(row, vocabulary: vocabulary, task: task) == .unique(row.answer))
    }
  }

  @Test func rowsAreJoinedAsInTheRelease() throws {
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    let task = try #require(
      GARTask(
        schemas: [.genders, .cities], relations: [.equal, .child], isNegated: false,
        form: .generation, isExchanged: false))
    let grammar = Grammar(vocabulary: vocabulary)[task]
    let rows = [("John", "Rome", "Italy"), ("Mary", "Kyoto", "Japan")].map { name, city, country in
      Row(
        pairs: [ContextPair(key: name, value: city), ContextPair(key: "Amy", value: "Lyon")],
        target: 0, query: name, candidates: [country, "France"])
    }
    let line = try #require(grammar.preamble(listing: ["Japan", "France", "Italy"]))
    #expect(line == "Countries of cities include Japan, France and Italy.")
    #expect(
      grammar.preamble(listing: ["Japan", "France"])
        == "Countries of cities include Japan and France.")
    let rendered = grammar.render(rows: rows, preamble: line)
    #expect(
      rendered.text == line + "\n< John likes Rome. Amy likes Lyon. >. So John wants to go to a "
        + "city of Italy\n < Mary likes Kyoto. Amy likes Lyon. >. So Mary wants to go to a city "
        + "of Japan\n")
    #expect(rendered.prompt.hasSuffix("So Mary wants to go to a city of"))
    #expect(rendered.answer == "Japan")
  }

  /// Full stops inside names must not cut a context in the wrong place.
  @Test func namesWithFullStopsAreReadWhole() throws {
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    let pairs = [
      ContextPair(key: "J.K. Carter", value: "Washington, D.C"),
      ContextPair(key: "Dr. Ada Stone", value: "St. Ives"),
      ContextPair(key: "F. Lee Moor", value: "Port St. Mary"),
    ]
    for isExchanged in [false, true] {
      let task = try #require(
        GARTask(
          schemas: [.occupations, .cities], relations: [.child, .equal], isNegated: false,
          form: .generation, isExchanged: isExchanged))
      let grammar = Grammar(vocabulary: vocabulary)[task]
      let row = Row(
        pairs: pairs, target: 1, query: "the actor", candidates: pairs.map(\.value))
      let text = grammar.render(rows: [row], preamble: nil).text
      #expect(grammar.parse(text, pairCount: 3)?.rows.first?.pairs == pairs, "\(text)")
    }
  }

  @Test func textOfAnotherTaskIsNotRead() throws {
    let grammar = Grammar(vocabulary: try Vocabulary(path: Assets.vocabulary))
    let text = "< John likes Rome. Mary likes Kyoto. >. So Mary wants to go to Kyoto\n"
    let readers = GARTask.all.filter { grammar[$0].parse(text, pairCount: 2) != nil }
    // A sentence does not tell cities from landmarks, names from occupations, or "same" from a
    // membership that has no phrase.
    #expect(readers.allSatisfy { !$0.isSwapped && !$0.isExchanged && !$0.isNegated })
    #expect(readers.allSatisfy { $0.form == .generation && $0.relation1 == .equal })
    #expect(readers.contains { $0.schemas == [.genders, .cities] && $0.relation0 == .equal })
    for damaged in [
      text.replacingOccurrences(of: " >.", with: ""), String(text.dropLast()), "\n",
      text + text, text.replacingOccurrences(of: "likes", with: "hates"),
    ] {
      #expect(readers.allSatisfy { grammar[$0].parse(damaged, pairCount: 2) == nil })
    }
    #expect(readers.allSatisfy { grammar[$0].parse(text, pairCount: 3) == nil })
  }
}
