// The finding itself: the search names exactly the heads that were planted, each look-alike fails
// the criterion that it must, and heads that are switched move the answers as their weights say.

import Engine
import Interpretability
import TestSupport
import Testing
import Tokenization

@Suite struct PlantedHeadTests {
  @Test func promptsAreCutIntoWholeWords() throws {
    let planted = try PlantedFinding.planted()
    let tokenizer = try Tokenizer.load(path: planted.directory.path)
    #expect(planted.pairs.count == 100)
    for item in planted.items {
      #expect(tokenizer.decode(item.tokens, skipSpecial: true) == item.item.prompt)
      // Q, "owns", A.
      let statement = try #require(item.statement)
      #expect(statement.count == 3)
      #expect(item.roles[0][.query] == [statement.lowerBound..<statement.lowerBound + 1])
      #expect(item.roles[0][.answer] == [statement.upperBound - 1..<statement.upperBound])
    }
  }

  @Test func exactlyThePlantedHeadsAreFound() throws {
    let classes = try PlantedFinding.planted().classes
    #expect(classes.alignedPairCount == 100)
    #expect(classes.heads(.trueHead) == [HeadIndex(.trueHead)])
    #expect(classes.heads(.falseHead) == [HeadIndex(.falseHead)])
    let first = classes.ranked.prefix(2).map(\.head)
    #expect(Set(first) == [HeadIndex(.trueHead), HeadIndex(.falseHead)])
  }

  @Test(arguments: [(PlantedHead.trueHead, 1.0), (.falseHead, -1.0)])
  func evidenceOnAPlantedHeadIsWhatItsWeightsSay(head: PlantedHead, sign: Double) throws {
    let evidence = try PlantedFinding.planted().evidence(head)
    // f goes from −1 (all on BOS) to 1 (all on Q); the sharpness of 18 leaves up to 1/400 aside.
    #expect(sign * evidence.d > 1.98 && sign * evidence.d < 2)
    #expect(evidence.interval.contains(evidence.d))
    #expect(evidence.interval.high - evidence.interval.low < 0.01)
    #expect(evidence.auroc == (sign > 0 ? 1 : 0))
    #expect(evidence.rolePair?.query == "A" && evidence.rolePair?.key == "Q")
    // On one half nearly all of A's attention, on the other next to none.
    #expect(abs((evidence.rolePair?.attention ?? 0) - 0.5) < 0.01)
    // Restoring it moves the verdict by one unit on either half.
    for attribution in [evidence.attributionWhenTrue, evidence.attributionWhenFalse] {
      #expect(abs(attribution / PlantedModel.logitsPerUnit - 1) < 0.05)
    }
  }

  /// Why each head that is not planted is none, criterion by criterion.
  @Test(arguments: [
    // Moves nothing: no effect on the answer, whatever its attention says.
    (PlantedHead.silent, [HeadCriterion.attribution]),
    // Q stands before A, so all that it brings to A is the same on both halves.
    (.distrustful, HeadCriterion.allCases),
    // Decided by the name in three items of five, so f hardly tells items apart.
    (.restless, [.auroc]),
    // Without the True head's word nobody listens: restoring it alone restores nothing.
    (.echo, [.attribution]),
    // Restoring it makes the right answer less likely on both halves.
    (.contrary, [.attribution]),
    // It carries the verdict to END, and within the statement attends to BOS.
    (.messenger, [.difference, .interval, .auroc]),
    // The same, with A attending to Q on both halves, by a thousandth more on one.
    (.watchfulMessenger, [.difference]),
    (.gate, [.difference, .interval, .auroc]),
    // It finds an owner on both halves.
    (.ownerFinder, [.difference, .interval, .auroc]),
    // What they see stands before the claim.
    (.ownerCopier, HeadCriterion.allCases),
    (.statementMarker, HeadCriterion.allCases),
  ])
  func everyOtherHeadFailsWhatItMust(head: PlantedHead, failures: [HeadCriterion]) throws {
    let evidence = try PlantedFinding.planted().evidence(head)
    #expect(evidence.kind == .neither)
    #expect(evidence.failures == failures)
  }

