// Explains an item under a tokenizer and a vocabulary.

import GAR
import Tokenization

extension ItemPage {
  /// Explains an item; no model is run.
  ///
  /// - Parameters:
  ///   - item: under the tokenizer.
  ///   - vocabulary: the facts that the solver and the counterfactuals rest on.
  ///   - tokenizer: the one that made the item's tokens.
  public init(_ item: TokenizedItem, vocabulary: GAR.Vocabulary, tokenizer: Tokenizer) {
    let source = item.item
    self.init(
      id: source.id, task: source.task, shotCount: source.shotCount,
      reasoning: SolverReasoning(source.row, task: source.task, vocabulary: vocabulary),
      tokens: item.pageTokens(tokenizer), answer: source.answer,
      answerTokens: item.answerTokens.map { tokenizer.piece($0) ?? "?" },
      subQuestions: GAR.subQuestions(of: source, vocabulary: vocabulary),
      counterfactuals: item.counterfactualAlignments(vocabulary: vocabulary, tokenizer: tokenizer))
  }
}

extension TokenizedItem {
  /// Every token of the prompt with its role, in demonstrations too.
  fileprivate func pageTokens(_ tokenizer: Tokenizer) -> [PageToken] {
    let texts = promptTexts(tokenizer)
    let firstAsked = firstAskedToken
    var tokens = self.tokens.indices.map { position in
      PageToken(
        texts[position], id: self.tokens[position], isAsked: position >= firstAsked)
    }
    for row in roles {
      // In this order "not" is named before END, and drawn in its colour.
      for role in Role.allCases {
        for range in row[role] ?? [] {
          for position in range.clamped(to: tokens.indices) {
            tokens[position].roles.append(role)
            tokens[position].continuesRole = position > range.lowerBound
          }
        }
      }
    }
    return tokens
  }

  /// The text of each token of the prompt; that of BOS is its name.
  func promptTexts(_ tokenizer: Tokenizer) -> [String] {
    let scalars = Array(item.text.unicodeScalars)
    return tokens.indices.map { position in
      let range = tokenRanges[position]
      return range.isEmpty
        ? tokenizer.piece(tokens[position]) ?? "?"
        : String(String.UnicodeScalarView(scalars[range]))
    }
  }

  /// The first token of the asked row, which stands on the prompt's last line.
  private var firstAskedToken: Int {
    let scalars = item.prompt.unicodeScalars
    guard let lineBreak = scalars.lastIndex(of: "\n") else { return 0 }
    let start = scalars.distance(from: scalars.startIndex, to: lineBreak) + 1
    return tokenRanges.firstIndex { $0.upperBound > start } ?? 0
  }
}
