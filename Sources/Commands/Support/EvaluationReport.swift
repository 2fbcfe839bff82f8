// What `gar evaluate` found: one summary for each model, and each two models compared.

import Engine
import GAR
import Interpretability

/// One model's results by group.
struct RunSummary {
  struct Gap {
    var group: String
    var gap: CompositionalityGap
  }

  var model: String
  var work: EvaluationWork?
  var server: EndpointSource?
  var arithmetic: Arithmetic
  var overall: EvaluationSummary
  var breakdowns: [(breakdown: Breakdown, groups: [GroupSummary])]
  /// By kind of sub-question, those that were asked.
  var parts: [(kind: SubQuestionKind, summary: EvaluationSummary)] = []
  /// In all (`nil`), then by group; empty where no sub-questions were asked.
  var gaps: [(breakdown: Breakdown?, groups: [Gap])] = []

  /// For lists of numbers, where nothing else says how they were computed.
  var label: String { arithmetic.label(model) }

  /// The groups that the gap is reported by.
  static let gapBreakdowns: [Breakdown] = [.relationCount, .polarity, .form, .difficulty]

  init(_ run: EvaluationRun, set: EvaluationSet, gapMetric: AccuracyMetric) {
    model = run.model
    work = run.work
    server = run.server
    arithmetic = run.arithmetic
    overall = EvaluationSummary(run.scores)
    breakdowns = Breakdown.allCases.map { ($0, $0.groups(set.items, run.scores)) }
    guard let parts = run.parts, let questions = set.subQuestions, let composed = run.composed
    else { return }
    let asked = zip(questions.joined(), parts.joined())
    for kind in SubQuestionKind.allCases {
      let scores = asked.filter { $0.0.kind == kind }.map(\.1)
      if !scores.isEmpty { self.parts.append((kind, EvaluationSummary(scores))) }
    }
    gaps = [(nil, [Gap(group: "all", gap: CompositionalityGap(composed, metric: gapMetric))])]
    for breakdown in Self.gapBreakdowns {
      // Items without sub-questions have no gap, and neither have groups of them.
      let able = zip(set.items, composed).filter { !$0.1.parts.isEmpty }
      let groups = breakdown.sorted(able) { $0.0 }.map { name, members in
        Gap(group: name, gap: CompositionalityGap(members.map(\.1), metric: gapMetric))
      }
      gaps.append((breakdown, groups))
    }
  }
}

struct EvaluationReport {
  let set: EvaluationSet
  let runs: [EvaluationRun]
  let summaries: [RunSummary]
  let gapMetric: AccuracyMetric
  /// Each two models, the one given first before the other.
  let comparisons: [(first: Int, second: Int, comparison: PairedComparison)]

  init(_ set: EvaluationSet, runs: [EvaluationRun], gapMetric: AccuracyMetric = .all) {
    self.set = set
    self.runs = runs
    self.gapMetric = gapMetric
    summaries = runs.map { RunSummary($0, set: set, gapMetric: gapMetric) }
    comparisons = runs.indices.flatMap { first in
      runs.indices.filter { $0 > first }.map { second in
        (first, second, PairedComparison(runs[first].scores, runs[second].scores))
      }
    }
  }

  /// The metrics that any model has.
  var accuracies: [AccuracyMetric] {
    AccuracyMetric.allCases.filter { metric in summaries.contains { $0.overall[metric] != nil } }
  }

  var means: [MeanMetric] {
    MeanMetric.allCases.filter { metric in summaries.contains { $0.overall[metric] != nil } }
  }
}
