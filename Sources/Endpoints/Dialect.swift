// What a server understands of the many options of an OpenAI-compatible request, and the requests
// made of it.

import JSONText

/// How answers are found, best first.
public enum EndpointScoring: String, Sendable, CaseIterable {
  /// The server gives the log-probability of every token of a text that we send.
  case echo
  /// The server gives the likeliest first tokens of what it generates.
  case top
  /// The server gives generated text alone.
  case text
}

/// A way of asking, found out with the first item and kept for all.
struct Dialect: Equatable {
  var api: EndpointAPI
  /// Whether the text that we send is to come back with log-probabilities.
  var echoes: Bool
  /// How many of the likeliest tokens are asked for; 0 for none.
  var topCount = 20
  /// OpenAI's newer models take another name for the same thing.
  var limitName = "max_tokens"
  /// Reasoning models have a fixed temperature and refuse any other.
  var sendsTemperature = true

  init(_ api: EndpointAPI) {
    self.api = api
    echoes = api == .completions
  }

  var scoring: EndpointScoring { echoes ? .echo : topCount > 0 ? .top : .text }

  // MARK: Finding out

  /// Whether a server's message is about something that we could leave out.
  static func namesAnOption(_ message: String) -> Bool {
    ["logprob", "echo", "temperature", "max_tokens"].contains(where: message.lowercased().contains)
  }

  /// Asks for less after a refusal.
  ///
  /// - Parameters:
  ///   - status: of the refusal.
  ///   - message: the server's reason, which may name what it will not do.
  ///   - mayChangeAPI: whether chat may be tried where completions are not found.
  /// - Returns: `false` where nothing is left to do without.
  mutating func weaken(status: Int, message: String, mayChangeAPI: Bool) -> Bool {
    if [404, 405, 501].contains(status) {
      guard api == .completions, mayChangeAPI else { return false }
      self = Dialect(.chat)
      return true
    }
    let message = message.lowercased()
    if limitName == "max_tokens", message.contains("max_completion_tokens") {
      limitName = "max_completion_tokens"
      return true
    }
    if sendsTemperature, message.contains("temperature") {
      sendsTemperature = false
      return true
    }
    guard [400, 422].contains(status) || Self.namesAnOption(message) else { return false }
    return weakenScoring()
  }

  /// Steps down to a weaker way of scoring; OpenAI's completions give five tokens at most.
  mutating func weakenScoring() -> Bool {
    if echoes {
      echoes = false
    } else if topCount > 5 {
      topCount = 5
    } else if topCount > 0 {
      topCount = 0
    } else {
      return false
    }
    return true
  }

  // MARK: Requests

  /// What a chat model is told before the item's text, which stays as it is.
  static let instruction = """
    Continue the text below with the missing last word or words. \
    Reply with the missing words only.
    """

  /// Asks for what follows a prompt.
  func generation(_ prompt: String, model: String, maxTokens: Int) -> JSONValue {
    var members: [(String, JSONValue)] = [("model", .string(model))]
    switch api {
    case .completions:
      members.append(("prompt", .string(prompt)))
      if topCount > 0 { members.append(("logprobs", .int(topCount))) }
    case .chat:
      let message = JSONValue.object([
        ("role", .string("user")), ("content", .string(Self.instruction + "\n\n" + prompt)),
      ])
      members.append(("messages", [message]))
      if topCount > 0 {
        members += [("logprobs", .bool(true)), ("top_logprobs", .int(topCount))]
      }
    }
    return finished(members, maxTokens: maxTokens)
  }

  /// Asks for the log-probabilities of a text's own tokens. One token more is generated, because
  /// most servers take a limit of 0 for none at all.
  func scoring(of text: String, model: String) -> JSONValue {
    finished(
      [
        ("model", .string(model)), ("prompt", .string(text)), ("logprobs", .int(1)),
        ("echo", .bool(true)),
      ], maxTokens: 1)
  }

  private func finished(_ members: [(String, JSONValue)], maxTokens: Int) -> JSONValue {
    let temperature: [(String, JSONValue)] = sendsTemperature ? [("temperature", .int(0))] : []
    return .object(members + [(limitName, .int(maxTokens))] + temperature)
  }
}
