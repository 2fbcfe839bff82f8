// An evaluation as rows for other programs: every number of the report, and the score of every answer.

import Engine
import Foundation
import GAR
import Interpretability
import JSONText
import Results

/// With every digit that a number has; empty for what is no number.
func exact(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }

/// The lines of a report, one for each model, group and metric.
private struct ReportRows {
  var csv = CSVText()

  init() {
    csv.add(["model", "breakdown", "group", "metric", "value", "low", "high", "count"])
  }

  /// - Parameters:
  ///   - place: model, breakdown and group.
  ///   - metric: its name.
  ///   - value: not finite where there is none.
  ///   - interval: 95 %.
  ///   - count: how many values it is taken over.
  mutating func add(
    _ place: [String], _ metric: String, _ value: Double, _ interval: Interval?, _ count: Int
  ) {
    let numbers = [value, interval?.low, interval?.high].map(exact)
    csv.add(place + [metric] + numbers + ["\(count)"])
  }

  mutating func add(_ place: [String], _ summary: EvaluationSummary) {
    for metric in AccuracyMetric.allCases {
      guard let share = summary[metric] else { continue }
      add(place, "accuracy.\(metric.rawValue)", share.value, share.interval, share.count)
    }
    for metric in MeanMetric.allCases {
      guard let mean = summary[metric] else { continue }
      add(place, metric.rawValue, mean.mean, mean.interval, mean.count)
    }
  }

  mutating func add(_ place: [String], _ comparison: PairedComparison) {
    for metric in AccuracyMetric.allCases {
      guard let difference = comparison[metric] else { continue }
      let name = "accuracy.\(metric.rawValue)"
      add(place, name, difference.value, difference.interval, difference.count)
      add(place, name + ".p", difference.p, nil, difference.count)
    }
    for metric in MeanMetric.allCases {
      guard let mean = comparison[metric] else { continue }
      add(place, metric.rawValue, mean.mean, mean.interval, mean.count)
    }
  }
}

extension EvaluationReport {
  /// One line for each model, group and metric: value, 95 % interval and how many it is taken over.
  /// A difference names the first model as `model` and the second as `group`.
  var csv: String {
    var rows = ReportRows()
    for summary in summaries {
      rows.add([summary.label, "all", "all"], summary.overall)
      for entry in summary.breakdowns {
        for group in entry.groups {
          rows.add([summary.label, entry.breakdown.rawValue, group.name], group.summary)
        }
      }
      for part in summary.parts {
        rows.add([summary.label, "subquestion", part.kind.name], part.summary)
      }
      for entry in summary.gaps {
        for group in entry.groups {
          let wrong = group.gap.wrong
          rows.add(
            [summary.label, entry.breakdown?.rawValue ?? "all", group.group],
            "compositionalityGap.\(gapMetric.rawValue)", wrong.count > 0 ? wrong.value : .nan,
            wrong.interval, wrong.count)
        }
      }
    }
    for entry in comparisons {
      let (first, second) = (summaries[entry.first].label, summaries[entry.second].label)
      rows.add([first, "difference", second], entry.comparison)
    }
    return rows.csv.text
  }

  // MARK: Scores

  /// One answer: whose, to what, and how good it is.
  private struct Answer {
    var model: String
    var item: Item
    /// `nil` for the item itself.
    var part: SubQuestion?
    var score: AnswerScore

    var id: String { part?.id ?? item.id }
    var right: String { part?.answer ?? item.answer }
    var kind: String { part?.kind.name ?? "item" }
  }

  private var answers: [Answer] {
    runs.flatMap { run in
      let name = run.arithmetic.label(run.model)
      return set.items.indices.flatMap { index -> [Answer] in
        let item = set.items[index]
        let own = Answer(model: name, item: item, part: nil, score: run.scores[index])
        guard let parts = run.parts, let questions = set.subQuestions else { return [own] }
        return [own]
          + zip(questions[index], parts[index]).map {
            Answer(model: name, item: item, part: $0, score: $1)
          }
      }
    }
  }

  /// What an answer is sorted by, all but the crossed breakdown.
  private static let keys = Breakdown.allCases.filter { $0 != .difficulty }

  /// Every answer as a JSON object on a line of its own.
  var scoreLines: String {
    answers.reduce(into: "") { text, answer in
      let score = answer.score
      var members: [(String, JSONValue)] = [
        ("model", .string(answer.model)), ("id", .string(answer.id)),
        ("item", .string(answer.item.id)), ("kind", .string(answer.kind)),
      ]
      members += Self.keys.map { ($0.rawValue, .string($0.group(of: answer.item))) }
      members += AccuracyMetric.allCases.map { metric in
        (metric.rawValue, metric.isRight(score).map(JSONValue.bool) ?? .null)
      }
      members += MeanMetric.allCases.map { metric in
        (metric.rawValue, metric.value(score).map { .float($0) } ?? .null)
      }
      members.append(("answer", .string(answer.right)))
      members.append(("predicted", .optional(score.predictedText)))
      members.append(("predictedToken", score.predicted.map { .int(Int($0)) } ?? .null))
      text += JSONValue.object(members).text + "\n"
    }
  }

  /// The same as comma-separated values; right answers are 1, wrong ones 0.
  var scoreCSV: String {
    var csv = CSVText()
    csv.add(
      ["model", "id", "item", "kind"] + Self.keys.map(\.rawValue)
        + AccuracyMetric.allCases.map(\.rawValue) + MeanMetric.allCases.map(\.rawValue)
        + ["answer", "predicted", "predictedToken"])
    for answer in answers {
      let score = answer.score
      csv.add(
        [answer.model, answer.id, answer.item.id, answer.kind]
          + Self.keys.map { $0.group(of: answer.item) }
          + AccuracyMetric.allCases.map { $0.isRight(score).map { $0 ? "1" : "0" } ?? "" }
          + MeanMetric.allCases.map { $0.value(score).map { "\($0)" } ?? "" }
          + [answer.right, score.predictedText ?? "", score.predicted.map { "\($0)" } ?? ""])
    }
    return csv.text
  }
}
