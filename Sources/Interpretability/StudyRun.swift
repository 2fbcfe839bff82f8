// Runs a study of heads: every condition of every draw over every question, in one evaluation.

import Engine
import GAR

/// What was found under one condition.
public struct ConditionOutcome: Sendable {
  public var condition: StudyCondition
  /// The heads of each draw.
  public var heads: [[HeadIndex]]
  /// Of each draw, by group.
  public var draws: [[StudyQuestion.Group: PairedOutcome]]
  /// The same of an answer that counts as right where more than half of the draws give it.
  public var majority: [StudyQuestion.Group: PairedOutcome]

  package init(
    condition: StudyCondition, heads: [[HeadIndex]],
    draws: [[StudyQuestion.Group: PairedOutcome]], majority: [StudyQuestion.Group: PairedOutcome]
  ) {
    self.condition = condition
    self.heads = heads
    self.draws = draws
    self.majority = majority
  }
}

/// A finished study.
public struct StudyResult: Sendable {
  public var heads: HeadSet
  public var settings: StudySettings
  /// How many questions each group has.
  public var counts: [StudyQuestion.Group: Int]
  public var outcomes: [ConditionOutcome]
  /// The sweep's, one for each strength.
  public var sweep: [ConditionOutcome]
  /// What could not be tried, and why.
  public var notes: [String]
}

extension Model {
  /// Measures what becomes of the answers when True and False heads are changed, and random ones.
  ///
  /// - Parameters:
  ///   - heads: of this model; at least one.
  ///   - questions: any; statements, sentences to be completed, or both.
  ///   - settings: draws, patterns and strengths.
  ///   - progress: called as answers come in.
  /// - Returns: outcomes by condition, draw and group.
  /// - Throws: `EngineError` for a prompt that does not fit; what `progress` throws.
  ///
  /// Source: Ni et al. 2025 (arXiv:2412.12841), interventions on True and False heads.
  public func study(
    _ heads: HeadSet, on questions: [StudyQuestion], settings: StudySettings = .init(),
    progress: ProgressHandler = { _, _ in }
  ) throws -> StudyResult {
    let plan = StudyPlan(self, heads, questions, settings)
    let passes = questions.count * (plan.variants.count + 1)
    let total = passes + questions.count
    let means = try meanActivations(over: questions.map(\.question.tokens)) { done, _ in
      try progress(done, total)
    }
    var before = [Bool](repeating: false, count: questions.count)
    var after = Array(repeating: before, count: plan.variants.count)
    var done = questions.count
    try evaluate(
      questions.map(\.question), variants: plan.variants.map { $0.changes(questions, means) }
    ) { variant, index, score in
      let isRight = settings.metric.isRight(score) == true
      if let variant { after[variant][index] = isRight } else { before[index] = isRight }
      done += 1
      try progress(done, total)
    }
    return plan.result(before: before, after: after, questions: questions)
  }
}

/// The conditions of a study and the draws of each.
private struct StudyPlan {
  let heads: HeadSet
  let settings: StudySettings
  let conditions, sweep: [StudyCondition]
  private(set) var variants: [Variant] = []
  private(set) var notes: [String] = []
  /// Heads that are neither True nor False.
  private let pool: [HeadIndex]
  private var random: SplitMix64

  /// One draw of a condition.
  struct Variant {
    var condition: StudyCondition
    /// The same condition can be tried for itself and in a sweep.
    var isOfSweep: Bool
    var heads: [HeadIndex]
    /// The heads that play the True heads' part in enhancement.
    var trueHeads: Set<HeadIndex>
    /// Whose row each head takes, for `weak`.
    var sources: [HeadIndex: HeadIndex]
  }

  init(
    _ model: Model, _ heads: HeadSet, _ questions: [StudyQuestion], _ settings: StudySettings
  ) {
    self.heads = heads
    self.settings = settings
    let all = heads.trueHeads + heads.falseHeads
    pool = model.configuration.heads.filter { !all.contains($0) }
    random = SplitMix64(seed: settings.seed)
    let forms = Set(questions.map(\.group.form))
    let choices: [HeadChoice] =
      (heads.trueHeads.isEmpty ? [] : [.trueHeads])
      + (heads.falseHeads.isEmpty ? [] : [.falseHeads])
    var actions: [HeadAction] = [.zero, .mean]
    actions += settings.patterns.map { $0.action(1) }
    var conditions = actions.flatMap { action in
      choices.flatMap { [StudyCondition($0, action), StudyCondition($0.control, action)] }
    }
    let enhance = HeadAction.enhance(settings.enhancement)
    conditions += [StudyCondition(.both, enhance), StudyCondition(.random(.likeBoth), enhance)]
    self.conditions = conditions.filter { !forms.isDisjoint(with: $0.action.forms) }
    let factors = settings.strengths.map { HeadAction.scale($0) }
    let rows = settings.patterns.flatMap { kind in
      settings.strengths.filter { (0...1).contains($0) }.map { kind.action($0) }
    }
    sweep = (factors + rows).filter { !forms.isDisjoint(with: $0.forms) }
      .flatMap { action in choices.map { StudyCondition($0, action) } }
    for condition in self.conditions { draw(condition, isOfSweep: false) }
    for condition in sweep { draw(condition, isOfSweep: true) }
  }

