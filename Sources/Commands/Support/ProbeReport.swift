// What `gar probe` prints.

import Engine
import Interpretability
import JSONText

struct ProbeReport {
  let settings: ProbeProtocol
  let outcomes: [ProbeOutcome]
  /// By source and target; empty where it was not asked for.
  let transfer: [[(network: ProbeSummary, logistic: ProbeSummary)]]

  private var names: [String] { outcomes.map(\.data.name) }

  // MARK: Text

  var text: String {
    var parts = [
      "\(headText) · \(settings.training.hiddenCount) hidden units, "
        + "\(settings.training.epochs) epochs, \(settings.seedCount) seed"
        + (settings.seedCount == 1 ? "" : "s"), "", mainTable, "", headTable,
    ]
    if !transfer.isEmpty {
      parts += [
        "", "trained on the row's data set and tested on the column's: network accuracy",
        transferTable(\.network), "", "the same of the logistic regression",
        transferTable(\.logistic),
      ]
    }
    return parts.joined(separator: "\n")
  }

  private var headText: String {
    let heads = outcomes.first?.data.heads ?? []
    let names = heads.map(\.dotted).joined(separator: " ")
    return heads.count == 1 ? "head \(names)" : "heads \(names)"
  }

  private var mainTable: String {
    var table = Table([
      "data set", ">rows", ">majority", "probe", ">accuracy", ">95 %", ">± seeds", ">AUROC",
      ">true+", ">false+", ">true-", ">false-",
    ])
    for outcome in outcomes {
      for (index, probe) in [("network", outcome.network), ("logistic", outcome.logistic)]
        .enumerated()
      {
        let first =
          index > 0
          ? ["", "", ""]
          : [outcome.data.name, "\(probe.1.count)", percent(outcome.majorityRate)]
        table.add(first + [probe.0] + cells(probe.1))
      }
    }
    return table.text
  }

  private func cells(_ summary: ProbeSummary) -> [String] {
    let (low, high) = (100 * summary.interval.low, 100 * summary.interval.high)
    let counts: [KeyPath<ProbeScore, Int>] = [
      \.truePositives, \.falsePositives, \.trueNegatives, \.falseNegatives,
    ]
    return [
      percent(summary.accuracy), "\(fixed(low, 1))–\(fixed(high, 1))",
      fixed(100 * summary.spread, 1), fixed(summary.auroc, 3),
    ] + counts.map { "\(summary.total($0))" }
  }

  /// One head alone: accuracy of the best threshold, and AUROC of the feature.
  private var headTable: String {
    let heads = outcomes.first?.data.heads ?? []
    var table = Table(["one head alone"] + heads.map { ">\($0.dotted)" })
    for outcome in outcomes {
      table.add([outcome.data.name] + outcome.singleHeads.map { percent($0.accuracy) })
    }
    return table.text
  }

  private func transferTable(
    _ kind: KeyPath<(network: ProbeSummary, logistic: ProbeSummary), ProbeSummary>
  ) -> String {
    var table = Table(["trained on"] + names.map { ">\($0)" })
    for (source, row) in transfer.enumerated() {
      let cells = row.indices.map { target in
        percent(accuracy(source, target, kind).accuracy)
      }
      table.add([names[source]] + cells)
    }
    return table.text
  }

  /// On the diagonal the protocol's own: a probe is not tested on rows that it was trained on.
  private func accuracy(
    _ source: Int, _ target: Int,
    _ kind: KeyPath<(network: ProbeSummary, logistic: ProbeSummary), ProbeSummary>
  ) -> ProbeSummary {
    guard source == target else { return transfer[source][target][keyPath: kind] }
    let outcome = outcomes[source]
    return (network: outcome.network, logistic: outcome.logistic)[keyPath: kind]
  }

  // MARK: JSON

