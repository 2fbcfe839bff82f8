// Has a model behind a server answer a set of items.

import Endpoints
import GAR
import Interpretability
import JSONText

/// Where answers came from, and how they were found.
struct EndpointSource {
  var url: String
  var api: EndpointAPI
  var scoring: EndpointScoring

  /// For the foot of a table.
  var line: String {
    let how =
      switch scoring {
      case .echo: "the server's log-probabilities of every answer"
      case .top: "the generated text and the server's likeliest first tokens"
      case .text: "the generated text"
      }
    return "asked \(url) by \(api.rawValue); judged by \(how)"
  }

  var json: JSONValue {
    .object([
      ("url", .string(url)), ("api", .string(api.rawValue)), ("scoring", .string(scoring.rawValue)),
    ])
  }
}

extension EndpointOptions {
  /// Asks what a file of answers, if one was named, does not hold yet.
  ///
  /// - Parameters:
  ///   - model: the server's name for it.
  ///   - url: the value of `--endpoint`.
  ///   - set: what is asked.
  ///   - whole: what `set` was chosen from, with all sub-questions.
  /// - Returns: the scores of the whole set, with what was kept.
  /// - Throws: `EndpointRunError`, `AnswerFileError`.
  func evaluate(
    _ model: String, at url: String, _ set: EvaluationSet, of whole: EvaluationSet
  ) throws -> EvaluationRun {
    let settings = try settings(model: model, url: url)
    if let results {
      Interruption.say(
        "interrupted; the answers are kept in \(results): run the same command again to ask the rest"
      )
    }
    let progress = ProgressBar(
      "asking \(model)", unit: set.subQuestions == nil ? "items" : "questions")
    let found = try EndpointRun(settings).ask(
      set.endpointQuestions, of: whole.endpointQuestions, file: results
    ) { done, total in progress.update(done, total) }
    Interruption.say(nil)
    var run = EvaluationRun(model: model, set: set, scores: found.scores)
    run.server = EndpointSource(url: settings.url, api: found.api, scoring: found.scoring)
    return run
  }
}

extension EvaluationSet {
  /// The items, then all their sub-questions.
  fileprivate var endpointQuestions: [EndpointQuestion] {
    items.map { EndpointQuestion($0) }
      + (subQuestions ?? []).joined().map { EndpointQuestion($0) }
  }
}
