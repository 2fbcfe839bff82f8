// Items, a clock that never sleeps, and servers made of a function, for the tests of this module.

import Assets
import Endpoints
import Foundation
import GAR
import JSONText
import TestSupport

/// Freshly generated items of both forms.
func generatedItems(_ count: Int, seed: UInt64 = 11) throws -> [Item] {
  var settings = GenerationSettings()
  (settings.count, settings.seed, settings.shots, settings.hasPreamble) = (count, seed, 0, false)
  return try ItemGenerator(vocabulary: try Vocabulary(path: Assets.vocabulary), settings: settings)
    .items()
}

/// The same as a server is asked them.
func sampleItems(_ count: Int, seed: UInt64 = 11) throws -> [EndpointQuestion] {
  try generatedItems(count, seed: seed).map { EndpointQuestion($0) }
}

/// A clock that moves when someone sleeps, and remembers for how long.
final class FakeTime: @unchecked Sendable {
  private let lock = NSLock()
  private var passed: Duration = .zero
  private var all: [Duration] = []

  var sleeps: [Duration] { lock.withLock { all } }
  var seconds: [Double] { sleeps.map { $0 / .seconds(1) } }

  /// 2026-03-01, 12:00:00 GMT.
  static let date = Date(timeIntervalSince1970: 1_772_366_400)

  /// With no jitter: chance is always 0.
  var keeper: Timekeeper {
    Timekeeper(
      now: { self.lock.withLock { self.passed } }, date: { Self.date },
      sleep: { duration in
        self.lock.withLock {
          self.passed += duration
          self.all.append(duration)
        }
      }, chance: { 0 })
  }
}

/// A server without a network: a function of the request and its number.
final class ScriptedServer: @unchecked Sendable {
  typealias Script = @Sendable (HTTPRequest, Int) throws(TransportFailure) -> HTTPReply

  private let script: Script
  private let lock = NSLock()
  private var all: [HTTPRequest] = []

  init(_ script: @escaping Script) { self.script = script }

  var requests: [HTTPRequest] { lock.withLock { all } }

  func run(_ settings: EndpointSettings, time: FakeTime = FakeTime()) -> EndpointRun {
    EndpointRun(settings, time: time.keeper) { () throws(TransportFailure) in Line(server: self) }
  }

  private struct Line: HTTPConnection {
    let server: ScriptedServer

    func exchange(_ request: HTTPRequest) throws(TransportFailure) -> HTTPReply {
      let number = server.lock.withLock {
        server.all.append(request)
        return server.all.count - 1
      }
      return try server.script(request, number)
    }
  }
}

extension HTTPRequest {
  /// A member of the JSON body.
  func member(_ name: String) -> JSONValue? {
    (try? JSONValue.read(body ?? [], rules: .strict))?[name]
  }

  /// The text that the model is to go on with.
  var prompt: String {
    member("prompt")?.string ?? member("messages")?.array?.last?["content"]?.string ?? ""
  }
}

extension HTTPReply {
  static func ok(_ body: JSONValue) -> HTTPReply {
    HTTPReply(status: 200, body: Array(body.text.utf8))
  }

  static func failure(
    _ status: Int, _ message: String, headers: [String: String] = [:]
  ) -> HTTPReply {
    let body = JSONValue.object([("error", .object([("message", .string(message))]))])
    return HTTPReply(status: status, headers: headers, body: Array(body.text.utf8))
  }

  static func completion(_ text: String, logprobs: JSONValue = .null) -> HTTPReply {
    .ok(
      .object([
        (
          "choices",
          [.object([("text", .string(text)), ("index", .int(0)), ("logprobs", logprobs)])]
        )
      ]))
  }

  static func message(_ text: String?, finish: String = "stop") -> HTTPReply {
    let message = JSONValue.object([("role", .string("assistant")), ("content", .optional(text))])
    return .ok(
      .object([
        ("choices", [.object([("message", message), ("finish_reason", .string(finish))])])
      ]))
  }
}

/// A model that knows every answer, and the log-probabilities that it gives.
struct KnowingModel: Sendable {
  var items: [EndpointQuestion]
  /// Of the right answer's tokens, and of every other.
  var right = -0.25, wrong = -3.0

  func item(of prompt: String) -> EndpointQuestion? { items.first { prompt.hasPrefix($0.prompt) } }

  /// Goes on with a prompt, as completions without log-probabilities.
  func text(_ request: HTTPRequest) -> HTTPReply {
    let found = items.first { request.prompt.hasSuffix($0.prompt) }
    return .completion(" \(found?.answer ?? "?")\n")
  }

  /// Takes every kind of completion, scoring included.
  func completion(_ request: HTTPRequest) -> HTTPReply {
    guard let item = item(of: request.prompt) else { return .failure(400, "no such item") }
    let given = request.prompt.dropFirst(item.prompt.count)
    let isEcho = request.member("echo")?.bool == true
    let shown = words(isEcho ? request.prompt : "") + (isEcho ? ["\n"] : words(" " + item.answer))
    let isRight = !isEcho || given == " " + item.answer
    let first = isEcho ? words(item.prompt).count : 0
    let own = shown.indices.map { $0 < first || isRight || $0 == shown.count - 1 ? right : wrong }
    let best = shown.indices.map { index in
      own[index] == right ? shown[index] : words(" " + item.answer)[0]
    }
    return .completion(shown.joined(), logprobs: parallel(shown, own, best, isEcho))
  }

  private func parallel(
    _ tokens: [String], _ own: [Double], _ best: [String], _ isEcho: Bool
  ) -> JSONValue {
    let lists = zip(zip(tokens, own), best).map { token, best in
      JSONValue.object(
        [(best, .double(right))] + (best == token.0 ? [] : [(token.0, .double(token.1))]))
    }
    // Nothing precedes the first token of a text that is sent back.
    func placed(_ values: [JSONValue]) -> JSONValue {
      .array(isEcho ? [.null] + values.dropFirst() : values)
    }
    return .object([
      ("tokens", .array(tokens.map { .string($0) })),
      ("token_logprobs", placed(own.map { .double($0) })), ("top_logprobs", placed(lists)),
    ])
  }

  /// Pieces that end before every space, which each word carries in front.
  private func words(_ text: String) -> [String] {
    var words: [String] = []
    for character in text {
      if character == " " || words.isEmpty { words.append("") }
      words[words.count - 1].append(character)
    }
    return words
  }
}

func settings(
  _ url: String = "http://stub.test/v1", model: String = "small"
) throws -> EndpointSettings {
  try EndpointSettings(url: url, model: model)
}
