// Stored results as comma-separated values, Markdown and LaTeX.

import Interpretability
import Results

extension StoredReport {
  /// A line for every number: the score of a head, or a metric of an answer. An item that a method
  /// cannot be used on has a line with the reason and no value.
  var csv: String {
    var out = CSVText()
    out.add([
      "run", "model", "method", "settings", "place", "item", "layer", "head", "name", "value",
    ])
    for run in runs {
      let start = [
        "\(run.record.id)", run.record.model.name, run.record.measure.method,
        run.record.measure.settings,
      ]
      for result in run.results {
        guard let outcome = result.outcome else { continue }
        let place = start + ["\(result.place)", result.item]
        if let remark = outcome.remark { out.add(place + ["", "", remark, ""]) }
        if let scores = outcome.headScores {
          for head in scores.heads {
            let value = scores[head]
            out.add(
              place + ["\(head.layer)", "\(head.head)", "score", value.isFinite ? "\(value)" : ""])
          }
        }
        for (name, value) in outcome.scalars.sorted(by: { $0.key < $1.key }) {
          out.add(place + ["", "", name, exact(value)])
        }
      }
    }
    return out.text
  }

  /// A table with what stands above it.
  struct Part {
    var title: String
    var table: Table
  }

  /// What the tables of every format are made of, in their order.
  func parts() throws -> [Part] {
    var parts = [Part(title: "Runs", table: runTable)]
    if let comparisonTable {
      parts.append(Part(title: Self.comparisonTitle, table: comparisonTable))
    }
    for run in runs {
      if let table = run.headTable(20), let heads = run.heads {
        parts.append(
          Part(
            title: "Run \(run.record.id): \(run.fullTitle), heads with the largest means over "
              + "\(heads.itemCount) items, in logits", table: table))
      }
      if let report = try run.evaluation(in: file) {
        parts.append(
          Part(
            title: "Run \(run.record.id): answers\(run.settingsText.isEmpty ? "" : ", ")"
              + run.settingsText, table: report.metricTable))
      }
    }
    return parts
  }

  func markdown() throws -> String {
    try parts().map { "## \($0.title)\n\n\($0.table.markdown)\n" }.joined(separator: "\n")
  }

  /// Tables to be included in a paper.
  func latex() throws -> String {
    let start = "% \(runs.first?.record.program ?? "gar"): needs \\usepackage{booktabs}\n"
    return start
      + (try parts().map { part in
        """

        \\begin{table}
        \\centering
        \(part.table.latex)
        \\caption{\(latexText(part.title)).}
        \\end{table}

        """
      }.joined())
  }
}
