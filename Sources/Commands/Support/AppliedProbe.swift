// A loaded probe on other files: its answers, and how good they are where labels are known.

import Foundation
import Interpretability
import JSONText
import Results

struct AppliedProbe {
  let table: FeatureTable
  /// The logit of true minus that of false, and the log odds of true, `[N]`.
  let network, logistic: [Double]

  /// Asks the probe about every row of a table whose columns are the probe's heads.
  init(_ probe: TrainedProbe, to table: FeatureTable) {
    let rows = ProbeRows(
      width: table.heads.count, values: table.values,
      labels: table.labels ?? [Bool](repeating: false, count: table.count))
    self.table = table
    network = probe.network.scores(rows)
    logistic = probe.logistic.scores(rows)
  }

  /// `nil` without labels.
  var scores: (network: ProbeSummary, logistic: ProbeSummary)? {
    table.labels.map { labels in
      (
        ProbeSummary(scores: [[ProbeScore(network, labels: labels)]]),
        ProbeSummary(scores: [[ProbeScore(logistic, labels: labels)]])
      )
    }
  }

  /// `row,mlp,mlpProbability,logistic,logisticProbability` and `label` where it is known.
  var csv: String {
    var csv = CSVText()
    let names = ["row", "mlp", "mlpProbability", "logistic", "logisticProbability"]
    csv.add(names + (table.labels == nil ? [] : ["label"]))
    for row in network.indices {
      let answers = [network[row], logistic[row]].flatMap { score in
        [score > 0 ? "1" : "0", "\(1 / (1 + exp(-score)))"]
      }
      csv.add(["\(row)"] + answers + (table.labels.map { [$0[row] ? "1" : "0"] } ?? []))
    }
    return csv.text
  }
}

struct AppliedProbeReport {
  let probe: TrainedProbe
  let results: [AppliedProbe]

  var text: String {
    let heads = probe.heads.map(\.dotted).joined(separator: " ")
    var table = Table(["file", ">rows", "probe", ">accuracy", ">95 %", ">AUROC", ">called true"])
    for result in results {
      for (index, probe) in kinds(result).enumerated() {
        let calledTrue = probe.answers.count { $0 > 0 }
        let first = index > 0 ? ["", ""] : [result.table.file, "\(result.table.count)"]
        let numbers =
          probe.summary.map { summary in
            let (low, high) = (100 * summary.interval.low, 100 * summary.interval.high)
            return [
              percent(summary.accuracy), "\(fixed(low, 1))–\(fixed(high, 1))",
              fixed(summary.auroc, 3),
            ]
          } ?? ["", "", ""]
        table.add(first + [probe.name] + numbers + ["\(calledTrue)"])
      }
    }
    return "probe of heads \(heads), trained on \(probe.trainedOn)\n\n" + table.text
  }

  private func kinds(
    _ result: AppliedProbe
  ) -> [(name: String, answers: [Double], summary: ProbeSummary?)] {
    [
      ("network", result.network, result.scores?.network),
      ("logistic", result.logistic, result.scores?.logistic),
    ]
  }

  var json: JSONValue {
    .object(
      [
        ("trainedOn", .string(probe.trainedOn)),
        ("heads", .array(probe.heads.map { .string($0.dotted) })),
        ("files", .array(results.map(fileJSON))),
      ] + (results.count == 1 ? probeMembers(results[0]) : []))
  }

  private func fileJSON(_ result: AppliedProbe) -> JSONValue {
    .object(
      [("file", .string(result.table.file)), ("rows", .int(result.table.count))]
        + probeMembers(result))
  }

  private func probeMembers(_ result: AppliedProbe) -> [(String, JSONValue)] {
    zip(["mlp", "logistic"], kinds(result)).map { key, kind in
      var members: [(String, JSONValue)] = []
      if let summary = kind.summary {
        members = [
          ("accuracy", .double(summary.accuracy)),
          ("interval", [.double(summary.interval.low), .double(summary.interval.high)]),
          ("auroc", .double(summary.auroc)),
        ]
      }
      members.append(("calledTrue", .int(kind.answers.count { $0 > 0 })))
      return (key, .object(members))
    }
  }
}
