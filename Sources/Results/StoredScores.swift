// What the explorer takes from a results file: scores and answers of its items, and means over the
// file's sets.

import Checkpoints
import Foundation
import GAR
import Interpretability
import JSONText

/// Results of one model on some items, from a file.
public struct StoredScores: Sendable {
  /// A method's mean over all items of the file that it could be used on.
  public struct Mean: Sendable, Equatable {
    public var scores: HeadScores
    public var itemCount: Int
  }

  /// The file's name.
  public let source: String
  public private(set) var means: [AttributionMethod: Mean] = [:]
  private var scores: [AttributionMethod: [Int: HeadScores]] = [:]
  private var verdicts: [Int: Bool] = [:]

  /// Takes the latest run of each method that was made without edits, denoising where there is a
  /// direction.
  ///
  /// - Parameters:
  ///   - file: open for reading.
  ///   - model: whose results are wanted.
  ///   - items: by whose index they are asked for.
  /// - Throws: `ResultsError.otherModel` where the file holds none of this model.
  public init(_ file: ResultsFile, model: ModelRecord, items: [Item]) throws {
    source = URL(filePath: file.path).lastPathComponent
    let indices = Dictionary(
      items.enumerated().map { (PromptRecord.hash(of: $1), $0) },
      uniquingKeysWith: { first, _ in first })
    for run in try Self.runs(in: file, of: model) where run.isPlain {
      let places = try file.prompts(of: run).map { indices[$0.itemHash] }
      let results = try file.results(of: run)
      switch SweepMethod(name: run.measure.method) {
      case .answers: take(answers: results, places)
      case .attribution(let method): take(results, places, method)
      case nil: continue
      }
    }
  }

  /// The items of the model's largest set, where none are given otherwise.
  /// - Throws: `ResultsError`; `ItemFileError`.
  public static func items(in file: ResultsFile, of model: ModelRecord) throws -> [Item] {
    guard let run = try runs(in: file, of: model).max(by: { $0.count < $1.count }) else {
      throw ResultsError.noRun(path: file.path, what: "run of \(model.name)")
    }
    return try file.prompts(of: run).map { try $0.item(file: file.path) }
  }

  private static func runs(in file: ResultsFile, of model: ModelRecord) throws -> [RunRecord] {
    let all = try file.runs()
    let own = all.filter { $0.model.hash == model.hash }
    guard own.isEmpty, !all.isEmpty else { return own }
    let others = Set(all.map(\.model.label)).sorted()
    throw ResultsError.otherModel(path: file.path, stored: others, given: model.label)
  }

  private mutating func take(answers: [StoredResult], _ places: [Int?]) {
    for (result, index) in zip(answers, places) {
      guard let index, let outcome = result.outcome else { continue }
      verdicts[index] = AnswerScore(scalars: outcome.scalars).isAllRight
    }
  }

  private mutating func take(
    _ results: [StoredResult], _ places: [Int?], _ method: AttributionMethod
  ) {
    var sum: HeadScores?
    var count = 0
    for (result, index) in zip(results, places) {
      guard let found = result.outcome?.headScores else { continue }
      if let index { scores[method, default: [:]][index] = found }
      if sum == nil {
        sum = HeadScores(layerCount: found.layerCount, headCount: found.headCount)
      }
      for place in found.values.indices { sum?.values[place] += found.values[place] }
      count += 1
    }
    guard var mean = sum else { return }
    for place in mean.values.indices { mean.values[place] /= Float(count) }
    means[method] = Mean(scores: mean, itemCount: count)
  }

  public func scores(item: Int, method: AttributionMethod) -> HeadScores? {
    scores[method]?[item]
  }

  /// Whether every answer token was the likeliest.
  public func isRight(item: Int) -> Bool? { verdicts[item] }
}

extension RunRecord {
  /// Without changes to heads, and in the direction that the explorer takes.
  fileprivate var isPlain: Bool {
    let settings = try? JSONValue.read(Array(measure.settings.utf8), rules: .strict).object
    return settings?.members.allSatisfy { member in
      member.key == "steps" || member.key == "direction" && member.value.string == "denoising"
    } ?? false
  }
}
