// What a real model answers to the pages' questions.

import GAR
import Interpretability
import Results

extension ModelWorkbench {
  /// Answers a page. Work that takes longer than a blink calls `ticket.checkpoint()`.
  func answer(
    _ question: PageQuestion, ticket: Ticket, report: @Sendable (Finding) -> Void
  ) throws {
    switch question {
    case .explanation(let item):
      let page = ItemPage(try opened(item).item, vocabulary: vocabulary, tokenizer: tokenizer)
      report(.page(.explanation(page), progress: 1))
    case .circuit(let item, let method, let edits):
      try trace(item, method, edits, ticket: ticket, report: report)
    }
  }
}

extension ModelWorkbench {
  /// Traces an item's circuit against its corrupted prompt, or against outputs of zero where it has none.
  private func trace(
    _ index: Int, _ method: CircuitMethod, _ edits: HeadEdits, ticket: Ticket,
    report: @Sendable (Finding) -> Void
  ) throws {
    let opened = try opened(index)
    let pair = PromptPair(
      opened.item, corrupted: opened.corrupted,
      interventions: try interventions(edits, end: opened.end, ticket: ticket))
    let settings = CircuitSettings(reference: opened.corrupted == nil ? .zero : .corrupted)
    let circuit = try stopping(ticket) { checkpoint in
      var search = CircuitSearch(model, method: method, settings: settings)
      try search.add(LabeledPair(pair, labels: opened.item.circuitLabels), of: model) { done, total in
        try checkpoint()
        report(.page(.circuit(nil), progress: Float(done) / Float(max(1, total + 1))))
      }
      return search.circuit()
    }
    guard let circuit else { return }
    let file = CircuitFile(
      model: facts.name, subject: "item \(index)", words: opened.item.roleWords, circuit: circuit)
    report(.page(.circuit(file), progress: 1))
  }
}
