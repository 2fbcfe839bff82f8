// What a results file says, as text and as JSON: its runs, and how far methods agree.

import Engine
import Interpretability
import JSONText
import Results

/// An estimate held against the exact effect, over the items that have both.
struct StoredComparison {
  let estimate: StoredRun
  let exact: StoredRun
  let itemCount: Int
  let comparison: Comparison
}

struct StoredReport {
  let file: ResultsFile
  let runs: [StoredRun]
  let comparisons: [StoredComparison]

  /// - Parameters:
  ///   - file: open for reading.
  ///   - loadsResults: false where only the runs matter.
  ///   - isIncluded: which runs to report on.
  /// - Throws: `ResultsError`.
  init(
    _ file: ResultsFile, loadsResults: Bool = true,
    where isIncluded: (RunRecord) -> Bool = { _ in true }
  ) throws {
    self.file = file
    runs = try file.runs().filter(isIncluded).map {
      try StoredRun($0, in: file, loadsResults: loadsResults)
    }
    comparisons = Self.comparisons(runs)
  }

  /// Every estimate with the exact method of the same model, set and settings.
  private static func comparisons(_ runs: [StoredRun]) -> [StoredComparison] {
    runs.flatMap { estimate in
      runs.compactMap { exact in
        guard estimate.isEstimate(of: exact), let method = exact.attributionMethod else {
          return nil
        }
        let pairs = zip(estimate.results, exact.results).compactMap { a, b in
          zip(a.outcome?.headScores, b.outcome?.headScores)
        }
        guard pairs.count > 0 else { return nil }
        return StoredComparison(
          estimate: estimate, exact: exact, itemCount: pairs.count,
          comparison: Comparison(with: method, pairs: pairs))
      }
    }
  }

  // MARK: Tables

  var runTable: Table {
    var table = Table([">run", "model", "method", "settings", "items", ">done", ">time"])
    for run in runs {
      table.add([
        "\(run.record.id)", run.record.model.name, run.title, run.settingsText,
        run.record.setTitle, run.progress, duration(run.record.seconds),
      ])
    }
    return table
  }

  /// By layer, with as many columns as the deepest model has layers.
  var comparisonTable: Table? {
    let depth = comparisons.map(\.comparison.layers.count).max() ?? 0
    guard depth > 0 else { return nil }
    var table = Table(
      [">run", "estimate", "exact", ">items", ">all", ">median"] + (0..<depth).map { ">L\($0)" })
    for entry in comparisons {
      let layers = entry.comparison.layers
      table.add(
        [
          "\(entry.estimate.record.id)", entry.estimate.fullTitle, entry.exact.title,
          "\(entry.itemCount)", fixed(entry.comparison.overall, 3),
          fixed(entry.comparison.byItem, 3),
        ]
          + (0..<depth).map { $0 < layers.count ? fixed(layers[$0], 2) : "" })
    }
    return table
  }

  static let comparisonTitle =
    "Correlation with the exact effect over all heads, its median by item, and by layer"

  // MARK: Text

  /// The runs, what answers and heads come to, and the correlations.
  var summary: String {
    var blocks = [runTable.text]
    for run in runs {
      if let report = try? run.evaluation(in: file), let all = report.summaries.first?.overall {
        let shares = [AccuracyMetric.all, .first, .whole, .candidates].compactMap { metric in
          all[metric].map { "\(metric.rawValue) \(percent($0.value))" }
        }
        blocks.append("run \(run.record.id), answers: " + shares.joined(separator: ", "))
      }
      if let heads = run.heads {
        let top = heads.ranked.prefix(6).map { "\($0.head.dotted) \(signed($0.mean.mean, 3))" }
        blocks.append(
          "run \(run.record.id), \(run.title), means of \(heads.itemCount) items: "
            + top.joined(separator: ", "))
      }
    }
    if let comparisonTable {
      blocks.append(Self.comparisonTitle + "\n\n" + comparisonTable.text)
    }
    return blocks.joined(separator: "\n\n")
  }

  // MARK: JSON

  var json: JSONValue {
    .object([
      ("file", .string(file.path)), ("runs", .array(runs.map(\.json))),
      (
        "correlations",
        .array(
          comparisons.map { entry in
            .object([
              ("estimate", .int(Int(entry.estimate.record.id))),
              ("exact", .int(Int(entry.exact.record.id))), ("items", .int(entry.itemCount)),
              ("overall", .double(entry.comparison.overall)),
              ("medianByItem", .double(entry.comparison.byItem)),
              ("layers", .array(entry.comparison.layers.map { .double($0) })),
            ])
          })
      ),
    ])
  }
}

/// Both, if both are there.
func zip<A, B>(_ a: A?, _ b: B?) -> (A, B)? {
  if let a, let b { (a, b) } else { nil }
}

extension StoredRun {
  var attributionMethod: AttributionMethod? {
    if case .attribution(let method) = method { method } else { nil }
  }

  /// Whether `exact` is what this run estimates: activation patching, or for the zero baseline
  /// ablation, on the same model and items with the same settings but for the steps.
  func isEstimate(of exact: StoredRun) -> Bool {
    guard let method = attributionMethod, !method.isExact else { return false }
    let truth: AttributionMethod = method.needsCorruptedPrompt ? .activationPatching : .ablation
    func common(_ run: StoredRun) -> JSONObject {
      JSONObject(members: run.settings.members.filter { $0.key != "steps" })
    }
    return exact.attributionMethod == truth && exact.record.model.hash == record.model.hash
      && exact.record.setID == record.setID && common(exact) == common(self)
  }

  var json: JSONValue {
    .object([
      ("run", .int(Int(record.id))), ("method", .string(record.measure.method)),
      ("settings", .object(settings.members.map { ($0.key, $0.value) })),
      (
        "model",
        .object([
          ("name", .string(record.model.name)), ("path", .string(record.model.path)),
          ("hash", .string(record.model.hash)),
        ])
      ),
      (
        "items",
        .object([("title", .string(record.setTitle)), ("hash", .string(record.setHash))])
      ),
      ("count", .int(record.count)), ("done", .int(record.done)),
      ("unusable", .int(record.unusable)), ("seconds", .double(record.seconds)),
      ("command", .string(record.command)), ("program", .string(record.program)),
      ("created", .string(record.created)), ("mean", heads.map { meanJSON($0) } ?? .null),
      ("answers", answersJSON),
    ])
  }

  private func meanJSON(_ heads: HeadSummary) -> JSONValue {
    .array(
      (0..<heads.mean.layerCount).map { layer in
        .array((0..<heads.mean.headCount).map { .float(heads.mean[layer, $0]) })
      })
  }

  private var answersJSON: JSONValue {
    guard let answers, !answers.isEmpty else { return .null }
    let summary = EvaluationSummary(Array(answers.values))
    let shares = AccuracyMetric.allCases.compactMap { metric in
      summary[metric].map { (metric.rawValue, JSONValue.double($0.value)) }
    }
    let means = MeanMetric.allCases.compactMap { metric in
      summary[metric].map { (metric.rawValue, JSONValue.double($0.mean)) }
    }
    return .object(shares + means)
  }
}
