// An item as one tokenizer cuts it: token ids, roles over tokens, and an aligned corrupted prompt.

import Tokenization

/// Why an item cannot be used with a tokenizer.
public enum TokenizedItemError: Error, Equatable, CustomStringConvertible {
  /// A token reaches over the end of the prompt, so that there is no last token before the answer.
  case promptNotPrefix(item: String)
  /// The answer adds no token to the prompt.
  case emptyAnswer(item: String, answer: String)

  public var description: String {
    switch self {
    case .promptNotPrefix(let item):
      "item \(item): this tokenizer joins the end of the prompt and the answer into one token; "
        + "leave the item out or use another model"
    case .emptyAnswer(let item, let answer):
      "item \(item): this tokenizer gives no token for the answer \"\(answer)\"; "
        + "leave the item out or use another model"
    }
  }
}

/// One item under one tokenizer.
public struct TokenizedItem: Sendable {
  public let item: Item
  /// BOS, if the tokenizer has it, and the prompt; END is the last.
  public let tokens: [Int32]
  /// What follows `tokens` when the answer is right; at least one.
  public let answerTokens: [Int32]
  public let foilTokens: [Int32]
  /// First tokens of the asked row's candidates (of Yes and No in classification), distinct.
  public let candidateTokens: [Int32]
  /// For each row, token ranges. The answer of the asked row of a generation lies beyond `tokens`.
  public let roles: [[Role: [Range<Int>]]]
  /// The stretch of `item.text` that each of `tokens` stands for, in Unicode scalars; BOS `0..<0`.
  public let tokenRanges: [Range<Int>]
  /// The asked statement of a classification, from its first word to its last.
  public let statement: Range<Int>?
  /// How many of the last `tokens` are the answer's article ("the" of "the girl"), which the
  /// release counts to the prompt.
  public let articleTokens: Int

  /// - Throws: `TokenizedItemError` if the tokenizer does not separate prompt and answer.
  public init(_ item: Item, tokenizer: Tokenizer) throws(TokenizedItemError) {
    let prompt = PromptTokens(item.prompt, id: item.id, tokenizer)
    self.item = item
    tokens = prompt.ids
    tokenRanges = prompt.ranges
    let answer = try prompt.continuation(item.answer)
    let foil = try prompt.continuation(item.foil).ids
    answerTokens = answer.ids
    foilTokens = foil
    candidateTokens = try prompt.firstTokens(
      of: item.candidates, known: [(item.answer, answer.ids[0]), (item.foil, foil[0])])
    let ranges = prompt.ranges + answer.ranges
    roles = item.roles.map { roles in
      roles.mapValues { $0.map { Tokenization.tokens(covering: $0, in: ranges) } }
    }
    statement = item.statement.map { Tokenization.tokens(covering: $0, in: ranges) }
    articleTokens =
      item.article.map { Tokenization.tokens(covering: $0, in: prompt.ranges).count } ?? 0
  }
}

extension TokenizedItem {
  /// The last token of a role in the asked row; `nil` where the prompt does not hold it.
  public func lastPosition(of role: Role) -> Int? {
    roles.last?[role]?.last.flatMap { range in
      range.isEmpty || range.upperBound > tokens.count ? nil : range.upperBound - 1
    }
  }
}

/// A corrupted prompt that aligns with the clean one token by token.
public struct CorruptedPrompt: Sendable, Equatable {
  public let kind: CounterfactualKind
  /// As many as the clean prompt's, equal outside the query or claim.
  public let tokens: [Int32]
  /// What the metric sets against the answer: the corrupted prompt's answer where it has one,
  /// else the item's foil.
  public let foil: String
  public let foilToken: Int32
  /// The query or claim that was put in.
  public let change: String
  /// The tokens in which the prompts differ.
  public let changedTokens: Range<Int>
}

