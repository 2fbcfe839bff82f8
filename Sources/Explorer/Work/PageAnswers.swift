// What a real model answers to the pages' questions.

import Engine
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
    case .attentionMap(let item, let head, let edits):
      report(.page(.attention(try attentionMap(item, head, edits, ticket)), progress: 1))
    case .lens(let item, let edits):
      if let lens = try lens(item, edits, ticket) { report(.page(.lens(lens), progress: 1)) }
    case .comparison(let item, let method, let edits, let side):
      guard let left = try scores(item, method, edits, ticket) else { return }
      guard let right = try scores(of: side, item, method, edits, ticket) else { return }
      report(.page(.comparison(Comparison(left: left, right: right)), progress: 1))
    case .models: report(.page(.models(surroundings.models()), progress: 1))
    }
  }

  private func attentionMap(
    _ item: Int, _ head: HeadIndex, _ edits: HeadEdits, _ ticket: Ticket
  ) throws -> AttentionMap {
    let plain = try study(item, [:], ticket)
    let edited = edits.isEmpty ? nil : try study(item, edits, ticket)
    let pattern = plain.pattern(head)
    return AttentionMap(
      head: head, tokenCount: try opened(item).item.tokens.count, plain: pattern,
      edited: edited?.pattern(head), rolePair: (edited ?? plain).rolePair(head))
  }

  /// Every boundary of layers at every position of the prompt; `nil` once nobody waits.
  private func lens(_ index: Int, _ edits: HeadEdits, _ ticket: Ticket) throws -> LensReading? {
    let opened = try opened(index)
    let question = opened.question
    let changes = try interventions(edits, on: opened.item)
    let run = try model.forward(
      question.tokens, interventions: changes, recording: .residualStream, logits: .all)
    let settings = LensSettings(tracked: [question.answer[0]], metric: question.metric)
    let lens = try stopping(ticket) { checkpoint in
      try model.logitLens(run, settings: settings) { _, _ in try checkpoint() }
    }
    guard let lens else { return nil }
    let names = ["embed"] + (0..<facts.layerCount).map { "L\($0)" }
    let cells = lens.cells.flatMap { row in
      row.map { cell in
        LensReading.Cell(
          token: cell.top.first.flatMap { tokenizer.piece($0.token) } ?? "?",
          probability: cell.top.first?.probability ?? .nan,
          logitDifference: cell.metric ?? .nan,
          answerProbability: cell.tracked.first?.probability ?? .nan,
          answerRank: cell.tracked.first?.rank ?? 0)
      }
    }
    return LensReading(names: names, tokenCount: question.tokens.count, cells: cells)
  }

  private func scores(
    of side: CompareSide, _ item: Int, _ method: AttributionMethod, _ edits: HeadEdits,
    _ ticket: Ticket
  ) throws -> HeadScores? {
    switch side {
    case .method(let other): try scores(item, other, edits, ticket)
    case .item(let other): try scores(other, method, edits, ticket)
    case .model(let name): try otherWorkbench(name).scores(item, method, [:], ticket)
    }
  }

  /// `nil` once nobody waits.
  private func scores(
    _ item: Int, _ method: AttributionMethod, _ edits: HeadEdits, _ ticket: Ticket
  ) throws -> HeadScores? {
    if edits.isEmpty, let known = stored?.scores(item: item, method: method) { return known }
    // The open item is kept at hand; another one is opened for this alone.
    let opened = try opened(item, isKept: false)
    let changes = try interventions(edits, on: opened.item)
    let pair = PromptPair(opened.item, corrupted: opened.corrupted, interventions: changes)
    return try stopping(ticket) { checkpoint in
      try model.headScores(method, on: pair) { _, _ in try checkpoint() }
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
      interventions: try interventions(edits, on: opened.item))
    let settings = CircuitSettings(reference: opened.corrupted == nil ? .zero : .corrupted)
    let circuit = try stopping(ticket) { checkpoint in
      var search = CircuitSearch(model, method: method, settings: settings)
      try search.add(LabeledPair(pair, labels: opened.item.circuitLabels), of: model) {
        done, total in
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
