// What `gar probe` found, and its JSON.

import Engine
import Interpretability
import JSONText

struct ProbeReport {
  let settings: ProbeProtocol
  let outcomes: [ProbeOutcome]
  /// By source and target; empty where it was not asked for.
  let transfer: [[(network: ProbeSummary, logistic: ProbeSummary)]]

  var names: [String] { outcomes.map(\.data.name) }

  /// On the diagonal the protocol's own: a probe is not tested on rows that it was trained on.
  func accuracy(
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
