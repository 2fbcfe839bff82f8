// However the explorer ends, the terminal is left as it was.

import Foundation
import Testing

/// A way out of the program, and the status it must end with.
struct WayOut: CustomTestStringConvertible, Sendable {
  enum Means: Sendable {
    case keys(String)
    case signal(Int32)
  }

  let means: Means
  let exit: Int32?
  let signal: Int32?

  init(keys: String, exit: Int32? = nil, signal: Int32? = nil) {
    (means, self.exit, self.signal) = (.keys(keys), exit, signal)
  }

  init(sending number: Int32, exit: Int32? = nil, signal: Int32? = nil) {
    (means, self.exit, self.signal) = (.signal(number), exit, signal)
  }

  var status: ExitStatus {
    signal.map { .killed(signal: $0) } ?? .exited(exit ?? 0)
  }

  var testDescription: String { "\(means)" }
}

extension ExplorerTests {
  @Suite struct EndingTests {
    @Test(arguments: [
      WayOut(keys: "q", exit: 0),
      WayOut(keys: ":quit\r", exit: 0),
      WayOut(keys: "\u{3}", exit: 130),
      WayOut(keys: "?\u{3}", exit: 130),
      WayOut(keys: "/neg\u{3}", exit: 130),
      WayOut(keys: "\u{1C}", signal: SIGQUIT),
      WayOut(sending: SIGINT, exit: 130),
      WayOut(sending: SIGTERM, exit: 143),
      WayOut(sending: SIGHUP, exit: 129),
      WayOut(sending: SIGSEGV, signal: SIGSEGV),
      WayOut(sending: SIGBUS, signal: SIGBUS),
      WayOut(sending: SIGABRT, signal: SIGABRT),
      WayOut(sending: SIGFPE, signal: SIGFPE),
    ])
    func theTerminalIsLeftAsItWas(way: WayOut) throws {
      try checkRestored(by: way, environment: [:])
    }

    @Test(arguments: ["screen", "vt100"])
    func otherTerminalsToo(name: String) throws {
      for way in [WayOut(keys: "q", exit: 0), WayOut(sending: SIGSEGV, signal: SIGSEGV)] {
        try checkRestored(by: way, environment: ["TERM": name])
      }
    }

    /// The event loop of a stopped program cannot answer; what was sent meanwhile ends it after.
    @Test func aSecondSignalToEndDoesNotWaitForTheLoop() throws {
      let terminal = try openedExplorer([:])
      let before = try PseudoTerminal(["cat"]).modes()
      try terminal.send(signal: SIGSTOP)
      try terminal.send(signal: SIGTERM)
      try terminal.send(signal: SIGINT)
      try terminal.send(signal: SIGCONT)
      _ = try terminal.waitForExit()
      #expect(try terminal.modes() == before)
      #expect(terminal.screen.leftovers == [])
    }

    private func checkRestored(by way: WayOut, environment: [String: String?]) throws {
      let terminal = try openedExplorer(environment)
      let hasAlternate = terminal.screen.isAlternate
      let during = try terminal.modes()
      let before = try PseudoTerminal(["cat"]).modes()
      // The program did change what it must restore.
      #expect(during != before)
      #expect(terminal.screen.leftovers != [])
      switch way.means {
      case .keys(let keys): try terminal.type(keys)
      case .signal(let number): try terminal.send(signal: number)
      }
      #expect(try terminal.waitForExit() == way.status)
      #expect(try terminal.modes() == before)
      #expect(terminal.screen.leftovers == [])
      #expect(!terminal.screen.isAlternate && terminal.screen.isCursorVisible)
      // Where there is an alternate screen, what stood there before stands there again, alone.
      if hasAlternate {
        #expect(
          terminal.screen.lines.filter { !$0.isEmpty } == ["before"], "\(terminal.screen.text)")
      } else {
        #expect(terminal.screen.lines.joined().isEmpty, "\(terminal.screen.text)")
        #expect(terminal.screen.row == 0 && terminal.screen.column == 0)
      }
      #expect(terminal.parser.unknown == [])
    }

