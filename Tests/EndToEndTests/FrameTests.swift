// What the explorer draws on terminals of every size and kind.

import Foundation
import Testing

extension ExplorerTests {
  @Suite struct FrameTests {
    /// Without color the real screen has nothing that the replay's text lacks.
    private let plain: [String: String?] = ["NO_COLOR": "1"]

    @Test(arguments: [
      ScreenSize(100, 30), ScreenSize(80, 24), ScreenSize(200, 60), ScreenSize(60, 18),
    ])
    func aWholeFrameFillsTheScreen(size: ScreenSize) throws {
      let expected = try replayedScreen("", size: size)
      let terminal = try PseudoTerminal.explorer(size: size, environment: plain)
      try terminal.wait(toShow: expected)
      #expect(terminal.screen.hasWholeFrame)
      #expect(terminal.screen.isAlternate && !terminal.screen.isCursorVisible)
      #expect(terminal.parser.unknown == [])
    }

    @Test func theFirstFrameComesBeforeAnyAnswer() throws {
      let terminal = try PseudoTerminal.explorer(unknownHeads)
      try terminal.wait(for: "a first frame") { $0.hasWholeFrame }
      #expect(terminal.screen.header.contains("6L×8H"))
      #expect(terminal.screen.footer.contains("Tab panel"))
    }

    @Test func tooSmallATerminalIsToldWhatIsNeeded() throws {
      let terminal = try PseudoTerminal.explorer(size: ScreenSize(30, 8))
      try terminal.wait(for: "what is needed") {
        $0.text.replacing("\n", with: " ").contains("needs 40x12 cells; here are 30x8")
      }
      try terminal.type("q")
      #expect(try terminal.waitForExit() == .exited(0))
    }

    @Test func resizingRedrawsToTheNewSize() throws {
      let terminal = try PseudoTerminal.explorer(environment: plain)
      try terminal.waitUntilSettled()
      try terminal.resize(ScreenSize(60, 18))
      let narrow = try replayedScreen("", size: ScreenSize(60, 18))
      try terminal.wait(toShow: narrow)
      try terminal.resize(ScreenSize(30, 8))
      try terminal.wait(for: "what is needed") { $0.header.contains("needs 40x12 cells") }
      try terminal.resize(ScreenSize(200, 60))
      try terminal.wait(for: "a whole frame") { $0.hasWholeFrame }
      try terminal.resize(.usual)
      let script = "<Resize 60x18> <Resize 30x8> <Resize 200x60> <Resize 100x30>"
      try terminal.wait(toShow: try replayedScreen(script, size: .usual))
    }

    /// The terminal has forgotten cells that curses believes it shows.
    @Test func shrinkingAndGrowingBackAtOnceRedrawsEverything() throws {
      let expected = try replayedScreen("", size: .usual)
      let terminal = try PseudoTerminal.explorer(environment: plain)
      try terminal.wait(toShow: expected)
      let erasures = terminal.screen.fullErasures
      try terminal.resize(ScreenSize(60, 18))
      try terminal.resize(.usual)
      try terminal.wait(for: "the whole screen again") {
        $0.fullErasures > erasures && $0.lines == expected
      }
    }

    /// As on xterm-256color, above.
    @Test(arguments: ["screen", "vt100"])
    func otherTerminalsShowTheSameText(name: String) throws {
      let expected = try replayedScreen("", size: .usual)
      let terminal = try PseudoTerminal.explorer(environment: ["TERM": name, "NO_COLOR": "1"])
      try terminal.wait(toShow: expected)
      #expect(terminal.parser.unknown == [])
      try terminal.type("q")
      #expect(try terminal.waitForExit() == .exited(0))
      #expect(terminal.screen.leftovers == [])
    }

    @Test(arguments: [("xterm-256color", true), ("screen", true), ("vt100", false)])
    func colorIsUsedWhereThereIsSome(name: String, hasColor: Bool) throws {
      let terminal = try PseudoTerminal.explorer(environment: ["TERM": name])
      try terminal.waitUntilSettled()
      #expect(terminal.screen.usesColor == hasColor)
      // Roles are told by letters where color cannot tell them.
      #expect(terminal.screen.text.contains("(END)") == !hasColor)
      #expect(terminal.parser.unknown == [])
    }

    @Test func noColorMeansNone() throws {
      let terminal = try PseudoTerminal.explorer(environment: plain)
      try terminal.waitUntilSettled()
      #expect(!terminal.screen.usesColor)
      #expect(!String(decoding: terminal.output, as: UTF8.self).contains("38;5;"))
    }

    @Test(arguments: ["xterm-256color", "vt100"])
    func anASCIITerminalGetsASCII(name: String) throws {
      let terminal = try PseudoTerminal.explorer(environment: ["LC_ALL": "C", "TERM": name])
      try terminal.waitUntilSettled()
      try terminal.type("?")
      try terminal.wait(forText: "switch all True heads")
      try terminal.type("q")
      try terminal.wait(for: "the frame again") { $0.hasWholeFrame }
      #expect(terminal.output.allSatisfy { $0 < 0x80 })
      #expect(terminal.screen.text.contains("6Lx8H"))
      #expect(terminal.parser.unknown == [])
    }
  }
}

extension Screen {
  fileprivate var usesColor: Bool {
    rows.joined().contains { $0.style.foreground != nil || $0.style.background != nil }
  }
}
