// Interventions on the written model: accuracies are what its weights say, every number is that of
// whole passes one by one, and random heads are what they are called.

import Engine
import GAR
import Interpretability
import TestSupport
import Testing

@Suite struct StudyTests {
  private static let planted = Result { () throws -> (PlantedFinding, StudyResult) in
    let planted = try PlantedFinding.planted()
    var settings = StudySettings()
    settings.draws = 6
    settings.strengths = [0, 0.3, 1, 2]
    let heads = HeadSet(
      model: "planted", trueHeads: [HeadIndex(.trueHead)], falseHeads: [HeadIndex(.falseHead)])
    return (
      planted,
      try planted.model.study(heads, on: questions(planted), settings: settings)
    )
  }

  private static func questions(_ planted: PlantedFinding) -> [StudyQuestion] {
    planted.items.map { StudyQuestion($0) }
  }

  private func summary(
    _ result: StudyResult, _ choice: HeadChoice, _ action: HeadAction,
    _ group: StudyQuestion.Group, inSweep: Bool = false
  ) throws -> OutcomeSummary {
    let outcomes = inSweep ? result.sweep : result.outcomes
    let outcome = try #require(
      outcomes.first { $0.condition == StudyCondition(choice, action) }, "\(choice) \(action)")
    return try #require(outcome.summary([group]))
  }

  @Test func positionsAreTheLastTokensOfClaimAndQuery() throws {
    let planted = try PlantedFinding.planted()
    for (item, question) in zip(planted.items, Self.questions(planted)) {
      let statement = try #require(item.statement)
      #expect(question.claim == statement.upperBound - 1)
      #expect(question.query == statement.lowerBound)
      #expect((question.group == .yes) == (item.item.answer == "Yes"))
    }
  }

  @Test func accuraciesAreWhatTheWeightsSay() throws {
    let (planted, result) = try Self.planted.get()
    let distrusted = try planted.distrustedShare()
    let trusted = 1 - distrusted
    func expect(
      _ choice: HeadChoice, _ action: HeadAction, yes: Double, no: Double, inSweep: Bool = false,
      location: SourceLocation = #_sourceLocation
    ) throws {
      let found = try (
        summary(result, choice, action, .yes, inSweep: inSweep),
        summary(result, choice, action, .no, inSweep: inSweep)
      )
      #expect(abs(found.0.after - yes) < 1e-9, "\(found.0.after)", sourceLocation: location)
      #expect(abs(found.1.after - no) < 1e-9, "\(found.1.after)", sourceLocation: location)
      #expect(abs(found.0.before - trusted) < 1e-9 && found.1.before == 1)
    }
    try expect(.trueHeads, .zero, yes: 0, no: 1)
    try expect(.falseHeads, .zero, yes: trusted, no: distrusted)
    try expect(.both, .enhance(2), yes: 1, no: 1)
    try expect(.trueHeads, .scale(0), yes: 0, no: 1, inSweep: true)
    try expect(.trueHeads, .scale(1), yes: trusted, no: 1, inSweep: true)
    try expect(.trueHeads, .scale(2), yes: 1, no: 1, inSweep: true)
    try expect(.falseHeads, .scale(0.3), yes: trusted, no: distrusted, inSweep: true)
    // A False head that always attends to the query says No to everything: all that is false stays
    // so, and on true statements the True head, which the echo and the restless head join, speaks louder.
    // A True head that always does says Yes to false statements too. With no strength nothing happens.
    try expect(.falseHeads, .strong(0), yes: trusted, no: 1, inSweep: true)
    #expect(try summary(result, .falseHeads, .strong(1), .no).after == 1)
    let outspoken = try summary(result, .falseHeads, .strong(1), .yes)
    #expect(abs(outspoken.after - trusted) < 1e-9 && outspoken.drawCount == 1)
    #expect(try summary(result, .trueHeads, .weak(1), .yes).drawCount == 6)
    #expect(try summary(result, .trueHeads, .strong(1), .no).after < 1)
    // Whom a lost True head costs, each Yes that was right, is beyond chance.
    let lost = try summary(result, .trueHeads, .zero, .yes)
    #expect(lost.lost == trusted * 100 && lost.gained == 0)
    #expect(try #require(lost.p) < 1e-15)
    #expect(lost.changeRange.low < -trusted && lost.changeRange.high > -trusted)
    #expect(lost.changeRange.high < -0.5)
  }

  /// Each draw again, by whole passes of single prompts.
  @Test func everyDrawIsThatOfWholePasses() throws {
    let (planted, result) = try Self.planted.get()
    let questions = Self.questions(planted)
    func isRight(_ index: Int, _ interventions: [Intervention]) throws -> Bool {
      let question = questions[index].question
      let run = try planted.model.forward(question.tokens, interventions: interventions)
      return run.endLogits.indices.max { run.endLogits[$0] < run.endLogits[$1] }
        == Int(question.answer[0])
    }
    let some = Array(stride(from: 0, to: questions.count, by: 7))
    let part = try planted.model.study(
      result.heads, on: some.map { questions[$0] }, settings: result.settings)
    for outcome in part.outcomes where outcome.condition.action == .zero {
      for (heads, draw) in zip(outcome.heads, outcome.draws) {
        var right = 0
        for index in some where questions[index].group == .yes {
          if try isRight(index, heads.map { Intervention(.head($0), .zero) }) { right += 1 }
        }
        let yes = try #require(draw[.yes])
        #expect(yes.both + yes.gained == right)
      }
    }
    let strong = try #require(
      part.outcomes.first { $0.condition == StudyCondition(.trueHeads, .strong(1)) })
    for group in [StudyQuestion.Group.yes, .no] {
      let right = try some.filter { questions[$0].group == group }.count { index in
        let question = questions[index]
        return try isRight(
          index,
          [
            Intervention(
              .head(HeadIndex(.trueHead)), .patternRow(oneHot: try #require(question.query)),
              at: .only([try #require(question.claim)]))
          ])
      }
      let found = try #require(strong.draws[0][group])
      #expect(found.both + found.gained == right)
    }
  }

  @Test func randomHeadsAreNeitherAndDiffer() throws {
    let (_, result) = try Self.planted.get()
    let marked: Set = [HeadIndex(.trueHead), HeadIndex(.falseHead)]
    for outcome in result.outcomes where outcome.condition.choice.isRandom {
      #expect(outcome.heads.count == 6)
      #expect(Set(outcome.heads.map(Set.init)).count == 6)
      let size = outcome.condition.choice == .random(.likeBoth) ? 2 : 1
      for heads in outcome.heads {
        #expect(heads.count == size && marked.isDisjoint(with: heads))
      }
    }
    // Of 30 heads few matter, and none as much as the True head.
    let zero = try #require(
      result.outcomes.first { $0.condition == StudyCondition(.trueHeads, .zero) })
    let control = try #require(result.randomAtLeast(zero, [.yes]))
    #expect(control.draws == 6 && control.count < 3)
  }

  @Test func aSeedGivesTheSameDrawsAndAnotherGivesOthers() throws {
    let planted = try PlantedFinding.planted()
    let questions = Array(Self.questions(planted).prefix(4))
    let heads = HeadSet(model: "planted", trueHeads: [HeadIndex(.trueHead)])
    func drawn(_ seed: UInt64) throws -> [[HeadIndex]] {
      var settings = StudySettings()
      settings.seed = seed
      settings.patterns = []
      return try planted.model.study(heads, on: questions, settings: settings)
        .outcomes.flatMap(\.heads)
    }
    #expect(try drawn(1) == drawn(1))
    #expect(try drawn(1) != drawn(2))
  }

  /// Without False heads nothing is said of them, and enhancement acts on True heads alone.
  @Test func aModelWithoutFalseHeadsIsStudiedToo() throws {
    let planted = try PlantedFinding.planted()
    let heads = HeadSet(model: "planted", trueHeads: [HeadIndex(.trueHead)])
    let result = try planted.model.study(heads, on: Self.questions(planted))
    #expect(!result.outcomes.contains { $0.condition.choice == .falseHeads })
    #expect(try summary(result, .both, .enhance(2), .yes).after == 1)
    #expect(try summary(result, .trueHeads, .zero, .yes).after == 0)
  }

  @Test func severalDrawsAreSummedUpByMeanRangeAndMajority() throws {
    func outcome(_ lost: [Int]) -> ConditionOutcome {
      ConditionOutcome(
        condition: StudyCondition(.trueHeads, .weak(1)), heads: lost.map { _ in [] },
        draws: lost.map { [.yes: PairedOutcome(both: 10 - $0, lost: $0)] },
        majority: [.yes: PairedOutcome(both: 4, lost: 6)])
    }
    let summary = try #require(outcome([6, 8, 4]).summary([.yes, .no]))
    #expect(summary.drawCount == 3 && summary.count == 10 && summary.before == 1)
    #expect(abs(summary.after - 0.4) < 1e-12 && abs(summary.change + 0.6) < 1e-12)
    #expect(abs(summary.afterRange.low - 0.2) < 1e-12 && abs(summary.afterRange.high - 0.6) < 1e-12)
    #expect(abs(try #require(summary.deviation) - 0.2) < 1e-12)
    // Six of six changes the same way: 2 · (1/2)⁶.
    #expect(abs(try #require(summary.p) - 0.03125) < 1e-12)
    #expect(outcome([6]).summary([.no]) == nil)
  }
}
