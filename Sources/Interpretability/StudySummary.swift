// A study's outcomes put into few numbers: one line for each condition and group.

import GAR

/// One condition on some groups of questions together.
public struct OutcomeSummary: Sendable, Equatable {
  public var count, drawCount: Int
  public var before: Double
  /// Wilson's 95 % interval.
  public var beforeInterval: Interval
  /// The mean over the draws.
  public var after: Double
  /// One draw: Wilson's 95 % interval. Several: the least and the largest.
  public var afterRange: Interval
  /// The mean over the draws of after − before.
  public var change: Double
  /// One draw: Newcombe's 95 % interval. Several: the least and the largest.
  public var changeRange: Interval
  /// The sample deviation over draws; `nil` for one.
  public var deviation: Double?
  /// Answers that became wrong, and right: means over the draws.
  public var lost, gained: Double
  /// McNemar's exact test, of several draws by their majority; `nil` for random heads, where there
  /// is nothing to test.
  public var p: Double?
}

extension ConditionOutcome {
  /// The groups put together; `nil` where none of them was tried.
  public func summary(_ groups: [StudyQuestion.Group]) -> OutcomeSummary? {
    func together(_ outcomes: [StudyQuestion.Group: PairedOutcome]) -> PairedOutcome {
      groups.compactMap { outcomes[$0] }.reduce(PairedOutcome(), +)
    }
    let draws = draws.map(together)
    guard let first = draws.first, first.count > 0 else { return nil }
    let after = draws.map(\.after), changes = draws.map(\.change)
    let isAlone = draws.count == 1
    let mean = Statistics.mean(after)
    return OutcomeSummary(
      count: first.count, drawCount: draws.count, before: first.before,
      beforeInterval: first.beforeInterval, after: mean,
      afterRange: isAlone ? first.afterInterval : range(after),
      change: Statistics.mean(changes),
      changeRange: isAlone ? first.changeInterval : range(changes),
      deviation: isAlone
        ? nil : Statistics.standardError(after) * Double(after.count).squareRoot(),
      lost: Statistics.mean(draws.map { Double($0.lost) }),
      gained: Statistics.mean(draws.map { Double($0.gained) }),
      p: condition.choice.isRandom ? nil : together(majority).p)
  }

  private func range(_ values: [Double]) -> Interval {
    Interval(low: values.min() ?? 0, high: values.max() ?? 0)
  }
}

extension PairedOutcome {
  public static func + (a: PairedOutcome, b: PairedOutcome) -> PairedOutcome {
    PairedOutcome(
      both: a.both + b.both, lost: a.lost + b.lost, gained: a.gained + b.gained,
      neither: a.neither + b.neither)
  }
}

extension StudyResult {
  /// How many draws of random heads change accuracy at least as much, up or down, as a condition on
  /// True or False heads does in the mean; `nil` without such draws.
  public func randomAtLeast(
    _ outcome: ConditionOutcome, _ groups: [StudyQuestion.Group]
  ) -> (count: Int, draws: Int)? {
    guard !outcome.condition.choice.isRandom, let summary = outcome.summary(groups),
      let control = outcomes.first(where: {
        $0.condition.choice.isRandom && $0.condition.action == outcome.condition.action
          && $0.condition.choice.likeness == outcome.condition.choice
      })
    else { return nil }
    let changes = control.draws.map { draw in
      groups.compactMap { draw[$0] }.reduce(PairedOutcome(), +).change
    }
    // A change is a count over the same number of questions: half a question is the tolerance.
    let least = abs(summary.change) - 0.5 / Double(max(1, summary.count))
    return (changes.count { abs($0) >= least }, changes.count)
  }

  /// The groups of a form that have questions, one by one and then together.
  public func groupings(
    of form: TaskForm
  ) -> [(name: String, groups: [StudyQuestion.Group])] {
    let groups = StudyQuestion.Group.allCases.filter { $0.form == form && counts[$0] != nil }
    var result: [(name: String, groups: [StudyQuestion.Group])] = []
    for group in groups { result.append((group.rawValue, [group])) }
    if groups.count > 1 { result.append(("all", groups)) }
    return result
  }
}

extension HeadAction {
  /// `zero`, `scale`, `weak row`.
  public var name: String {
    switch self {
    case .zero: "zero"
    case .mean: "mean"
    case .scale: "scale"
    case .enhance: "enhance"
    case .weak: "weak row"
    case .strong: "strong row"
    }
  }

  /// The factor or the share; `nil` for ablation.
  public var strength: Float? {
    switch self {
    case .zero, .mean: nil
    case .scale(let strength), .enhance(let strength), .weak(let strength), .strong(let strength):
      strength
    }
  }
}

extension HeadChoice {
  /// `True`, `random (as True)`.
  public var name: String {
    switch self {
    case .trueHeads: "True"
    case .falseHeads: "False"
    case .both: "True, False"
    case .random: "random as \(likeness.name)"
    }
  }
}
