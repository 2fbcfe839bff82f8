// Causal tests of True and False heads: how accuracy changes when they are silenced, strengthened, or
// made to attend elsewhere, held against as many random heads.

import Engine
import GAR

/// A question, and where a study of heads changes it.
public struct StudyQuestion: Sendable {
  public var question: Question
  public var group: Group
  /// The query position whose attention rows change: the last token of the claimed answer. `nil` in
  /// generation, where the answer is beyond the prompt.
  public var claim: Int?
  /// The key position that a one-hot row attends to: the last token of the query.
  public var query: Int?

  /// What accuracy is reported by.
  public enum Group: String, CaseIterable, Sendable {
    /// Statements that are true, and that are false.
    case yes, no
    /// Sentences to be completed.
    case affirmative, negated

    public var form: TaskForm { self == .yes || self == .no ? .classification : .generation }
  }

  public init(question: Question, group: Group, claim: Int? = nil, query: Int? = nil) {
    self.question = question
    self.group = group
    self.claim = claim
    self.query = query
  }

  /// An entity of several tokens is known at its last one: only there has the model read all of it.
  public init(_ item: TokenizedItem) {
    let isStatement = item.item.task.form == .classification
    self.init(
      question: Question(item),
      group: isStatement
        ? (item.item.isTrueStatement ? .yes : .no)
        : (item.item.task.isNegated ? .negated : .affirmative),
      claim: isStatement ? item.lastPosition(of: .answer) : nil,
      query: isStatement ? item.lastPosition(of: .query) : nil)
  }
}

/// What is done to the heads of a choice.
public enum HeadAction: Sendable, Hashable {
  /// z is set to zero everywhere.
  case zero
  /// z is set to its mean over all positions of all prompts of the study.
  case mean
  /// z is multiplied everywhere; 1 changes nothing.
  case scale(Float)
  /// On a true statement True heads are multiplied by the factor and False heads set to zero, on a
  /// false one the reverse. It uses the label, as the paper's enhancement does: it shows what the
  /// heads can do, and is no way to answer better.
  case enhance(Float)
  /// At the claimed answer each head attends as a random head of its layer that is neither True nor
  /// False does, by this strength.
  case weak(Float)
  /// At the claimed answer each head attends to the query alone, by this strength.
  case strong(Float)

  /// The forms of task in which it means something.
  public var forms: [TaskForm] {
    switch self {
    case .zero, .mean, .scale: [.classification, .generation]
    case .enhance, .weak, .strong: [.classification]
    }
  }
}

/// Which heads an action is done to.
public enum HeadChoice: Sendable, Hashable {
  case trueHeads, falseHeads
  /// Both, each in its part: for enhancement.
  case both
  /// As many random heads as the choice has, that are neither True nor False.
  case random(RandomChoice)

  public enum RandomChoice: Sendable, Hashable { case likeTrueHeads, likeFalseHeads, likeBoth }

  /// The choice that this one is a control of.
  public var likeness: HeadChoice {
    switch self {
    case .random(.likeTrueHeads): .trueHeads
    case .random(.likeFalseHeads): .falseHeads
    case .random(.likeBoth): .both
    default: self
    }
  }

  public var isRandom: Bool { if case .random = self { true } else { false } }

  var control: HeadChoice {
    switch self {
    case .trueHeads: .random(.likeTrueHeads)
    case .falseHeads: .random(.likeFalseHeads)
    case .both: .random(.likeBoth)
    case .random: self
    }
  }
}

/// One thing that is tried, in one draw or several.
public struct StudyCondition: Sendable, Hashable {
  public var choice: HeadChoice
  public var action: HeadAction

  public init(_ choice: HeadChoice, _ action: HeadAction) {
    self.choice = choice
    self.action = action
  }

  /// Random heads, or random rows.
  public var isDrawn: Bool { if case .weak = action { true } else { choice.isRandom } }
}

public struct StudySettings: Sendable, Equatable {
  /// Of random heads and of random rows.
  public var draws = 20
  public var seed: UInt64 = 1
  /// What enhancement multiplies by.
  public var enhancement: Float = 2
  public var patterns: [PatternKind] = PatternKind.allCases
  /// Strengths of a sweep: factors of z, and of the patterns' rows those in [0, 1].
  public var strengths: [Float] = []
  /// What counts as right.
  public var metric = AccuracyMetric.all

  public init() {}

  public enum PatternKind: String, CaseIterable, Sendable {
    case weak, strong

    func action(_ strength: Float) -> HeadAction {
      self == .weak ? .weak(strength) : .strong(strength)
    }
  }
}

/// What became of the answers of one group of questions.
public struct PairedOutcome: Sendable, Equatable {
  /// Right before and after, only before, only after, and never.
  public var both = 0, lost = 0, gained = 0, neither = 0

  public init(both: Int = 0, lost: Int = 0, gained: Int = 0, neither: Int = 0) {
    (self.both, self.lost, self.gained, self.neither) = (both, lost, gained, neither)
  }

  mutating func add(before: Bool, after: Bool) {
    switch (before, after) {
    case (true, true): both += 1
    case (true, false): lost += 1
    case (false, true): gained += 1
    case (false, false): neither += 1
    }
  }

  public var count: Int { both + lost + gained + neither }
  public var before: Double { share(both + lost) }
  public var after: Double { share(both + gained) }
  /// After minus before, in [−1, 1].
  public var change: Double { share(gained - lost) }
  public var beforeInterval: Interval { .wilson(both + lost, of: count) }
  public var afterInterval: Interval { .wilson(both + gained, of: count) }
  /// 95 %, by Newcombe's method 10.
  public var changeInterval: Interval {
    Statistics.newcombe(both: both, first: gained, second: lost, neither: neither)
  }
  /// By McNemar's exact test.
  public var p: Double { Statistics.mcNemar(lost, gained) }

  private func share(_ part: Int) -> Double { count > 0 ? Double(part) / Double(count) : 0 }
}

extension Interval {
  fileprivate static func wilson(_ successes: Int, of count: Int) -> Interval {
    Statistics.wilson(successes: successes, count: count)
  }
}
