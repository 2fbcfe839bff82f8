// The tables of `gar probe`: as text, as Markdown, and as comma-separated values.

import Interpretability
import Results

extension ProbeReport {
  var text: String {
    ([title] + tables.map { ($0.title.map { $0 + "\n" } ?? "") + $0.table.text }).joined(
      separator: "\n\n")
  }

  var markdown: String {
    ([title] + tables.map { ($0.title.map { $0 + "\n\n" } ?? "") + $0.table.markdown }).joined(
      separator: "\n\n") + "\n"
  }

  /// A line for each probe and each head alone: what it was trained and tested on, and how well.
  var csv: String {
    var csv = CSVText()
    csv.add([
      "trainedOn", "testedOn", "probe", "rows", "accuracy", "low", "high", "spread", "auroc",
    ])
    func add(_ source: String, _ target: String, _ probe: String, _ summary: ProbeSummary) {
      let numbers = [
        summary.accuracy, summary.interval.low, summary.interval.high, summary.spread,
        summary.auroc,
      ]
      csv.add([source, target, probe, "\(summary.count)"] + numbers.map { "\($0)" })
    }
    for outcome in outcomes {
      let name = outcome.data.name
      add(name, name, "network", outcome.network)
      add(name, name, "logistic", outcome.logistic)
      for (head, summary) in zip(outcome.data.heads, outcome.singleHeads) {
        add(name, name, head.dotted, summary)
      }
    }
    for (source, row) in transfer.enumerated() {
      for (target, pair) in row.enumerated() where target != source {
        add(names[source], names[target], "network", pair.network)
        add(names[source], names[target], "logistic", pair.logistic)
      }
    }
    return csv.text
  }

  private var title: String {
    let training = settings.training
    return "\(headText) · \(training.hiddenCount) hidden units, \(training.epochs) epochs, "
      + "\(settings.seedCount) seed\(settings.seedCount == 1 ? "" : "s")"
  }

  private var tables: [(title: String?, table: Table)] {
    guard !transfer.isEmpty else { return [(nil, mainTable), (nil, headTable)] }
    return [
      (nil, mainTable), (nil, headTable),
      (
        "trained on the row's data set and tested on the column's: accuracy of the network",
        transferTable(\.network)
      ),
      ("the same of the logistic regression", transferTable(\.logistic)),
    ]
  }

  private var headText: String {
    let heads = outcomes.first?.data.heads ?? []
    let names = heads.map(\.dotted).joined(separator: " ")
    return heads.count == 1 ? "head \(names)" : "heads \(names)"
  }

  private var mainTable: Table {
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
    return table
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
  private var headTable: Table {
    let heads = outcomes.first?.data.heads ?? []
    var table = Table(["one head alone"] + heads.map { ">\($0.dotted)" })
    for outcome in outcomes {
      table.add([outcome.data.name] + outcome.singleHeads.map { percent($0.accuracy) })
    }
    return table
  }

  private func transferTable(
    _ kind: KeyPath<(network: ProbeSummary, logistic: ProbeSummary), ProbeSummary>
  ) -> Table {
    var table = Table(["trained on"] + names.map { ">\($0)" })
    for (source, row) in transfer.enumerated() {
      let cells = row.indices.map { target in
        percent(accuracy(source, target, kind).accuracy)
      }
      table.add([names[source]] + cells)
    }
    return table
  }
}
