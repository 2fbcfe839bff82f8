// An item's counterfactuals under a tokenizer: what each changes, and whether positions align.

import Tokenization

/// One corrupted prompt beside its item.
public struct CounterfactualAlignment: Sendable, Equatable {
  public var kind: CounterfactualKind
  /// The query or claim of the item, and what takes its place.
  public var original: String
  public var change: String
  /// What is right in the corrupted prompt; `nil` where nothing is.
  public var answer: String?
  /// What is right there as well.
  public var otherAnswers: [String] = []
  /// Tokens of the corrupted prompt minus those of the item's.
  public var addedTokens: Int
  /// The tokens in which the prompts differ; `nil` where they do not align.
  public var changedTokens: Range<Int>?

  public var isAligned: Bool { changedTokens != nil }

  public init(
    kind: CounterfactualKind, original: String, change: String, answer: String?,
    addedTokens: Int, changedTokens: Range<Int>?
  ) {
    self.kind = kind
    self.original = original
    self.change = change
    self.answer = answer
    self.addedTokens = addedTokens
    self.changedTokens = changedTokens
  }
}

extension TokenizedItem {
  /// All counterfactuals, in the order in which `corrupted(kind:)` tries them.
  ///
  /// - Parameters:
  ///   - vocabulary: the facts that say what other queries lead to.
  ///   - tokenizer: the one that made this item's tokens.
  /// - Returns: at least one for a generated item.
  public func counterfactualAlignments(
    vocabulary: Vocabulary, tokenizer: Tokenizer
  ) -> [CounterfactualAlignment] {
    counterfactuals(
      of: item, vocabulary: vocabulary, kinds: [.partner, .otherQuery, .absentQuery]
    ).map { candidate in
      let original = candidate.kind == .partner ? item.row.claim : item.row.query
      var alignment = CounterfactualAlignment(
        kind: candidate.kind, original: original ?? "", change: candidate.change,
        answer: candidate.answer,
        addedTokens: PromptTokens.encode(candidate.prompt, tokenizer).ids.count - tokens.count,
        changedTokens: align(candidate, tokenizer)?.changedTokens)
      alignment.otherAnswers = candidate.otherAnswers
      return alignment
    }
  }
}
