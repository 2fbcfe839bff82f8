// Pages: opening, asking, moving, what each of them shows, and what leaves with the export key.

import Engine
import Explorer
import Interpretability
import Testing

@Suite struct PageTests {
  let toy = ToyWorkbench()

  private func state(
    _ keys: String, _ size: Size = Size(width: 100, height: 30), _ toy: ToyWorkbench? = nil,
    display: Display = Display(hasColor: false, hasUnicode: true)
  ) throws -> ExplorerState {
    let toy = toy ?? self.toy
    return replay(try KeyScript(keys), from: toy.state(size, display: display), workbench: toy)
  }

  private func head(_ layer: Int, _ head: Int) -> HeadIndex { HeadIndex(layer: layer, head: head) }

  // MARK: All pages

  @Test(arguments: Page.allCases)
  func everyPageOpensByNumberCommandAndTab(page: Page) throws {
    let byNumber = try state("\(page.number)")
    #expect(byNumber.page == page)
    #expect(draw(byNumber).rowText(1).contains("[\(page.number) \(page.definition.title)]"))
    #expect(try state(":go-\(page.definition.title)<Enter>").page == page)
    let line = draw(try state("")).rowText(1)
    let place = try #require(line.range(of: page.definition.title)?.lowerBound)
    let column = line.distance(from: line.startIndex, to: place)
    #expect(try state("<Click \(column) 1>").page == page)
    for back in ["<Esc>", "1"] { #expect(try state("\(page.number) \(back)").page == .item) }
  }

  @Test func pagesFollowOneAnother() throws {
    let steps = String(repeating: "> ", count: Page.allCases.count)
    #expect(try state(steps).page == .item)
    #expect(try state("<lt>").page == Page.allCases.last)
    #expect(try state("> <lt>").page == .item)
    #expect(try state("4 q").exit == nil)
    #expect(try state("4 q q").exit == .quit)
  }

  @Test func lowScreensNameThePageInTheHeader() throws {
    let text = draw(try state("4", Size(width: 60, height: 14))).rowText(0)
    #expect(text.contains("attention"))
  }

  @Test(arguments: Page.allCases)
  func everySizeIsDrawn(page: Page) throws {
    for width in [1, 39, 40, 61, 80, 100, 200] {
      for height in [1, 12, 17, 18, 24, 60] {
        for hasUnicode in [true, false] {
          let size = Size(width: width, height: height)
          let display = Display(hasColor: !hasUnicode, hasUnicode: hasUnicode)
          let cells = draw(try state("t n \(page.number) j l <PgDn>", size, display: display))
          for y in 0..<height {
            #expect(displayWidth(cells.rowText(y)) == width, "row \(y) at \(size)")
          }
          if !hasUnicode { #expect(cells.text.utf8.allSatisfy { $0 < 128 }, "\(size)") }
        }
      }
    }
  }

  @Test func aPageIsAskedOnceAndAgainWhenItsQuestionChanges() throws {
    var state = try state("")
    func asked(_ action: Action) -> PageQuestion? {
      for effect in update(&state, action) {
        if case .ask(.page(let question), let generation) = effect {
          if let finding = try? toy.answer(question) {
            _ = update(&state, .found(.page, generation: generation, .page(finding, progress: 1)))
            _ = update(&state, .finished(.page, generation: generation))
          }
          return question
        }
      }
      return nil
    }
    #expect(asked(.openPage(.lens)) == .lens(item: 0, edits: [:]))
    #expect(asked(.move(.left)) == nil)
    #expect(asked(.openPage(.item)) == nil)
    #expect(asked(.openPage(.lens)) == nil)
    let off = [head(0, 0): HeadEdit(.zero)]
    #expect(asked(.toggleHead) == .lens(item: 0, edits: off))
    #expect(asked(.nextItem) == .lens(item: 1, edits: off))
    #expect(asked(.openPage(.heads)) == nil)
  }

  @Test func answersToFormerQuestionsAreDropped() throws {
    var state = try state("")
    guard case .ask(.page(let question), let generation)? = update(&state, .openPage(.lens)).last
    else {
      Issue.record("nothing is asked")
      return
    }
    _ = update(&state, .nextItem)
    let finding = Finding.page(try toy.answer(question), progress: 1)
    _ = update(&state, .found(.page, generation: generation, finding))
    #expect(state.lens == nil)
  }

  @Test func aPageThatFailsSaysWhy() throws {
    let failed = try state(":compare<Space>model<Space>none<Enter>")
    #expect(draw(failed).text.contains("none: no such head set"))
    #expect(failed.message?.isProblem == true)
  }

  @Test func pagesAboutTheItemStayClosedUntilItIsAnswered() throws {
    for page in Page.allCases where page.definition.isAboutItem {
      #expect(try state("w \(page.number)").page == .item)
      #expect(try state("w >").page != page)
    }
    #expect(try state("w \(Page.heads.number)").page == .heads)
    #expect(try state("\(Page.attention.number) w").page == .item)
  }

  // MARK: Heads

  @Test func theHeadsPageSharesTheSelectedHead() throws {
    let ranked = try state("3 g")
    #expect(ranked.orderedHeads.prefix(3) == [head(3, 5), head(2, 0), head(1, 2)])
    #expect(ranked.head == head(3, 5))
    #expect(try state("3 g j").head == head(2, 0))
    #expect(try state("3 g j <Space>").edits == [head(2, 0): HeadEdit(.zero)])
    #expect(try state("3 g j 1 l").head == head(2, 1))
    #expect(try state("3 G").head != head(3, 5))
  }

  @Test func headsAreOrderedByEveryColumn() throws {
    for (steps, order) in HeadOrder.allCases.enumerated() {
      let state = try state("3 " + String(repeating: "o ", count: steps))
      #expect(state.headOrder == order)
      #expect(Set(state.orderedHeads).count == 48)
    }
    let byScore = try state("3 o").orderedHeads
    let scores = byScore.map { abs(toy.score(0, $0)) }
    #expect(scores == scores.sorted(by: >))
    #expect(try state("3 o O").headOrder == .rank)
  }

  @Test func clicksSelectAHeadAndThenSwitchIt() throws {
    let first = try state("3 g <Click 5 5>")
    #expect(first.head == head(2, 0) && first.edits.isEmpty)
    #expect(try state("3 g <Click 5 5> <Click 5 5>").edits == [head(2, 0): HeadEdit(.zero)])
  }

  // MARK: Attention

  @Test func theAttentionCursorStartsAtTheStrongestKeyOfEND() throws {
    let state = try state("4")
    let map = try #require(state.attentionMap)
    let end = map.tokenCount - 1
    #expect(state.pageCursor.row == end)
    let row = (0...end).compactMap { map.value(query: end, key: $0, .plain) }
    #expect(row[state.pageCursor.column] == row.max())
    #expect(draw(state).text.contains(decimal(row.max() ?? 0, 3)))
  }

  @Test func headsAreSteppedThroughAndRunsCompared() throws {
    #expect(try state("4 ]").head == head(0, 1))
    #expect(try state("4 ] [ [").head == head(0, 0))
    #expect(try state("4 ] ]").attentionMap?.head == head(0, 2))
    #expect(try state("4 v").message?.isProblem == true)
    let edited = try state("<Space> 4")
    #expect(edited.shownRun == .edited && edited.attentionMap?.edited != nil)
    #expect(try state("<Space> 4 v v").shownRun == .change)
    let text = draw(try state("<Space> 4 v v")).text
    #expect(text.contains("edited − plain"))
  }

  @Test func longPromptsScrollInBothDirections() throws {
    let size = Size(width: 40, height: 18)
    let end = try state("n 4 l l", size)
    let start = try state("n 4 g <Left><Left><Left><Left><Left><Left><Left><Left>", size)
    #expect(try #require(end.pages.scroll[.attention]).row > 0)
    #expect(try #require(start.pages.scroll[.attention]).row == 0)
    let map = try #require(end.attentionMap)
    #expect(end.pageCursor.row < map.tokenCount)
  }

  // MARK: Lens

  @Test func theLensShowsTokenProbabilityAndFourQuantities() throws {
    let state = try state("5")
    let lens = try #require(state.lens)
    let cell = lens[lens.names.count - 1, lens.tokenCount - 1]
    #expect(draw(state).text.contains("after L5 at"))
    #expect(draw(state).text.contains(decimal(cell.probability, 3)))
    for (keys, quantity) in [
      ("5 v", LensQuantity.answer), ("5 v v", .difference), ("5 v v v", .rank),
    ] {
      let shown = try self.state(keys)
      #expect(shown.lensQuantity == quantity && draw(shown).text.contains(quantity.title))
    }
  }

  // MARK: Compare

  @Test func comparisonsAreReadByMethodItemAndModel() throws {
    #expect(try state(":compare<Space>inte<Enter>").compareSide == .method(.integratedGradients))
    #expect(try state(":compare<Space>item<Space>7<Enter>").compareSide == .item(7))
    #expect(try state(":compare<Space>model<Space>wide<Enter>").comparison?.isAligned == false)
    #expect(try state(":compare<Space>item<Space>70<Enter>").message?.isProblem == true)
    #expect(try state("\(Page.compare.number) b").compareSide == .method(.ablation))
  }

  @Test func aComparisonWithItselfAgreesEverywhere() throws {
    let same = try state(":compare<Space>attribution<Enter>")
    let (all, layers) = try #require(same.comparison?.correlations)
    #expect(abs((all.pearson ?? 0) - 1) < 1e-9 && abs((all.spearman ?? 0) - 1) < 1e-9)
    #expect(layers.count == 6)
    #expect(same.comparison?.difference?.values.allSatisfy { $0 == 0 } == true)
    let other = try state(":compare<Space>integrated<Enter>")
    #expect(try #require(other.comparison?.correlations?.all.pearson) < 0.99)
  }

  // MARK: Models

  @Test func modelsAreChosenWithEnter() throws {
    #expect(try state("\(Page.models.number) j <Enter>").exit == .reopen(.model("lab/small")))
    #expect(try state("\(Page.models.number) <Enter>").exit == .reopen(.model(nil)))
    let refused = try state("\(Page.models.number) G <Enter>")
    #expect(refused.exit == nil && refused.message?.text.contains("not known") == true)
    #expect(try state(":model<Space>a/b<Enter>").exit == .reopen(.model("a/b")))
  }

  // MARK: Export

  @Test func everyPageExportsWhatIsOnIt() throws {
    for page in Page.allCases where page != .explain {
      var state = try state("<Space> \(page.number)")
      guard case .ask(.export(let request), _)? = update(&state, .export).first else {
        Issue.record("\(page) exports nothing")
        continue
      }
      #expect(!request.files.isEmpty, "\(page)")
      #expect(request.screen.contains(page.definition.title), "\(page)")
      for file in request.files {
        switch file.content {
        case .text(let text): #expect(!text.isEmpty)
        case .array(let values, let shape): #expect(values.count == shape.reduce(1, *))
        }
      }
    }
  }

  // MARK: Sessions

  @Test func aSnapshotRestoresWhatWasChosen() throws {
    let keys =
      "n n t u :head<Space>3.5<Enter> m l + F /cls<Enter> a 7 b 5 v h k 3 o 4 h <Tab> 1 <Tab> [ ["
    let chosen = try state(keys)
    let snapshot = Snapshot(chosen)
    let restored = try toy.state().restoring(snapshot)
    let again = replay(try KeyScript(""), from: restored, workbench: toy)
    #expect(Snapshot(again) == snapshot)
    #expect(draw(again) == draw(chosen))
    #expect(try state("7").restoring(snapshot).edits == chosen.edits)
  }

  @Test func aSnapshotOfOtherHeadsOrItemsIsRefusedWhole() throws {
    let snapshot = Snapshot(try state("n :head<Space>5.7<Enter> z"))
    let small = ToyWorkbench(layerCount: 2, headCount: 3)
    #expect(throws: SnapshotError.self) { _ = try small.state().restoring(snapshot) }
    let few = ToyWorkbench(itemCount: 1)
    #expect(throws: SnapshotError.self) { _ = try few.state().restoring(snapshot) }
    // Another model keeps what it has room for.
    let kept = small.state().keeping(snapshot)
    #expect(kept.item == 1 && kept.edits.isEmpty)
    #expect(kept.message?.text.contains("1 edit") == true)
  }

  @Test func sessionsAreSavedAndOpenedByName() throws {
    #expect(try state(":w<Space>monday<Enter>").message?.text == "wrote monday.json")
    #expect(try state(":w<Enter>").message?.isProblem == true)
    #expect(try state(":w<Space>monday<Enter> :w<Enter>").message?.text == "wrote monday.json")
    #expect(try state(":session<Space>monday<Enter>").exit == .reopen(.session("monday")))
  }
}