extension TokenizedItem {
  /// The first counterfactual whose tokens align with the item's, or `nil` if none do; its foil
  /// begins with another token than the answer if any aligned candidate's does. With no `kind`
  /// given, the Yes/No partner is tried first, then other queries, then absent ones.
  public func corrupted(
    kind: CounterfactualKind?, vocabulary: Vocabulary, tokenizer: Tokenizer
  ) -> CorruptedPrompt? {
    let kinds = kind.map { [$0] } ?? [.partner, .otherQuery, .absentQuery]
    var fallback: CorruptedPrompt?
    for kind in kinds {
      for candidate in counterfactuals(of: item, vocabulary: vocabulary, kinds: [kind]) {
        guard let aligned = align(candidate, tokenizer) else { continue }
        if aligned.foilToken != answerTokens[0] { return aligned }
        fallback = fallback ?? aligned
      }
    }
    return fallback
  }

  func align(
    _ candidate: Counterfactual, _ tokenizer: Tokenizer
  ) -> CorruptedPrompt? {
    let corrupted = PromptTokens.encode(candidate.prompt, tokenizer).ids
    guard corrupted.count == tokens.count,
      let changeable = roles[roles.count - 1][candidate.kind == .partner ? .answer : .query]?.first,
      let first = tokens.indices.first(where: { tokens[$0] != corrupted[$0] }),
      let last = tokens.indices.last(where: { tokens[$0] != corrupted[$0] }),
      changeable.contains(first), changeable.contains(last)
    else { return nil }
    let foil = candidate.answer ?? item.foil
    guard let foilToken = firstToken(of: foil, tokenizer) else { return nil }
    return CorruptedPrompt(
      kind: candidate.kind, tokens: corrupted, foil: foil, foilToken: foilToken,
      change: candidate.change, changedTokens: first..<(last + 1))
  }
}

extension TokenizedItem {
  /// The first token of an answer behind this prompt; `nil` where it joins the prompt's end.
  private func firstToken(of answer: String, _ tokenizer: Tokenizer) -> Int32? {
    if answer == item.foil { return foilTokens[0] }
    let all = PromptTokens.encode(item.prompt + " " + answer, tokenizer).ids
    return all.count > tokens.count && all.starts(with: tokens) ? all[tokens.count] : nil
  }
}

/// A prompt's tokens, and what answers add to them.
struct PromptTokens {
  let id: String
  let prompt: String
  let tokenizer: Tokenizer
  let ids: [Int32]
  let ranges: [Range<Int>]

  /// `id` names the prompt in errors.
  init(_ prompt: String, id: String, _ tokenizer: Tokenizer) {
    self.id = id
    self.prompt = prompt
    self.tokenizer = tokenizer
    (ids, ranges) = Self.encode(prompt, tokenizer)
  }

  /// A tokenizer whose rule also appends EOS must not put it between END and the answer.
  static func encode(
    _ text: String, _ tokenizer: Tokenizer
  ) -> (ids: [Int32], ranges: [Range<Int>]) {
    let encoding = tokenizer.encode(text)
    let end = (encoding.ranges.lastIndex { !$0.isEmpty } ?? -1) + 1
    return (Array(encoding.ids[..<end]), Array(encoding.ranges[..<end]))
  }

  /// First tokens of answers, distinct; `known` are answers that need not be encoded again.
  func firstTokens(
    of answers: [String], known: [(answer: String, token: Int32)]
  ) throws(TokenizedItemError) -> [Int32] {
    var tokens: [Int32] = []
    for answer in answers {
      let first: Int32
      if let same = known.first(where: { $0.answer == answer }) {
        first = same.token
      } else {
        first = try continuation(answer).ids[0]
      }
      if !tokens.contains(first) { tokens.append(first) }
    }
    return tokens
  }

  func continuation(
    _ answer: String
  ) throws(TokenizedItemError) -> (ids: [Int32], ranges: [Range<Int>]) {
    let (all, allRanges) = Self.encode(prompt + " " + answer, tokenizer)
    guard all.starts(with: ids) else { throw .promptNotPrefix(item: id) }
    guard all.count > ids.count else { throw .emptyAnswer(item: id, answer: answer) }
    return (Array(all[ids.count...]), Array(allRanges[ids.count...]))
  }
}
