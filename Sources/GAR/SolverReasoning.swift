// How the solver comes to its answer, in one line.

/// The steps of the loop as the vocabulary's facts give them.
public struct SolverReasoning: Sendable, Equatable {
  public var loop: RelationalLoop
  /// What follows from the structure alone.
  public var result: SolverResult

  /// The reasoning about a row of `task`.
  public init(_ row: Row, task: GARTask, vocabulary: Vocabulary) {
    loop = RelationalLoop(row, task: task, vocabulary: vocabulary)
    result = solve(row, vocabulary: vocabulary, task: task)
  }

  /// Whether the solver finds the item's answer and no other.
  public var agrees: Bool { result == .unique(loop.answer) }

  /// Such as `Mary = Mary → dog; dog ∈ animal ⇒ animal`, or for a negated item
  /// `John ∉ the girl; Mary, Anna ∈ the girl; John → dog; dog ∈ animal ⇒ animal`.
  ///
  /// - Parameter isASCII: whether signs outside ASCII are written as words.
  /// - Returns: one line.
  public func text(isASCII: Bool = false) -> String {
    let signs = isASCII ? RelationSigns.ascii : RelationSigns.unicode
    guard let target = loop.target else { return "no pair of the context gives the answer" }
    var line = keySteps(target, signs)
    line += loop.task.isNegated ? "; \(target.key)" : ""
    line += " \(signs.leads) \(target.value)"
    if loop.task.relation1 != .equal {
      line += "; \(target.value) \(signs.second(loop.task.relation1)) \(loop.answer)"
    }
    line += " \(signs.follows) \(loop.answer)"
    if let claim = loop.claim, let label = loop.label {
      line += "; claimed \(claim) \(signs.follows) \(label)"
    }
    return line + remark
  }

  /// Where the query leads, and in negated items where it leads instead.
  private func keySteps(_ target: RelationalLoop.Branch, _ signs: RelationSigns) -> String {
    let relation = loop.task.relation0
    guard loop.task.isNegated else {
      return Self.step([target.key], relation, true, loop.query, signs)
    }
    var others: [String] = []
    for branch in loop.branches where !branch.isTarget && !others.contains(branch.key) {
      others.append(branch.key)
    }
    return Self.step([target.key], relation, false, loop.query, signs) + "; "
      + Self.step(others, relation, true, loop.query, signs)
  }

  /// Such as `Mary, Anna ∈ the girl`: the keys' side first, as one would say it.
  private static func step(
    _ keys: [String], _ relation: Relation, _ holds: Bool, _ query: String, _ signs: RelationSigns
  ) -> String {
    "\(keys.joined(separator: ", ")) \(signs.member(relation, holds: holds)) \(query)"
  }

  /// What is to be said where the facts do not give the item's answer.
  private var remark: String {
    switch result {
    case .unique(let answer): answer == loop.answer ? "" : " (by the vocabulary: \(answer))"
    case .ambiguous(let answers):
      " (the vocabulary does not rule out: "
        + answers.filter { $0 != loop.answer }.joined(separator: ", ") + ")"
    case .none: " (the vocabulary does not say so)"
    }
  }
}

/// How relations and steps are written.
public struct RelationSigns: Sendable {
  /// From a key to its value.
  public let leads: String
  /// Before a conclusion.
  public let follows: String
  private let isASCII: Bool

  public static let unicode = RelationSigns(leads: "→", follows: "⇒", isASCII: false)
  public static let ascii = RelationSigns(leads: "->", follows: "=>", isASCII: true)

  /// Between the query and a key: `=`, `∋`, `≈`, or struck through.
  public func first(_ relation: Relation, holds: Bool) -> String {
    switch relation {
    case .child: isASCII ? (holds ? "has" : "has not") : (holds ? "∋" : "∌")
    default: member(relation, holds: holds)
    }
  }

  /// Between a value and the answer, or a member and its group.
  public func second(_ relation: Relation) -> String { member(relation, holds: true) }

  /// The same read from the member's side: `∈`.
  public func member(_ relation: Relation, holds: Bool) -> String {
    switch relation {
    case .equal: isASCII ? (holds ? "is" : "is not") : (holds ? "=" : "≠")
    case .child: isASCII ? (holds ? "in" : "not in") : (holds ? "∈" : "∉")
    case .similar: isASCII ? (holds ? "like" : "not like") : (holds ? "≈" : "≉")
    }
  }
}