  private mutating func draw(_ condition: StudyCondition, isOfSweep: Bool) {
    let count = chosen(condition.choice.likeness).count
    guard !condition.choice.isRandom || pool.count >= count else {
      note("only \(pool.count) heads are neither True nor False: no random ones to compare with")
      return
    }
    var seen: Set<Set<HeadIndex>> = []
    for _ in 0..<(condition.isDrawn ? settings.draws : 1) {
      var heads = chosen(condition.choice)
      if condition.choice.isRandom {
        // Other heads in each draw, as long as there are some.
        for _ in 0..<100 {
          heads = Array(random.shuffled(pool).prefix(count)).sorted()
          if seen.insert(Set(heads)).inserted { break }
        }
      }
      let isLikeBoth = condition.choice == .random(.likeBoth)
      let trueHeads =
        isLikeBoth
        ? Array(random.shuffled(heads).prefix(self.heads.trueHeads.count)) : self.heads.trueHeads
      var variant = Variant(
        condition: condition, isOfSweep: isOfSweep, heads: heads, trueHeads: Set(trueHeads),
        sources: [:])
      if case .weak = condition.action {
        variant.sources = sources(of: heads)
        guard variant.sources.count == heads.count else { return }
      }
      variants.append(variant)
    }
  }

  private func chosen(_ choice: HeadChoice) -> [HeadIndex] {
    switch choice {
    case .trueHeads: heads.trueHeads
    case .falseHeads: heads.falseHeads
    case .both: heads.trueHeads + heads.falseHeads
    case .random: []
    }
  }

  /// A random head of each head's layer, or where there is none of an earlier one.
  private mutating func sources(of heads: [HeadIndex]) -> [HeadIndex: HeadIndex] {
    var sources: [HeadIndex: HeadIndex] = [:]
    for head in heads {
      let others = pool.filter { $0 != head && $0.layer <= head.layer }
      let sameLayer = others.filter { $0.layer == head.layer }
      let candidates = sameLayer.isEmpty ? others : sameLayer
      guard !candidates.isEmpty else {
        note("no head before \(head.dotted) is neither True nor False: it has no row to take")
        continue
      }
      sources[head] = candidates[random.below(candidates.count)]
    }
    return sources
  }

  private mutating func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  // MARK: Result

  func result(before: [Bool], after: [[Bool]], questions: [StudyQuestion]) -> StudyResult {
    func outcome(_ condition: StudyCondition, isOfSweep: Bool) -> ConditionOutcome? {
      let draws = variants.indices.filter {
        variants[$0].condition == condition && variants[$0].isOfSweep == isOfSweep
      }
      guard !draws.isEmpty else { return nil }
      let votes = questions.indices.map { index in draws.count { after[$0][index] } }
      func counted(_ isRight: (Int) -> Bool) -> [StudyQuestion.Group: PairedOutcome] {
        var groups: [StudyQuestion.Group: PairedOutcome] = [:]
        for (index, question) in questions.enumerated()
        where condition.action.forms.contains(question.group.form) {
          groups[question.group, default: PairedOutcome()]
            .add(before: before[index], after: isRight(index))
        }
        return groups
      }
      return ConditionOutcome(
        condition: condition, heads: draws.map { variants[$0].heads },
        draws: draws.map { draw in counted { after[draw][$0] } },
        majority: counted { 2 * votes[$0] > draws.count })
    }
    return StudyResult(
      heads: heads, settings: settings,
      counts: Dictionary(grouping: questions, by: \.group).mapValues(\.count),
      outcomes: conditions.compactMap { outcome($0, isOfSweep: false) },
      sweep: sweep.compactMap { outcome($0, isOfSweep: true) }, notes: notes)
  }
}

extension StudyPlan.Variant {
  /// The changes that this draw makes to each question.
  func changes(_ questions: [StudyQuestion], _ means: MeanActivations) -> QuestionVariant {
    let variant = self
    switch condition.action {
    case .zero: return QuestionVariant(heads.map { Intervention(.head($0), .zero) })
    case .mean: return QuestionVariant(heads.map { Intervention(.head($0), .mean(of: means)) })
    case .scale(let factor):
      return QuestionVariant(
        factor == 1 ? [] : heads.map { Intervention(.head($0), .scale(factor)) })
    case .enhance(let factor):
      return QuestionVariant { index in variant.enhancing(questions[index], by: factor) }
    case .weak(let strength):
      return QuestionVariant { index in
        variant.rows(of: questions[index]) { head, _ in
          variant.sources[head].map { .patternRow(fromHead: $0, strength: strength) }
        }
      }
    case .strong(let strength):
      return QuestionVariant { index in
        variant.rows(of: questions[index]) { _, query in
          .patternRow(oneHot: query, strength: strength)
        }
      }
    }
  }

  private func enhancing(_ question: StudyQuestion, by factor: Float) -> [Intervention] {
    guard question.group.form == .classification else { return [] }
    return heads.map { head in
      let isStrengthened = trueHeads.contains(head) == (question.group == .yes)
      return Intervention(.head(head), isStrengthened ? .scale(factor) : .zero)
    }
  }

  private func rows(
    of question: StudyQuestion, _ effect: (HeadIndex, Int) -> Intervention.Effect?
  ) -> [Intervention] {
    guard let claim = question.claim, let query = question.query, query <= claim else { return [] }
    return heads.compactMap { head in
      effect(head, query).map { Intervention(.head(head), $0, at: .only([claim])) }
    }
  }
}
