// The workbench of a real model: answers the explorer's requests with passes of the engine.

import Engine
import Foundation
import GAR
import Interpretability
import Results
import Synchronization
import Tokenization

/// One model with one set of items.
public final class ModelWorkbench: Workbench {
  public let facts: ModelFacts
  public let items: [ItemSummary]
  let model: Model
  let tokenizer: Tokenizer
  let vocabulary: GAR.Vocabulary
  let surroundings: Surroundings
  /// Of answers and accuracies; scores and attention are always in `Arithmetic.float32`.
  private let arithmetic: Arithmetic
  private let source: [Item]
  /// Known before anything is computed.
  let stored: StoredScores?
  private let cache = Mutex(Cache())

  /// The last item's runs; what is asked about it again costs nothing or little.
  private struct Cache {
    var opened: (index: Int, item: OpenedItem)?
    /// The plain run and the last edited one.
    var studies: [(index: Int, edits: HeadEdits, study: AttentionStudy)] = []
    var means: MeanActivations?
    /// The model that was compared with last.
    var other: (name: String, workbench: ModelWorkbench)?
  }

  /// - Parameters:
  ///   - model: answers everything.
  ///   - tokenizer: of the model.
  ///   - vocabulary: of the items.
  ///   - items: the set.
  ///   - name: of the model, for the header.
  ///   - arithmetic: of answers and accuracies.
  ///   - stored: what it holds is not computed again.
  ///   - surroundings: other models.
  public init(
    model: Model, tokenizer: Tokenizer, vocabulary: GAR.Vocabulary, items: [Item], name: String,
    arithmetic: Arithmetic = .float32, stored: StoredScores? = nil,
    surroundings: Surroundings = Surroundings()
  ) {
    self.stored = stored
    self.surroundings = surroundings
    self.model = model
    self.arithmetic = arithmetic
    self.tokenizer = tokenizer
    self.vocabulary = vocabulary
    source = items
    self.items = items.map(ItemSummary.init)
    let configuration = model.configuration
    facts = ModelFacts(
      name: name, layerCount: configuration.layerCount, headCount: configuration.headCount,
      note: "\(configuration.vocabularySize) tokens",
      answersAreRounded: arithmetic == .int8)
  }

  public func perform(
    _ request: Request, ticket: Ticket, report: @Sendable (Finding) -> Void
  ) throws {
    switch request {
    case .detail(let item): report(.detail(try opened(item).detail(tokenizer)))
    case .plainAnswer(let item):
      let opened = try opened(item)
      report(.readout(readout(opened.plain, opened)))
    case .answer(let item, let edits):
      let opened = try opened(item)
      let changes = try interventions(edits, on: opened.item)
      report(.readout(readout(try opened.rerun(model, adding: changes), opened)))
    case .attention(let item, let head, let query, let edits):
      report(.attention(try study(item, edits, ticket).reading(head, query: query)))
    case .page(let question): try answer(question, ticket: ticket, report: report)
    case .scores(let item, let method, let edits):
      try score(item, method, edits, ticket: ticket, report: report)
    case .accuracy(let items, let needsPlain, let edits):
      try judge(items, needsPlain: needsPlain, edits, ticket: ticket, report: report)
    case .headClasses: try classifyHeads(ticket: ticket, report: report)
    case .headSet(let path):
      report(.headSet(try HeadSet(path, for: model)))
    case .saveSession(let name, let snapshot):
      report(.sessionSaved(try surroundings.saveSession(name, snapshot)))
    case .export(let request): report(.exported(try request.write()))
    }
  }

  // MARK: Items

  /// The item with its plain run; only one item is kept.
  func opened(_ index: Int, isKept: Bool = true) throws -> OpenedItem {
    if let hit = cache.withLock({ $0.opened }), hit.index == index { return hit.item }
    let item = try TokenizedItem(source[index], tokenizer: tokenizer)
    let corrupted = item.corrupted(kind: nil, vocabulary: vocabulary, tokenizer: tokenizer)
    let opened = try OpenedItem(
      item, corrupted: corrupted, model: model, arithmetic: arithmetic)
    if isKept { cache.withLock { $0.opened = (index, opened) } }
    return opened
  }

  /// Another model on the same items.
  func otherWorkbench(_ name: String) throws -> ModelWorkbench {
    if let hit = cache.withLock({ $0.other }), hit.name == name { return hit.workbench }
    let (model, tokenizer) = try surroundings.open(name)
    let other = ModelWorkbench(
      model: model, tokenizer: tokenizer, vocabulary: vocabulary, items: source, name: name)
    cache.withLock { $0.other = (name, other) }
    return other
  }

  func study(
    _ index: Int, _ edits: HeadEdits, _ ticket: Ticket
  ) throws -> AttentionStudy {
    let known = cache.withLock { $0.studies.first { $0.index == index && $0.edits == edits } }
    if let known { return known.study }
    let opened = try opened(index)
    let changes = try interventions(edits, on: opened.item)
    let study = try AttentionStudy(opened, interventions: changes, model: model)
    cache.withLock { cache in
      cache.studies.removeAll { $0.index != index || ($0.edits.isEmpty == edits.isEmpty) }
      cache.studies.append((index, edits, study))
    }
    return study
  }

