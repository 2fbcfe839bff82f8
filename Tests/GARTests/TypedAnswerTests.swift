// What counts as the right answer when a person types it.

import GAR
import Testing

@Suite struct TypedAnswerTests {
  private let cities = ["Saint Petersburg", "São Paulo", "Rome"]

  private func generation(_ typed: String, _ answer: String) -> TypedAnswer {
    judge(typed, answer: answer, candidates: cities, form: .generation)
  }

  @Test(arguments: [
    "São Paulo", "sao paulo", "  SÃO   PAULO ", "São Paulo.", "the São Paulo", "Sao-Paulo!",
  ])
  func waysOfWritingOneNameAreTheSame(typed: String) {
    #expect(generation(typed, "São Paulo") == .right)
  }

  @Test func articlesOnEitherSideMakeNoDifference() {
    #expect(
      judge("the girl", answer: "girl", candidates: ["girl", "boy"], form: .generation) == .right)
    #expect(
      judge("Girl", answer: "the girl", candidates: ["the girl", "the boy"], form: .generation)
        == .right)
    #expect(
      judge("a boy", answer: "girl", candidates: ["girl", "boy"], form: .generation)
        == .wrong(candidate: "boy"))
    // A name that is an article's letter, or nothing else, is left alone.
    #expect(judge("A", answer: "a", candidates: ["a"], form: .generation) == .right)
    #expect(judge("the", answer: "girl", candidates: ["girl"], form: .generation) != .right)
  }

  @Test func otherSpellingsAreWrong() {
    #expect(generation("Sao Paolo", "São Paulo") == .wrong(candidate: nil))
    #expect(generation("rome", "São Paulo") == .wrong(candidate: "Rome"))
    #expect(generation("Paulo", "São Paulo") == .wrong(candidate: nil))
    #expect(generation("yes", "São Paulo") == .wrong(candidate: nil))
  }

  @Test(arguments: ["", "   ", "\t", "."])
  func nothingIsNoAnswer(typed: String) {
    #expect(generation(typed, "Rome") == .unclear)
    #expect(judge(typed, answer: "Yes", candidates: [], form: .classification) == .unclear)
  }

  @Test func yesAndNoMayBeOneLetter() {
    func judgement(_ typed: String) -> TypedAnswer {
      judge(typed, answer: "Yes", candidates: ["Yes", "No"], form: .classification)
    }
    for typed in ["Yes", "yes", "Y", " y. ", "YES!"] { #expect(judgement(typed) == .right) }
    for typed in ["No", "n", "NO."] { #expect(judgement(typed) == .wrong(candidate: "No")) }
    for typed in ["maybe", "ye", "yn", "true", "1"] { #expect(judgement(typed) == .unclear) }
  }
}
