// Every method against its definition computed with torch, against the exact effects, and against
// the identities that tie the methods to each other.

import Engine
import Interpretability
import TestSupport
import Testing

/// A tiny model with its prompt pair and the scores it must give.
struct ScoredModel {
  let model: Model
  let pair: PromptPair
  let steps: Int
  let scores: ReferenceArrays

  init(_ name: String) throws {
    let fixture = try ReferenceCase.load(name)
    model = try Model.load(ReferenceCase.directory(name))
    pair = PromptPair(
      clean: fixture.tokens, corrupted: fixture.corrupted,
      metric: .logitDifference(target: fixture.target, foil: fixture.foil))
    steps = fixture.steps
    scores = try ReferenceCase.scores(name)
  }
}

@Suite struct AttributionTests {
  static let names = ["multihead", "grouped"]
  static let namesAndBuiltIn = names + ["builtin"]

  @Test(
    arguments: namesAndBuiltIn,
    [
      (AttributionMethod.attributionPatching, "attribution_patching"),
      (.integratedGradients, "integrated_gradients"),
      (.activationPatching, "activation_patching"),
    ])
  func twoSidedMethodsGiveTheScoresOfTheirDefinition(
    name: String, method: (AttributionMethod, String)
  ) throws {
    let tiny = try ScoredModel(name)
    for direction in PatchingDirection.allCases {
      let found = try tiny.model.headScores(
        method.0, on: tiny.pair, settings: .init(direction: direction, steps: tiny.steps))
      let array = "\(method.1).\(direction.rawValue)"
      expectScores("\(name) \(array)", found, try tiny.scores.array(array))
    }
  }

  @Test(
    arguments: namesAndBuiltIn,
    [(AttributionMethod.zeroBaseline, "zero_baseline"), (.ablation, "ablation")])
  func oneSidedMethodsGiveTheScoresOfTheirDefinition(
    name: String, method: (AttributionMethod, String)
  ) throws {
    let tiny = try ScoredModel(name)
    var alone = tiny.pair
    alone.corrupted = nil
    let found = try tiny.model.headScores(method.0, on: alone)
    expectScores("\(name) \(method.1)", found, try tiny.scores.array(method.1))
    #expect(try tiny.model.headScores(method.0, on: tiny.pair) == found)
  }

  @Test(arguments: names)
  func patternAttributionIsThatOfItsDefinition(name: String) throws {
    let tiny = try ScoredModel(name)
    let found = try tiny.model.patternAttribution(tiny.pair)
    #expect(found.scores.count == tiny.model.configuration.layerCount)
    for (layer, scores) in found.scores.enumerated() {
      let expected = try tiny.scores.array("pattern_attribution.\(layer)")
      #expect(scores.shape == expected.shape)
      expectClose("\(name) pattern \(layer)", scores.values, expected.values)
    }
  }

  /// A first-order estimate's relative error is linear in the distance between the two runs, once
  /// they are near: with peaked attention, from a few hundredths on.
  @Test(arguments: names)
  func attributionApproachesPatchingAsRunsConverge(name: String) throws {
    let tiny = try ScoredModel(name)
    let errors = try [0.02, 0.01, 0.005].map { try attributionError(tiny, mixing: $0) }
    #expect(errors[0] > 0.001, "so close that there is nothing to converge: \(errors)")
    for (near, far) in [(1, 0), (2, 1)] {
      let ratio = errors[near] / errors[far]
      #expect(ratio > 0.35 && ratio < 0.65, "halving the distance must halve the error: \(errors)")
    }
  }