  // MARK: Edits

  /// Means over the first items of the set, found when first asked for.
  func means() throws -> MeanActivations {
    if let means = cache.withLock({ $0.means }) { return means }
    let prompts = try source.prefix(64).map {
      try TokenizedItem($0, tokenizer: tokenizer).tokens
    }
    let means = try model.meanActivations(over: prompts)
    cache.withLock { $0.means = means }
    return means
  }

  // MARK: Answers

  private func readout(_ run: Trace, _ opened: OpenedItem) -> Readout {
    let question = opened.question
    let score = model.score(run, question)
    let logits = run.logits.row(run.logits.shape[0] - question.answer.count)
    let total = logSumExp(logits)
    func probability(_ token: Int32) -> Float { exp(logits[Int(token)] - total) }
    let top = argMax(logits)
    return Readout(
      probabilities: question.candidates.map(probability),
      logits: question.candidates.map { logits[Int($0)] },
      topToken: tokenizer.piece(top) ?? "?",
      topProbability: probability(top), isRight: score.isAllRight == true)
  }

  private func score(
    _ item: Int, _ method: AttributionMethod, _ edits: HeadEdits, ticket: Ticket,
    report: @Sendable (Finding) -> Void
  ) throws {
    if edits.isEmpty, let known = stored?.scores(item: item, method: method) {
      return report(.scores(known, progress: 1))
    }
    let opened = try opened(item)
    let changes = try interventions(edits, on: opened.item)
    let pair = PromptPair(opened.item, corrupted: opened.corrupted, interventions: changes)
    let scores = try stopping(ticket) { checkpoint in
      try model.headScores(method, on: pair) { done, total in
        try checkpoint()
        guard method.isExact, done < total else { return }
        report(.scores(opened.unknownScores, progress: Float(done) / Float(total)))
      }
    }
    if let scores { report(.scores(scores, progress: 1)) }
  }

  // MARK: Sets

  private func judge(
    _ items: [Int], needsPlain: [Bool], _ edits: HeadEdits, ticket: Ticket,
    report: @Sendable (Finding) -> Void
  ) throws {
    let chunk = 8
    for first in stride(from: 0, to: items.count, by: chunk) {
      guard ticket.checkpoint() else { return }
      let range = first..<min(first + chunk, items.count)
      let members = try range.map { try TokenizedItem(source[items[$0]], tokenizer: tokenizer) }
      let known = range.map { stored?.isRight(item: items[$0]) }
      let asked = zip(range, members).map { index, member in
        needsPlain[index] && known[index - first] == nil ? member : nil
      }
      let plain = zip(known, try verdicts(asked, edits: [:], ticket)).map { $0 ?? $1 }
      let edited = try verdicts(
        edits.isEmpty ? members.map { _ in nil } : members, edits: edits, ticket)
      let found = range.enumerated().map { place, index in
        Verdict(item: items[index], plain: plain[place], edited: edited[place])
      }
      report(.verdicts(found, progress: Float(range.upperBound) / Float(items.count)))
    }
  }

  /// Whether each item is answered right under the edits; `nil` for those that are not asked.
  private func verdicts(
    _ items: [TokenizedItem?], edits: HeadEdits, _ ticket: Ticket
  ) throws -> [Bool?] {
    let asked = items.compactMap { $0 }
    // Items whose edits touch another position in each run one by one.
    let groups = edits.values.contains(where: \.isByItem) ? asked.map { [$0] } : [asked]
    var rights: [Bool] = []
    for group in groups where !group.isEmpty {
      let changes = try interventions(edits, on: group[0])
      rights += try model.evaluate(
        group.map(Question.init), interventions: changes, arithmetic: arithmetic
      ).map { $0.isAllRight == true }
    }
    var next = rights.makeIterator()
    return items.map { $0 == nil ? nil : next.next() }
  }

  private func classifyHeads(ticket: Ticket, report: @Sendable (Finding) -> Void) throws {
    let items = try ItemGenerator(vocabulary: vocabulary, settings: .statementPairs(150)).items()
      .map { try TokenizedItem($0, tokenizer: tokenizer) }
    let classes = try stopping(ticket) { checkpoint in
      try model.classifyHeads(
        StatementPair.pairs(in: items), labels: questionLabels(of: items)
      ) { done, total in
        try checkpoint()
        if done < total { report(.headClasses([], progress: Float(done) / Float(total))) }
      }
    }
    guard let classes else { return }
    report(
      .evidenceBase(
        EvidenceBase(
          pairCount: classes.pairCount, accuracyWhenTrue: classes.accuracyWhenTrue,
          accuracyWhenFalse: classes.accuracyWhenFalse)))
    report(.headClasses(classes.heads.map(KindEvidence.init), progress: 1))
  }

  /// Runs work that ends early, with `nil`, once nobody waits for it.
  func stopping<T>(
    _ ticket: Ticket, _ work: (_ checkpoint: () throws -> Void) throws -> T
  ) throws -> T? {
    do {
      return try work { if !ticket.checkpoint() { throw CancellationError() } }
    } catch is CancellationError {
      return nil
    }
  }
}
