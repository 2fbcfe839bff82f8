// Asks one question in a given way, and finds out with the first which way a server understands.

import JSONText

/// What came of asking a question in one way.
enum Asked: Equatable {
  case answered(EndpointAnswer)
  case refused(status: Int, message: String)
  /// The server took the request and left out the log-probabilities, or they cannot be used.
  case unscored
}

/// Asks questions over one worker's connection.
struct Asker {
  let client: EndpointClient

  private var settings: EndpointSettings { client.session.settings }

  /// Asks a question in a way that the server is known to understand. A text of which one token
  /// spans prompt and answer cannot be scored; such a question is asked in a weaker way.
  func ask(
    _ question: EndpointQuestion, _ known: Dialect
  ) throws(EndpointError) -> EndpointAnswer {
    var dialect = known
    while true {
      switch try attempt(question, dialect) {
      case .answered(let answer): return answer
      case .refused(let status, let message):
        guard dialect != known, dialect.weakenScoring() else {
          throw failure(status, message, dialect)
        }
      case .unscored:
        // Of this the weaker ways give none.
        _ = dialect.weakenScoring()
      }
    }
  }

  /// Asks the first question in the best way, then in ever simpler ones until the server answers.
  ///
  /// - Parameters:
  ///   - question: any question of the set.
  ///   - known: the kind of request, where it is settled; otherwise chat is tried where the server
  ///     does not find completions.
  /// - Returns: the way that worked, and the question's answer.
  /// - Throws: `EndpointError` where no way works.
  func findDialect(
    with question: EndpointQuestion, api known: EndpointAPI?
  ) throws(EndpointError) -> (Dialect, EndpointAnswer) {
    var dialect = Dialect(known ?? .completions)
    while true {
      switch try attempt(question, dialect) {
      case .answered(let answer):
        if dialect.echoes, try !isTrustworthy(answer, question, dialect) {
          dialect.echoes = false
          continue
        }
        if case .generated(_, let first) = answer, first.isEmpty { dialect.topCount = 0 }
        return (dialect, answer)
      case .refused(let status, let message):
        let before = dialect
        guard dialect.weaken(status: status, message: message, mayChangeAPI: known == nil) else {
          throw failure(status, message, before)
        }
      case .unscored:
        _ = dialect.weakenScoring()
      }
    }
  }

  private func attempt(_ question: EndpointQuestion, _ dialect: Dialect) throws(EndpointError)
    -> Asked
  {
    dialect.echoes ? try score(question, dialect) : try generate(question, dialect)
  }

  // MARK: Scoring

  private func score(_ question: EndpointQuestion, _ dialect: Dialect) throws(EndpointError)
    -> Asked
  {
    var continuations: [ScoredContinuation] = []
    var texts = [question.answer]
    for text in question.candidates + [question.foil] where !texts.contains(text) {
      texts.append(text)
    }
    for text in texts {
      let body = dialect.scoring(of: "\(question.prompt) \(text)", model: settings.model)
      switch try post(body, dialect) {
      case .refusal(let status, let message): return .refused(status: status, message: message)
      case .answer(let value):
        let reply = try Reply(value, api: dialect.api, url: url(dialect))
        guard let tokens = reply.tokens,
          let continuation = ScoredContinuation(text, of: question, in: tokens)
        else { return .unscored }
        continuations.append(continuation)
      }
    }
    return .answered(.scored(continuations))
  }

  /// Whether the scores say of the prompt's end what the model then does: some servers give each
  /// token the log-probability of the next place.
  private func isTrustworthy(
    _ answer: EndpointAnswer, _ question: EndpointQuestion, _ dialect: Dialect
  ) throws(EndpointError) -> Bool {
    guard case .scored(let continuations) = answer, let scored = continuations.first else {
      return false
    }
    var plain = dialect
    plain.topCount = 1
    let body = plain.generation(question.prompt, model: settings.model, maxTokens: 1)
    guard case .answer(let value) = try post(body, dialect) else { return false }
    let reply = try Reply(value, api: dialect.api, url: url(dialect))
    return reply.tokens?.first?.text == scored.best
  }

  // MARK: Generating

  private func generate(_ question: EndpointQuestion, _ dialect: Dialect) throws(EndpointError)
    -> Asked
  {
    let body = dialect.generation(
      question.prompt, model: settings.model, maxTokens: settings.maxTokens)
    switch try post(body, dialect) {
    case .refusal(let status, let message): return .refused(status: status, message: message)
    case .answer(let value):
      let reply = try Reply(value, api: dialect.api, url: url(dialect))
      if dialect.api == .chat, reply.isCutOff, GeneratedText(reply.text).isEmpty {
        throw .noAnswer(maxTokens: settings.maxTokens)
      }
      return .answered(.generated(text: reply.text, first: firstTokens(reply)))
    }
  }

  /// The token that the answer began with, then the others that were listed, likeliest first.
  private func firstTokens(_ reply: Reply) -> [ListedToken] {
    guard let first = reply.tokens?.first, let value = first.logProbability else { return [] }
    let others = first.listed.filter { $0.text != first.text }
      .sorted { ($1.logProbability, $0.text) < ($0.logProbability, $1.text) }
    return [ListedToken(text: first.text, logProbability: value)] + others
  }

  // MARK: Requests

  private func url(_ dialect: Dialect) -> String { "\(settings.url)/\(dialect.api.path)" }

  private func post(_ body: JSONValue, _ dialect: Dialect) throws(EndpointError) -> ServerWord {
    try client.post(dialect.api.path, body)
  }

  private func failure(_ status: Int, _ message: String, _ dialect: Dialect) -> EndpointError {
    guard [404, 405].contains(status) else {
      return .refused(url: url(dialect), status: status, message: message)
    }
    return .notFound(url: url(dialect), model: settings.model, models: client.models())
  }
}
