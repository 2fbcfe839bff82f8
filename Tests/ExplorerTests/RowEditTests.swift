// Edits of attention rows: how they are asked for, shown, undone and kept, and what a real model makes
// of them.

import Assets
import Engine
import Explorer
import Foundation
import GAR
import Interpretability
import Testing
import Tokenization

@Suite struct RowEditTests {
  private let toy = ToyWorkbench()
  private let head = HeadIndex(layer: 3, head: 0)

  private func after(_ keys: String) throws -> ExplorerState {
    replay(
      try KeyScript(":head<Space>3.0<Enter> " + keys), from: toy.state(), workbench: toy)
  }

  private func edit(_ words: String) throws -> HeadEdit? {
    let line = words.split(separator: " ").joined(separator: "<Space>")
    return try after(":row<Space>\(line)<Enter>").edits[head]
  }

  @Test func rowsAreReadFromWords() throws {
    #expect(try edit("one-hot")?.kind == .row(.oneHot(.query), strength: 1))
    #expect(try edit("one-hot k'")?.kind == .row(.oneHot(.distractorKeys), strength: 1))
    #expect(try edit("one-hot 0.5")?.kind == .row(.oneHot(.query), strength: 0.5))
    #expect(try edit("one-hot V 0.25")?.kind == .row(.oneHot(.value), strength: 0.25))
    let source = HeadIndex(layer: 2, head: 5)
    #expect(try edit("from 2.5")?.kind == .row(.head(source), strength: 1))
    #expect(try edit("from 2.5 0.5")?.kind == .row(.head(source), strength: 0.5))
  }

  @Test(arguments: [
    "two-hot", "one-hot X", "one-hot 1.5", "from 4.1", "from 3.0", "from 9.9", "from",
  ])
  func otherWordsAreRefused(words: String) throws {
    #expect(try edit(words) == nil)
    let line = words.split(separator: " ").joined(separator: "<Space>")
    #expect(try after(":row<Space>\(line)<Enter>").message?.isProblem == true)
  }

  @Test func rowsAreShownUndoneScopedAndTakenOff() throws {
    let state = try after(":row<Space>from<Space>2.5<Enter>")
    let text = draw(state).text
    #expect(text.contains("attends as L2H5 does at A"), "\(text)")
    #expect(text.contains("with 1 head edited") && text.contains("→→"))
    #expect(try after(":row<Space>one-hot<Enter> u").edits.isEmpty)
    #expect(try after(":row<Space>one-hot<Enter> :row<Space>off<Enter>").edits.isEmpty)
    let atEnd = try after(":row<Space>one-hot<Space>0.5<Enter> s")
    #expect(atEnd.edits[head]?.name == "attends to Q alone, by 0.50 at END")
    #expect(try toy.state().restoring(Snapshot(state)).edits == state.edits)
    #expect(try toy.state().restoring(Snapshot(atEnd)).edits == atEnd.edits)
  }
}

@Suite struct RowEditRunTests {
  private let model: Model
  private let tokenizer: Tokenizer
  private let items: [Item]
  private let workbench: ModelWorkbench

  init() throws {
    let vocabulary = try GAR.Vocabulary(path: Assets.vocabulary)
    var settings = GenerationSettings()
    settings.count = 6
    items = try ItemGenerator(vocabulary: vocabulary, settings: settings).items()
    model = try Model.load(Assets.model)
    tokenizer = try Tokenizer.load(path: Assets.model)
    workbench = ModelWorkbench(
      model: model, tokenizer: tokenizer, vocabulary: vocabulary, items: items, name: "built-in")
  }

  private func logits(_ item: Int, _ edits: HeadEdits) throws -> [Float] {
    let found = Findings()
    try workbench.perform(.answer(item: item, edits: edits), ticket: Ticket()) {
      if case .readout(let readout) = $0 { found.set(readout.logits) }
    }
    return found.logits
  }

  /// A whole pass with the row that the edit means has the same bits.
  @Test func answersAreThoseOfTheRow() throws {
    let head = HeadIndex(layer: 3, head: 0), source = HeadIndex(layer: 2, head: 1)
    var changed = 0
    for (index, item) in items.enumerated() {
      let item = try TokenizedItem(item, tokenizer: tokenizer)
      let query = try #require(item.lastPosition(of: .query))
      let end = item.tokens.count - 1
      for (row, effect) in [
        (HeadEdit.Row.oneHot(.query), Intervention.Effect.patternRow(oneHot: query, strength: 0.5)),
        (.head(source), .patternRow(fromHead: source, strength: 0.5)),
      ] {
        for scope in [HeadEdit.Scope.allPositions, .end] {
          let place = scope == .end ? end : item.lastPosition(of: .answer)
          let run = try model.forward(
            item.tokens + item.answerTokens.dropLast(),
            interventions: place.map { [Intervention(.head(head), effect, at: .only([$0]))] } ?? [],
            logits: .all)
          let shown = try logits(
            index, [head: HeadEdit(.row(row, strength: 0.5), scope: scope)])
          let expected = run.logits.row(end)[Int(item.answerTokens[0])]
          #expect(shown.contains(expected), "item \(index)")
          if try logits(index, [:]) != shown { changed += 1 }
        }
      }
    }
    #expect(changed > 6)
  }

  @Test func accuracyCountsEachItemWithItsOwnRow() throws {
    let edits = [HeadIndex(layer: 3, head: 0): HeadEdit(.row(.oneHot(.query), strength: 1))]
    let found = Findings()
    try workbench.perform(
      .accuracy(items: Array(items.indices), needsPlain: items.map { _ in true }, edits: edits),
      ticket: Ticket()
    ) { if case .verdicts(let verdicts, _) = $0 { found.add(verdicts) } }
    #expect(found.verdicts.count == items.count)
    for verdict in found.verdicts {
      var isRight: Bool?
      let box = Findings()
      try workbench.perform(.answer(item: verdict.item, edits: edits), ticket: Ticket()) {
        if case .readout(let readout) = $0 { box.isRight = readout.isRight }
      }
      isRight = box.isRight
      #expect(verdict.edited == isRight, "item \(verdict.item)")
    }
  }
}

/// What a workbench reports, kept by one thread.
private final class Findings: @unchecked Sendable {
  private(set) var logits: [Float] = []
  private(set) var verdicts: [Verdict] = []
  var isRight: Bool?

  func set(_ logits: [Float]) { self.logits = logits }
  func add(_ more: [Verdict]) { verdicts += more }
}
