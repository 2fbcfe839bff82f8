// An evaluation as JSON: the summary, and one line for each answer.

import Engine
import GAR
import Interpretability
import JSONText

extension EvaluationReport {
  /// One model's results as they are; several models' under `models`, with `comparisons`.
  func json(edits: JSONValue) -> JSONValue {
    let models = summaries.map { object($0, edits: edits) }
    if models.count == 1 { return models[0] }
    return .object([("models", .array(models)), ("comparisons", .array(comparisons.map(object)))])
  }

  private func object(_ summary: RunSummary, edits: JSONValue) -> JSONValue {
    var members: [(String, JSONValue)] = [("model", .string(summary.model)), ("edits", edits)]
    members += metrics(summary.overall)
    members.append(
      (
        "breakdowns",
        .object(
          summary.breakdowns.map { entry in
            (
              entry.breakdown.rawValue,
              .object(entry.groups.map { ($0.name, .object(metrics($0.summary))) })
            )
          })
      ))
    if !summary.gaps.isEmpty {
      let parts = summary.parts.map { ($0.kind.name, JSONValue.object(metrics($0.summary))) }
      members.append(("subquestions", .object(parts)))
      members.append(("compositionalityGap", gaps(summary.gaps)))
    }
    members += summary.arithmetic.members
    if let server = summary.server { members.append(("endpoint", server.json)) }
    if let work = summary.work {
      members.append(
        ("tokens", .object([("asked", .int(work.asked)), ("computed", .int(work.computed))])))
    }
    return .object(members)
  }

  private func metrics(_ summary: EvaluationSummary) -> [(String, JSONValue)] {
    let shares = AccuracyMetric.allCases.map { ($0.rawValue, share(summary[$0])) }
    return [("count", .int(summary.count)), ("accuracy", .object(shares))]
      + MeanMetric.allCases.map { ($0.rawValue, mean(summary[$0])) }
  }

  private func share(_ share: Share?) -> JSONValue {
    guard let share else { return .null }
    return .object([
      ("value", .double(share.value)), ("interval", share.interval.json),
      ("count", .int(share.count)),
    ])
  }

  private func mean(_ mean: MeanWithInterval?) -> JSONValue {
    guard let mean else { return .null }
    return .object([
      ("mean", .double(mean.mean)), ("interval", mean.interval.json), ("count", .int(mean.count)),
    ])
  }

  private func gaps(_ gaps: [(breakdown: Breakdown?, groups: [RunSummary.Gap])]) -> JSONValue {
    var members: [(String, JSONValue)] = [("metric", .string("accuracy.\(gapMetric.rawValue)"))]
    var breakdowns: [(String, JSONValue)] = []
    for entry in gaps {
      let groups = entry.groups.map { ($0.group, gap($0.gap)) }
      if let breakdown = entry.breakdown {
        breakdowns.append((breakdown.rawValue, .object(groups)))
      } else {
        members += groups
      }
    }
    return .object(members + [("breakdowns", .object(breakdowns))])
  }

  private func gap(_ gap: CompositionalityGap) -> JSONValue {
    .object([
      ("items", .int(gap.itemCount)), ("partsRight", .int(gap.wrong.count)),
      ("wholeWrong", .int(gap.wrong.successes)),
      ("value", gap.wrong.count > 0 ? .double(gap.wrong.value) : .null),
      ("interval", gap.wrong.interval.json),
    ])
  }

  private func object(
    _ entry: (first: Int, second: Int, comparison: PairedComparison)
  ) -> JSONValue {
    let accuracies = AccuracyMetric.allCases.map { metric -> (String, JSONValue) in
      guard let difference = entry.comparison[metric] else { return (metric.rawValue, .null) }
      return (
        metric.rawValue,
        .object([
          ("difference", .double(difference.value)), ("interval", difference.interval.json),
          ("count", .int(difference.count)), ("onlyFirst", .int(difference.onlyFirst)),
          ("onlySecond", .int(difference.onlySecond)), ("p", .double(difference.p)),
        ])
      )
    }
    let names: [(String, JSONValue)] = [
      ("first", .string(runs[entry.first].model)), ("second", .string(runs[entry.second].model)),
    ]
    return .object(
      names + [("accuracy", .object(accuracies))]
        + MeanMetric.allCases.map { ($0.rawValue, mean(entry.comparison[$0])) })
  }
}

extension Interval {
  var json: JSONValue { [.double(low), .double(high)] }
}
