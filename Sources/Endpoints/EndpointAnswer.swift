// What a server answered to one question, before it is judged.

import JSONText

/// A token and its log-probability, in nats.
public struct ListedToken: Sendable, Equatable {
  public var text: String
  public var logProbability: Double

  public init(text: String, logProbability: Double) {
    self.text = text
    self.logProbability = logProbability
  }
}

/// A token of a text that we sent.
public struct ScoredToken: Sendable, Equatable {
  public var token: ListedToken
  /// Whether no other token is likelier in its place.
  public var isBest: Bool

  public init(token: ListedToken, isBest: Bool) {
    self.token = token
    self.isBest = isBest
  }
}

/// An answer that we put behind the prompt and the server scored.
public struct ScoredContinuation: Sendable, Equatable {
  /// As in `EndpointQuestion.candidates`, without the space before it.
  public var text: String
  /// At least one.
  public var tokens: [ScoredToken]
  /// The likeliest token in place of the first.
  public var best: String
  /// Whether the model would have said the article that ends the prompt; `true` without one.
  public var isArticleBest: Bool

  public init(text: String, tokens: [ScoredToken], best: String, isArticleBest: Bool) {
    precondition(!tokens.isEmpty, "ScoredContinuation: no tokens")
    self.text = text
    self.tokens = tokens
    self.best = best
    self.isArticleBest = isArticleBest
  }
}

/// Everything that the metrics need of a server's answer to one question.
public enum EndpointAnswer: Sendable, Equatable {
  /// Every answer that the question offers, and its foil, scored by the server.
  case scored([ScoredContinuation])
  /// What the model said, and the tokens it might have begun with, likeliest first, where the
  /// server tells; the one it began with leads.
  case generated(text: String, first: [ListedToken])
}

// MARK: - Out of a reply

extension ScoredContinuation {
  /// Finds a continuation's tokens in the tokens of the whole text; `nil` where these are not those
  /// of the text, one of them reaches over the end of the prompt, or a log-probability is missing.
  ///
  /// - Parameters:
  ///   - text: the continuation; a space separates it from the prompt.
  ///   - question: whose prompt was sent before it.
  ///   - tokens: of prompt, continuation and what was generated; a leading BOS is passed over.
  init?(_ text: String, of question: EndpointQuestion, in tokens: [TokenReading]) {
    let whole = Array("\(question.prompt) \(text)".utf8)
    guard let ends = Self.ends(of: tokens, in: whole) else { return nil }
    let promptEnd = question.prompt.utf8.count
    guard let before = ends.firstIndex(of: promptEnd),
      let last = ends[before...].firstIndex(of: whole.count), before < last
    else { return nil }
    // A token without bytes of its own, such as a part of a character, belongs to what follows it.
    let own = tokens[(before + 1)...last]
    let articleStart = promptEnd - (question.articleLength)
    let article = (0...before).filter { ends[$0] > articleStart }.map { tokens[$0] }
    var scored: [ScoredToken] = []
    for token in own {
      guard let value = token.logProbability, !token.listed.isEmpty else { return nil }
      scored.append(
        ScoredToken(
          token: ListedToken(text: token.text, logProbability: value), isBest: token.isBest))
    }
    guard let first = own.first,
      let best = first.listed.max(by: { $0.logProbability < $1.logProbability })
    else { return nil }
    self.init(
      text: text, tokens: scored, best: first.isBest ? first.text : best.text,
      isArticleBest: question.articleLength == 0 || article.allSatisfy(\.isBest))
  }

  /// Where each token ends in `whole`, in bytes, as far as the tokens spell it. A SentencePiece
  /// tokenizer puts a space before a text; a BOS may lead as a token of any name.
  private static func ends(of tokens: [TokenReading], in whole: [UInt8]) -> [Int]? {
    for leading in 0...1 where leading < tokens.count {
      for extra in [0, 1] {
        let expected = (extra == 1 ? [UInt8(ascii: " ")] : []) + whole
        var ends = Array(repeating: -1, count: leading)
        var spelled: [UInt8] = []
        for token in tokens[leading...] {
          spelled += Array(token.text.utf8)
          ends.append(spelled.count - extra)
        }
        if spelled.starts(with: expected) { return ends }
      }
    }
    return nil
  }
}

// MARK: - Kept

extension EndpointAnswer {
  package var json: JSONValue {
    switch self {
    case .scored(let continuations):
      .object([("scored", .array(continuations.map(\.json)))])
    case .generated(let text, let first):
      .object([("text", .string(text)), ("first", .array(first.map(\.json)))])
    }
  }

  /// Reads what `json` makes; `nil` for anything else.
  package init?(_ value: JSONValue) {
    if let list = value["scored"]?.array {
      let continuations = list.compactMap { ScoredContinuation($0) }
      guard continuations.count == list.count, !list.isEmpty else { return nil }
      self = .scored(continuations)
    } else {
      guard let text = value["text"]?.string, let list = value["first"]?.array else { return nil }
      let first = list.compactMap { ListedToken($0) }
      guard first.count == list.count else { return nil }
      self = .generated(text: text, first: first)
    }
  }
}

extension ListedToken {
  fileprivate var json: JSONValue { [.string(text), .double(logProbability)] }

  fileprivate init?(_ value: JSONValue) {
    guard let parts = value.array, parts.count == 2, let text = parts[0].string,
      let logProbability = parts[1].double
    else { return nil }
    self.init(text: text, logProbability: logProbability)
  }
}

extension ScoredContinuation {
  fileprivate var json: JSONValue {
    .object([
      ("answer", .string(text)), ("best", .string(best)), ("articleBest", .bool(isArticleBest)),
      ("tokens", .array(tokens.map { [$0.token.json, .bool($0.isBest)] })),
    ])
  }

  fileprivate init?(_ value: JSONValue) {
    guard let text = value["answer"]?.string, let best = value["best"]?.string,
      let isArticleBest = value["articleBest"]?.bool, let list = value["tokens"]?.array,
      !list.isEmpty
    else { return nil }
    let tokens = list.compactMap { entry -> ScoredToken? in
      guard let parts = entry.array, parts.count == 2, let token = ListedToken(parts[0]),
        let isBest = parts[1].bool
      else { return nil }
      return ScoredToken(token: token, isBest: isBest)
    }
    guard tokens.count == list.count else { return nil }
    self.init(text: text, tokens: tokens, best: best, isArticleBest: isArticleBest)
  }
}
