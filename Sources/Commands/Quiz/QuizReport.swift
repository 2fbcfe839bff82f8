// How a person did, beside a model on the same items and people in the paper.

import Engine
import Foundation
import GAR
import Interpretability
import JSONText

/// The result of a quiz.
struct QuizReport {
  /// What the paper reports of people (arXiv 2412.12841): "over 90 %".
  static let paperAccuracy = 0.9

  private struct Group {
    var name: String
    var answers: [QuizAnswer]
    var scores: [AnswerScore]

    var right: Share { Share(successes: answers.count(where: \.isRight), count: answers.count) }
    /// In seconds; `nil` without answers.
    var medianTime: Double? { answers.isEmpty ? nil : median(answers.map(\.seconds)) }
    var whole: Share { share(\.isWholeRight) }
    var candidates: Share { share(\.isBestCandidate) }

    private func share(_ isRight: (AnswerScore) -> Bool?) -> Share {
      Share(successes: scores.count { isRight($0) == true }, count: scores.count)
    }
  }

  let outcome: QuizOutcome
  let itemCount: Int
  let model: String
  let arithmetic: Arithmetic
  private let items: [Item]
  private let scores: [AnswerScore]

  /// - Parameters:
  ///   - outcome: what the person answered.
  ///   - items: of the quiz.
  ///   - scores: the model's, one for each answer.
  ///   - model: its name.
  ///   - arithmetic: of the model's answers.
  init(
    _ outcome: QuizOutcome, items: [Item], scores: [AnswerScore], model: String,
    arithmetic: Arithmetic
  ) {
    precondition(scores.count == outcome.answers.count)
    self.outcome = outcome
    self.scores = scores
    self.model = model
    self.arithmetic = arithmetic
    itemCount = items.count
    self.items = outcome.answers.map { items[$0.item] }
  }

  private var all: Group { Group(name: "all", answers: outcome.answers, scores: scores) }

  private static let breakdowns: [Breakdown] = [.form, .polarity, .relationCount]

  private func groups(_ breakdown: Breakdown) -> [Group] {
    let indices = Dictionary(grouping: items.indices) { breakdown.group(of: items[$0]) }
    return indices.sorted { $0.key < $1.key }.map { name, members in
      Group(
        name: name, answers: members.map { outcome.answers[$0] },
        scores: members.map { scores[$0] })
    }
  }

  // MARK: Text

  var text: String {
    guard !outcome.answers.isEmpty else { return "no item was answered" }
    var table = Table([
      "", ">items", ">you", ">95 %", ">median", ">" + modelTitle, ">95 %", ">candidates",
    ])
    table.add(row(all))
    for breakdown in Self.breakdowns {
      table.add([breakdown.rawValue] + Array(repeating: "", count: 7))
      for var group in groups(breakdown) {
        group.name = "  " + group.name
        table.add(row(group))
      }
    }
    return table.text + "\n\n" + remarks.joined(separator: "\n")
  }

  /// Narrow enough for the table to keep to 80 columns.
  private var modelTitle: String {
    model.count > 12 ? model.prefix(11) + "…" : model
  }

  private func row(_ group: Group) -> [String] {
    [
      group.name, "\(group.answers.count)", percent(group.right.value), interval(group.right),
      "\(fixed(group.medianTime ?? .nan, 1)) s", percent(group.whole.value), interval(group.whole),
      percent(group.candidates.value),
    ]
  }

  private func interval(_ share: Share) -> String {
    "\(fixed(100 * share.interval.low, 0))–\(fixed(100 * share.interval.high, 0))"
  }

  private var remarks: [String] {
    var remarks = [
      "People in the paper answer over 90 % right. \(modelTitle) answered the same items:",
      "right where every token is, the article too; candidates: the best one offered.",
    ]
    if let remark = arithmetic.remark { remarks.append("The model answered with \(remark).") }
    let open = itemCount - outcome.answers.count
    if open > 0 {
      let skipped = outcome.skipped > 0 ? ", \(outcome.skipped) of them skipped" : ""
      remarks.append("\(open) of \(itemCount) items are not answered\(skipped).")
    }
    return remarks
  }

  // MARK: JSON

  var json: JSONValue {
    let members: [(String, JSONValue)] = [
      ("ending", .string(outcome.ending.name)), ("items", .int(itemCount)),
      ("answered", .int(outcome.answers.count)), ("skipped", .int(outcome.skipped)),
      ("model", .string(model)),
      ("paper", .object([("accuracyAbove", .double(Self.paperAccuracy))])),
      ("all", json(all)),
      (
        "breakdowns",
        .object(
          Self.breakdowns.map { breakdown in
            (breakdown.rawValue, .object(groups(breakdown).map { ($0.name, json($0)) }))
          })
      ),
      ("answers", .array(zip(outcome.answers.indices, outcome.answers).map(json))),
    ]
    return .object(members + arithmetic.members)
  }

  private func json(_ group: Group) -> JSONValue {
    .object([
      ("count", .int(group.answers.count)), ("person", json(group.right)),
      ("medianSeconds", group.medianTime.map { .double($0) } ?? .null),
      ("model", json(group.whole)),
      ("modelCandidates", json(group.candidates)),
    ])
  }

  private func json(_ share: Share) -> JSONValue {
    .object([("value", .double(share.value)), ("interval", share.interval.json)])
  }

  private func json(_ index: Int, _ answer: QuizAnswer) -> JSONValue {
    .object([
      ("item", .string(items[index].id)), ("typed", .string(answer.typed)),
      ("answer", .string(items[index].answer)), ("right", .bool(answer.isRight)),
      ("seconds", .double(answer.seconds)),
      ("modelRight", .bool(scores[index].isWholeRight == true)),
    ])
  }
}
