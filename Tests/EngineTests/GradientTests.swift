// The engine's backward pass against autograd, and against difference quotients in Double.

import Engine
import TestSupport
import Testing

@Suite struct GradientTests {
  static let all: GradientOptions = [.attentionPattern, .residualStream, .embeddings]

  @Test(arguments: ReferenceCase.names)
  func gradientsAreThoseOfAutograd(name: String) throws {
    let tiny = try EngineFixture(name)
    let run = try tiny.model.forward(tiny.fixture.tokens, recording: .backward)
    let gradients = tiny.model.backward(run, of: tiny.metric, keeping: Self.all)
    for layer in 0..<tiny.model.configuration.layerCount {
      let parts = [
        ("grad_z", gradients.gradHeadZ[layer]),
        ("grad_pattern", gradients.gradAttentionPattern[layer]),
        ("grad_resid_pre", gradients.gradResidPre[layer]),
      ]
      for (part, found) in parts {
        expectMatches("\(part).\(layer)", found, try tiny.arrays.array("\(part).\(layer)"))
      }
    }
    expectMatches(
      "grad_embeddings", gradients.gradEmbeddings, try tiny.arrays.array("grad_embeddings"))
  }

  /// What is recorded of the rest of a prompt gives the rest of the gradients, and no other bits.
  @Test(arguments: ReferenceCase.names)
  func theRestOfAPromptHasTheGradientsThatItHasInTheWhole(name: String) throws {
    let tiny = try EngineFixture(name)
    let tokens = tiny.fixture.tokens, shared = 3
    let scaled = Intervention(.head(HeadIndex(layer: 0, head: 1)), .scale(0.5))
    let whole = try tiny.model.forward(tokens, interventions: [scaled], recording: .backward)
    let prefix = try tiny.model.forward(
      Array(tokens[..<shared]), interventions: [scaled], recording: .keysAndValues)
    let rest = try tiny.model.forward(
      PassInput.tokens(tokens, continuing: prefix, shared: shared).recordingOwnRowsOnly,
      recording: .backward)
    let expected = tiny.model.backward(whole, of: tiny.metric, keeping: Self.all)
    let found = tiny.model.backward(rest, of: tiny.metric, keeping: Self.all)
    // Keys that a longer prompt turns otherwise are not shared.
    let first = rest.firstRecorded
    #expect(first == (tiny.model.configuration.sharesKeys(tokens.count, shared) ? shared : 0))
    for layer in 0..<tiny.model.configuration.layerCount {
      expectSameBits("z", found.gradHeadZ[layer], expected.gradHeadZ[layer], fromRow: first)
      expectSameBits("x", found.gradResidPre[layer], expected.gradResidPre[layer], fromRow: first)
      for head in 0..<tiny.model.configuration.headCount {
        let rows = expected.gradAttentionPattern[layer].row(head).dropFirst(first * tokens.count)
        #expect(
          found.gradAttentionPattern[layer].row(head).map(\.bitPattern) == rows.map(\.bitPattern))
      }
    }
    expectSameBits("embeddings", found.gradEmbeddings, expected.gradEmbeddings, fromRow: first)
  }

  @Test(arguments: ReferenceCase.intervened)
  func gradientsUnderInterventionsAreThoseOfAutograd(name: String) throws {
    let tiny = try EngineFixture(name)
    let corrupted = try tiny.corruptedRun()
    for intervention in tiny.interventionNames {
      guard let expected = tiny.reference("grad_embeddings", under: intervention) else { continue }
      let run = try tiny.model.forward(
        tiny.fixture.tokens,
        interventions: try tiny.interventions(intervention, corrupted: corrupted),
        recording: .backward)
      let gradients = tiny.model.backward(run, of: tiny.metric, keeping: .embeddings)
      // A residual stream replaced everywhere leaves nothing to the embeddings.
      if expected.values.allSatisfy({ $0 == 0 }) {
        #expect(gradients.gradEmbeddings?.values.allSatisfy { $0 == 0 } == true)
      } else {
        expectMatches("\(name) \(intervention)", gradients.gradEmbeddings, expected)
      }
    }
  }

  /// A metric of four tokens, so that a backward that knows logit differences only would fail.
  @Test(arguments: ["multihead", "grouped"])
  func gradientsMatchDifferenceQuotientsInDouble(name: String) throws {
    let tiny = try EngineFixture(name)
    var metric = LogitMetric.logitDifference(target: 5, foil: 17)
    metric.terms += LogitMetric.logitDifference(target: 2, foil: 29).terms
    for (index, weight) in [0.75, -1.5, 0.5, 0.25].enumerated() {
      metric.terms[index].weight = Float(weight)
    }
    let run = try tiny.model.forward(tiny.fixture.corrupted, recording: .backward)
    let gradients = tiny.model.backward(run, of: metric, keeping: Self.all)
    let model = try ReferenceModel<Double>(directory: ReferenceCase.directory(name))
    let embeddings = try model.embed(tiny.fixture.corrupted.map { Int($0) })
    var clean: [Site: Grid<Double>] = [:]
    _ = try model.logits(embeddings) { site, value in clean[site] = value }

    func value(
      _ embeddings: Grid<Double>, visit: ReferenceModel<Double>.Visit
    ) throws -> Double {
      let logits = try model.logits(embeddings, visit: visit)
      return metric.terms.reduce(0) {
        $0 + Double($1.weight) * logits[logits.shape[0] - 1, Int($1.token)]
      }
    }
    for layer in 0..<model.config.layers {
      let sites = [
        (Site.z(layer), gradients.gradHeadZ[layer]),
        (Site.residPre(layer), gradients.gradResidPre[layer]),
      ]
      for (site, gradient) in sites {
        // The engine's gradient is float32: 1e-5 of the largest.
        try expectGradient(
          "\(site)", Grid(gradient), at: try #require(clean[site]), bound: 1e-5, every: 17
        ) { changed in
          try value(embeddings) { if $0 == site { $1 = changed } }
        }
      }
    }
    try expectGradient(
      "embeddings", Grid(try #require(gradients.gradEmbeddings)), at: embeddings, bound: 1e-5,
      every: 17
    ) { try value($0) { _, _ in } }
  }

  /// Halves of a pair are run so: everything that a backward pass reads is taken over.
  @Test(arguments: ReferenceCase.intervened)
  func aRunThatSharesAPrefixHasTheSameGradients(name: String) throws {
    let tiny = try EngineFixture(name)
    let tokens = tiny.fixture.tokens
    let other = Array(tokens.prefix(7) + tiny.fixture.corrupted.suffix(tokens.count - 7))
    let first = try tiny.model.forward(tokens, recording: .backward)
    let shared = try tiny.model.forward(
      .tokens(other, sharingPrefixOf: first), recording: .backward)
    let alone = try tiny.model.forward(other, recording: .backward)
    let (a, b) = (
      tiny.model.backward(shared, of: tiny.metric, keeping: Self.all),
      tiny.model.backward(alone, of: tiny.metric, keeping: Self.all)
    )
    #expect(a.gradHeadZ.map(\.bits) == b.gradHeadZ.map(\.bits))
    #expect(a.gradAttentionPattern.map(\.bits) == b.gradAttentionPattern.map(\.bits))
    #expect(a.gradEmbeddings?.bits == b.gradEmbeddings?.bits)
  }

  @Test(arguments: ReferenceCase.intervened)
  func aBackwardPassOfPartsGivesTheSameBits(name: String) throws {
    let tiny = try EngineFixture(name)
    let run = try tiny.model.forward(tiny.fixture.tokens, recording: .backward)
    let whole = tiny.model.backward(run, of: tiny.metric, keeping: Self.all)
    for options: GradientOptions in [[], .attentionPattern, .residualStream, .embeddings] {
      let part = tiny.model.backward(run, of: tiny.metric, keeping: options)
      #expect(part.gradHeadZ.map(\.bits) == whole.gradHeadZ.map(\.bits))
      if options.contains(.attentionPattern) {
        #expect(part.gradAttentionPattern.map(\.bits) == whole.gradAttentionPattern.map(\.bits))
      }
      if options.contains(.residualStream) {
        #expect(part.gradResidPre.map(\.bits) == whole.gradResidPre.map(\.bits))
      }
      if options.contains(.embeddings) {
        #expect(part.gradEmbeddings?.bits == whole.gradEmbeddings?.bits)
      }
    }
  }
}

extension Grid<Double> {
  init(_ tensor: Tensor) {
    self.init(shape: tensor.shape, values: tensor.values.map { Double($0) })
  }
}