  /// Σ |estimate − effect| / Σ |effect| over all heads, where the corrupted embeddings are
  /// clean + `share` · (corrupted − clean).
  private func attributionError(_ tiny: ScoredModel, mixing share: Float) throws -> Double {
    let model = tiny.model
    let clean = try model.embed(tiny.pair.clean)
    let corrupted = try model.embed(try #require(tiny.pair.corrupted))
    let mixed = zip(clean.values, corrupted.values).map { $0 + share * ($1 - $0) }
    let base = try model.forward(
      .embeddings(Tensor(mixed, shape: clean.shape)), recording: .backward)
    let source = try model.forward(.embeddings(clean), recording: .headZ)
    let gradients = model.backward(base, of: tiny.pair.metric)
    var (difference, size) = (0.0, 0.0)
    for head in model.configuration.heads {
      let patched = try model.forward(
        .rerun(base, adding: [Intervention(.head(head), .replace(with: source))]))
      let effect = Double(tiny.pair.metric.value(patched)) - Double(tiny.pair.metric.value(base))
      let estimate = try estimatedEffect(head, source, base, gradients.gradHeadZ[head.layer])
      difference += abs(estimate - effect)
      size += abs(effect)
    }
    return difference / size
  }

  /// Σ_{t,k} (z_source − z_base) · dm/dz of one head.
  private func estimatedEffect(
    _ head: HeadIndex, _ source: Trace, _ base: Trace, _ gradient: Tensor
  ) throws -> Double {
    let a = try #require(source.layers[head.layer].headZ)
    let b = try #require(base.layers[head.layer].headZ)
    var sum = 0.0
    for t in 0..<a.shape[0] {
      for k in 0..<a.shape[2] {
        let change = Double(a[t, head.head, k]) - Double(b[t, head.head, k])
        sum += change * Double(gradient[t, head.head, k])
      }
    }
    return sum
  }

  // MARK: Identities

  /// With one step the only point is the source run itself: the noising estimate, sign turned.
  @Test(arguments: names)
  func oneStepOfIntegratedGradientsIsTheOppositeEstimate(name: String) throws {
    let tiny = try ScoredModel(name)
    let oneStep = try tiny.model.integratedGradients(tiny.pair, direction: .denoising, steps: 1)
    let opposite = try tiny.model.attributionPatching(tiny.pair, direction: .noising)
    expectClose(name, oneStep.values, opposite.values.map { -$0 })
  }

  @Test(arguments: names)
  func equalPromptsGiveNoEffect(name: String) throws {
    let tiny = try ScoredModel(name)
    let same = PromptPair(
      clean: tiny.pair.clean, corrupted: tiny.pair.clean, metric: tiny.pair.metric)
    for method in AttributionMethod.allCases where method.needsCorruptedPrompt {
      let scores = try tiny.model.headScores(method, on: same)
      #expect(scores.values.allSatisfy { $0 == 0 }, "\(method)")
    }
  }

  /// Interventions of the pair hold in every run, so a head that is off has no effect left, and
  /// the others' effects are those in the model without it.
  @Test(arguments: names, AttributionMethod.allCases)
  func aHeadThatIsOffHasNoEffect(name: String, method: AttributionMethod) throws {
    let tiny = try ScoredModel(name)
    let off = HeadIndex(layer: 0, head: 3)
    var pair = tiny.pair
    pair.interventions = [Intervention(.head(off), .zero)]
    let plain = try tiny.model.headScores(method, on: tiny.pair)
    let scores = try tiny.model.headScores(method, on: pair)
    #expect(plain[off] != 0)
    #expect(scores.values != plain.values)
    // Patching brings the other run's z, where the head is off as well.
    #expect(abs(scores[off]) == 0, "\(method): \(scores[off])")
  }

  // MARK: What a caller can get wrong

  @Test func promptsThatDoNotAlignAreRefused() throws {
    let tiny = try ScoredModel("multihead")
    var pair = tiny.pair
    pair.corrupted = nil
    for method in AttributionMethod.allCases where method.needsCorruptedPrompt {
      #expect(throws: AttributionError.noCorruptedPrompt) {
        try tiny.model.headScores(method, on: pair)
      }
    }
    pair.corrupted = Array(tiny.pair.clean.dropLast())
    for method in AttributionMethod.allCases where method.needsCorruptedPrompt {
      #expect(throws: AttributionError.lengthMismatch(clean: 11, corrupted: 10)) {
        try tiny.model.headScores(method, on: pair)
      }
    }
  }

  @Test(arguments: [AttributionMethod.activationPatching, .ablation])
  func progressCountsEveryHeadAndCanEndTheWork(method: AttributionMethod) throws {
    let tiny = try ScoredModel("grouped")
    var seen: [Int] = []
    _ = try tiny.model.headScores(method, on: tiny.pair) { done, total in
      #expect(total == 18)
      seen.append(done)
    }
    #expect(seen == seen.sorted() && seen.first == 0 && seen.last == 18)
    var calls = 0
    #expect(throws: CancellationError.self) {
      try tiny.model.headScores(method, on: tiny.pair) { done, _ in
        calls += 1
        if done > 0 { throw CancellationError() }
      }
    }
    #expect(calls == 2)
  }
}

/// Expects scores `[L, H]` to be the reference.
private func expectScores(
  _ name: String, _ found: HeadScores, _ expected: ReferenceArray,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect([found.layerCount, found.headCount] == expected.shape, sourceLocation: sourceLocation)
  expectClose(name, found.values, expected.values, sourceLocation: sourceLocation)
}

/// Expects arrays to agree to 1e-5 of the largest expected value: sums of a few hundred products of
/// activations and gradients, each good to a few tens of roundings of 6e-8.
func expectClose(
  _ name: String, _ found: [Float], _ expected: [Float],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, "\(name)", sourceLocation: sourceLocation)
  let bound = 1e-5 * (expected.map { abs($0) }.max() ?? 0)
  let worst = zip(found, expected).enumerated()
    .map { (index: $0, found: $1.0, expected: $1.1, error: abs($1.0 - $1.1)) }
    .max { !($0.error >= $1.error) }
  guard let worst else { return }
  #expect(
    bound > 0 && worst.error <= bound,
    "\(name)[\(worst.index)]: \(worst.found), expected \(worst.expected) within \(bound)",
    sourceLocation: sourceLocation)
}
