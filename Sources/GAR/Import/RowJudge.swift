// Answers one imported row from its structure and the known facts, and says where its file disagrees.

/// Why the solver does not arrive at what a file says.
public enum DisagreementCause: String, CaseIterable, Sendable {
  case wrongAnswer = "wrong answer"
  case wrongLabel = "label wrong"
  case severalPairsFit = "several pairs fit"
  case noPairFits = "no pair fits"
  case contradictoryMembership = "contradictory membership"
  /// Nothing but this row itself tells what an entity belongs to.
  case unknownEntity = "unknown entity"
  case otherPair = "ranges name another pair"
  /// A distractor leads to the right answer too.
  case candidateRepeated = "candidate repeated"

  /// The facts do not suffice for an answer; the file may well be right.
  var isDoubt: Bool { self == .unknownEntity }
}

/// One row in which structure and facts do not lead to the file's answer.
public struct SolverDisagreement: Sendable, Equatable {
  /// The line in its file, from 1.
  public var line: Int
  /// The row in its prompt, from 0; the last is the asked one.
  public var row: Int
  public var taskID: String
  public var cause: DisagreementCause
  /// The names it is about.
  public var detail: String
}

/// How many memberships each source decided.
public struct FactTally: Sendable, Equatable {
  public private(set) var decided: [FactSource: Int] = [:]
  public private(set) var unknown = 0

  mutating func count(_ source: FactSource?, isNeeded: Bool) {
    guard isNeeded else { return }
    if let source { decided[source, default: 0] += 1 } else { unknown += 1 }
  }
}

/// What structure and facts say of a row.
struct RowFinding {
  /// The pair that gives the answer, where exactly one can.
  var target: Int?
  var cause: DisagreementCause?
  var detail = ""
}

struct RowJudge {
  let facts: FactBase
  let task: GARTask
  let row: ParsedText.Row
  /// The witness whose own testimony does not count here.
  let identity: Int?

  /// Which pair gives the answer: the one whose key fits, or the only one of which that is not
  /// known to be false.
  func findTarget(_ tally: inout FactTally) -> RowFinding {
    var fitting: [Int] = []
    var open: [Int] = []
    for (index, pair) in row.pairs.enumerated() {
      let (judgement, source) = facts.judge(
        row.query, task.relation0, to: pair.key, in: task.keySchema, excluding: identity)
      tally.count(source, isNeeded: task.relation0 != .equal && row.query != pair.key)
      switch judgement {
      case .unknown: open.append(index)
      case .yes: if !task.isNegated { fitting.append(index) }
      case .no: if task.isNegated { fitting.append(index) }
      }
    }
    switch (fitting.count, open.count) {
    case (1, _): return RowFinding(target: fitting[0])
    case (0, 1): return RowFinding(target: open[0])
    case (0, 0):
      return RowFinding(cause: .noPairFits, detail: "\(row.query): \(names(row.pairs.map(\.key)))")
    case (0, _): return doubt(open.map { row.pairs[$0].key }, task.keySchema)
    default:
      return RowFinding(
        cause: .severalPairsFit,
        detail: "\(row.query): \(names(fitting.map { row.pairs[$0].key }))")
    }
  }

  /// Holds the file's answer or label against the pair that gives it.
  func check(target: Int, _ tally: inout FactTally) -> RowFinding {
    let value = row.pairs[target].value
    let (judgement, source) = facts.judge(
      row.answer, task.relation1, to: value, in: task.valueSchema, excluding: identity)
    tally.count(source, isNeeded: task.relation1 != .equal)
    let settled = judgement == .unknown ? byElimination(target: target) : judgement
    let isTrue = settled == .yes
    if settled == .unknown {
      var finding = doubt([value], task.valueSchema)
      finding.target = target
      return finding
    }
    let right = names(facts.sources(of: value, by: task.relation1, in: task.valueSchema))
    if let label = row.label, (label == Phrasing.Frame.yes) != isTrue {
      return RowFinding(
        target: target, cause: .wrongLabel,
        detail: "\(label) to \(row.answer), where \(value) leads to \(right)")
    }
    if row.label == nil, !isTrue {
      return RowFinding(
        target: target, cause: .wrongAnswer,
        detail: "\(row.answer), where \(value) leads to \(right)")
    }
    return repeated(target: target)
  }

  /// An answer leads to one value of the context: if to another pair's, then not to this one, and
  /// if to no other, then to this.
  private func byElimination(target: Int) -> Judgement {
    let others = row.pairs.indices.filter { $0 != target }.map {
      facts.judge(
        row.answer, task.relation1, to: row.pairs[$0].value, in: task.valueSchema,
        excluding: identity
      ).judgement
    }
    if others.contains(.yes) { return .no }
    return others.contains(.unknown) ? .unknown : .yes
  }

  /// A distractor must not lead to the right answer, where the file names it.
  private func repeated(target: Int) -> RowFinding {
    guard row.label != Phrasing.Frame.no else { return RowFinding(target: target) }
    for (index, pair) in row.pairs.enumerated() where index != target {
      let judgement = facts.judge(
        row.answer, task.relation1, to: pair.value, in: task.valueSchema, excluding: identity)
      if judgement.judgement == .yes {
        return RowFinding(
          target: target, cause: .candidateRepeated,
          detail: "\(row.pairs[target].value) and \(pair.value) both lead to \(row.answer)")
      }
    }
    return RowFinding(target: target)
  }

  private func doubt(_ entities: [String], _ schema: SchemaID) -> RowFinding {
    for entity in entities {
      if case .contradictory(let groups) = facts.membership(
        of: entity, in: schema, excluding: identity)
      {
        return RowFinding(
          cause: .contradictoryMembership,
          detail: "\(entity): as many rows say \(groups.joined(separator: " as "))")
      }
    }
    return RowFinding(
      cause: .unknownEntity, detail: "\(names(entities)) (\(schema.shortName))")
  }

  private func names(_ list: [String]) -> String { list.joined(separator: ", ") }
}
