// The methods that a sweep can run, as measurements: attributions, and what the model answers.

import Checkpoints
import Engine
import Foundation
import GAR
import Interpretability
import JSONText

/// An item with all that the methods ask for.
public struct SweepSubject: Sendable {
  public var pair: PromptPair
  public var question: Question
  public var record: PromptRecord

  /// - Parameters:
  ///   - item: as the model's tokenizer reads it.
  ///   - corrupted: what it is set against, if anything.
  ///   - interventions: hold in every run.
  public init(
    _ item: TokenizedItem, corrupted: CorruptedPrompt?, interventions: [Intervention] = []
  ) {
    pair = PromptPair(item, corrupted: corrupted, interventions: interventions)
    question = Question(item)
    record = PromptRecord(item, corrupted: corrupted, metric: pair.metric)
  }
}

/// A method of sweeps, by name.
public enum SweepMethod: Sendable, Hashable {
  /// Metrics of the answer: `first`, `all`, `whole`, `candidates` (1 or 0), `logitDifference`,
  /// `probability`, `loss`, and the id `predicted`.
  case answers
  case attribution(AttributionMethod)

  public static var allCases: [SweepMethod] {
    [.answers] + AttributionMethod.allCases.map { .attribution($0) }
  }

  public var name: String {
    switch self {
    case .answers: "answers"
    case .attribution(let method): method.rawValue
    }
  }

  /// For titles.
  public var title: String {
    switch self {
    case .answers: "answers"
    case .attribution(let method): method.title
    }
  }

  /// Reads `answers` and what `AttributionMethod` reads.
  public init?(name: String) {
    if name == "answers" {
      self = .answers
    } else if let method = AttributionMethod(name: name) {
      self = .attribution(method)
    } else {
      return nil
    }
  }
}

extension SweepMeasurement {
  /// A method over subjects. Settings that the method does not know are left out of its key, so that
  /// `ablation` need not be computed again for other steps.
  ///
  /// - Parameters:
  ///   - method: what to run.
  ///   - model: on what.
  ///   - subjects: in the plan's order.
  ///   - settings: of attributions.
  ///   - more: further settings of the whole sweep, such as heads that are switched off.
  package init(
    _ method: SweepMethod, on model: Model, _ subjects: [SweepSubject],
    settings: AttributionSettings = .init(), more: [(String, JSONValue)] = []
  ) {
    var members = more
    if case .attribution(let attribution) = method {
      if attribution.needsCorruptedPrompt {
        members.append(("direction", .string(settings.direction.rawValue)))
      }
      if attribution == .integratedGradients { members.append(("steps", .int(settings.steps))) }
    }
    let measure = Measure(
      method: method.name, settings: JSONValue.object(members.sorted { $0.0 < $1.0 }).text)
    self.init(measure) { place, check in
      let subject = subjects[place]
      switch method {
      case .answers:
        let score = try model.evaluate(
          [subject.question], interventions: subject.pair.interventions)[0]
        return Outcome(scalars: score.scalars)
      case .attribution(let method):
        if method.needsCorruptedPrompt, subject.pair.corrupted == nil {
          return Outcome(remark: "no corrupted prompt of the same length")
        }
        let scores = try model.headScores(method, on: subject.pair, settings: settings) { _, _ in
          try check()
        }
        return Outcome(
          shape: [scores.layerCount, scores.headCount], values: scores.values)
      }
    }
  }
}

extension PromptRecord {
  /// The tokens of the metric that attributions are of are part of the hash.
  init(_ item: TokenizedItem, corrupted: CorruptedPrompt?, metric: LogitMetric) {
    let json = Self.line(of: item.item)
    var hash = SHA256()
    hash.update(json + "\n")
    hash.update(item.tokens)
    hash.update(corrupted?.tokens ?? [])
    hash.update(metric.terms.map(\.token))
    for tokens in [item.answerTokens, item.foilTokens, item.candidateTokens] {
      hash.update(tokens)
    }
    hash.update([Int32(item.articleTokens)])
    var facts: [(String, JSONValue)] = [("tokens", .int(item.tokens.count))]
    if let corrupted {
      facts += [
        ("counterfactual", .string(corrupted.kind.rawValue)),
        ("change", .string(corrupted.change)), ("foil", .string(corrupted.foil)),
      ]
    }
    self.init(
      hash: hash.hex, itemHash: SHA256.hex(json), name: item.item.id, json: json,
      facts: JSONValue.object(facts).text)
  }

  private static func line(of item: Item) -> String {
    var out = JSONWriter()
    GAR.write(item, to: &out)
    return String(decoding: out.bytes.dropLast(), as: UTF8.self)
  }

  /// `itemHash` of an item.
  static func hash(of item: Item) -> String { SHA256.hex(line(of: item)) }

  /// The item again.
  /// - Throws: `ItemFileError` where the stored line is no item.
  public func item(file: String) throws -> Item {
    try readItems(jsonLines: Array(json.utf8), file: file)[0]
  }
}

extension ModelRecord {
  public init(_ model: Model, name: String) {
    let configuration = model.configuration
    self.init(
      hash: model.contentHash, name: name, path: model.path,
      layerCount: configuration.layerCount, headCount: configuration.headCount,
      facts: JSONValue.object([
        ("parameters", .int(model.parameterCount)), ("bytes", .int(model.byteCount)),
        ("dModel", .int(configuration.dModel)),
        ("vocabulary", .int(configuration.vocabularySize)),
      ]).text)
  }
}

extension AnswerScore {
  /// By name, as results keep them; those that are not known are absent.
  var scalars: [String: Double] {
    var scalars: [String: Double] = [:]
    for metric in AccuracyMetric.allCases {
      scalars[metric.rawValue] = metric.isRight(self).map { $0 ? 1 : 0 }
    }
    for metric in MeanMetric.allCases {
      scalars[metric.rawValue] = metric.value(self).map(Double.init)
    }
    scalars["predicted"] = predicted.map(Double.init)
    return scalars
  }

  /// The inverse of `scalars`.
  public init(scalars: [String: Double]) {
    func isRight(_ metric: AccuracyMetric) -> Bool? { scalars[metric.rawValue].map { $0 == 1 } }
    func value(_ metric: MeanMetric) -> Float? { scalars[metric.rawValue].map { Float($0) } }
    self.init(
      isFirstRight: isRight(.first), isAllRight: isRight(.all), isWholeRight: isRight(.whole),
      isBestCandidate: isRight(.candidates), logitDifference: value(.logitDifference),
      probability: value(.probability), loss: value(.loss),
      predicted: scalars["predicted"].flatMap { Int32(exactly: $0) })
  }
}

extension Outcome {
  /// The scores of heads, where that is what it holds.
  public var headScores: HeadScores? {
    guard shape.count == 2 else { return nil }
    return HeadScores(layerCount: shape[0], headCount: shape[1], values: values)
  }
}
