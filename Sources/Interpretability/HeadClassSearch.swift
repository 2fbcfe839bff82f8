// The search for True and False heads.

import Engine

extension Model {
  /// Measures every head on counterfactual pairs and classes the candidates.
  ///
  /// - Parameters:
  ///   - pairs: each half's `statement` must be given, and not be empty.
  ///   - settings: what a head must show.
  ///   - labels: roles of a question's positions, `[T]`, for the role pair.
  ///   - progress: called before each pair, twice over.
  /// - Returns: the evidence on every head, by layer and then by head.
  /// - Throws: `EngineError` for a prompt that does not fit; what `progress` throws.
  /// - Complexity: for each pair four forward and four backward passes, and two re-evaluations for
  ///   each candidate.
  ///
  /// Source: Ni et al. 2025 (arXiv:2412.12841); thresholds as in `HeadClassSettings`.
  public func classifyHeads(
    _ pairs: [StatementPair], settings: HeadClassSettings = .init(),
    labels: (Question) -> [String?] = { _ in [] }, progress: ProgressHandler = { _, _ in }
  ) throws -> HeadClasses {
    var search = HeadClassSearch(model: self, settings: settings)
    let total = 2 * pairs.count
    for (index, pair) in pairs.enumerated() {
      try progress(index, total)
      try search.measure(pair, labels: labels)
    }
    let candidates = search.candidates
    for (index, pair) in pairs.enumerated() {
      try progress(pairs.count + index, total)
      try search.ablate(candidates, on: pair)
    }
    try progress(total, total)
    return search.classes(candidates: candidates)
  }
}

/// Sums that grow pair by pair.
private struct HeadClassSearch {
  let model: Model
  let settings: HeadClassSettings
  private var featuresWhenTrue, featuresWhenFalse: [[Double]]
  private var attributionWhenTrue, attributionWhenFalse: [Double]
  private var rolePairs: [[RolePairKey: RolePairSum]]
  private var rightWhenTrue = 0, rightWhenFalse = 0
  private var ablatedRight: [HeadIndex: (whenTrue: Int, whenFalse: Int)] = [:]
  private var pairCount = 0, alignedPairCount = 0

  private struct RolePairKey: Hashable {
    var query, key: String
  }

  private struct RolePairSum {
    var attribution: Float = 0, attention: Float = 0
    var count = 0

    mutating func add(_ pair: RolePair) {
      attribution += pair.attribution
      attention += pair.attention
      count += 1
    }
  }

  init(model: Model, settings: HeadClassSettings) {
    self.model = model
    self.settings = settings
    let count = model.configuration.heads.count
    featuresWhenTrue = Array(repeating: [], count: count)
    featuresWhenFalse = featuresWhenTrue
    attributionWhenTrue = Array(repeating: 0, count: count)
    attributionWhenFalse = attributionWhenTrue
    rolePairs = Array(repeating: [:], count: count)
  }

  // MARK: Features and attribution

  mutating func measure(_ pair: StatementPair, labels: (Question) -> [String?]) throws {
    precondition(
      [pair.whenTrue, pair.whenFalse].allSatisfy { $0.statement?.isEmpty == false },
      "classifyHeads: a half has no statement")
    let whenTrue = try run(pair.whenTrue), whenFalse = try run(pair.whenFalse)
    pairCount += 1
    addFeatures(whenTrue, pair.whenTrue, to: \.featuresWhenTrue)
    addFeatures(whenFalse, pair.whenFalse, to: \.featuresWhenFalse)
    addRolePairs(whenTrue, pair.whenTrue, labels)
    addRolePairs(whenFalse, pair.whenFalse, labels)
    guard pair.whenTrue.tokens.count == pair.whenFalse.tokens.count else { return }
    alignedPairCount += 1
    addAttribution(
      whenTrue, corrupted: whenFalse, pair.whenTrue.metric, to: \.attributionWhenTrue)
    addAttribution(
      whenFalse, corrupted: whenTrue, pair.whenFalse.metric, to: \.attributionWhenFalse)
  }

  private func run(_ question: Question) throws -> Trace {
    try model.forward(question.tokens, recording: .backward)
  }

  private mutating func addFeatures(
    _ run: Trace, _ question: Question, to path: WritableKeyPath<Self, [[Double]]>
  ) {
    guard let statement = question.statement else { return }
    for (index, head) in model.configuration.heads.enumerated() {
      guard let pattern = run.layers[head.layer].attentionPattern,
        let feature = headFeature(pattern, head: head.head, statement: statement)
      else { continue }
      self[keyPath: path][index].append(Double(feature))
    }
  }

  private mutating func addAttribution(
    _ clean: Trace, corrupted: Trace, _ metric: LogitMetric,
    to path: WritableKeyPath<Self, [Double]>
  ) {
    let scores = model.attributionPatching(from: corrupted, to: clean, metric: metric)
    for (index, score) in scores.values.enumerated() {
      self[keyPath: path][index] += Double(score)
    }
  }

