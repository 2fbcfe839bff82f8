// Sends one request until it is answered: pace, retries, and what each status means.

import Foundation
import JSONText

/// What a server said to a well-formed request.
enum ServerWord: Equatable {
  case answer(JSONValue)
  /// It will not, and says why; another request may do.
  case refusal(status: Int, message: String)
}

/// What all workers of a run share.
final class EndpointSession: @unchecked Sendable {
  let settings: EndpointSettings
  let time: Timekeeper
  let pacer: Pacer
  // The lock guards whether the server has ever answered.
  private let lock = NSLock()
  private var hasAnswered = false

  init(settings: EndpointSettings, time: Timekeeper) {
    self.settings = settings
    self.time = time
    pacer = Pacer(requestsPerMinute: settings.requestsPerMinute, time: time)
  }

  /// Whether the address has proved to be right, so that a failure may pass.
  var isKnownToWork: Bool { lock.withLock { hasAnswered } }
  func noteAnswer() { lock.withLock { hasAnswered = true } }
}

/// One worker's way to the server.
struct EndpointClient {
  let session: EndpointSession
  let connection: any HTTPConnection

  private var settings: EndpointSettings { session.settings }

  /// A server that asks for more patience than this is taken to be closed for now.
  static let longestPause: Duration = .seconds(300)

  func post(_ path: String, _ body: JSONValue) throws(EndpointError) -> ServerWord {
    try send(request(path, body: Array(body.text.utf8)))
  }

  /// The models that the server lists; none where it does not.
  func models() -> [String] {
    // This only rounds off the message of another failure.
    guard let reply = try? connection.exchange(request("models", body: nil)), reply.status == 200,
      let list = try? JSONValue.read(reply.body, rules: .python)["data"]?.array
    else { return [] }
    return list.compactMap { $0["id"]?.string }.map { plain($0) }
  }

  private func request(_ path: String, body: [UInt8]?) -> HTTPRequest {
    var headers = ["Accept: application/json", "User-Agent: gar-explorer"]
    if body != nil { headers.append("Content-Type: application/json") }
    if let key = settings.key { headers.append("Authorization: Bearer \(key)") }
    return HTTPRequest(
      url: "\(settings.url)/\(path)", headers: headers, body: body, timeout: settings.timeout)
  }

  // MARK: Trying

  /// What became of one try.
  private enum Outcome {
    case done(ServerWord)
    /// Worth another try, after the server's own delay if it named one.
    case failed(reason: String, wait: Duration?)
  }

  private func send(_ request: HTTPRequest) throws(EndpointError) -> ServerWord {
    var attempt = 0
    while true {
      session.pacer.wait()
      switch try attemptOnce(request) {
      case .done(let word):
        session.noteAnswer()
        return word
      case .failed(let reason, let wait):
        guard attempt < settings.retries else {
          throw .exhausted(url: request.url, tries: attempt + 1, reason: reason)
        }
        try rest(wait, attempt: attempt, request, reason)
        attempt += 1
      }
    }
  }

  private func rest(
    _ wait: Duration?, attempt: Int, _ request: HTTPRequest, _ reason: String
  ) throws(EndpointError) {
    guard let wait else {
      session.time.sleep(Backoff.delay(attempt: attempt, chance: session.time.chance()))
      return
    }
    guard wait <= Self.longestPause else {
      let seconds = Int((wait / .seconds(1)).rounded(.up))
      throw .limited(url: request.url, reason: "\(reason); it asks to wait \(seconds) s")
    }
    // What the server asks of one worker it would ask of all.
    session.pacer.pause(for: wait)
  }

  private func attemptOnce(_ request: HTTPRequest) throws(EndpointError) -> Outcome {
    let reply: HTTPReply
    do {
      reply = try connection.exchange(request)
    } catch {
      return try outcome(of: error, request)
    }
    let status = reply.status
    switch status {
    case 200..<300: return try read(reply, request)
    case 300..<400:
      let place = reply.headers["location"].map { ", at \(plain($0))" } ?? ""
      throw .unexpected(
        url: request.url, problem: "the address has moved (status \(status))\(place)")
    case 401: throw unauthorized(request, status)
    case 429: return try limited(reply, request)
    case 408, 425, 500..., 409:
      let message = self.message(of: reply)
      // A refusal in the guise of a breakdown, as llama-cpp-python answers to what it cannot do.
      if status == 501 || (status == 500 && Dialect.namesAnOption(message)) {
        return .done(.refusal(status: status, message: message))
      }
      return .failed(
        reason: "the server failed (status \(status)): \(message)", wait: retryAfter(reply))
    default:
      let message = self.message(of: reply)
      guard status != 403 || Dialect.namesAnOption(message) else {
        throw unauthorized(request, status)
      }
      return .done(.refusal(status: status, message: message))
    }
  }

