// Whether what a person typed is the answer.

import Foundation

/// How a typed answer compares with the right one.
public enum TypedAnswer: Sendable, Equatable {
  case right
  /// `candidate` is the answer of the context that was typed instead, if it is one.
  case wrong(candidate: String?)
  /// Nothing was typed, or neither Yes nor No where one of them is asked for.
  case unclear
}

/// Compares a typed answer with the right one.
///
/// Case, accents, apostrophes and hyphens, spaces, an article before the name and a full stop after
/// it make no difference; y and n stand for Yes and No. All else must be spelt as in the item.
///
/// - Parameters:
///   - typed: what the person entered.
///   - answer: what follows the prompt.
///   - candidates: the answers that the item offers.
///   - form: in classification only Yes and No are answers.
/// - Returns: `.unclear` where the person should be asked again.
public func judge(
  _ typed: String, answer: String, candidates: [String], form: TaskForm
) -> TypedAnswer {
  let given = plainForm(typed)
  guard !given.isEmpty else { return .unclear }
  if form == .classification {
    let labels = [Phrasing.Frame.yes, Phrasing.Frame.no].filter {
      let label = $0.lowercased()
      return given == label || given == label.prefix(1)
    }
    guard let label = labels.first else { return .unclear }
    return label == answer ? .right : .wrong(candidate: label)
  }
  if given == plainForm(answer) { return .right }
  return .wrong(candidate: candidates.first { plainForm($0) == given })
}

extension Item {
  /// Compares a typed answer with this item's.
  public func judge(_ typed: String) -> TypedAnswer {
    GAR.judge(typed, answer: answer, candidates: candidates, form: task.form)
  }
}

/// A name without what people may well write another way.
private func plainForm(_ text: String) -> String {
  let folded = text.folding(
    options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
  let letters = folded.map { character -> Character in
    character == "’" ? "'" : "-‐‑–".contains(character) || character.isWhitespace ? " " : character
  }
  var words = String(letters).split(separator: " ").map(String.init)
  while let last = words.last?.last, ".,;!?".contains(last) { words[words.count - 1].removeLast() }
  if words.count > 1, ["a", "an", "the"].contains(words[0]) { words.removeFirst() }
  return words.filter { !$0.isEmpty }.joined(separator: " ")
}
