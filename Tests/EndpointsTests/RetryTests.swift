// What is tried again, after how long, and what is not.

import Endpoints
import Foundation
import Testing

@Suite struct RetryTests {
  /// Asks one item of a server that answers by text alone after `failures`.
  private func ask(
    after failures: [HTTPReply], retries: Int = 5, time: FakeTime = FakeTime()
  ) throws -> ScriptedServer {
    let items = try sampleItems(1)
    var settings = try settings()
    settings.retries = retries
    settings.api = .chat
    let server = ScriptedServer { (request, number) throws(TransportFailure) in
      number < failures.count ? failures[number] : .message(items[0].answer)
    }
    let answers = try server.run(settings, time: time).ask(items, of: items)
    #expect(answers.scores[0].isAllRight == true)
    return server
  }

  @Test func waitsAsLongAsTheServerAsks() throws {
    let time = FakeTime()
    let server = try ask(
      after: [.failure(429, "slow down", headers: ["retry-after": "7"])], time: time)
    #expect(time.seconds == [7])
    #expect(server.requests.count == 2 && server.requests[0] == server.requests[1])
  }

  @Test func waitsUntilTheDateThatTheServerNames() throws {
    let time = FakeTime()
    _ = try ask(
      after: [.failure(503, "busy", headers: ["retry-after": "Sun, 01 Mar 2026 12:00:42 GMT"])],
      time: time)
    #expect(time.seconds == [42])
  }

  @Test func backsOffLongerAndLonger() throws {
    let time = FakeTime()
    let failures = [500, 502, 503, 504, 408].map { HTTPReply.failure($0, "broken") }
    _ = try ask(after: failures, time: time)
    #expect(time.seconds == [0.5, 1, 2, 4, 8])
  }

  @Test func chanceShortensADelayByUpToHalf() {
    #expect(Backoff.delay(attempt: 3, chance: 0) == .seconds(4))
    #expect(Backoff.delay(attempt: 3, chance: 0.5) == .seconds(3))
    #expect(Backoff.delay(attempt: 90, chance: 0) == .seconds(30))
  }

  @Test func brokenJSONIsAskedForAgain() throws {
    let server = try ask(after: [HTTPReply(status: 200, body: Array(#"{"choices":[{"#.utf8))])
    #expect(server.requests.count == 2)
  }

  @Test func givesUpAfterTheLastTry() throws {
    let time = FakeTime()
    let failures = Array(repeating: HTTPReply.failure(500, "it burns"), count: 9)
    let error = #expect(throws: EndpointRunError.self) {
      try ask(after: failures, retries: 2, time: time)
    }
    #expect(time.seconds == [0.5, 1])
    #expect(
      error?.cause
        == .exhausted(
          url: "http://stub.test/v1/chat/completions", tries: 3,
          reason: "the server failed (status 500): it burns"))
  }

  @Test func whatWaitingDoesNotMendIsNotTriedAgain() throws {
    let url = "http://stub.test/v1/chat/completions"
    let body = #"{"error":{"message":"no money","code":"insufficient_quota"}}"#
    let quota = HTTPReply(status: 429, body: Array(body.utf8))
    let cases: [(HTTPReply, EndpointError)] = [
      (
        .failure(401, "bad key sk-1"),
        .unauthorized(url: url, status: 401, variable: "OPENAI_API_KEY", hasKey: false)
      ),
      (
        .failure(403, "not yours"),
        .unauthorized(url: url, status: 403, variable: "OPENAI_API_KEY", hasKey: false)
      ),
      (quota, .limited(url: url, reason: "no money")),
      (
        .failure(429, "tomorrow", headers: ["retry-after": "86400"]),
        .limited(
          url: url, reason: "too many requests (status 429): tomorrow; it asks to wait 86400 s")
      ),
      (
        HTTPReply(status: 307, headers: ["location": "https://else.test/"], body: []),
        .unexpected(
          url: url, problem: "the address has moved (status 307), at https://else.test/")
      ),
      (
        HTTPReply(status: 200, body: Array("\n<!DOCTYPE html>".utf8)),
        .unexpected(url: url, problem: "it is a web page")
      ),
      (
        HTTPReply(status: 200, body: Array(#"{"choices":[]}"#.utf8)),
        .unexpected(url: url, problem: "\"choices\" is empty")
      ),
      (
        HTTPReply(status: 200, body: Array(#"{"data":[1]}"#.utf8)),
        .unexpected(url: url, problem: "it has no \"choices\"")
      ),
    ]
    for (reply, expected) in cases {
      let time = FakeTime()
      let error = #expect(throws: EndpointRunError.self) { try ask(after: [reply], time: time) }
      #expect(error?.cause == expected)
      #expect(time.sleeps == [])
    }
  }

  @Test func aServerThatWasNeverThereIsReportedAtOnce() throws {
    let items = try sampleItems(3)
    let time = FakeTime()
    let server = ScriptedServer { (_, _) throws(TransportFailure) in
      throw TransportFailure(.noConnection, "Connection refused")
    }
    let error = #expect(throws: EndpointRunError.self) {
      try server.run(settings(), time: time).ask(items, of: items)
    }
    #expect(
      error?.cause
        == .unreachable(
          url: "http://stub.test/v1/completions", reason: "Connection refused"))
    #expect(server.requests.count == 1 && time.sleeps == [])
  }

  @Test func aServerThatGoesAwayIsWaitedFor() throws {
    let items = try sampleItems(2)
    let time = FakeTime()
    let model = KnowingModel(items: items)
    let server = ScriptedServer { (request, number) throws(TransportFailure) in
      if number == 5 { throw TransportFailure(.noConnection, "Connection refused") }
      return model.completion(request)
    }
    let answers = try server.run(settings(), time: time).ask(items, of: items)
    #expect(answers.scores.allSatisfy { $0.isAllRight == true })
    #expect(time.seconds == [0.5])
  }

  @Test func requestsKeepToTheRate() throws {
    let items = try sampleItems(4)
    let time = FakeTime()
    var settings = try settings()
    (settings.api, settings.requestsPerMinute, settings.concurrency) = (.chat, 30, 1)
    let server = ScriptedServer { (_, _) throws(TransportFailure) in .message("nothing") }
    _ = try server.run(settings, time: time).ask(items, of: items)
    #expect(server.requests.count == 4)
    #expect(time.seconds == [2, 2, 2])
  }
}
