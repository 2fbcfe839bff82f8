// One item of the benchmark: its structure, its text, and where each role stands in the text.

import Foundation

/// What a stretch of an item's text is to the question.
///
/// In negated items the names swap, as in the paper's release: the answer belongs to the pair that
/// does *not* match the query, and that pair is K' and V'; the matching pairs are K and V.
public enum Role: String, CaseIterable, Sendable, Codable {
  case query = "Q"
  case key = "K"
  case value = "V"
  /// The answer; in classification the answer claimed in the statement.
  case answer = "A"
  case distractorKeys = "K'"
  case distractorValues = "V'"
  /// The word "not".
  case negation = "R"
  /// The last character before what the model must produce; its token is the last of the prompt.
  case end = "END"
}

/// A key and its value, which stand in one context sentence.
public struct ContextPair: Sendable, Hashable {
  /// Of the query's schema.
  public var key: String
  /// Of the answer's schema.
  public var value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// One context with its question: a demonstration, or what is asked.
public struct Row: Sendable, Hashable {
  /// In the order of the context.
  public var pairs: [ContextPair]
  /// Which of `pairs` gives the answer.
  public var target: Int
  /// As in the vocabulary: `John`, `the boy`, `fruit`.
  public var query: String
  /// The right answer, as in the vocabulary; empty where only a false claim is known.
  public var answer: String
  /// What each of `pairs` leads to, in their order; `candidates[target]` is `answer`. Imported rows
  /// have empty ones where no fact tells.
  public var candidates: [String]
  /// What the statement of a classification claims; `nil` in generation.
  public var claim: String?
  /// `Yes` or `No` to the claim; `nil` in generation.
  public var label: String?

  public init(
    pairs: [ContextPair], target: Int, query: String, candidates: [String], claim: String? = nil
  ) {
    precondition(candidates.count == pairs.count && pairs.indices.contains(target))
    self.pairs = pairs
    self.target = target
    self.query = query
    self.candidates = candidates
    answer = candidates[target]
    self.claim = claim
    label = claim.map { $0 == candidates[target] ? Phrasing.Frame.yes : Phrasing.Frame.no }
  }
}

/// One prompt with its answer.
public struct Item: Sendable, Equatable, Identifiable {
  public var id: String
  public var task: GARTask
  /// Demonstrations first, the asked row last; at least one.
  public var rows: [Row]
  /// The line that lists the answer candidates, without its line break.
  public var preamble: String?
  /// The whole prompt with demonstrations, the last answer and a line break.
  public var text: String
  /// Up to END, without a space at its end: the answer follows after one space.
  public var prompt: String
  /// What follows the prompt: `Kyoto`, `girl` (its article ends the prompt), `Yes`.
  public var answer: String
  /// What a counterfactual would answer, or the other label.
  public var foil: String
  /// For each row, ranges in Unicode scalars of `text`. A role that a row lacks has no entry.
  public var roles: [[Role: [Range<Int>]]]
  /// The other half of a Yes/No pair, and what it claims.
  public var partnerID: String?
  public var partnerClaim: String?

  /// What is asked.
  public var row: Row { rows[rows.count - 1] }
  /// Pairs in the asked context.
  public var pairCount: Int { row.pairs.count }
  /// Demonstrations.
  public var shotCount: Int { rows.count - 1 }
  /// The place of the right pair in the asked context, from 0.
  public var targetPosition: Int { row.target }

  /// Where the asked statement of a classification stands, in Unicode scalars of `text`.
  public var statement: Range<Int>? {
    guard task.form == .classification, let end = roles.last?[.end]?.first?.upperBound,
      let start = text.range(of: Phrasing.Frame.question, options: .backwards)
    else { return nil }
    let first = text[..<start.upperBound].unicodeScalars.count
    let last = end - Phrasing.Frame.questionEnd.unicodeScalars.count
    return first < last ? first..<last : nil
  }

  /// Where the article of the asked answer stands, which ends the prompt, in Unicode scalars of
  /// `text`.
  package var article: Range<Int>? {
    let word = GAR.article.dropLast()
    guard task.answersWithArticle, prompt.hasSuffix(" " + word) else { return nil }
    let end = prompt.unicodeScalars.count
    return (end - word.unicodeScalars.count)..<end
  }

  /// Distinct answers of the asked context, as they would follow the prompt; `Yes`, `No` in
  /// classification.
  public var candidates: [String] {
    guard task.form == .generation else { return [Phrasing.Frame.yes, Phrasing.Frame.no] }
    var distinct: [String] = []
    for candidate in row.candidates.map({ task.answerText($0) })
    where !candidate.isEmpty && !distinct.contains(candidate) {
      distinct.append(candidate)
    }
    return distinct
  }
}

extension GARTask {
  /// The answer is a person group. The release counts its article to the prompt ("So who owns pig?
  /// the" → "girl"), so that the first token tells answers apart.
  package var answersWithArticle: Bool {
    form == .generation && valueSchema.isOfPersons && relation1 == .child
  }

  /// An answer as it follows the prompt.
  package func answerText(_ entity: String) -> String {
    answersWithArticle && entity.hasPrefix(article)
      ? String(entity.dropFirst(article.count)) : entity
  }
}