  private func outcome(
    of failure: TransportFailure, _ request: HTTPRequest
  ) throws(EndpointError) -> Outcome {
    let reason = plain(failure.reason)
    switch failure.kind {
    case .tls: throw .insecure(url: request.url, reason: reason)
    case .badURL: throw .badURL(url: settings.url, problem: reason)
    case .unavailable: throw .noClient(reason: reason)
    case .tooLong: throw .unexpected(url: request.url, problem: "the answer is far too long")
    case .unknownHost, .noConnection:
      guard session.isKnownToWork else { throw .unreachable(url: request.url, reason: reason) }
      return .failed(reason: "the server cannot be reached (\(reason))", wait: nil)
    case .timedOut:
      let seconds = settings.timeout / .seconds(1)
      return .failed(reason: "no answer within \(seconds.formatted()) s", wait: nil)
    case .cut, .other: return .failed(reason: "the connection broke (\(reason))", wait: nil)
    }
  }

  private func limited(_ reply: HTTPReply, _ request: HTTPRequest) throws(EndpointError) -> Outcome
  {
    let message = self.message(of: reply)
    // OpenAI's word for an account without money, which waiting does not mend.
    guard !String(decoding: reply.body, as: UTF8.self).contains("insufficient_quota") else {
      throw .limited(url: request.url, reason: message)
    }
    return .failed(reason: "too many requests (status 429): \(message)", wait: retryAfter(reply))
  }

  private func retryAfter(_ reply: HTTPReply) -> Duration? {
    reply.headers["retry-after"].flatMap { Backoff.retryAfter($0, date: session.time.date()) }
  }

  private func read(_ reply: HTTPReply, _ request: HTTPRequest) throws(EndpointError) -> Outcome {
    let body = withoutKey(reply.body)
    do {
      return .done(.answer(try JSONValue.read(body, rules: .python)))
    } catch {
      if body.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") {
        throw .unexpected(url: request.url, problem: "it is a web page")
      }
      return .failed(reason: "the answer is broken: \(error)", wait: nil)
    }
  }

  // MARK: Messages

  private func unauthorized(_ request: HTTPRequest, _ status: Int) -> EndpointError {
    .unauthorized(
      url: request.url, status: status, variable: settings.keyVariable, hasKey: settings.key != nil)
  }

  /// The server's reason, wherever it put it.
  private func message(of reply: HTTPReply) -> String {
    let body = try? JSONValue.read(reply.body, rules: .python)
    let reason =
      body?["error"]?["message"]?.string ?? body?["error"]?.string
      ?? body?["message"]?.string ?? body?["detail"]?.string ?? body?["detail"]?.text
    let text = plain(reason ?? String(decoding: reply.body.prefix(2000), as: UTF8.self))
    return text.isEmpty ? "it gives no reason" : text
  }

  /// A server's text as part of a message: one line of bounded length, without the key.
  private func plain(_ text: String) -> String {
    var text = text
    if let key = settings.key { text = text.replacing(key, with: "***") }
    let words = text.unicodeScalars.split { $0.value <= 0x20 || (0x7F..<0xA0).contains($0.value) }
    let line = words.map { String($0) }.joined(separator: " ")
    return line.count > 300 ? line.prefix(300) + "…" : line
  }

  /// An answer that repeats the key must not carry it into a results file. Keys that are shorter
  /// are such words as "none", which protect nothing and may stand in any answer.
  private func withoutKey(_ body: [UInt8]) -> [UInt8] {
    guard let key = settings.key, key.utf8.count >= 12 else { return body }
    return Array(String(decoding: body, as: UTF8.self).replacing(key, with: "***").utf8)
  }
}
