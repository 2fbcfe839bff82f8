// The logit lens and direct logit attribution: against torch and transformers, and against the logits
// and the metric that they must add up to.

import Engine
import Interpretability
import TestSupport
import Testing

@Suite struct DirectReadingTests {
  /// Llama's end, read at END, and ends of other kinds, read everywhere (`make_lens.py`).
  static let llamas = ["multihead", "grouped"]
  static let families = ["gemma2", "gpt2", "gpt_neox", "olmo2"]
  static let all = llamas + families

  private struct Case {
    let model: Model
    let fixture: ReferenceCase
    let reference: ReferenceArrays

    init(_ name: String) throws {
      fixture = try ReferenceCase.load(name)
      model = try Model.load(ReferenceCase.directory(name))
      reference = try ReferenceCase.scores(llamas.contains(name) ? name : "lens-\(name)")
    }

    var metric: LogitMetric { .logitDifference(target: fixture.target, foil: fixture.foil) }

    func run(_ interventions: [Intervention] = [], logits: LogitRows = .all) throws -> Trace {
      try model.forward(
        fixture.tokens, interventions: interventions,
        recording: .directLogitAttribution, logits: logits)
    }
  }

  // MARK: The lens

  @Test(arguments: all) func theLensGivesTheLogitsOfItsDefinition(name: String) throws {
    let tiny = try Case(name)
    let trace = try tiny.run()
    let expected = try tiny.reference.array("logit_lens")
    let vocabulary = Array(0..<Int32(tiny.model.configuration.vocabularySize))
    let count = tiny.fixture.tokens.count
    let positions = expected.shape.count == 3 ? Array(0..<count) : [count - 1]
    let lens = try tiny.model.logitLens(
      trace, settings: LensSettings(tracked: vocabulary, positions: positions))
    #expect(
      [lens.boundaryCount, positions.count, vocabulary.count].reduce(1, *)
        == expected.values.count)
    let found = lens.cells.flatMap { $0.flatMap { $0.tracked.map(\.logit) } }
    expectClose("\(name) lens", found, expected.values)
  }

  @Test(arguments: all) func theLensEndsInTheModelsOwnPrediction(name: String) throws {
    let tiny = try Case(name)
    let trace = try tiny.run()
    let lens = try tiny.model.logitLens(
      trace, settings: LensSettings(tracked: [tiny.fixture.target], metric: tiny.metric))
    #expect(lens.boundaryCount == tiny.model.configuration.layerCount + 1)
    #expect(lens.positions == Array(tiny.fixture.tokens.indices))
    for (position, cell) in try #require(lens.cells.last).enumerated() {
      let logits = trace.logits.row(position)
      #expect(cell.top[0].token == argMax(logits) && cell.top[0].rank == 1)
      #expect(cell.metric == tiny.metric.value(logits))
      #expect(cell.tracked[0].logit == logits[Int(tiny.fixture.target)])
    }
  }

  /// Probabilities of all tokens sum to 1, and ranks count the larger logits.
  @Test func cellsRankTheWholeVocabulary() throws {
    let tiny = try Case("gemma2")
    let size = tiny.model.configuration.vocabularySize
    let lens = try tiny.model.logitLens(
      try tiny.run(), settings: LensSettings(topCount: size, tracked: [3], positions: [7, 2]))
    #expect(lens.positions == [2, 7])
    for cell in lens.cells.joined() {
      #expect(cell.top.map(\.rank) == Array(1...size))
      #expect(cell.top.map(\.logit) == cell.top.map(\.logit).sorted(by: >))
      #expect(abs(cell.top.reduce(0) { $0 + Double($1.probability) } - 1) < 1e-5)
      #expect(cell.tracked == cell.top.filter { $0.token == 3 })
      #expect(cell.metric == nil)
    }
  }

  @Test func aRunThatKeptEndAloneIsReadThere() throws {
    let tiny = try Case("gpt2")
    let end = tiny.fixture.tokens.count - 1
    let settings = LensSettings(topCount: 3, metric: tiny.metric, positions: [end])
    let whole = try tiny.model.logitLens(try tiny.run(), settings: settings)
    let short = try tiny.model.logitLens(try tiny.run(logits: .last(1)), settings: settings)
    #expect(whole == short)
  }

  @Test func aTokenThatTheModelLacksIsRefused() throws {
    let tiny = try Case("gpt2")
    let trace = try tiny.run()
    #expect(throws: EngineError.self) {
      try tiny.model.logitLens(trace, settings: LensSettings(tracked: [37]))
    }
  }

  // MARK: Direct logit attribution

  @Test(arguments: all) func contributionsAreThoseOfTheirDefinition(name: String) throws {
    let tiny = try Case(name)
    let found = tiny.model.directLogitAttribution(try tiny.run(), of: tiny.metric)
    func expect(_ array: String, _ values: [Float]) throws {
      let expected = try tiny.reference.array("direct_logit_attribution.\(array)")
      #expect(values.count == expected.values.count)
      // Of a unit in the largest contribution: each is a sum of D products of four-digit size.
      for (value, target) in zip(values, expected.values) {
        #expect(abs(value - target) < 3e-5, "\(name) \(array): \(value), expected \(target)")
      }
    }
    #expect(
      found.heads.shape
        == [tiny.model.configuration.layerCount, tiny.model.configuration.headCount])
    try expect("heads", found.heads.values)
    try expect("mlps", found.mlps)
    try expect("embedding", [found.embedding])
    guard Self.families.contains(name) else { return }
    try expect("attention_biases", found.attentionBiases)
    try expect("final_bias", [found.finalBias])
  }

  @Test(arguments: all) func contributionsSumToTheMetric(name: String) throws {
    let tiny = try Case(name)
    let off = HeadIndex(layer: 1, head: 2)
    for interventions in [[], [Intervention(.head(off), .scale(-1.5))]] {
      let trace = try tiny.run(interventions)
      let found = tiny.model.directLogitAttribution(trace, of: tiny.metric)
      let metric = tiny.metric.value(trace)
      #expect(abs(found.total - metric) < 2e-5 * max(1, abs(metric)), "\(name)")
    }
  }

  @Test func theMethodIsListedAmongTheOthers() throws {
    let tiny = try Case("grouped")
    let pair = PromptPair(clean: tiny.fixture.tokens, metric: tiny.metric)
    let scores = try tiny.model.headScores(.directLogitAttribution, on: pair)
    let direct = tiny.model.directLogitAttribution(try tiny.run(), of: tiny.metric)
    #expect(scores == direct.headScores)
    #expect(AttributionMethod(name: "direct logit attribution") == .directLogitAttribution)
  }
}
