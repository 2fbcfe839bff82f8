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
  /// - Complexity: for each pair two forward and two backward passes, a second plain pass, and a
  ///   re-evaluation for each candidate; the halves of a pair share what they have in common.
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
    try search.ablate(candidates, pairs) { done, all in
      try progress(pairs.count + done * pairs.count / all, total)
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
    let whenTrue = try model.forward(pair.whenTrue.tokens, recording: .backward)
    let whenFalse = try model.forward(
      .tokens(pair.whenFalse.tokens, sharingPrefixOf: whenTrue), recording: .backward)
    let halves = [
      Half(whenTrue, pair.whenTrue, labels), Half(whenFalse, pair.whenFalse, labels),
    ]
    pairCount += 1
    addFeatures(whenTrue, pair.whenTrue, to: \.featuresWhenTrue)
    addFeatures(whenFalse, pair.whenFalse, to: \.featuresWhenFalse)
    let gradients = halves.map { half in
      model.backward(
        half.run, of: half.question.metric, keeping: half.labels.isEmpty ? [] : .attentionPattern)
    }
    for (half, gradients) in zip(halves, gradients) { addRolePairs(half, gradients) }
    guard whenTrue.tokenCount == whenFalse.tokenCount else { return }
    alignedPairCount += 1
    addAttribution(
      halves[0], corrupted: halves[1], gradients[1], to: \.attributionWhenTrue)
    addAttribution(
      halves[1], corrupted: halves[0], gradients[0], to: \.attributionWhenFalse)
  }

  /// One half of a pair, as it ran.
  private struct Half {
    let run: Trace
    let question: Question
    let labels: [String?]

    init(_ run: Trace, _ question: Question, _ labels: (Question) -> [String?]) {
      self.run = run
      self.question = question
      self.labels = labels(question)
    }
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

  /// `gradients` are those of the corrupted half's own metric. Where that is the clean half's turned
  /// around, as that of No against Yes is of Yes against No, so are they.
  private mutating func addAttribution(
    _ clean: Half, corrupted: Half, _ gradients: Gradients,
    to path: WritableKeyPath<Self, [Double]>
  ) {
    let isTurned =
      clean.question.answer[0] == corrupted.question.foil
      && clean.question.foil == corrupted.question.answer[0]
    let scores =
      isTurned
      ? model.weightedSum(of: clean.run, minus: corrupted.run, by: gradients.gradHeadZ)
      : model.attributionPatching(
        from: corrupted.run, to: clean.run, metric: clean.question.metric)
    for (index, score) in scores.values.enumerated() {
      self[keyPath: path][index] += Double(isTurned ? -score : score)
    }
  }

  private mutating func addRolePairs(_ half: Half, _ gradients: Gradients) {
    guard !half.labels.isEmpty else { return }
    let attribution = PatternAttribution(half.run, gradients)
    for (index, head) in model.configuration.heads.enumerated() {
      for pair in attribution.rolePairs(head, labels: half.labels) {
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
  mutating func ablate(
    _ candidates: [HeadIndex], _ pairs: [StatementPair], progress: ProgressHandler
  ) throws {
    let questions = pairs.flatMap { [$0.whenTrue, $0.whenFalse] }
    let total = questions.count * (candidates.count + 1)
    var done = 0
    var right = Array(repeating: (whenTrue: 0, whenFalse: 0), count: candidates.count + 1)
    try model.evaluate(
      questions, variants: candidates.map { QuestionVariant([Intervention(.head($0), .zero)]) }
    ) { variant, index, score in
      done += 1
      try progress(done, total)
      guard score.isAllRight == true else { return }
      let place = variant.map { $0 + 1 } ?? 0
      if index.isMultiple(of: 2) { right[place].whenTrue += 1 } else { right[place].whenFalse += 1 }
    }
    (rightWhenTrue, rightWhenFalse) = right[0]
    for (head, counts) in zip(candidates, right.dropFirst()) { ablatedRight[head] = counts }
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
