// One run of a results file with what its numbers come to.

import Engine
import GAR
import Interpretability
import JSONText
import Results

/// A run and its results. What takes them all is computed once, when it is made.
struct StoredRun {
  let record: RunRecord
  let results: [StoredResult]
  /// For each head over the items, where the run is of heads.
  let heads: HeadSummary?

  /// Without its results where they are not wanted: they may take long to read.
  init(_ record: RunRecord, in file: ResultsFile, loadsResults: Bool = true) throws {
    self.record = record
    results = loadsResults ? try file.results(of: record) : []
    heads = HeadSummary(results.compactMap { $0.outcome?.headScores })
  }

  var method: SweepMethod? { SweepMethod(name: record.measure.method) }

  /// A known method's title, or whatever name stands in the file.
  var title: String { method?.title ?? record.measure.method }

  var settings: JSONObject {
    let value = try? JSONValue.read(Array(record.measure.settings.utf8), rules: .strict)
    return value?.object ?? JSONObject()
  }

  /// `denoising, 5 steps, 3.0 off`; empty where nothing is set.
  var settingsText: String {
    settings.members.flatMap { member -> [String] in
      switch (member.key, member.value.content) {
      case ("direction", .string(let direction)): return [direction]
      case ("steps", .int(let steps)): return ["\(steps) steps"]
      case ("ablate", .array(let heads)): return heads.compactMap(\.string).map { "\($0) off" }
      case ("scale", .object(let factors)):
        return factors.members.map { "\($0.key) ×\($0.value.text)" }
      default: return ["\(member.key) \(member.value.text)"]
      }
    }.joined(separator: ", ")
  }

  /// `attribution patching, denoising`.
  var fullTitle: String { settingsText.isEmpty ? title : "\(title), \(settingsText)" }

  /// `1000/1000`, and what could not be used.
  var progress: String {
    let unusable = record.unusable > 0 ? ", \(record.unusable) unusable" : ""
    return "\(record.done)/\(record.count)\(unusable)"
  }

  // MARK: Answers

  /// The scores by place, where the run is of answers.
  var answers: [Int: AnswerScore]? {
    guard case .answers = method else { return nil }
    return Dictionary(
      uniqueKeysWithValues: results.compactMap { result in
        result.outcome.map { (result.place, AnswerScore(scalars: $0.scalars)) }
      })
  }

  /// As `gar evaluate` reports it, of the items that are done.
  func evaluation(in file: ResultsFile) throws -> EvaluationReport? {
    guard let answers, !answers.isEmpty else { return nil }
    let prompts = try file.prompts(of: record)
    let places = answers.keys.sorted()
    let set = EvaluationSet(items: try places.map { try prompts[$0].item(file: file.path) })
    let run = EvaluationRun(
      model: record.model.name, set: set, scores: places.compactMap { answers[$0] })
    return EvaluationReport(set, runs: [run])
  }
}

/// A head's score over items.
struct HeadSummary {
  struct Head {
    var head: HeadIndex
    var mean: MeanWithInterval
    /// Of the items, those with a positive score.
    var positive: Share
  }

  let itemCount: Int
  let mean: HeadScores
  /// By the size of the mean, largest first.
  let ranked: [Head]

  /// - Returns: `nil` without scores.
  init?(_ scores: [HeadScores]) {
    guard let first = scores.first,
      scores.allSatisfy({
        $0.layerCount == first.layerCount && $0.headCount == first.headCount
      })
    else { return nil }
    itemCount = scores.count
    var mean = HeadScores(layerCount: first.layerCount, headCount: first.headCount)
    let heads = first.heads.map { head in
      let values = scores.map { Double($0[head]) }
      let summary = Head(
        head: head, mean: MeanWithInterval(values),
        positive: Share(successes: values.count { $0 > 0 }, count: values.count))
      mean[head] = Float(summary.mean.mean)
      return summary
    }
    self.mean = mean
    ranked = heads.sorted { abs($0.mean.mean) > abs($1.mean.mean) }
  }
}