  private mutating func addRolePairs(
    _ run: Trace, _ question: Question, _ labels: (Question) -> [String?]
  ) {
    let labels = labels(question)
    guard !labels.isEmpty else { return }
    let attribution = model.patternAttribution(run, metric: question.metric)
    for (index, head) in model.configuration.heads.enumerated() {
      for pair in attribution.rolePairs(head, labels: labels) {
        let key = RolePairKey(query: pair.query, key: pair.key)
        rolePairs[index][key, default: RolePairSum()].add(pair)
      }
    }
  }

  // MARK: Candidates

  /// The heads with the largest attribution on both halves.
  var candidates: [HeadIndex] {
    let heads = model.configuration.heads
    let least = heads.indices.map { min(attributionWhenTrue[$0], attributionWhenFalse[$0]) }
    guard let largest = least.max(), largest > 0 else { return [] }
    let ranked = heads.indices.sorted { least[$0] > least[$1] }
      .filter { least[$0] >= settings.leastShare * largest }
    return ranked.prefix(settings.candidateCount(of: heads.count)).map { heads[$0] }
  }

  /// Counts right answers without and with each candidate set to zero.
  mutating func ablate(_ candidates: [HeadIndex], on pair: StatementPair) throws {
    for (question, isTrue) in [(pair.whenTrue, true), (pair.whenFalse, false)] {
      let base = try model.forward(
        question.forced, recording: .rerun, logits: .last(question.scoredCount))
      if model.score(base, question).isAllRight == true {
        if isTrue { rightWhenTrue += 1 } else { rightWhenFalse += 1 }
      }
      for head in candidates {
        let ablated = try model.forward(
          .rerun(base, adding: [Intervention(.head(head), .zero)]),
          logits: .last(question.scoredCount))
        guard model.score(ablated, question).isAllRight == true else { continue }
        var counts = ablatedRight[head] ?? (0, 0)
        if isTrue { counts.whenTrue += 1 } else { counts.whenFalse += 1 }
        ablatedRight[head] = counts
      }
    }
  }

  // MARK: Verdict

  func classes(candidates: [HeadIndex]) -> HeadClasses {
    let pairs = Double(max(1, pairCount))
    // One value for all heads: every pair gives every head a feature.
    let t = Statistics.studentQuantile(
      confidence: settings.confidence, degreesOfFreedom: max(1, pairCount - 1))
    let heads = model.configuration.heads.enumerated().map { index, head in
      evidence(on: head, index: index, isCandidate: candidates.contains(head), quantile: t)
    }
    return HeadClasses(
      heads: heads, pairCount: pairCount, alignedPairCount: alignedPairCount,
      accuracyWhenTrue: Double(rightWhenTrue) / pairs,
      accuracyWhenFalse: Double(rightWhenFalse) / pairs)
  }

  private func evidence(
    on head: HeadIndex, index: Int, isCandidate: Bool, quantile: Double
  ) -> HeadEvidence {
    let differences = zip(featuresWhenTrue[index], featuresWhenFalse[index]).map { $0 - $1 }
    let d = Statistics.mean(differences)
    let interval = Statistics.interval(ofMean: differences, z: quantile)
    let auroc = Statistics.auroc(
      positives: featuresWhenTrue[index], negatives: featuresWhenFalse[index])
    let aligned = Double(max(1, alignedPairCount)), pairs = Double(max(1, pairCount))
    let counts = ablatedRight[head] ?? (0, 0)
    let failures = settings.failures(
      isCandidate: isCandidate, d: d, interval: interval, auroc: auroc)
    return HeadEvidence(
      head: head, kind: !failures.isEmpty ? .neither : d > 0 ? .trueHead : .falseHead,
      failures: failures, d: d, interval: interval, auroc: auroc,
      attributionWhenTrue: attributionWhenTrue[index] / aligned,
      attributionWhenFalse: attributionWhenFalse[index] / aligned,
      rolePair: mainRolePair(index),
      ablatedAccuracyWhenTrue: isCandidate ? Double(counts.whenTrue) / pairs : nil,
      ablatedAccuracyWhenFalse: isCandidate ? Double(counts.whenFalse) / pairs : nil)
  }

  /// The pair with the largest attribution: its mean over all runs, and the mean attention over the
  /// runs that have both roles.
  private func mainRolePair(_ index: Int) -> RolePair? {
    let best = rolePairs[index].max {
      (abs($0.value.attribution), $1.key.query, $1.key.key)
        < (abs($1.value.attribution), $0.key.query, $0.key.key)
    }
    guard let (key, sum) = best else { return nil }
    return RolePair(
      query: key.query, key: key.key, attribution: sum.attribution / Float(2 * pairCount),
      attention: sum.attention / Float(sum.count))
  }
}
