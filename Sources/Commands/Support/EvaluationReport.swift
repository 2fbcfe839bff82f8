// What `gar evaluate` prints.

import GAR
import Interpretability
import JSONText

struct EvaluationReport {
  let overall: EvaluationSummary
  let breakdowns: [(breakdown: Breakdown, groups: [GroupSummary])]

  init(items: [Item], scores: [AnswerScore]) {
    overall = EvaluationSummary(scores)
    breakdowns = Breakdown.allCases.map { ($0, $0.groups(items, scores)) }
  }

  // MARK: Text

  func text(model: String, edits: String?) -> String {
    let title = "\(model), \(overall.count) items" + (edits.map { ", \($0)" } ?? "")
    var table = Table([
      "", ">items", ">all", ">95 %", ">first", ">whole", ">candidates", ">logit diff",
      ">probability", ">loss",
    ])
    table.add(row("all", overall))
    for (breakdown, groups) in breakdowns {
      table.add(["\(breakdown.rawValue)"] + Array(repeating: "", count: 9))
      for group in groups { table.add(row("  \(group.name)", group.summary)) }
    }
    return title + "\n\n" + table.text
  }

  private func row(_ name: String, _ summary: EvaluationSummary) -> [String] {
    let interval = summary.all.interval
    return [
      name, "\(summary.count)", percent(summary.all.value),
      "\(fixed(100 * interval.low, 1))–\(fixed(100 * interval.high, 1))",
      percent(summary.first.value), percent(summary.whole.value),
      percent(summary.candidates.value), signed(summary.logitDifference.mean, 2),
      fixed(summary.probability.mean, 3), fixed(summary.loss.mean, 3),
    ]
  }

  // MARK: JSON

  func json(model: String, edits: JSONValue) -> JSONValue {
    let groups = breakdowns.map { breakdown, groups in
      (
        breakdown.rawValue,
        JSONValue.object(groups.map { ($0.name, .object(metrics($0.summary))) })
      )
    }
    let head: [(String, JSONValue)] = [("model", .string(model)), ("edits", edits)]
    return .object(head + metrics(overall) + [("breakdowns", .object(groups))])
  }

  private func metrics(_ summary: EvaluationSummary) -> [(String, JSONValue)] {
    [
      ("count", .int(summary.count)),
      (
        "accuracy",
        .object([
          ("first", share(summary.first)), ("all", share(summary.all)),
          ("whole", share(summary.whole)), ("candidates", share(summary.candidates)),
        ])
      ),
      ("logitDifference", mean(summary.logitDifference)),
      ("probability", mean(summary.probability)),
      ("loss", mean(summary.loss)),
    ]
  }

  private func share(_ share: Share) -> JSONValue {
    .object([
      ("value", .double(share.value)), ("interval", share.interval.json),
      ("count", .int(share.count)),
    ])
  }

  private func mean(_ mean: MeanWithInterval) -> JSONValue {
    .object([("mean", .double(mean.mean)), ("interval", mean.interval.json)])
  }
}

extension Interval {
  var json: JSONValue { [.double(low), .double(high)] }
}
