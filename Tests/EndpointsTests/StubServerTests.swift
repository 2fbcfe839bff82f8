// The client against a real socket: what breaks on the way, and what must never be said.

import Endpoints
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct StubServerTests {
  private let chat = #"{"choices":[{"message":{"role":"assistant","content":"Yes"}}]}"#

  /// Asks items by chat, with waits of no length.
  private func ask(
    _ url: String, items count: Int = 1, change: (inout EndpointSettings) throws -> Void = { _ in }
  ) throws -> EndpointAnswers {
    let items = try sampleItems(count)
    var settings = try EndpointSettings(url: url, model: "small")
    settings.api = .chat
    settings.retries = 2
    try change(&settings)
    let run = EndpointRun(settings, time: FakeTime().keeper) { () throws(TransportFailure) in
      try CurlConnection()
    }
    return try run.ask(items, of: items)
  }

  private func failure(
    _ url: String, change: (inout EndpointSettings) throws -> Void = { _ in }
  ) throws -> EndpointError {
    let error = #expect(throws: EndpointRunError.self) { try ask(url, change: change) }
    return try #require(error).cause
  }

  @Test func answersInChunksAreJoined() throws {
    let chat = self.chat
    let server = try StubServer { _ in
      .chunks([String(chat.prefix(10)), String(chat.dropFirst(10))])
    }
    #expect(try ask(server.url).answers == [.generated(text: "Yes", first: [])])
  }

  @Test func requestsAreWellFormed() throws {
    let chat = self.chat
    let server = try StubServer { _ in .text(chat) }
    _ = try ask(server.url + "/") { settings in
      try settings.takeKey(from: "STUB_KEY", environment: ["STUB_KEY": "sk-very-secret-1\n"])
    }
    let request = try #require(server.requests.first)
    #expect(request.method == "POST" && request.path == "/v1/chat/completions")
    #expect(request.headers["authorization"] == "Bearer sk-very-secret-1")
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.member("model") as? String == "small")
    #expect(request.member("temperature") as? Int == 0)
    let messages = try #require(request.member("messages") as? [[String: String]])
    #expect(messages.count == 1 && messages[0]["role"] == "user")
    let prompt = try sampleItems(1)[0].prompt
    #expect(messages[0]["content"]?.hasSuffix("\n\n" + prompt) == true)
  }

  @Test func aBreakdownAndARateLimitAreOvercome() throws {
    let chat = self.chat
    let server = try StubServer { request in
      switch request.number {
      case 0: .text("{}", status: 500)
      case 1: .text("{}", status: 429, headers: ["Retry-After": "3"])
      default: .text(chat)
      }
    }
    #expect(try ask(server.url).answers.count == 1)
    #expect(server.requests.count == 3)
  }

  @Test func aCutConnectionIsTriedAgain() throws {
    let chat = self.chat
    let server = try StubServer { $0.number < 2 ? .cut(String(chat.prefix(20))) : .text(chat) }
    #expect(try ask(server.url).answers.count == 1)
    #expect(server.requests.count == 3)
  }

  @Test func aSlowAnswerIsGivenUp() throws {
    let server = try StubServer { _ in .silence }
    let cause = try failure(server.url) { $0.timeout = .milliseconds(150) }
    let url = server.url + "/chat/completions"
    #expect(cause == .exhausted(url: url, tries: 3, reason: "no answer within 0.15 s"))
  }

  @Test func brokenJSONNamesItsPlace() throws {
    let server = try StubServer { _ in .text(#"{"choices": [}"#) }
    let cause = try failure(server.url)
    #expect("\(cause)".contains("the answer is broken: line 1, column 14"), "\(cause)")
  }

  @Test func aClosedPortIsUnreachable() throws {
    let url = "http://127.0.0.1:\(try StubServer.freePort())/v1"
    let cause = try failure(url)
    guard case .unreachable(url + "/chat/completions", _) = cause else {
      Issue.record("\(cause)")
      return
    }
    #expect("\(cause)".contains("check the address and that the server runs"))
  }

  @Test func anUnknownHostIsUnreachable() throws {
    // Names under .invalid exist nowhere (RFC 2606).
    let cause = try failure("http://nowhere.invalid/v1")
    guard case .unreachable(_, let reason) = cause else {
      Issue.record("\(cause)")
      return
    }
    #expect(reason.contains("nowhere.invalid") || reason.contains("proxy"))
  }

  @Test func aServerWithoutTLSIsNotSecure() throws {
    let server = try StubServer { _ in .text("{}") }
    let cause = try failure(server.url.replacing("http:", with: "https:"))
    guard case .insecure = cause else {
      Issue.record("\(cause)")
      return
    }
  }

  @Test func aKeyThatTheServerRepeatsIsInNoMessage() throws {
    let key = "sk-very-secret-2"
    for status in [400, 401, 403, 404, 418, 429, 500] {
      let server = try StubServer { _ in
        .text(#"{"error":{"message":"what is \#(key)?"}}"#, status: status)
      }
      let cause = try failure(server.url) { settings in
        try settings.takeKey(from: "STUB_KEY", environment: ["STUB_KEY": key])
      }
      #expect(!"\(cause)".contains(key), "\(cause)")
    }
  }

  @Test func aKeyInAnAnswerIsNotKept() throws {
    let key = "sk-very-secret-3"
    let server = try StubServer { _ in .text(#"{"choices":[{"message":{"content":"\#(key)"}}]}"#) }
    let answers = try ask(server.url) { settings in
      try settings.takeKey(from: "STUB_KEY", environment: ["STUB_KEY": key])
    }
    #expect(answers.answers == [.generated(text: "***", first: [])])
  }

  @Test func asManyAreUnderWayAsMayBe() throws {
    let chat = self.chat
    let gate = Gate(size: 3)
    let server = try StubServer { request in
      // The first item is asked alone.
      if request.number > 0 { gate.pass() }
      return .text(chat)
    }
    _ = try ask(server.url, items: 10) { $0.concurrency = 3 }
    #expect(server.requests.count == 10)
    #expect(server.mostAtOnce == 3)
    #expect(!gate.hasFailed)
  }
}

/// Lets threads through in groups of a size.
private final class Gate: @unchecked Sendable {
  private let size: Int
  private let condition = NSCondition()
  private var arrived = 0
  private var failed = false

  init(size: Int) { self.size = size }

  /// Whether a group never became full.
  var hasFailed: Bool { condition.withLock { failed } }

  func pass() {
    condition.withLock {
      let full = (arrived / size + 1) * size
      arrived += 1
      condition.broadcast()
      while arrived < full, !failed {
        if !condition.wait(until: Date(timeIntervalSinceNow: 20)) { failed = true }
      }
    }
  }
}
