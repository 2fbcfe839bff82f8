// Keys and the mouse, typed into the real program: what they do is read off the screen.

import Foundation
import Testing

extension ExplorerTests {
  @Suite struct KeyTests {
    /// Arrows come in two encodings, because a terminal may be in keypad mode or not.
    @Test func keysMoveTheCursor() throws {
      let terminal = try PseudoTerminal.explorer()
      try terminal.type(":head 0.0\r")
      try terminal.wait(for: "the first head") { $0.openHead == "L0H0" }
      let moves = [
        ("\u{1B}OA", "L1H0"), ("\u{1B}OC", "L1H1"), ("\u{1B}[A", "L2H1"), ("\u{1B}[C", "L2H2"),
        ("\u{1B}[B", "L1H2"), ("\u{1B}[D", "L1H1"), ("l", "L1H2"), ("k", "L2H2"), ("j", "L1H2"),
        ("h", "L1H1"), ("\u{1B}OF", "L1H7"), ("\u{1B}OH", "L1H0"), ("\u{1B}[F", "L1H7"),
        ("\u{1B}[H", "L1H0"), ("G", "L1H7"), ("g", "L1H0"),
      ]
      for (keys, head) in moves {
        try terminal.type(keys)
        try terminal.wait(for: "\(head) after \(keys.debugDescription)") {
          $0.openHead == head[...]
        }
      }
    }

    @Test func spaceSwitchesAHeadAndTheAnswerShowsBeforeAndAfter() throws {
      let terminal = try PseudoTerminal.explorer()
      try terminal.wait(for: "the answer") { $0.difference != nil }
      let plain = try #require(terminal.screen.difference)
      #expect(plain.after == nil)
      try terminal.type(":head 4.6\r ")
      try terminal.wait(for: "an answer after the edit") { $0.difference?.after != nil }
      let edited = try #require(terminal.screen.difference)
      #expect(edited.before == plain.before)
      #expect(edited.after != plain.before)
      #expect(terminal.screen.text.contains("answer · before → after"))
      #expect(terminal.screen.header.contains("with 1 head off"))
      #expect(terminal.screen.text.contains("zero-ablated"))
      try terminal.type(" ")
      try terminal.wait(for: "the plain answer") {
        $0.difference?.after == nil && !$0.header.contains("→")
      }
      #expect(terminal.screen.difference?.before == plain.before)
    }

    @Test func trueHeadsAreFoundSwitchedOffUndoneAndRedone() throws {
      let terminal = try PseudoTerminal.explorer(unknownHeads)
      try terminal.waitUntilSettled()
      let plain = try #require(terminal.screen.setAccuracy)
      let count = terminal.screen.markedHeads.count { $0 == "T" }
      try terminal.type("t")
      let edited = try editedAccuracy(terminal)
      #expect(edited.before == plain.before)
      #expect(edited.after < edited.before)
      #expect(terminal.screen.header.contains("with \(count) head"))
      #expect(terminal.screen.footer.contains("u undo"))
      try terminal.type("u")
      try terminal.wait(for: "no edits") {
        !$0.header.contains("→") && $0.setAccuracy?.before == plain.before
      }
      try terminal.type("U")
      let redone = try editedAccuracy(terminal)
      #expect(redone == edited)
      try terminal.type("t")
      try terminal.wait(for: "no edits again") { !$0.header.contains("→") }
    }

