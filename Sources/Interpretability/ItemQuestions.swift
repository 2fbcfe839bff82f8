// An item under a tokenizer as the questions and prompt pairs that the methods ask for.

import Engine
import GAR

extension Question {
  /// What evaluation and the search for head kinds need of an item.
  public init(_ item: TokenizedItem) {
    self.init(
      tokens: item.tokens, answer: item.answerTokens, foil: item.foilTokens[0],
      candidates: item.candidateTokens, statement: item.statement,
      articleTokens: item.articleTokens)
  }

  public init(_ question: TokenizedSubQuestion) {
    self.init(
      tokens: question.tokens, answer: question.answerTokens, foil: question.foilTokens[0],
      candidates: question.candidateTokens, articleTokens: question.articleTokens)
  }
}

extension PromptPair {
  /// An item and the corrupted prompt that attribution sets it against, if it has one.
  ///
  /// The metric is the logit of the answer's first token minus that of the corrupted prompt's
  /// answer, or of the item's foil where there is no corrupted prompt.
  public init(
    _ item: TokenizedItem, corrupted: CorruptedPrompt? = nil, interventions: [Intervention] = []
  ) {
    let foil = corrupted?.foilToken ?? item.foilTokens[0]
    self.init(
      clean: item.tokens, corrupted: corrupted?.tokens,
      metric: .logitDifference(target: item.answerTokens[0], foil: foil),
      interventions: interventions)
  }
}

extension StatementPair {
  /// The Yes/No pairs among `items`, in the order in which their first halves stand. Items without
  /// a partner in the list are left out.
  public static func pairs(in items: [TokenizedItem]) -> [StatementPair] {
    let indices = Dictionary(
      items.enumerated().map { ($1.item.id, $0) }, uniquingKeysWith: { first, _ in first })
    return items.enumerated().compactMap { index, item in
      guard let partner = item.item.partnerID, let other = indices[partner], index < other,
        item.statement != nil, items[other].statement != nil
      else { return nil }
      let halves = item.item.isTrueStatement ? (item, items[other]) : (items[other], item)
      guard halves.0.item.isTrueStatement, !halves.1.item.isTrueStatement else { return nil }
      return StatementPair(whenTrue: Question(halves.0), whenFalse: Question(halves.1))
    }
  }
}

extension Item {
  /// Whether this is a classification that is answered Yes.
  public var isTrueStatement: Bool { row.claim != nil && row.claim == row.answer }
}

extension TokenizedItem {
  /// The role of each position of the prompt, `[T]`, by its symbol in the benchmark: `Q`, `K`, `V`,
  /// `A`, `K'`, `V'`, `R`, `END` of the asked row, `BOS`, and `demo` for the roles of demonstrations;
  /// `other` for all other words, so that what a head does there is not hidden. A position with
  /// several roles has the first of END, A, Q, R, K, V, K', V'.
  public var labels: [String?] { labels { _ in "demo" } }

  /// The same with the roles of demonstrations told apart, as the paper writes them: `A^`, `Q^`.
  public var circuitLabels: [String?] { labels { $0.rawValue + "^" } }

  private func labels(demonstration: (Role) -> String) -> [String?] {
    var labels = [String?](repeating: "other", count: tokens.count)
    if let first = tokenRanges.first, first.isEmpty { labels[0] = "BOS" }
    func mark(_ ranges: [Range<Int>], _ label: String) {
      for range in ranges {
        for position in range.clamped(to: labels.indices) { labels[position] = label }
      }
    }
    for row in roles.dropLast() {
      for role in Role.allCases { mark(row[role] ?? [], demonstration(role)) }
    }
    let byRisingRank: [Role] = [
      .distractorValues, .distractorKeys, .value, .key, .negation, .query, .answer, .end,
    ]
    for role in byRisingRank { mark(roles.last?[role] ?? [], role.rawValue) }
    return labels
  }
}

/// Finds the labels of a question again, as `Model.classifyHeads` asks for them; empty for a question
/// that is of none of these items.
public func questionLabels(of items: [TokenizedItem]) -> (Question) -> [String?] {
  let labels = Dictionary(
    items.map { ($0.tokens, $0.labels) }, uniquingKeysWith: { first, _ in first })
  return { labels[$0.tokens] ?? [] }
}

extension TokenizedItem {
  /// What stands at each role of the asked row, several joined: `K'` → `Irene, Nora`.
  public var roleWords: [String: String] {
    let scalars = Array(item.text.unicodeScalars)
    var words: [String: String] = [:]
    for (role, ranges) in item.roles.last ?? [:] where role != .end {
      let texts = ranges.map { range in
        String(String.UnicodeScalarView(scalars[range.clamped(to: scalars.indices)]))
      }
      words[role.rawValue] = texts.joined(separator: ", ")
    }
    return words
  }
}