    private func openedExplorer(_ environment: [String: String?]) throws -> PseudoTerminal {
      let terminal = try PseudoTerminal.explorer(environment: environment)
      try terminal.wait(for: "a frame") { $0.hasWholeFrame }
      return terminal
    }
  }

  @Suite struct SuspensionTests {
    /// A shell with job control starts the program, so that there is something to come back to.
    private func shell(running command: String = #""$@""#) throws -> PseudoTerminal {
      let script = """
        set -m; echo before; \(command); echo "stopped with $?"; read line
        fg >/dev/null; echo "ended with $?"
        """
      return try PseudoTerminal(
        ["sh", "-c", script, "sh", try builtProgram()] + fewItems, size: .usual)
    }

    @Test func controlZGivesTheTerminalBackAndFgTheExplorer() throws {
      let terminal = try shell()
      let before = try PseudoTerminal(["cat"]).modes()
      try terminal.waitUntilSettled()
      try terminal.type(":head 4.6\r ")
      try terminal.wait(for: "an edit") { $0.header.contains("with 1 head off") }
      try terminal.type("\u{1A}")
      try terminal.wait(forText: "stopped with \(128 + SIGTSTP)")
      #expect(try terminal.modes() == before)
      #expect(terminal.screen.leftovers == [])
      #expect(terminal.screen.line(0) == "before")

      try terminal.type("\n")
      try terminal.wait(for: "the same screen, listening to the mouse") {
        $0.hasWholeFrame && $0.openHead == "L4H6" && $0.header.contains("with 1 head off")
          && $0.privateModes.contains(1000)
      }
      #expect(terminal.screen.isAlternate && !terminal.screen.isCursorVisible)
      // The terminal may not be in keypad mode yet: End must not arrive as Escape, [ and F.
      try terminal.type("\u{1B}[F")
      try terminal.wait(for: "the last head") { $0.openHead == "L4H7" }
      try terminal.type("q")
      try terminal.wait(forText: "ended with 0")
      #expect(try terminal.waitForExit() == .exited(0))
      #expect(try terminal.modes() == before)
      #expect(terminal.screen.leftovers == [])
    }

    @Test func aWindowResizedMeanwhileIsFilled() throws {
      let terminal = try shell()
      try terminal.wait(for: "a frame") { $0.hasWholeFrame }
      try terminal.type("\u{1A}")
      try terminal.wait(forText: "stopped with")
      try terminal.resize(ScreenSize(80, 24))
      try terminal.type("\n")
      try terminal.wait(for: "a frame of the new size") { $0.hasWholeFrame && $0.isAlternate }
      #expect(terminal.screen.size == ScreenSize(80, 24))
    }

    /// Such as `make`, which waits for the explorer and without which its shell would not go on.
    @Test func whatStartedTheExplorerStopsWithIt() throws {
      let terminal = try shell(running: #"sh -c '"$@"; exit 7' sh "$@""#)
      try terminal.wait(for: "a frame") { $0.hasWholeFrame }
      try terminal.type("\u{1A}")
      try terminal.wait(forText: "stopped with \(128 + SIGTSTP)")
      #expect(terminal.screen.leftovers == [])
      try terminal.type("\n")
      try terminal.wait(for: "the frame again") { $0.hasWholeFrame && $0.isAlternate }
      try terminal.type("q")
      try terminal.wait(forText: "ended with 7")
    }

    /// Without a shell to go back to, the system does not stop the program; it goes on drawing.
    @Test func controlZAloneIsHarmless() throws {
      let terminal = try PseudoTerminal.explorer()
      try terminal.wait(for: "a frame") { $0.hasWholeFrame }
      try terminal.type("\u{1A}?")
      try terminal.wait(forText: "┏▸help")
      try terminal.type("q")
      try terminal.wait(for: "a frame after help") { $0.hasWholeFrame && $0.isAlternate }
    }

    @Test func goingOnRedrawsEveryCell() throws {
      let terminal = try PseudoTerminal.explorer()
      try terminal.waitUntilSettled()
      let text = terminal.screen.text
      let erasures = terminal.screen.fullErasures
      try terminal.send(signal: SIGSTOP)
      try terminal.send(signal: SIGCONT)
      try terminal.wait(for: "a screen drawn anew") {
        $0.fullErasures > erasures && $0.text == text
      }
    }
  }
}
