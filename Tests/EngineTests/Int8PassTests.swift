// Passes with activations rounded to int8: near the exact ones, the same bits however they are run,
// and closed to what needs exact activations.

import Checkpoints
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct Int8PassTests {
  private static let tokens = (0..<14).map { Int32(($0 * 7 + 3) % 29) }

  private static func model(_ type: String) throws -> Model {
    try Model.load(fixture("EngineTests", "models/gguf/quantised/\(type).gguf"))
  }

  @Test(arguments: ElementType.allCases.filter(\.isQuantised))
  func logitsAreNearTheExactOnes(type: ElementType) throws {
    let model = try Self.model(type.name)
    #expect(model.hasQuantisedWeights)
    let exact = try model.forward(Self.tokens, logits: .all)
    let fast = try model.forward(Self.tokens, logits: .all, arithmetic: .int8)
    #expect(exact.arithmetic == .float32 && fast.arithmetic == .int8)
    let square = zip(exact.logits.values, fast.logits.values).reduce(0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
    let size = exact.logits.values.reduce(0) { $0 + $1 * $1 }
    let relative = (square / size).squareRoot()
    #expect(relative > 1e-4 && relative < 0.05, "\(type.name): \(relative)")
  }

  @Test func weightsThatAreNotQuantisedGiveTheExactBits() throws {
    let model = try Model.load(fixture("EngineTests", "models/gguf/multihead.gguf"))
    #expect(!model.hasQuantisedWeights)
    expectSameBits(
      "logits", try model.forward(Self.tokens, logits: .all, arithmetic: .int8).logits,
      try model.forward(Self.tokens, logits: .all).logits)
  }

  @Test(arguments: ["Q8_0", "Q4_0", "Q4_K", "Q6_K"])
  func bitsDependOnNoCompanyPrefixOrRestart(type: String) throws {
    let model = try Self.model(type)
    let whole = try model.forward(
      Self.tokens, recording: .rerun, logits: .all, arithmetic: .int8)
    let others = [Array(Self.tokens.prefix(5)), Array(Self.tokens.reversed()), Self.tokens]
    let batch = try model.forward(
      batch: others.map { .tokens($0) }, logits: .all, arithmetic: .int8)
    expectSameBits("batch", batch[2].logits, whole.logits)
    for shared in [1, 6, 13] {
      let start = try model.forward(
        Array(Self.tokens.prefix(shared)), recording: .keysAndValues, arithmetic: .int8)
      let rest = try model.forward(
        .tokens(Self.tokens, sharingPrefixOf: start), arithmetic: .int8)
      #expect(rest.endLogits.map(\.bitPattern) == whole.endLogits.map(\.bitPattern), "\(shared)")
    }
    let changes = [
      Intervention(.head(HeadIndex(layer: 0, head: 1)), .zero, at: .only([13])),
      Intervention(.head(HeadIndex(layer: 0, head: 0)), .scale(2)),
    ]
    for change in changes {
      expectSameBits(
        "rerun",
        try model.forward(.rerun(whole, adding: [change]), arithmetic: .int8).logits,
        try model.forward(Self.tokens, interventions: [change], arithmetic: .int8).logits)
    }
  }

  @Test func aRoundedRunHasNoGradient() async {
    await #expect(processExitsWith: .failure) {
      let model = try Model.load(fixture("EngineTests", "models/gguf/quantised/Q8_0.gguf"))
      let run = try model.forward([1, 2, 3], recording: .backward, arithmetic: .int8)
      _ = model.backward(run, of: .logitDifference(target: 1, foil: 2))
    }
  }

  @Test func anExactPassDoesNotGoOnFromARoundedRun() async {
    await #expect(processExitsWith: .failure) {
      let model = try Model.load(fixture("EngineTests", "models/gguf/quantised/Q8_0.gguf"))
      let run = try model.forward([1, 2, 3], recording: .rerun, arithmetic: .int8)
      _ = try model.forward(.rerun(run, adding: []))
    }
  }

  @Test func activationsAreNotPatchedInARoundedPass() async {
    await #expect(processExitsWith: .failure) {
      let model = try Model.load(fixture("EngineTests", "models/gguf/quantised/Q8_0.gguf"))
      let other = try model.forward([4, 5, 6], recording: .headZ)
      let head = Intervention.Site.head(HeadIndex(layer: 0, head: 1))
      _ = try model.forward(
        [1, 2, 3], interventions: [Intervention(head, .replace(with: other))], arithmetic: .int8)
    }
  }
}
