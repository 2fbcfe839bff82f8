// Scores the heads on some prompt pairs, by one method or by two that are compared.

import Engine
import Interpretability

struct HeadScorer {
  let model: Model
  /// `nil`: attribution patching, or the zero baseline for an item without a corrupted prompt.
  let method: AttributionMethod?
  let compare: AttributionMethod?
  let settings: AttributionSettings

  /// - Throws: `ItemError` where a single item has no corrupted prompt and the methods need one;
  ///   `CommandError.unusable` where no item of a set has.
  func report(_ subjects: [AttributionSubject]) throws -> AttributionReport {
    subjects.count == 1 ? try report(on: subjects[0]) : try report(onAll: subjects)
  }

  private func report(on subject: AttributionSubject) throws -> AttributionReport {
    let chosen = try chosenMethod(for: subject)
    let title = subject.id.map { "item \($0)" } ?? "prompt"
    let scores = try score(subject, by: chosen)
    let other = try compare.map { try score(subject, by: $0) }
    let clean = try model.forward(subject.pair.clean, interventions: subject.pair.interventions)
    let corrupted = try subject.pair.corrupted.map {
      try model.forward($0, interventions: subject.pair.interventions)
    }
    return AttributionReport(
      method: chosen, direction: settings.direction, scores: scores, subjectTitle: title,
      detail: .init(
        subject: subject, cleanMetric: subject.pair.metric.value(clean),
        corruptedMetric: corrupted.map { subject.pair.metric.value($0) },
        rolePairs: try rolePairs(subject)),
      counts: nil,
      comparison: zip(compare, other).map {
        Comparison(with: $0, pairs: [(scores, $1)])
      })
  }

  /// The mean over the items that the methods can be used on, and the correlation over all their
  /// heads.
  private func report(onAll subjects: [AttributionSubject]) throws -> AttributionReport {
    let chosen = method ?? .attributionPatching
    let needsCorrupted = chosen.needsCorruptedPrompt || compare?.needsCorruptedPrompt == true
    let usable = subjects.filter { !needsCorrupted || $0.pair.corrupted != nil }
    guard !usable.isEmpty else {
      throw CommandError.unusable(
        "none of the \(subjects.count) items has a corrupted prompt of the same length; "
          + "use zeroBaseline or ablation")
    }
    let progress = ProgressBar("attributing", unit: "items")
    var pairs: [(HeadScores, HeadScores)] = []
    var mean = HeadScores(
      layerCount: model.configuration.layerCount, headCount: model.configuration.headCount)
    for (index, subject) in usable.enumerated() {
      progress.update(index, usable.count)
      let scores = try score(subject, by: chosen)
      for head in scores.heads { mean[head] += scores[head] / Float(usable.count) }
      if let compare { pairs.append((scores, try score(subject, by: compare))) }
    }
    return AttributionReport(
      method: chosen, direction: settings.direction, scores: mean,
      subjectTitle: "mean of \(usable.count) items", detail: nil,
      counts: .init(used: usable.count, all: subjects.count),
      comparison: compare.map { Comparison(with: $0, pairs: pairs) })
  }

  private func chosenMethod(for subject: AttributionSubject) throws -> AttributionMethod {
    let isLacking = subject.pair.corrupted == nil
    if let method {
      guard isLacking, method.needsCorruptedPrompt else { return method }
      throw named(AttributionError.noCorruptedPrompt, subject)
    }
    guard isLacking else { return .attributionPatching }
    let name = subject.id.map { "item \($0)" } ?? "the prompt"
    note("\(name) has no corrupted prompt of the same length; zeroBaseline is used")
    return .zeroBaseline
  }

  private func score(
    _ subject: AttributionSubject, by method: AttributionMethod
  ) throws -> HeadScores {
    let progress = ProgressBar(method.title, unit: method.isExact ? "heads" : "layers")
    do {
      return try model.headScores(method, on: subject.pair, settings: settings) { done, total in
        progress.update(done, total)
      }
    } catch {
      throw named(error, subject)
    }
  }

  private func named(_ error: any Error, _ subject: AttributionSubject) -> any Error {
    subject.id.map { ItemError(item: $0, cause: error) } ?? error
  }

  /// Each head's role pair with the largest attribution; empty where roles are not known.
  private func rolePairs(_ subject: AttributionSubject) throws -> [HeadIndex: RolePair] {
    guard !subject.labels.isEmpty else { return [:] }
    let attribution = try model.patternAttribution(subject.pair)
    var pairs: [HeadIndex: RolePair] = [:]
    for head in model.configuration.heads {
      pairs[head] = attribution.rolePairs(head, labels: subject.labels).first
    }
    return pairs
  }
}
