// Interventions against values from transformers, and re-evaluation against whole passes.

import Engine
import TestSupport
import Testing

@Suite struct InterventionTests {
  @Test(arguments: ReferenceCase.intervened)
  func logitsUnderInterventionsAreThoseOfTransformers(name: String) throws {
    let tiny = try EngineFixture(name)
    let corrupted = try tiny.corruptedRun()
    let plain = try tiny.arrays.values("logits")
    #expect(tiny.interventionNames.count >= 25)
    for intervention in tiny.interventionNames {
      let run = try tiny.model.forward(
        tiny.fixture.tokens,
        interventions: try tiny.interventions(intervention, corrupted: corrupted), logits: .all)
      let expected = try #require(tiny.reference("logits", under: intervention))
      #expect(expected.values != plain, "\(intervention) must change something")
      expectMatches("\(name) \(intervention)", run.logits, expected)
    }
  }

  @Test(arguments: ReferenceCase.intervened)
  func interventionsThatChangeNothingGiveThePlainRun(name: String) throws {
    let tiny = try EngineFixture(name)
    let tokens = tiny.fixture.tokens
    let plain = try tiny.model.forward(
      tokens, recording: ForwardTests.everything, logits: .all)
    let head = HeadIndex(layer: 1, head: 2)
    let sets: [[Intervention]] = [
      [],
      [Intervention(.head(head), .zero, at: .only([]))],
      [Intervention(.head(head), .scale(1))],
      [Intervention(.mlp(layer: 0), .scale(1))],
      [Intervention(.residual(layer: 1), .scale(1))],
      [Intervention(.head(head), .replace(with: plain))],
      [Intervention(.mlp(layer: 1), .replace(with: plain), at: .only([tokens.count - 1]))],
      [Intervention(.residual(layer: 0), .replace(with: plain))],
      [Intervention(.head(head), .zero, at: .only([tokens.count, tokens.count + 4]))],
    ]
    for (index, interventions) in sets.enumerated() {
      let run = try tiny.model.forward(tokens, interventions: interventions, logits: .all)
      expectSameBits("set \(index)", run.logits, plain.logits)
      let again = try tiny.model.forward(.rerun(plain, adding: interventions), logits: .all)
      expectSameBits("set \(index), rerun", again.logits, plain.logits)
    }
  }

  @Test(arguments: ReferenceCase.intervened)
  func aRerunGivesTheBitsOfAWholePass(name: String) throws {
    let tiny = try EngineFixture(name)
    let corrupted = try tiny.corruptedRun()
    let recorded = try tiny.model.forward(tiny.fixture.tokens, recording: .rerun)
    // With the pattern, rows are mixed from the recording where no other z changes.
    let withPattern = try tiny.model.forward(
      tiny.fixture.tokens, recording: [.rerun, .attentionPattern])
    for intervention in tiny.interventionNames {
      let interventions = try tiny.interventions(intervention, corrupted: corrupted)
      for recorded in [recorded, withPattern] {
        try expectRerunEqualsWholePass(
          "\(name) \(intervention)", tiny, recorded: recorded, held: [], added: interventions)
      }
    }
    // In the middle of the model and of the prompt, where other rows go on to read what is left.
    let end = tiny.end
    let more: [Intervention] = [
      Intervention(.mlp(layer: 0), .zero, at: .only([end])),
      Intervention(.mlp(layer: 0), .scale(-2), at: .only([3, 5])),
      Intervention(.residual(layer: 0), .scale(0.5), at: .only([2, 4])),
      Intervention(.residual(layer: 1), .scale(0.5), at: .only([end - 1])),
      Intervention(.head(HeadIndex(layer: 0, head: 2)), .zero, at: .only([4])),
      Intervention(.head(HeadIndex(layer: 0, head: 2)), .scale(3), at: .only([end])),
    ]
    for (index, intervention) in more.enumerated() {
      try expectRerunEqualsWholePass(
        "\(name) more \(index)", tiny, recorded: recorded, held: [], added: [intervention])
    }
  }

  /// Every pair: the first holds in the recorded run, the second is added by the rerun.
  @Test(arguments: ReferenceCase.intervened)
  func aRerunOfAnIntervenedRunGivesTheBitsOfAWholePass(name: String) throws {
    let tiny = try EngineFixture(name)
    let corrupted = try tiny.corruptedRun()
    for first in tiny.interventionNames {
      let held = try tiny.interventions(first, corrupted: corrupted)
      let recorded = try tiny.model.forward(
        tiny.fixture.tokens, interventions: held,
        recording: first.hasPrefix("row") ? [.rerun, .attentionPattern] : .rerun)
      for second in tiny.interventionNames {
        let added = try tiny.interventions(second, corrupted: corrupted)
        try expectRerunEqualsWholePass(
          "\(name) \(first), then \(second)", tiny, recorded: recorded, held: held, added: added)
      }
    }
  }

