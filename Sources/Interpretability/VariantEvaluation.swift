// How well a model answers questions under many sets of changes: what the changes leave alone is
// computed once, and questions that begin alike share the rest too.

import Engine

/// Changes under which questions are asked again.
public struct QuestionVariant: Sendable {
  /// Given the index of a question.
  let interventions: @Sendable (Int) -> [Intervention]
  /// The changes are the same for every question, so that beginnings stay alike.
  let isUniform: Bool

  /// The same changes for every question.
  public init(_ interventions: [Intervention]) {
    self.interventions = { _ in interventions }
    isUniform = true
  }

  /// Each question's own changes.
  public init(byQuestion interventions: @escaping @Sendable (_ index: Int) -> [Intervention]) {
    self.interventions = interventions
    isUniform = false
  }
}

/// Called with every score: that of a variant, or of the plain run where `variant` is `nil`. Throwing
/// ends the work.
public typealias VariantScoreHandler = (_ variant: Int?, _ index: Int, AnswerScore) throws -> Void

extension Model {
  /// Answers every question plainly and under each of some sets of changes.
  ///
  /// A variant is re-evaluated from the recorded plain run: from the first layer and position that it
  /// touches. Scores have the bits of whole passes, whatever the company.
  ///
  /// - Parameters:
  ///   - questions: any number, of any lengths.
  ///   - variants: any number; one without changes takes the plain score.
  ///   - each: called once for every question and variant, and once with the plain score, in any order.
  /// - Throws: `EngineError` for a prompt that does not fit, or a change that cannot be made.
  public func evaluate(
    _ questions: [Question], variants: [QuestionVariant], each: VariantScoreHandler
  ) throws {
    let evaluation = VariantEvaluation(model: self, questions: questions, variants: variants)
    try evaluation.run(each)
  }
}

private struct VariantEvaluation {
  let model: Model
  let questions: [Question]
  let variants: [QuestionVariant]
  /// Rows are mixed from recorded patterns.
  private let recording: TraceOptions

  /// One run of a batch.
  private struct Job {
    var variant: Int
    var entry: PrefixSchedule.Entry
    var interventions: [Intervention]

    var firstLayer: Int { interventions.map(\.site.layer).min() ?? 0 }
  }

  private struct Key: Hashable {
    var variant, index: Int
  }

  /// Enough rows to fill the kernels, few enough that progress is seen and cancelling is quick.
  private static let batchRows = 1024
  /// For recorded runs, and for the keys and values of changed ones.
  private static let bytesKept = 256 << 20

  init(model: Model, questions: [Question], variants: [QuestionVariant]) {
    self.model = model
    self.questions = questions
    self.variants = variants
    // A look at some is enough: a pattern that is missed costs time and changes no result.
    let readsRows = variants.contains { variant in
      questions.indices.prefix(8).contains { index in
        variant.interventions(index).contains(where: \.changesRow)
      }
    }
    recording = readsRows ? [.rerun, .attentionPattern] : .rerun
  }

  func run(_ each: VariantScoreHandler) throws {
    let prompts = questions.map(\.forced)
    let longest = prompts.map(\.count).max() ?? 0
    let configuration = model.configuration
    let bytesPerToken =
      4 * configuration.layerCount
      * (2 * configuration.dModel + configuration.queryWidth + 2 * configuration.kvWidth)
    let schedule = PrefixSchedule(
      prompts, tokenLimit: max(Self.bytesKept / bytesPerToken, 2 * longest), keepingWhole: true)
    for window in schedule.windows {
      let bases = try plainRuns(window, each)
      let shared = window.filter(\.isShared).flatMap(\.entries)
        .reduce(0) { $0 + prompts[$1.index].count }
      let bytes = max(1, shared) * 8 * configuration.layerCount * configuration.kvWidth
      let step = max(1, Self.bytesKept / bytes)
      for first in stride(from: 0, to: variants.count, by: step) {
        try changedRuns(
          window, bases, variants: first..<min(first + step, variants.count), each)
      }
    }
  }

