// What each action does to the state, and which work it asks for.

import Engine
import Explorer
import GAR
import Interpretability
import Testing

@Suite struct UpdateTests {
  let toy = ToyWorkbench()

  /// The state after some keys, with everything answered.
  private func after(_ keys: String, _ state: ExplorerState? = nil) throws -> ExplorerState {
    replay(try KeyScript(keys), from: state ?? toy.state(), workbench: toy)
  }

  private func head(_ layer: Int, _ head: Int) -> HeadIndex { HeadIndex(layer: layer, head: head) }

  @Test func spaceSwitchesAHeadOffAndOn() throws {
    #expect(try after("<Space>").edits == [head(0, 0): HeadEdit(.zero)])
    #expect(try after("<Space> <Space>").edits.isEmpty)
  }

  @Test func theStrongestHeadIsSelectedUntilOneIsChosen() throws {
    var toy = toy
    toy.brokenHead = head(0, 0)
    let state = replay(try KeyScript(""), from: toy.state(head: nil), workbench: toy)
    let scores = try #require(state.scores)
    #expect(state.head != head(0, 0) && abs(scores[state.head]) == scores.limit)
    #expect(state.attention?.head == state.head)
    #expect(
      replay(try KeyScript("n"), from: toy.state(head: nil), workbench: toy).head == state.head)
    #expect(try after(":head<Space>1.1<Enter> n", toy.state(head: nil)).head == head(1, 1))
  }

  @Test func kindKeysSwitchAllHeadsOfAKind() throws {
    let off = try after("t")
    #expect(off.edits == [head(3, 5): HeadEdit(.zero), head(1, 2): HeadEdit(.zero)])
    #expect(try after("t t").edits.isEmpty)
    #expect(try after("t f").edits.count == 3)
    #expect(try after("t u").edits.isEmpty)
    // One of them is restored by hand: the key switches all off again, and keeps other edits.
    #expect(try after(":head<Space>3.5<Enter> m t").edits[head(3, 5)] == HeadEdit(.mean))
    #expect(try after(":head<Space>3.5<Enter> m t").edits[head(1, 2)] == HeadEdit(.zero))
  }

  @Test func undoAndRedoGoThroughEveryEdit() throws {
    let keys = ["<Space>", "l m", "k +", "t", "0"]
    var states: [HeadEdits] = [[:]]
    for count in 1...keys.count {
      states.append(try after(keys.prefix(count).joined(separator: " ")).edits)
    }
    let all = keys.joined(separator: " ")
    for back in 0...keys.count {
      let undone = try after(all + String(repeating: " u", count: back))
      #expect(undone.edits == states[keys.count - back], "\(back) back")
      let redone = try after(
        all + String(repeating: " u", count: back) + String(repeating: " U", count: back))
      #expect(redone.edits == states[keys.count], "\(back) back and forth")
    }
    // A new edit forgets what was undone.
    #expect(try after("<Space> u l <Space> U").edits == [head(0, 1): HeadEdit(.zero)])
  }

  @Test func strongerAndWeakerGoThroughTheSteps() throws {
    func factor(_ keys: String) throws -> HeadEdit.Kind? { try after(keys).edits[head(0, 0)]?.kind }
    #expect(try factor("+") == .scale(1.5))
    #expect(try factor("+ +") == .scale(2))
    #expect(try factor("-") == .scale(0.75))
    #expect(try factor("- - - -") == .zero)
    #expect(try factor("- - - - -") == .zero)
    #expect(try factor("z +") == .scale(0.25))
    #expect(try factor("+ -") == nil)
    #expect(try factor(":scale<Space>-1<Enter>") == .scale(-1))
    #expect(try factor(":scale<Space>1<Enter>") == nil)
  }

  @Test func scopeKeyTurnsAnEditToTheEndPosition() throws {
    #expect(try after("z s").edits == [head(0, 0): HeadEdit(.zero, scope: .end)])
    #expect(try after("z s s").edits == [head(0, 0): HeadEdit(.zero)])
    #expect(try after("z s m").edits == [head(0, 0): HeadEdit(.mean, scope: .end)])
    #expect(try after("s").message?.isProblem == true)
  }

  @Test func marksByHandGoBeforeEvidence() throws {
    #expect(try after("T").kind(of: head(0, 0)) == .trueHead)
    #expect(try after("T T").kind(of: head(0, 0)) == .neither)
    #expect(try after("T F").kind(of: head(0, 0)) == .falseHead)
    #expect(
      try after(":head<Space>3.5<Enter> F").heads(of: .falseHead) == [head(2, 0), head(3, 5)])
    #expect(try after("T t").edits.keys.sorted() == [head(0, 0), head(1, 2), head(3, 5)])
  }

  @Test func headSetsAreLoadedAndChecked() throws {
    #expect(try after(":heads<Space>toy.json<Enter>").kind(of: head(0, 1)) == .trueHead)
    let missing = try after(":heads<Space>none.json<Enter>")
    #expect(missing.message?.text == "none.json: no such head set")
    var small = ToyWorkbench(layerCount: 1, headCount: 1, itemCount: 2).state()
    for effect in update(&small, .loadHeadSet("toy.json")) {
      guard case .ask(_, let generation) = effect else { continue }
      let set = HeadSet(model: "toy", trueHeads: [head(0, 1)])
      _ = update(&small, .found(.headSet, generation: generation, .headSet(set)))
    }
    #expect(small.message?.isProblem == true)
    #expect(small.heads(of: .trueHead).isEmpty)
  }

  @Test func movingStaysInsideTheModel() throws {
    #expect(try after("h j").head == head(0, 0))
    #expect(try after("k k l").head == head(2, 1))
    #expect(try after(String(repeating: "k ", count: 20) + "G").head == head(5, 7))
    #expect(try after("G g").head == head(0, 0))
  }

  @Test func itemKeysStopAtTheEndsOrGoAround() throws {
    #expect(try after("n n p").item == 1)
    #expect(try after("p").item == 39)
    let wrong = try after("N")
    #expect(wrong.item.map { toy.difference($0, [:]) <= 0 } == true)
    #expect(try after(":item<Space>17<Enter>").item == 17)
    #expect(try after("<S-Tab> <S-Tab> p G").item == 39)
    #expect(try after("<S-Tab> <S-Tab> <PgDn> <PgUp>").item == 0)
  }

  @Test func nextWrongFollowsTheEdits() throws {
    let edits: HeadEdits = try after("t").edits
    let state = try after("t N")
    let wrong = (1..<40).first { toy.difference($0, edits) <= 0 }
    #expect(state.item == wrong)
  }

  @Test func methodsCycleThroughAll() throws {
    let count = AttributionMethod.allCases.count
    let seen = try (0...count).map { try after(String(repeating: "a ", count: $0)).method }
    #expect(Set(seen[..<count]).count == count)
    #expect(seen[count] == seen[0])
  }

  @Test func theLimitStaysWhileAnItemIsOnScreen() throws {
    let before = try after("")
    // The head with the largest score is scaled up: the scores grow, the limit does not.
    let largest = before.scores?.heads.max { (before.scores?[$0] ?? 0) < (before.scores?[$1] ?? 0) }
    let keys = ":head<Space>\(largest?.dotted ?? "")<Enter> + + +"
    let scaled = try after(keys)
    #expect((scaled.scores?.limit ?? 0) > before.heatLimit.value)
    #expect(scaled.heatLimit == before.heatLimit)
  }

  @Test func longPromptsShowTheirEndAndFollowTheQueryPosition() throws {
    let size = Size(width: 40, height: 20)
    let state = try after("<S-Tab>", toy.state(size))
    let yesNo = try after("<S-Tab> n", toy.state(size))
    #expect(state.scroll.prompt == 0)
    let rows = try #require(Layout(yesNo).panels[.prompt]).inner.height
    let count = promptLines(
      toy.detail(1), width: 38, display: yesNo.display
    ).count
    #expect(yesNo.scroll.prompt == max(0, count - rows))
    #expect(try after("<S-Tab> n g", toy.state(size)).scroll.prompt == 0)
  }

  @Test func queryPositionMovesAndComesBackToTheEnd() throws {
    let end = toy.detail(0).tokens.count - 1
    #expect(try after("").queryPosition == end)
    #expect(try after("[ [").queryPosition == end - 2)
    #expect(try after("[ [").attention?.query == end - 2)
    #expect(try after("[ ]").query == nil)
    #expect(try after("[ [ $").query == nil)
    #expect(try after("[ n").query == nil)
    #expect(try after("<S-Tab> g").queryPosition == 0)
  }

  @Test func mouseSelectsTogglesOpensAndScrolls() throws {
    let state = try after("")
    let area = try #require(Layout(state).panels[.heatmap])
    let geometry = HeatmapGeometry(area: area.inner, facts: toy.facts, scroll: state.scroll)
    let cell = try #require(geometry.cell(head(4, 6)))
    let click = "<Click \(cell.x) \(cell.y)>"
    #expect(try after(click).head == head(4, 6))
    #expect(try after(click).edits.isEmpty)
    #expect(try after(click + click).edits == [head(4, 6): HeadEdit(.zero)])
    #expect(try after("<Click 3 7>").item == 4)
    #expect(try after("<Click 3 7>").focus == .items)
    #expect(try after("<WheelDown 3 6>").scroll.items == 3)
    #expect(try after("<WheelDown 3 6> <WheelUp 3 6> <WheelUp 3 6>").scroll.items == 0)
    #expect(try after("<Click 999 999>").focus == .heatmap)
    let token = try #require(Layout(state).panels[.prompt])
    #expect(try after("<Click \(token.x + 1) \(token.y + 1)>").queryPosition == 0)
  }

  @Test func filterIsLiveAndCanBeGivenUp() throws {
    var state = try after("")
    for action: Action in [
      .openLine(.filter), .lineKey(.char("n")), .lineKey(.char("e")), .lineKey(.char("g")),
    ] { _ = update(&state, action) }
    #expect(state.shown == (0..<40).filter { $0 % 3 == 2 })
    var kept = state
    #expect(!update(&kept, .acceptLine).isEmpty)
    #expect(kept.item == 2 && kept.line == nil && kept.filter.text == "neg")
    _ = update(&state, .cancelLine)
    #expect(state.shown.count == 40 && state.line == nil && state.item == 0)
  }

  @Test func quitAndInterruptEndWithTheirOwnStatus() throws {
    #expect(try after("q").exit == .quit)
    #expect(try after("<C-c>").exit == .interrupted)
    #expect(try after("? <C-c>").exit == .interrupted)
    #expect(try after(": <C-c>").exit == .interrupted)
    #expect(try after("? q").exit == nil)
    #expect(try after("?").isHelpShown)
  }

  @Test func exportSaysWhere() throws {
    #expect(try after("e").message?.text == "wrote gar-item0-attribution.txt")
  }
}