  /// A site that is changed twice takes both changes, in order, also where one is in the recording.
  private func expectRerunEqualsWholePass(
    _ name: String, _ tiny: EngineFixture, recorded: Trace, held: [Intervention],
    added: [Intervention]
  ) throws {
    let whole = try tiny.model.forward(
      tiny.fixture.tokens, interventions: held + added, recording: .rerun, logits: .all)
    for rows in [LogitRows.last(1), .last(4), .all] {
      let run = try tiny.model.forward(.rerun(recorded, adding: added), logits: rows)
      let first = tiny.fixture.tokens.count - run.logits.shape[0]
      expectSameBits("\(name), logits \(rows)", run.logits, whole.logits, fromRow: first)
    }
    let run = try tiny.model.forward(
      .rerun(recorded, adding: added), recording: .rerun, logits: .all)
    expectSameBits("\(name), recording", run.logits, whole.logits)
    for (layer, (a, b)) in zip(run.layers, whole.layers).enumerated() {
      expectSameBits("\(name), residPre \(layer)", a.residPre, b.residPre)
      expectSameBits("\(name), z \(layer)", a.headZ, b.headZ)
      expectSameBits("\(name), k \(layer)", a.k, b.k)
    }
  }

  @Test(arguments: ReferenceCase.intervened)
  func aBatchOfRerunsGivesTheBitsOfEach(name: String) throws {
    let tiny = try EngineFixture(name)
    let recorded = try tiny.model.forward(tiny.fixture.tokens, recording: .rerun)
    for layer in 0..<tiny.model.configuration.layerCount {
      let inputs = (0..<tiny.model.configuration.headCount).map { head in
        PassInput.rerun(
          recorded,
          adding: [Intervention(.head(HeadIndex(layer: layer, head: head)), .zero)])
      }
      let batch = try tiny.model.forward(batch: inputs)
      for (input, together) in zip(inputs, batch) {
        expectSameBits("logits", together.logits, try tiny.model.forward(input).logits)
      }
    }
  }

  /// One prompt's intervention must not reach the arithmetic of the others.
  @Test(arguments: ReferenceCase.intervened)
  func interventionsInABatchLeaveTheOtherPromptsTheirBits(name: String) throws {
    let tiny = try EngineFixture(name)
    let corrupted = try tiny.corruptedRun()
    let (a, b) = (tiny.fixture.tokens, tiny.fixture.corrupted)
    let plain = try tiny.model.forward(b, logits: .all)
    for intervention in tiny.interventionNames {
      let interventions = try tiny.interventions(intervention, corrupted: corrupted)
      let alone = try tiny.model.forward(a, interventions: interventions, logits: .all)
      let batch = try tiny.model.forward(
        batch: [.tokens(b), .tokens(a, interventions: interventions)], logits: .all)
      expectSameBits("\(intervention): the plain prompt", batch[0].logits, plain.logits)
      expectSameBits("\(intervention): the changed prompt", batch[1].logits, alone.logits)
    }
  }

  @Test(arguments: ReferenceCase.intervened)
  func recordedValuesAreThoseAfterTheIntervention(name: String) throws {
    let tiny = try EngineFixture(name)
    let head = HeadIndex(layer: 1, head: 2)
    let run = try tiny.model.forward(
      tiny.fixture.tokens,
      interventions: [
        Intervention(.head(head), .zero), Intervention(.mlp(layer: 0), .zero),
        Intervention(.residual(layer: 1), .zero, at: .only([3])),
      ], recording: ForwardTests.everything)
    let width = tiny.model.configuration.dHead
    let z = try #require(run.layers[1].headZ)
    for t in 0..<tiny.fixture.tokens.count {
      #expect((0..<width).allSatisfy { z[t, head.head, $0] == 0 })
      #expect((0..<width).contains { z[t, head.head - 1, $0] != 0 } || t == 3)
    }
    #expect(run.layers[0].mlpOutput?.values.allSatisfy { $0 == 0 } == true)
    #expect(run.layers[1].residPre?.row(3).allSatisfy { $0 == 0 } == true)
    #expect(run.layers[1].residPre?.row(2).contains { $0 != 0 } == true)
  }

  @Test func aHeadThatDoesNotExistIsNamed() throws {
    let tiny = try EngineFixture("grouped")
    for head in [HeadIndex(layer: 3, head: 0), HeadIndex(layer: 0, head: 6)] {
      #expect(throws: EngineError.headOutOfRange(head, layerCount: 3, headCount: 6)) {
        try tiny.model.forward(
          tiny.fixture.tokens, interventions: [Intervention(.head(head), .zero)])
      }
    }
  }
}
