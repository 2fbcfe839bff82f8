// "Answer it yourself first": what is hidden, what is judged, what is counted.

import Engine
import Explorer
import GAR
import Interpretability
import Testing

/// The toy with every answer, verdict, score and role turned round; prompts and items are the same.
private struct TurnedWorkbench: Workbench {
  let toy = ToyWorkbench()
  var facts: ModelFacts { toy.facts }
  var items: [ItemSummary] { toy.items }

  func perform(
    _ request: Request, ticket: Ticket, report: @Sendable (Finding) -> Void
  ) throws {
    try toy.perform(request, ticket: ticket) { finding in report(turned(finding)) }
  }

  private func turned(_ finding: Finding) -> Finding {
    switch finding {
    case .detail(var detail):
      detail.tokens = detail.tokens.map { token in
        var token = token
        if token.role == .key { token.role = .distractorKeys }
        return token
      }
      detail.candidates = detail.candidates.reversed().map {
        Candidate($0.text, isRight: $0.isFoil, isFoil: $0.isRight)
      }
      return .detail(detail)
    case .readout(var readout):
      readout.isRight.toggle()
      readout.topToken = "turned"
      readout.probabilities.reverse()
      return .readout(readout)
    case .scores(var scores, let progress):
      for head in scores.heads { scores[head] = -2 * scores[head] }
      return .scores(scores, progress: progress)
    case .verdicts(let verdicts, let progress):
      let turned = verdicts.map {
        Verdict(
          item: $0.item, plain: $0.plain.map { !$0 }, edited: $0.edited.map { !$0 })
      }
      return .verdicts(turned, progress: progress)
    case .attention(var reading):
      reading.weights.reverse()
      return .attention(reading)
    default: return finding
    }
  }
}

@Suite struct SelfTestTests {
  let toy = ToyWorkbench()

  private func state(
    _ keys: String, _ size: Size = Size(width: 100, height: 30),
    display: Display = Display(hasColor: false, hasUnicode: true)
  ) throws -> ExplorerState {
    replay(try KeyScript(keys), from: toy.state(size, display: display), workbench: toy)
  }

  /// Whatever the answer and whatever the model makes of it, the screen is the same, colours too.
  @Test(arguments: [
    "w", "w t", "w n n", "w <Tab>", "w /neg<Enter>", "w a j", "w <Tab><Tab><Enter>",
  ])
  func nothingOnTheScreenHintsAtTheAnswer(keys: String) throws {
    let turned = TurnedWorkbench()
    for size in [
      Size(width: 80, height: 24), Size(width: 100, height: 30), Size(width: 50, height: 16),
    ] {
      for hasColor in [false, true] {
        let display = Display(hasColor: hasColor, hasUnicode: true)
        let first = try state(keys, size, display: display)
        let second = replay(
          try KeyScript(keys), from: toy.state(size, display: display), workbench: turned)
        #expect(draw(first) == draw(second), "\(keys) at \(size)")
      }
    }
    // The two differ where nothing is hidden, else this would show nothing.
    let plain = replay(try KeyScript(""), from: toy.state(), workbench: turned)
    #expect(draw(try state("")) != draw(plain))
  }

  @Test func answerIsJudgedShownAndCounted() throws {
    let hidden = draw(try state("w")).text
    #expect(hidden.contains("What comes next?") && hidden.contains("hidden until you answer"))
    #expect(!hidden.contains("set acc") && hidden.contains("you 0/0 · model 0/0"))
    #expect(!hidden.contains("(K)"))
    let right = draw(try state("w r\" The ANIMAL\"<Enter>")).text
    #expect(right.contains("✓ you:  The ANIMAL") || right.contains("✓ you: The ANIMAL"))
    #expect(right.contains("(K)") && right.contains("you 1/1"))
    #expect(!right.contains("hidden until"))
    // Item 1 is a No item of the toy's two labels, item 2 is open again.
    let wrong = try state("w r animal<Enter> n r n<Enter>")
    #expect(wrong.selfTest.answers[1]?.isRight == false)
    #expect(draw(wrong).text.contains("✗ you: n"))
    let person = wrong.selfTestTallies.person
    #expect(person.right == 1 && person.total == 2)
    #expect(draw(wrong).text.contains("wrong: it is Yes"))
  }

  @Test func modelIsCountedOnTheSameItemsOnly() throws {
    let state = try state("w r x<Enter> n n r x<Enter> n r y<Enter>")
    let expected = [0, 2, 3].count { toy.difference($0, [:]) > 0 }
    let model = state.selfTestTallies.model
    #expect(model.right == expected && model.total == 3)
    #expect(draw(state).text.contains("model \(expected)/3"))
  }

