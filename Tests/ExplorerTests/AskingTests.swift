// Which work the explorer asks for, and what becomes of its answers.

import Engine
import Explorer
import GAR
import Interpretability
import Testing

@Suite struct AskingTests {
  let toy = ToyWorkbench()

  /// The state after some keys, with everything answered.
  private func after(_ keys: String, _ state: ExplorerState? = nil) throws -> ExplorerState {
    replay(try KeyScript(keys), from: state ?? toy.state(), workbench: toy)
  }

  private func head(_ layer: Int, _ head: Int) -> HeadIndex { HeadIndex(layer: layer, head: head) }

  @Test func staleFindingsChangeNothing() {
    var state = toy.state()
    var generations: [Topic: Int] = [:]
    for effect in begin(&state) {
      if case .ask(let request, let generation) = effect {
        generations[request.topic] = generation
      }
    }
    let old = generations
    _ = update(&state, .goToItem(3))
    let before = state
    let findings: [(Topic, Finding)] = [
      (.detail, .detail(toy.detail(0))), (.plainAnswer, .readout(toy.readout(0, [:]))),
      (.attention, .attention(toy.reading(0, head(0, 0), nil))),
      (.scores, .scores(HeadScores(layerCount: 6, headCount: 8), progress: 1)),
    ]
    for (topic, finding) in findings {
      let generation = old[topic] ?? -1
      #expect(update(&state, .found(topic, generation: generation, finding)).isEmpty)
      _ = update(&state, .failed(topic, generation: generation, "stale"))
      _ = update(&state, .finished(topic, generation: generation))
    }
    #expect(draw(state) == draw(before))
    #expect(state.live == before.live)
  }

  @Test func headsAreLookedForUnlessAHeadSetNamesThem() throws {
    var state = toy.state()
    _ = begin(&state)
    #expect(state.live[.headClasses] != nil)
    var opened = toy.state()
    opened.mark(HeadSet(model: "toy", trueHeads: [head(5, 7)]))
    opened.opensWithHeadSet = true
    _ = begin(&opened)
    #expect(opened.live[.headClasses] == nil)
    #expect(opened.heads(of: .trueHead) == [head(5, 7)])
    let effects = update(&opened, try #require(action(forCommand: "find-heads", in: opened)))
    #expect(effects.contains { if case .ask(.headClasses, _) = $0 { true } else { false } })
  }

  @Test func editsMakeAccuracyWorkStale() throws {
    var state = toy.state()
    _ = begin(&state)
    let first = state.live[.accuracy]
    let effects = update(&state, .toggleHead)
    #expect(state.live[.accuracy] != first)
    #expect(
      effects.contains {
        if case .ask(.accuracy(_, _, let edits), _) = $0 { edits.count == 1 } else { false }
      })
  }

  @Test func knownVerdictsAreNotAskedAgain() throws {
    var state = try after("")
    #expect(state.plainVerdicts.allSatisfy { $0 != nil })
    let effects = update(&state, .toggleHead)
    let asked = effects.compactMap { effect -> [Bool]? in
      if case .ask(.accuracy(_, let needsPlain, _), _) = effect { needsPlain } else { nil }
    }
    #expect(asked == [[Bool](repeating: false, count: 40)])
    #expect(update(&state, .undo).contains(.cancel(.accuracy)))
  }

  @Test func accuracyCountsBeforeAndAfter() throws {
    let state = try after("t f")
    let edits = state.edits
    let (before, after) = state.accuracy(state.items.indices)
    #expect(before.right == (0..<40).filter { toy.difference($0, [:]) > 0 }.count)
    #expect(after.right == (0..<40).filter { toy.difference($0, edits) > 0 }.count)
    #expect(before.total == 40 && after.total == 40)
    #expect(before != after)
  }

  @Test func failuresAreShownAndEndTheWork() {
    var state = toy.state()
    guard case .ask(_, let generation)? = begin(&state).first else {
      Issue.record("nothing was asked")
      return
    }
    _ = update(&state, .failed(.detail, generation: generation, "items.jsonl line 3: no prompt"))
    #expect(state.live[.detail] == nil)
    #expect(draw(state).text.contains("items.jsonl line 3: no prompt"))
    _ = update(&state, .move(.up))
    #expect(state.message == nil)
  }

  @Test func aFailedRequestLeavesNothingOldOnTheScreen() throws {
    var state = try after("t")
    #expect(state.scores != nil)
    let failing = update(&state, .goToItem(5)) + update(&state, .toggleHead)
    for case .ask(let request, let generation) in failing {
      _ = update(&state, .failed(request.topic, generation: generation, "no \(request.topic)"))
    }
    #expect(state.detail == nil && state.scores == nil && state.plainReadout == nil)
    #expect(state.editedReadout == nil && state.attention == nil)
    let text = draw(state).text
    for topic: Topic in [.detail, .scores, .attention] { #expect(text.contains("no \(topic)")) }
    // Asking again forgets the failure.
    _ = update(&state, .goToItem(6))
    #expect(!draw(state).text.contains("no detail"))
  }
}