  private func plainRuns(
    _ window: [PrefixSchedule.Batch], _ each: VariantScoreHandler
  ) throws -> [Int: (run: Trace, score: AnswerScore)] {
    var runs: [Int: (run: Trace, score: AnswerScore)] = [:]
    for batch in window {
      let inputs = batch.entries.map { entry in
        let tokens = questions[entry.index].forced
        return entry.leader.flatMap { runs[$0] }
          .map { .tokens(tokens, continuing: $0.run, shared: entry.shared) }
          ?? PassInput.tokens(tokens)
      }
      let traces = try model.forward(
        batch: inputs, recording: recording, logits: .last(scoredRows(batch.entries)))
      for (entry, trace) in zip(batch.entries, traces) {
        let score = model.score(trace, questions[entry.index])
        runs[entry.index] = (trace, score)
        try each(nil, entry.index, score)
      }
    }
    return runs
  }

  private func changedRuns(
    _ window: [PrefixSchedule.Batch], _ bases: [Int: (run: Trace, score: AnswerScore)],
    variants: Range<Int>, _ each: VariantScoreHandler
  ) throws {
    var leaders: [Key: Trace] = [:]
    for batch in window {
      var jobs: [Job] = []
      for variant in variants {
        for entry in batch.entries {
          let interventions = self.variants[variant].interventions(entry.index)
          if interventions.isEmpty {
            if let base = bases[entry.index] { try each(variant, entry.index, base.score) }
          } else {
            jobs.append(Job(variant: variant, entry: entry, interventions: interventions))
          }
        }
      }
      jobs.sort { $0.firstLayer < $1.firstLayer }
      for part in parts(jobs) {
        let inputs = part.compactMap { input($0, bases, leaders) }
        let traces = try model.forward(
          batch: inputs, recording: batch.isShared ? .keysAndValues : [],
          logits: .last(scoredRows(part.map(\.entry))))
        for (job, trace) in zip(part, traces) {
          let index = job.entry.index
          if batch.isShared, self.variants[job.variant].isUniform {
            leaders[Key(variant: job.variant, index: index)] = trace
          }
          try each(job.variant, index, model.score(trace, questions[index]))
        }
      }
    }
  }

  private func input(
    _ job: Job, _ bases: [Int: (run: Trace, score: AnswerScore)], _ leaders: [Key: Trace]
  ) -> PassInput? {
    guard let base = bases[job.entry.index]?.run else { return nil }
    if let leader = job.entry.leader,
      let run = leaders[Key(variant: job.variant, index: leader)]
    {
      return .rerun(
        base, adding: job.interventions, sharing: run, shared: job.entry.shared)
    }
    return .rerun(base, adding: job.interventions)
  }

  /// Jobs in batches of about as many rows.
  private func parts(_ jobs: [Job]) -> [[Job]] {
    var parts: [[Job]] = []
    var rows = Self.batchRows
    for job in jobs {
      let count = questions[job.entry.index].forced.count
      let shared = variants[job.variant].isUniform ? job.entry.shared : 0
      let added = count - max(shared, job.interventions.map(\.firstPosition).min() ?? 0)
      if rows + added > Self.batchRows {
        parts.append([])
        rows = 0
      }
      parts[parts.count - 1].append(job)
      rows += added
    }
    return parts
  }

  private func scoredRows(_ entries: [PrefixSchedule.Entry]) -> Int {
    entries.map { questions[$0.index].scoredCount }.max() ?? 1
  }
}

extension Intervention {
  fileprivate var changesRow: Bool { if case .mixedRow = effect { true } else { false } }

  fileprivate var firstPosition: Int {
    switch positions {
    case .all: 0
    case .only(let positions): positions.min() ?? 0
    }
  }
}