  @Test func whatIsNoAnswerLeavesTheItemHidden() throws {
    for keys in ["w n r maybe<Enter>", "w r<Enter>", "w r animal<Esc>", "w r\"  \"<Enter>"] {
      let state = try state(keys)
      #expect(state.isAnswerHidden && state.selfTest.answers.isEmpty, "\(keys)")
    }
    #expect(draw(try state("w n r maybe<Enter>")).text.contains("type Yes or No"))
  }

  /// Words that ask for labels or verdicts match the items that are answered, and no others.
  @Test(arguments: ["right", "wrong", "yes", "no"])
  func filtersTellNothingOfHiddenItems(word: String) throws {
    #expect(try !state("/\(word)<Enter>").shown.isEmpty)
    #expect(try state("w /\(word)<Enter>").shown.isEmpty)
    #expect(try state("/\(word)<Enter> w").shown.isEmpty)
    let answered = try state("w n r Yes<Enter> /\(word)<Enter>").shown
    #expect(answered == (try state("/\(word)<Enter>").shown.filter { $0 == 1 }))
  }

  @Test func explanationClosesOnAnItemThatIsNotYetAnswered() throws {
    let open = try state("w r x<Enter> i")
    #expect(open.page == .explain)
    let next = try state("w r x<Enter> i n")
    #expect(next.item == 1 && next.page == .item && next.isAnswerHidden)
  }

  /// A click can change the item while an answer is being typed.
  @Test func answerBelongsToTheItemItWasTypedFor() throws {
    let state = try state("w r anim <Click 3 5>")
    #expect(state.item == 2 && state.line == nil && state.selfTest.answers.isEmpty)
  }

  /// Keys can come faster than the item is opened.
  @Test func answerThatCameBeforeTheItemIsJudgedWhenItIsThere() throws {
    let hasty = try state("nowait w n r Yes<Enter>")
    #expect(hasty.selfTest.answers[1]?.isRight == true)
    var state = toy.state()
    _ = begin(&state)
    for action: Action in [.toggleSelfTest, .openLine(.answer), .lineKey(.char("x")), .acceptLine] {
      _ = update(&state, action)
    }
    #expect(state.isAnswerHidden && state.selfTest.answers.isEmpty)
    let generation = try #require(state.live[.detail]?.generation)
    _ = update(&state, .found(.detail, generation: generation, .detail(toy.detail(0))))
    #expect(state.selfTest.answers[0] == SelfTest.OwnAnswer(text: "x", isRight: false))
    // For an item that was left meanwhile it is not kept.
    var other = toy.state()
    _ = begin(&other)
    for action: Action in [
      .toggleSelfTest, .openLine(.answer), .lineKey(.char("x")), .acceptLine, .goToItem(2),
    ] {
      _ = update(&other, action)
    }
    let next = try #require(other.live[.detail]?.generation)
    _ = update(&other, .found(.detail, generation: next, .detail(toy.detail(2))))
    #expect(other.selfTest.answers.isEmpty)
  }

  @Test func markOfEachItemAppearsWithItsAnswer() throws {
    let rows = draw(try state("w r animal<Enter>")).text.split(separator: "\n")
    let list = rows.dropFirst(3).prefix(3).map { String($0.prefix(8)) }
    #expect(list[0].contains("✓") || list[0].contains("✗"))
    #expect(list[1].contains("?") && list[2].contains("?"))
  }

  @Test func keysThatWouldTellAreOffUntilThen() throws {
    let hidden = try state("w")
    for key: Key in [.char("i"), .char("N")] {
      guard case .problem? = action(for: .key(key), in: hidden) else {
        Issue.record("\(key) tells")
        continue
      }
    }
    #expect(action(for: .key(.char("r")), in: hidden) == .openLine(.answer))
    let shown = try state("w r animal<Enter>")
    #expect(action(for: .key(.char("i")), in: shown) == .openPage(.explain))
    guard case .problem? = action(for: .key(.char("r")), in: shown) else {
      Issue.record("an answer can be given twice")
      return
    }
    var state = hidden
    guard case .ask(.export(let request), _)? = update(&state, .export).first else {
      Issue.record("no export")
      return
    }
    #expect(request.files.isEmpty && !request.screen.contains("(K)"))
  }

  @Test func everythingIsShownAgainAndAnswersAreKept() throws {
    #expect(draw(try state("w w j")).text == draw(try state("j")).text)
    let again = try state("w r fruit<Enter> w n w p")
    #expect(again.selfTest.answers[0]?.text == "fruit" && !again.isAnswerHidden)
  }
}
