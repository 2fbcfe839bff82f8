// Reads the answer of an OpenAI-compatible server, log-probabilities in either of their two forms.

import JSONText

/// A token with its log-probability and the likeliest tokens in its place.
struct TokenReading: Equatable {
  var text: String
  /// In nats; `nil` for the first token of a text, which nothing precedes.
  var logProbability: Double?
  /// Some of the tokens that could stand here, this one mostly among them.
  var listed: [ListedToken]

  /// Whether no listed token is likelier.
  var isBest: Bool {
    guard let logProbability else { return false }
    return listed.allSatisfy { $0.logProbability <= logProbability }
  }
}

/// The first of a server's choices.
struct Reply: Equatable {
  var text: String
  /// `nil` where the server gives no log-probabilities.
  var tokens: [TokenReading]?
  /// Whether the token limit ended the text.
  var isCutOff: Bool

  /// - Parameters:
  ///   - value: the whole answer.
  ///   - api: which kind of request it answers.
  ///   - url: for messages.
  /// - Throws: `EndpointError.unexpected`, naming the member that is not as it should be.
  init(_ value: JSONValue, api: EndpointAPI, url: String) throws(EndpointError) {
    func unexpected(_ problem: String) -> EndpointError { .unexpected(url: url, problem: problem) }
    guard let choices = value["choices"]?.array else {
      let error = value["error"]?["message"]?.string ?? value["error"]?.string
      throw unexpected(error.map { "it is an error: \($0.prefix(300))" } ?? "it has no \"choices\"")
    }
    guard let choice = choices.first else { throw unexpected("\"choices\" is empty") }
    switch api {
    case .completions:
      guard let text = choice["text"]?.string else { throw unexpected("a choice has no \"text\"") }
      self.text = text
    case .chat:
      guard let message = choice["message"], let content = message["content"] else {
        throw unexpected("a choice has no \"message\" with \"content\"")
      }
      guard content.string != nil || content.isNull else {
        throw unexpected("\"content\" is \(content.kind), not a string")
      }
      text = content.string ?? ""
    }
    isCutOff = choice["finish_reason"]?.string == "length"
    guard let scores = choice["logprobs"], !scores.isNull else { return }
    guard let tokens = Self.content(scores) ?? Self.parallel(scores) else {
      throw unexpected("\"logprobs\" has neither \"content\" nor \"tokens\" in the known forms")
    }
    self.tokens = tokens
  }

  /// `{"content":[{"token":…,"logprob":…,"top_logprobs":[{"token":…,"logprob":…},…]},…]}`, as chat
  /// and llama.cpp's own server have it.
  private static func content(_ scores: JSONValue) -> [TokenReading]? {
    guard let content = scores["content"]?.array else { return nil }
    var tokens: [TokenReading] = []
    for entry in content {
      guard let token = listed(entry) else { return nil }
      let others = (entry["top_logprobs"]?.array ?? []).map(listed)
      guard others.allSatisfy({ $0 != nil }) else { return nil }
      tokens.append(
        TokenReading(
          text: token.text, logProbability: token.logProbability,
          listed: others.compactMap { $0 }))
    }
    return tokens
  }

  private static func listed(_ entry: JSONValue) -> ListedToken? {
    guard let text = entry["token"]?.string, let value = entry["logprob"]?.double else {
      return nil
    }
    return ListedToken(text: text, logProbability: finite(value))
  }

  /// `{"tokens":[…],"token_logprobs":[null,…],"top_logprobs":[null,{token: logprob},…]}`.
  private static func parallel(_ scores: JSONValue) -> [TokenReading]? {
    guard let texts = scores["tokens"]?.array, let own = scores["token_logprobs"]?.array,
      texts.count == own.count
    else { return nil }
    let lists = scores["top_logprobs"]?.array ?? []
    guard lists.isEmpty || lists.count == texts.count else { return nil }
    var tokens: [TokenReading] = []
    for index in texts.indices {
      guard let text = texts[index].string, own[index].isNull || own[index].double != nil else {
        return nil
      }
      let members = lists.isEmpty ? [] : lists[index].object?.members ?? []
      let listed = members.compactMap { member in
        member.value.double.map {
          ListedToken(text: member.key, logProbability: finite($0))
        }
      }
      guard listed.count == members.count else { return nil }
      tokens.append(
        TokenReading(text: text, logProbability: own[index].double.map(finite), listed: listed))
    }
    return tokens
  }

  /// Servers write −∞ in several ways; OpenAI's is −9999.
  private static func finite(_ value: Double) -> Double { value.isFinite ? value : -9999 }
}