  /// With one data set, its own values; with several, the mean accuracies and the list.
  var json: JSONValue {
    var members: [(String, JSONValue)] = []
    if outcomes.count == 1 {
      members = datasetMembers(outcomes[0])
    } else {
      members = [
        ("heads", headsJSON),
        ("mlp", meanJSON(outcomes.map(\.network))),
        ("logistic", meanJSON(outcomes.map(\.logistic))),
        ("datasets", .array(outcomes.map { .object(datasetMembers($0)) })),
      ]
    }
    members.append(("settings", settingsJSON))
    if !transfer.isEmpty { members.append(("transfer", transferJSON)) }
    return .object(members)
  }

  private var headsJSON: JSONValue {
    .array((outcomes.first?.data.heads ?? []).map { .string($0.dotted) })
  }

  private func meanJSON(_ summaries: [ProbeSummary]) -> JSONValue {
    .object([("accuracy", .double(Statistics.mean(summaries.map(\.accuracy))))])
  }

  private func datasetMembers(_ outcome: ProbeOutcome) -> [(String, JSONValue)] {
    let division: String
    if case .given = outcome.data.division { division = "given" } else { division = "folds" }
    return [
      ("name", .string(outcome.data.name)), ("heads", headsJSON),
      ("mlp", summaryJSON(outcome.network, epochs: outcome.epochs)),
      ("logistic", summaryJSON(outcome.logistic)), ("rows", .int(outcome.network.count)),
      ("division", .string(division)), ("majorityRate", .double(outcome.majorityRate)),
      (
        "singleHeads",
        .object(
          zip(outcome.data.heads, outcome.singleHeads).map { ($0.dotted, shortJSON($1)) })
      ),
    ]
  }

  private func shortJSON(_ summary: ProbeSummary) -> JSONValue { .object(shortMembers(summary)) }

  private func shortMembers(_ summary: ProbeSummary) -> [(String, JSONValue)] {
    [
      ("accuracy", .double(summary.accuracy)),
      ("interval", [.double(summary.interval.low), .double(summary.interval.high)]),
      ("spread", .double(summary.spread)), ("auroc", .double(summary.auroc)),
    ]
  }

  private func summaryJSON(_ summary: ProbeSummary, epochs: [[Int]]? = nil) -> JSONValue {
    let seeds = summary.scores.enumerated().map { seed, folds in
      JSONValue.array(
        folds.enumerated().map { fold, score in
          var members: [(String, JSONValue)] = [
            ("accuracy", .double(score.accuracy)), ("auroc", .double(score.auroc)),
            ("rows", .int(score.count)),
          ]
          if let epochs { members.append(("epoch", .int(epochs[seed][fold]))) }
          return .object(members)
        })
    }
    return .object(
      shortMembers(summary) + [
        ("seedAccuracies", .array(summary.seedAccuracies.map { .double($0) })),
        ("confusion", confusionJSON(summary)), ("folds", .array(seeds)),
      ])
  }

  private func confusionJSON(_ summary: ProbeSummary) -> JSONValue {
    .object([
      ("truePositives", .int(summary.total(\.truePositives))),
      ("falsePositives", .int(summary.total(\.falsePositives))),
      ("trueNegatives", .int(summary.total(\.trueNegatives))),
      ("falseNegatives", .int(summary.total(\.falseNegatives))),
    ])
  }

  private var settingsJSON: JSONValue {
    .object([
      ("hidden", .int(settings.training.hiddenCount)), ("epochs", .int(settings.training.epochs)),
      ("batch", .int(settings.training.batchSize)),
      ("rate", .double(settings.training.learningRate)), ("folds", .int(settings.folds)),
      ("seeds", .int(settings.seedCount)), ("seed", .int(Int(clamping: settings.firstSeed))),
    ])
  }

  private var transferJSON: JSONValue {
    let rows = transfer.indices.flatMap { source in
      transfer[source].indices.map { target in
        JSONValue.object([
          ("trainedOn", .string(names[source])), ("testedOn", .string(names[target])),
          ("mlp", shortJSON(accuracy(source, target, \.network))),
          ("logistic", shortJSON(accuracy(source, target, \.logistic))),
        ])
      }
    }
    return .array(rows)
  }
}
