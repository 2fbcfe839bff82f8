// Changed attention rows: what cannot be asked, what is recorded, shared prefixes, and gradients
// against difference quotients. Values from transformers are in `InterventionTests`.

import Engine
import TestSupport
import Testing

@Suite struct AttentionRowTests {
  /// Two changes that feed each other, over two layers, by parts.
  static let changes: [Intervention] = [
    Intervention(
      .head(HeadIndex(layer: 0, head: 2)), .patternRow(oneHot: 1, strength: 0.5), at: .only([4, 7])),
    Intervention(
      .head(HeadIndex(layer: 1, head: 0)),
      .patternRow(fromHead: HeadIndex(layer: 0, head: 2), strength: 0.75)),
    Intervention(
      .head(HeadIndex(layer: 1, head: 3)),
      .patternRow(fromHead: HeadIndex(layer: 1, head: 0), strength: 0.25)),
  ]

  @Test func rowsThatCannotBeAreRefused() throws {
    let tiny = try EngineFixture("gemma2")
    let tokens = tiny.fixture.tokens
    func run(_ head: HeadIndex, _ effect: Intervention.Effect, at positions: [Int]? = nil) throws {
      let intervention = Intervention(
        .head(head), effect, at: positions.map { .only($0) } ?? .all)
      _ = try tiny.model.forward(tokens, interventions: [intervention])
      let recorded = try tiny.model.forward(tokens, recording: .rerun)
      _ = try tiny.model.forward(.rerun(recorded, adding: [intervention]))
    }
    let (window, whole) = (HeadIndex(layer: 2, head: 1), HeadIndex(layer: 1, head: 0))
    #expect(tiny.model.configuration.attention.window == 5)
    #expect(throws: EngineError.rowOfLaterLayer(whole, source: window)) {
      try run(whole, .patternRow(fromHead: window))
    }
    #expect(throws: EngineError.keyNotSeen(whole, position: 3, key: 4, seen: 0..<4)) {
      try run(whole, .patternRow(oneHot: 4), at: [5, 3])
    }
    #expect(throws: EngineError.keyNotSeen(whole, position: 3, key: -1, seen: 0..<4)) {
      try run(whole, .patternRow(oneHot: -1), at: [3])
    }
    #expect(throws: EngineError.keyNotSeen(window, position: 8, key: 3, seen: 4..<9)) {
      try run(window, .patternRow(oneHot: 3), at: [8])
    }
    // The row of a head without a window reaches beyond the window, from the sixth position on.
    #expect(throws: EngineError.keyNotSeen(window, position: 5, key: 0, seen: 1..<6)) {
      try run(window, .patternRow(fromHead: whole))
    }
    try run(window, .patternRow(fromHead: whole), at: [2, 4])
    let missing = HeadIndex(layer: 0, head: 9)
    for effect in [Intervention.Effect.patternRow(fromHead: missing), .zero] {
      #expect(throws: EngineError.headOutOfRange(missing, layerCount: 4, headCount: 4)) {
        try run(effect.isZero ? missing : whole, effect)
      }
    }
    // Rows beyond the prompt are nobody's.
    try run(whole, .patternRow(oneHot: 90), at: [tokens.count, 99])
  }

  @Test func recordedRowsAreThoseAfterTheChange() throws {
    let tiny = try EngineFixture("grouped")
    let tokens = tiny.fixture.tokens
    let recording: TraceOptions = [.attentionPattern, .keysAndValues, .headZ]
    let plain = try tiny.model.forward(tokens, recording: recording)
    let head = HeadIndex(layer: 1, head: 3), source = HeadIndex(layer: 0, head: 5)
    let run = try tiny.model.forward(
      tokens,
      interventions: [
        Intervention(.head(head), .patternRow(oneHot: 2), at: .only([4])),
        Intervention(.head(head), .patternRow(fromHead: source), at: .only([6])),
        Intervention(.head(head), .patternRow(oneHot: 0, strength: 0.25), at: .only([7])),
      ], recording: recording)
    let (before, after) = (
      try #require(plain.layers[1].attentionPattern), try #require(run.layers[1].attentionPattern)
    )
    let given = try #require(run.layers[0].attentionPattern)
    let (z, values) = (try #require(run.layers[1].headZ), try #require(run.layers[1].v))
    for s in tokens.indices {
      #expect(after[3, 4, s] == (s == 2 ? 1 : 0))
      #expect(after[3, 6, s] == given[5, 6, s])
      #expect(abs(after[3, 7, s] - 0.75 * before[3, 7, s] - (s == 0 ? 0.25 : 0)) < 1e-6)
      #expect(after[3, 5, s] == before[3, 5, s] && after[2, 4, s] == before[2, 4, s])
    }
    // Six heads share two value heads: head 3 reads the second.
    for k in 0..<tiny.model.configuration.dHead { #expect(z[4, 3, k] == values[2, 1, k]) }
  }

  @Test(arguments: ["multihead", "grouped"])
  func strengthZeroChangesNoBit(name: String) throws {
    let tiny = try EngineFixture(name)
    let tokens = tiny.fixture.tokens
    let plain = try tiny.model.forward(tokens, logits: .all)
    let head = HeadIndex(layer: 1, head: 2)
    for effect in [
      Intervention.Effect.patternRow(oneHot: 1, strength: 0),
      .patternRow(fromHead: HeadIndex(layer: 0, head: 1), strength: 0), .patternRow(fromHead: head),
    ] {
      let run = try tiny.model.forward(
        tokens, interventions: [Intervention(.head(head), effect)], logits: .all)
      expectSameBits("\(effect)", run.logits, plain.logits)
    }
  }

  /// Whatever part of the prompt, of the batch or of the pattern a pass computes at once.
  @Test(arguments: ReferenceCase.intervened)
  func sharedPrefixesAndBatchesGiveTheBitsOfAWholePass(name: String) throws {
    let tiny = try EngineFixture(name)
    let corrupted = try tiny.corruptedRun()
    let tokens = tiny.fixture.tokens
    let other = tokens.prefix(8) + tiny.fixture.corrupted.suffix(tokens.count - 8)
    for intervention in tiny.interventionNames where intervention.hasPrefix("row") {
      let interventions = try tiny.interventions(intervention, corrupted: corrupted)
      let first = try tiny.model.forward(
        tokens, interventions: interventions, recording: [.keysAndValues])
      let whole = try tiny.model.forward(
        Array(other), interventions: interventions, recording: .backward)
      let shared = try tiny.model.forward(.tokens(Array(other), continuing: first, shared: 8))
      expectSameBits("\(intervention), shared", shared.logits, whole.logits)
      let batch = try tiny.model.forward(batch: [
        .tokens(tokens), .tokens(Array(other), interventions: interventions),
        .tokens(Array(other), continuing: first, shared: 8),
      ])
      for run in batch.dropFirst() { expectSameBits(intervention, run.logits, whole.logits) }
    }
  }

  /// Interventions of every kind, also where the run that is shared was a re-evaluation itself.
  @Test(arguments: ReferenceCase.intervened)
  func reEvaluationsThatShareAPrefixGiveTheBitsOfAWholePass(name: String) throws {
    let tiny = try EngineFixture(name)
    let corrupted = try tiny.corruptedRun()
    let tokens = tiny.fixture.tokens
    let other = Array(tokens.prefix(8) + tiny.fixture.corrupted.suffix(tokens.count - 8))
    let recording: TraceOptions = [.rerun, .attentionPattern]
    let first = try tiny.model.forward(tokens, recording: recording)
    let second = try tiny.model.forward(
      .tokens(other, continuing: first, shared: 8), recording: recording)
    for intervention in tiny.interventionNames {
      let added = try tiny.interventions(intervention, corrupted: corrupted)
      let changed = try tiny.model.forward(
        .rerun(first, adding: added), recording: .keysAndValues, logits: .last(3))
      let shared = try tiny.model.forward(
        .rerun(second, adding: added, sharing: changed, shared: 8), logits: .last(3))
      let whole = try tiny.model.forward(other, interventions: added, logits: .last(3))
      expectSameBits("\(name) \(intervention)", shared.logits, whole.logits)
    }
  }

  /// Re-evaluations that start at different layers, or cannot use the recorded z, in one call.
  @Test func reEvaluationsOfAllKindsRunInOneBatch() throws {
    let tiny = try EngineFixture("grouped")
    let tokens = tiny.fixture.tokens
    let held = [Intervention(.head(HeadIndex(layer: 1, head: 2)), .scale(2))]
    let recorded = try tiny.model.forward(
      tokens, interventions: held, recording: [.rerun, .attentionPattern])
    let sets: [[Intervention]] = [
      [Intervention(.head(HeadIndex(layer: 1, head: 2)), .patternRow(oneHot: 1), at: .only([6]))],
      [Intervention(.head(HeadIndex(layer: 1, head: 3)), .patternRow(oneHot: 1), at: .only([6]))],
      Self.changes, [Intervention(.head(HeadIndex(layer: 2, head: 0)), .zero)],
    ]
    let batch = try tiny.model.forward(
      batch: sets.map { .rerun(recorded, adding: $0) }
        + [.tokens(tokens, interventions: held)])
    for (set, run) in zip(sets + [[]], batch) {
      let whole = try tiny.model.forward(tokens, interventions: held + set)
      expectSameBits("\(set.count) changes", run.logits, whole.logits)
    }
  }

  @Test(arguments: ["multihead", "grouped"])
  func gradientsThroughRowsMatchDifferenceQuotientsInDouble(name: String) throws {
    let tiny = try EngineFixture(name)
    let tokens = tiny.fixture.tokens
    let run = try tiny.model.forward(
      tokens, interventions: Self.changes, recording: .backward)
    let gradients = tiny.model.backward(run, of: tiny.metric, keeping: GradientTests.all)
    let model = try ReferenceModel<Double>(directory: ReferenceCase.directory(name))
    let embeddings = try model.embed(tokens.map { Int($0) })

    /// The metric with the rows changed, and one layer's final pattern put in its place.
    func value(
      _ embeddings: Grid<Double>, pattern replaced: (layer: Int, cells: Grid<Double>)? = nil,
      visit: (Int, Grid<Double>) -> Void = { _, _ in }
    ) throws -> Double {
      var first = Grid<Double>(1, 1, 1)
      let logits = try model.logits(embeddings) { site, cells in
        guard case .pattern(let layer) = site else { return }
        Self.change(&cells, layer: layer, first: first)
        if let replaced, replaced.layer == layer { cells = replaced.cells }
        if layer == 0 { first = cells }
        visit(layer, cells)
      }
      let end = logits.shape[0] - 1
      return logits[end, Int(tiny.fixture.target)] - logits[end, Int(tiny.fixture.foil)]
    }
    try expectGradient(
      "embeddings", Grid(try #require(gradients.gradEmbeddings)), at: embeddings, bound: 1e-5,
      every: 17
    ) { try value($0) }
    var patterns: [Int: Grid<Double>] = [:]
    _ = try value(embeddings) { patterns[$0] = $1 }
    for layer in 0...1 {
      let cells = try #require(patterns[layer])
      let gradient = Grid(gradients.gradAttentionPattern[layer])
      // Keys after the query are no variables.
      let count = tokens.count
      let seen = (0..<cells.count).filter { $0 % count <= $0 / count % count }
      try expectGradient(
        "pattern \(layer)", Grid(shape: [seen.count], values: seen.map { gradient.values[$0] }),
        at: Grid(shape: [seen.count], values: seen.map { cells.values[$0] }), bound: 1e-5,
        every: 13
      ) { changed in
        var whole = cells
        for (index, x) in zip(seen, changed.values) { whole.values[index] = x }
        return try value(embeddings, pattern: (layer, whole))
      }
    }
  }

  /// `changes` in Double. `first` is the first layer's pattern.
  private static func change(_ cells: inout Grid<Double>, layer: Int, first: Grid<Double>) {
    let count = cells.shape[1]
    if layer == 0 {
      for t in [4, 7] {
        for s in 0..<count { cells[2, t, s] = 0.5 * cells[2, t, s] + (s == 1 ? 0.5 : 0) }
      }
    } else if layer == 1 {
      for t in 0..<count {
        for s in 0..<count { cells[0, t, s] = 0.25 * cells[0, t, s] + 0.75 * first[2, t, s] }
        for s in 0..<count { cells[3, t, s] = 0.75 * cells[3, t, s] + 0.25 * cells[0, t, s] }
      }
    }
  }
}

extension Intervention.Effect {
  fileprivate var isZero: Bool { if case .zero = self { true } else { false } }
}