    @Test func nextWrongOpensAnItemMarkedWrong() throws {
      let terminal = try PseudoTerminal.explorer()
      try terminal.waitUntilSettled()
      try terminal.type("t")
      _ = try editedAccuracy(terminal)
      let wrong = terminal.screen.lines.compactMap { $0.firstMatch(of: #/^│.✓✗ *(\d+) /#)?.1 }
      let first = try #require(wrong.first { $0 != "0" }, "no head edit makes an item wrong")
      try terminal.type("N")
      try terminal.wait(for: "item \(first)") { $0.header.contains("item \(first)/12") }
      #expect(terminal.screen.text.contains("▸✓✗"))
    }

    @Test func aFilterChoosesItemsAndEscapeGivesItUp() throws {
      let terminal = try PseudoTerminal.explorer()
      try terminal.wait(forText: "┌ items 12 ─")
      try terminal.type("/neg")
      try terminal.wait(for: "a shorter list") {
        $0.footer.hasPrefix("/neg") && $0.text.contains(#/┌ items \d+ of 12 /#)
      }
      let items = terminal.screen.lines.compactMap {
        $0.firstMatch(of: #/^│.[✓✗·]. *\d+ [^│]+/#)?.0
      }
      #expect(!items.isEmpty && items.allSatisfy { $0.contains(" neg ") })
      try terminal.type("\u{1B}")
      try terminal.wait(forText: "┌ items 12 ─")
      try terminal.type("/qqq\r")
      try terminal.wait(forText: "none passes")
      #expect(!terminal.screen.footer.hasPrefix("/"))
    }

    @Test func helpListsKeysAndItsOwnKeysCloseIt() throws {
      let terminal = try PseudoTerminal.explorer(size: ScreenSize(80, 24))
      try terminal.wait(for: "a frame") { $0.hasWholeFrame }
      for close in ["\u{1B}", "q", "?", "\r"] {
        try terminal.type("?")
        try terminal.wait(for: "help on the whole screen") {
          $0.header.hasPrefix("┏▸help") && $0.text.contains("switch all True heads")
            && $0.footer.hasPrefix("┗━")
        }
        try terminal.type(close)
        try terminal.wait(for: "the frame after help") { $0.hasWholeFrame }
      }
      try terminal.type("?")
      try terminal.wait(forText: "┏▸help")
      let top = terminal.screen.line(1)
      try terminal.type("j")
      try terminal.wait(for: "help scrolled") { $0.line(1) != top }
    }

    @Test func commandsOpenItemsAndNamesAreChecked() throws {
      let terminal = try PseudoTerminal.explorer()
      try terminal.wait(for: "the first item") { $0.header.contains("item 0/12") }
      try terminal.type(":item 3\r")
      try terminal.wait(for: "item 3") { $0.header.contains("item 3/12") }
      try terminal.type("n")
      try terminal.wait(for: "item 4") { $0.header.contains("item 4/12") }
      try terminal.type("p")
      try terminal.wait(for: "item 3") { $0.header.contains("item 3/12") }
      try terminal.type(":frobnicate\r")
      try terminal.wait(forText: "no command “frobnicate”")
      try terminal.type(":item 99\r")
      try terminal.wait(forText: "item takes N")
      #expect(terminal.screen.header.contains("item 3/12"))
      try terminal.type(":q\r")
      #expect(try terminal.waitForExit() == .exited(0))
    }

    /// xterm asks for SGR reports, screen for those of X10.
    @Test(arguments: ["xterm-256color", "screen"])
    func theMouseSelectsTogglesAndScrolls(name: String) throws {
      let terminal = try PseudoTerminal.explorer(
        ["explore", "--count", "60"], environment: ["TERM": name])
      try terminal.wait(for: "a frame that listens to the mouse") {
        $0.hasWholeFrame && $0.privateModes.contains(1000)
      }
      let place = try #require(terminal.screen.place(layer: 2, head: 3))
      try terminal.click(place)
      try terminal.wait(for: "head L2H3") { $0.openHead == "L2H3" }
      try terminal.click(place)
      try terminal.wait(for: "L2H3 off") { $0.header.contains("with 1 head off") }
      #expect(terminal.screen.heatmapRows.contains { $0.hasPrefix("L2") && $0.contains("×") })

      let items = { (screen: Screen) in screen.line(3).prefix(24) }
      let top = items(terminal.screen)
      try terminal.wheel(down: true, (row: 5, column: 3))
      try terminal.wait(for: "later items") { items($0) != top && $0.line(3).contains(" 3 ") }
      try terminal.wheel(down: false, (row: 5, column: 3))
      try terminal.wait(for: "the first items again") { items($0).contains(" 0 ") }

      try terminal.click((row: 5, column: 3))
      try terminal.wait(for: "the item under the mouse") { $0.header.contains("item 2/60") }
    }

    /// The set accuracy when every item has been judged under the edits.
    private func editedAccuracy(
      _ terminal: PseudoTerminal
    ) throws -> (before: Double, after: Double) {
      try terminal.wait(for: "the set accuracy under the edits") {
        $0.setAccuracy?.after != nil && $0.text.contains(#/set .* → .*/12 /#)
          && !$0.footer.hasSuffix("%")
      }
      let accuracy = try #require(terminal.screen.setAccuracy)
      return (accuracy.before, try #require(accuracy.after))
    }
  }
}

extension Screen {
  /// The logit difference in the answer panel, before the edits and after them.
  fileprivate var difference: (before: Substring, after: Substring?)? {
    guard let match = text.firstMatch(of: /diff ([+\-][0-9.]+)(?: → ([+\-][0-9.]+))?/) else {
      return nil
    }
    return (match.1, match.2)
  }
}

extension PseudoTerminal {
  fileprivate func click(_ place: (row: Int, column: Int)) throws {
    try report(button: 0, place)
    if screen.privateModes.contains(1006) {
      try type("\u{1B}[<0;\(place.column + 1);\(place.row + 1)m")
    } else {
      try report(button: 3, place)  // X10 encodes every release so
    }
  }

  fileprivate func wheel(down: Bool, _ place: (row: Int, column: Int)) throws {
    try report(button: down ? 65 : 64, place)
  }

  /// What a terminal sends, in the encoding that the program asked for.
  private func report(button: Int, _ place: (row: Int, column: Int)) throws {
    if screen.privateModes.contains(1006) {
      try type("\u{1B}[<\(button);\(place.column + 1);\(place.row + 1)M")
    } else {
      let bytes = [button + 32, place.column + 33, place.row + 33].map { UInt8($0) }
      try type("\u{1B}[M" + String(decoding: bytes, as: UTF8.self))
    }
  }
}
