// What `gar show` prints.

import Explorer
import GAR
import Interpretability
import JSONText

struct ShowReport {
  let page: ItemPage
  /// `nil` where the model was not asked.
  let answer: ModelAnswer?

  // MARK: Text

  func text(_ display: TextDisplay, showsAllRows: Bool) -> String {
    let options = PageOptions(
      width: min(widestPage, max(60, display.width)), showsAllRows: showsAllRows,
      allRowsHint: "--all-rows",
      display: Display(hasColor: display.colorDepth != .none, hasUnicode: display.hasUnicode))
    return display.text(itemPageLines(page, options) + answerLines)
  }

  private var answerLines: [Line] {
    guard let answer else { return [] }
    let isRight = answer.score.isWholeRight == true
    return [
      [], [Span("\(answer.model) says", Style(.title, .bold))],
      [
        Span("  \(quoted(answer.predicted)) first, ", .plain),
        Span(isRight ? "right" : "wrong", Style(isRight ? .right : .wrong, .bold)),
        Span("; probability of \(page.answer) \(probability(answer.score))"),
      ],
    ]
  }

  private func probability(_ score: AnswerScore) -> String {
    fixed(Double(score.probability ?? .nan), 3)
  }

  private func quoted(_ text: String) -> String { JSONValue.string(text).text }

  // MARK: JSON

  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("item", .string(page.id)), ("task", .string(page.task.summary)),
      ("relationCount", .int(page.task.relationCount)), ("loop", loopJSON(page.loop)),
      ("solver", solverJSON), ("tokens", .array(page.tokens.map(tokenJSON))),
      ("answer", .string(page.answer)),
      ("answerTokens", .array(page.answerTokens.map { .string($0) })),
      ("subQuestions", .array(page.subQuestions.map(subQuestionJSON))),
      ("counterfactuals", .array(page.counterfactuals.map(counterfactualJSON))),
    ]
    if let answer { members.append(("modelAnswer", modelJSON(answer))) }
    return .object(members)
  }

  private func loopJSON(_ loop: RelationalLoop) -> JSONValue {
    .object([
      ("query", .string(loop.query)), ("answer", .string(loop.answer)),
      ("claim", .optional(loop.claim)), ("label", .optional(loop.label)),
      ("relations", .array(loop.task.relations.map { .string($0.rawValue) })),
      ("negated", .bool(loop.task.isNegated)), ("swapped", .bool(loop.task.isSwapped)),
      ("exchanged", .bool(loop.task.isExchanged)),
      ("pairs", .array(loop.branches.map(branchJSON))),
    ])
  }

  private func branchJSON(_ branch: RelationalLoop.Branch) -> JSONValue {
    .object([
      ("key", .string(branch.key)), ("value", .string(branch.value)),
      ("leadsTo", .string(branch.leadsTo)), ("keyRole", .string(branch.keyRole.rawValue)),
      ("valueRole", .string(branch.valueRole.rawValue)),
      ("matchesQuery", branch.matches.map { .bool($0) } ?? .null),
      ("givesAnswer", .bool(branch.isTarget)),
    ])
  }

  private var solverJSON: JSONValue {
    let answers: [String] =
      switch page.reasoning.result {
      case .unique(let answer): [answer]
      case .ambiguous(let answers): answers
      case .none: []
      }
    return .object([
      ("reasoning", .string(page.reasoning.text())),
      ("answers", .array(answers.map { .string($0) })), ("agrees", .bool(page.reasoning.agrees)),
    ])
  }

  private func tokenJSON(_ token: PageToken) -> JSONValue {
    .object([
      ("id", .int(Int(token.id))), ("text", .string(token.text)),
      ("roles", .array(token.roles.map { .string($0.rawValue) })), ("asked", .bool(token.isAsked)),
    ])
  }

  private func subQuestionJSON(_ question: SubQuestion) -> JSONValue {
    .object([
      ("id", .string(question.id)), ("kind", .string(question.kind.name)),
      ("prompt", .string(question.prompt)), ("answer", .string(question.answer)),
      ("foil", .string(question.foil)),
      ("candidates", .array(question.candidates.map { .string($0) })),
    ])
  }

  private func counterfactualJSON(_ counterfactual: CounterfactualAlignment) -> JSONValue {
    .object([
      ("kind", .string(counterfactual.kind.rawValue)),
      ("original", .string(counterfactual.original)), ("change", .string(counterfactual.change)),
      ("answer", .optional(counterfactual.answer)),
      ("otherAnswers", .array(counterfactual.otherAnswers.map { .string($0) })),
      ("addedTokens", .int(counterfactual.addedTokens)),
      ("aligned", .bool(counterfactual.isAligned)),
      (
        "changedTokens",
        counterfactual.changedTokens.map { [.int($0.lowerBound), .int($0.upperBound)] } ?? .null
      ),
    ])
  }

  private func modelJSON(_ answer: ModelAnswer) -> JSONValue {
    let head: [(String, JSONValue)] = [
      ("model", .string(answer.model)), ("says", .string(answer.predicted)),
    ]
    let verdicts: [(String, JSONValue)] = AccuracyMetric.allCases.compactMap { metric in
      metric.isRight(answer.score).map { (metric.rawValue, .bool($0)) }
    }
    let means: [(String, JSONValue)] = MeanMetric.allCases.compactMap { metric in
      metric.value(answer.score).map { (metric.rawValue, .float($0)) }
    }
    return .object(head + verdicts + means)
  }
}