  @Test func lookAlikesAttendLikeTheTrueHead() throws {
    let planted = try PlantedFinding.planted()
    let trueHead = try planted.evidence(.trueHead)
    for head in [PlantedHead.silent, .echo, .contrary] {
      let evidence = try planted.evidence(head)
      #expect(evidence.d == trueHead.d && evidence.auroc == 1)
    }
    // Those that are candidates have more attribution than the least that counts.
    for head in [PlantedHead.restless, .messenger, .watchfulMessenger, .gate, .ownerFinder] {
      #expect(try planted.evidence(head).leastAttribution > 0.05 * trueHead.leastAttribution)
    }
    // One half alone would make the echo a candidate, and so a True head.
    let echo = try planted.evidence(.echo)
    #expect(abs(echo.attributionWhenTrue) < 0.001 && echo.attributionWhenFalse > 3)
    let contrary = try planted.evidence(.contrary)
    #expect(contrary.attributionWhenTrue < -1 && contrary.attributionWhenFalse < -1)
    // The restless head's difference is certain, and not large beside what else moves it.
    let restless = try planted.evidence(.restless)
    #expect(restless.d > 0.1 && restless.interval.low > 0.05 && restless.auroc < 0.65)
  }

  /// A d of a few thousandths can be as regular as one of 1. Only its size tells that it is
  /// nothing.
  @Test func regularTrifleIsNoFinding() throws {
    let planted = try PlantedFinding.planted()
    let watchful = try planted.evidence(.watchfulMessenger)
    #expect(watchful.d < -0.001 && watchful.d > -0.005 && watchful.auroc < 0.01)
    var settings = HeadClassSettings()
    settings.leastDifference = 0
    let loose = try planted.model.classifyHeads(planted.pairs, settings: settings)
    #expect(
      loose.heads(.falseHead) == [HeadIndex(.falseHead), HeadIndex(.watchfulMessenger)])
  }

  // MARK: Switching heads

  /// Distrusted names get No without regard to the premise: right on false statements, wrong on
  /// true ones. Others are judged by the verdict, 1 for Yes or No, of which 0.6 suffices.
  @Test func switchingHeadsMovesAccuracyAsTheirWeightsSay() throws {
    let planted = try PlantedFinding.planted()
    let distrusted = try planted.distrustedShare()
    #expect(distrusted > 0.2 && distrusted < 0.3)
    let trusted = 1 - distrusted
    func expect(
      _ effects: [(PlantedHead, Intervention.Effect)], yes: Double, no: Double,
      location: SourceLocation = #_sourceLocation
    ) throws {
      let accuracy = try planted.accuracy(effects)
      #expect(abs(accuracy.yes - yes) < 1e-9, "Yes: \(accuracy.yes)", sourceLocation: location)
      #expect(abs(accuracy.no - no) < 1e-9, "No: \(accuracy.no)", sourceLocation: location)
    }
    try expect([], yes: trusted, no: 1)
    try expect([(.trueHead, .zero)], yes: 0, no: 1)
    try expect([(.falseHead, .zero)], yes: trusted, no: distrusted)
    try expect([(.trueHead, .zero), (.falseHead, .zero)], yes: 0, no: distrusted)
    // A stronger True head speaks louder than distrust, 2 units and the restless head's and the
    // echo's 0.65 against 2 and the contrary head's 0.2; a weak one is not heard.
    try expect([(.trueHead, .scale(2))], yes: 1, no: 1)
    try expect([(.trueHead, .scale(0.1))], yes: 0, no: 1)
    try expect([(.falseHead, .scale(2))], yes: trusted, no: 1)
    try expect([(.falseHead, .scale(0.3))], yes: trusted, no: distrusted)
    // Look-alikes: no change, or one that has nothing to do with the truth.
    try expect([(.silent, .zero)], yes: trusted, no: 1)
    try expect([(.echo, .zero)], yes: trusted, no: 1)
    try expect([(.distrustful, .zero)], yes: 1, no: 1)
  }

  @Test func reportedAccuracyIsThatOfSwitching() throws {
    let planted = try PlantedFinding.planted()
    let base = try planted.accuracy([])
    #expect(planted.classes.accuracyWhenTrue == base.yes)
    #expect(planted.classes.accuracyWhenFalse == base.no)
    for head in PlantedHead.allCases {
      let evidence = try planted.evidence(head)
      guard evidence.isCandidate else {
        #expect(evidence.ablatedAccuracyWhenTrue == nil)
        #expect(evidence.ablatedAccuracyWhenFalse == nil)
        continue
      }
      let ablated = try planted.accuracy([(head, .zero)])
      #expect(evidence.ablatedAccuracyWhenTrue == ablated.yes, "\(head)")
      #expect(evidence.ablatedAccuracyWhenFalse == ablated.no, "\(head)")
    }
  }
}
