// Items under a model's tokenizer, checked against the model before any work starts.

import Engine
import GAR
import Interpretability
import Tokenization

extension LoadedModel {
  /// - Throws: `ItemError`, naming the first item that the tokenizer or the model's context refuses.
  func tokenize(_ items: [Item]) throws -> [TokenizedItem] {
    let tokenizer = try requireTokenizer()
    return try items.map { item in
      do {
        let tokenized = try TokenizedItem(item, tokenizer: tokenizer)
        try model.check(tokenized.tokens + tokenized.answerTokens.dropLast())
        return tokenized
      } catch {
        throw ItemError(item: item.id, cause: error)
      }
    }
  }
}

extension LoadedModel {
  /// - Throws: `ItemError`, naming the first sub-question that the tokenizer or the model's context
  ///   refuses.
  func tokenize(_ questions: [SubQuestion]) throws -> [TokenizedSubQuestion] {
    let tokenizer = try requireTokenizer()
    return try questions.map { question in
      do {
        let tokenized = try TokenizedSubQuestion(question, tokenizer: tokenizer)
        try model.check(tokenized.tokens + tokenized.answerTokens.dropLast())
        return tokenized
      } catch {
        throw ItemError(item: question.id, cause: error)
      }
    }
  }
}

/// The item that `--item` names: its id, or its index in the set from 0.
/// - Throws: `CommandError.usage`.
func chosenItem(_ name: String, in items: [Item]) throws -> Item {
  if let item = items.first(where: { $0.id == name }) { return item }
  guard let index = Int(name) else {
    throw CommandError.usage(
      "--item: no item has the id '\(name)'; give an id or an index from 0 to \(items.count - 1)")
  }
  guard items.indices.contains(index) else {
    throw CommandError.usage("--item: \(index) is not from 0 to \(items.count - 1)")
  }
  return items[index]
}
