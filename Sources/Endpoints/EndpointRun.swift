// Asks a set of questions: several at once, each kept as soon as it is answered.

import Foundation
import Interpretability

/// The answers to a set of questions, and how they were found.
public struct EndpointAnswers: Sendable {
  public let api: EndpointAPI
  public let scoring: EndpointScoring
  /// One for each question, in the questions' order.
  public let answers: [EndpointAnswer]
  public let scores: [AnswerScore]
}

/// A set of questions, a server, and where answers are kept.
public struct EndpointRun: Sendable {
  let settings: EndpointSettings
  let time: Timekeeper
  let connect: @Sendable () throws(TransportFailure) -> any HTTPConnection

  public init(_ settings: EndpointSettings) {
    self.init(settings, time: .system) { () throws(TransportFailure) in try CurlConnection() }
  }

  package init(
    _ settings: EndpointSettings, time: Timekeeper,
    connect: @escaping @Sendable () throws(TransportFailure) -> any HTTPConnection
  ) {
    self.settings = settings
    self.time = time
    self.connect = connect
  }

  /// Asks the questions that `file` has no answer to.
  ///
  /// The first is asked alone, to find out what the server understands; then
  /// `EndpointSettings.concurrency` at once.
  ///
  /// - Parameters:
  ///   - questions: at least one.
  ///   - all: the whole set that `questions` are of, whose answers the file may hold.
  ///   - file: where answers are kept, and taken from; `nil` to keep none.
  ///   - progress: called after every answer on the caller's thread, with how many of those that
  ///     were missing are there.
  /// - Returns: all answers, those of the file too.
  /// - Throws: `EndpointRunError` after a question that could not be asked, with all others that
  ///   were under way kept; `AnswerFileError`.
  public func ask(
    _ questions: [EndpointQuestion], of all: [EndpointQuestion], file: String? = nil,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> EndpointAnswers {
    let kept = try file.map { try AnswerFile($0, questions: all, settings: settings) }
    var answers = questions.map { kept?.answer(to: $0) }
    let missing = questions.indices.filter { answers[$0] == nil }
    var key = kept?.key
    if let first = missing.first {
      let session = EndpointSession(settings: settings, time: time)
      func take(_ index: Int, _ answer: EndpointAnswer, _ key: AnswerKey) throws {
        answers[index] = answer
        try kept?.append(answer, to: questions[index], key: key)
        progress(missing.count - answers.count { $0 == nil }, missing.count)
      }
      do {
        let asker = try self.asker(session)
        let (dialect, answer) = try asker.findDialect(
          with: questions[first], api: settings.api ?? key?.api)
        key = try agreed(key, dialect, file: file)
        if let key { try take(first, answer, key) }
        let workers = Workers(questions, missing.dropFirst(), dialect) { () throws(EndpointError) in
          try self.asker(session)
        }
        try workers.run(count: settings.concurrency) { index, answer in
          if let key { try take(index, answer, key) }
        }
      } catch let error as EndpointError {
        throw failure(questions[first], error, answers, file)
      } catch let error as Workers.Failure {
        throw failure(questions[error.index], error.cause, answers, file)
      }
    }
    return finished(questions, answers.compactMap { $0 }, key)
  }

  private func finished(
    _ questions: [EndpointQuestion], _ answers: [EndpointAnswer], _ key: AnswerKey?
  ) -> EndpointAnswers {
    precondition(
      answers.count == questions.count, "\(answers.count) answers, \(questions.count) questions")
    return EndpointAnswers(
      api: key?.api ?? .completions, scoring: key?.scoring ?? .text, answers: answers,
      scores: zip(answers, questions).map { AnswerScore($0, of: $1) })
  }

  private func asker(_ session: EndpointSession) throws(EndpointError) -> Asker {
    do {
      return Asker(client: EndpointClient(session: session, connection: try connect()))
    } catch {
      throw .noClient(reason: error.reason)
    }
  }

  /// Answers that were found in different ways must not be averaged.
  private func agreed(_ key: AnswerKey?, _ dialect: Dialect, file: String?) throws -> AnswerKey {
    let found = AnswerKey(
      model: settings.model, api: dialect.api, scoring: dialect.scoring,
      maxTokens: settings.maxTokens)
    guard let key, key != found, let file else { return found }
    throw AnswerFileError.foreign(
      file: file, line: 1,
      problem: "the answers were scored by \(key.scoring.rawValue), and the server now offers "
        + found.scoring.rawValue)
  }

  private func failure(
    _ question: EndpointQuestion, _ cause: EndpointError, _ answers: [EndpointAnswer?],
    _ file: String?
  ) -> EndpointRunError {
    EndpointRunError(
      item: question.id, cause: cause, answered: answers.count { $0 != nil }, total: answers.count,
      file: file)
  }
}
