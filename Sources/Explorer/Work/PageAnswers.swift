// What a real model answers to the pages' questions.

import GAR
import Interpretability

extension ModelWorkbench {
  /// Answers a page. Work that takes longer than a blink calls `ticket.checkpoint()`.
  func answer(
    _ question: PageQuestion, ticket: Ticket, report: @Sendable (Finding) -> Void
  ) throws {
    switch question {
    case .explanation(let item):
      let page = ItemPage(try opened(item).item, vocabulary: vocabulary, tokenizer: tokenizer)
      report(.page(.explanation(page), progress: 1))
    }
  }
}
