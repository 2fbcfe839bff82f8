// Tests of the pseudo-terminal helper on ordinary programs, so that it can be trusted on ours.

import Foundation
import Testing

@Suite(.serialized) struct PseudoTerminalTests {
  @Test func outputAndStatusArrive() throws {
    let terminal = try PseudoTerminal(["sh", "-c", "printf 'one\\ntwo'; exit 3"])
    #expect(try terminal.waitForExit() == .exited(3))
    #expect(terminal.screen.text.hasPrefix("one\ntwo\n"))
  }

  @Test func typedTextReachesTheProgram() throws {
    let terminal = try PseudoTerminal(["cat"])
    try terminal.type("hello\n")
    // The terminal echoes the line, then cat prints it.
    try terminal.wait(for: "two lines") { $0.line(0) == "hello" && $0.line(1) == "hello" }
    try terminal.type("\u{4}")
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test func theProgramHasAControllingTerminal() throws {
    let terminal = try PseudoTerminal(["sh", "-c", "echo ready > /dev/tty; exec cat"])
    try terminal.wait(forText: "ready")
    try terminal.type("\u{3}")
    #expect(try terminal.waitForExit() == .killed(signal: SIGINT))
  }

  @Test func sizeIsSetAndChanged() throws {
    let script = "stty size; trap 'stty size' WINCH; echo set; while :; do read x; done"
    let terminal = try PseudoTerminal(
      ["sh", "-c", script], size: ScreenSize(columns: 101, rows: 31))
    try terminal.wait(for: "the first size") { $0.text.hasPrefix("31 101\nset") }
    try terminal.resize(ScreenSize(columns: 60, rows: 20))
    try terminal.type("\n")  // some shells run a trap only after the read
    try terminal.wait(forText: "20 60")
    #expect(terminal.screen.size == ScreenSize(columns: 60, rows: 20))
  }

  @Test func modesTellARawTerminalFromARestoredOne() throws {
    let script = """
      saved=$(stty -g); echo start; read x; stty raw -echo; echo raw; read x
      stty "$saved"; echo back; read x
      """
    let terminal = try PseudoTerminal(["sh", "-c", script])
    try terminal.wait(forText: "start")
    let before = try terminal.modes()
    try terminal.type("\n")
    try terminal.wait(forText: "raw")
    #expect(try terminal.modes() != before)
    try terminal.type("\n")
    try terminal.wait(forText: "back")
    #expect(try terminal.modes() == before)
  }

  @Test(arguments: ["xterm-256color", "screen", "vt100"])
  func terminfoSequencesAreUnderstood(term: String) throws {
    let script = """
      tput clear; tput cup 2 5; tput bold; printf B; tput sgr0; tput smacs; printf q; tput rmacs
      tput cup 4 0; printf abcdef; tput cup 4 2; tput el; tput cup 5 0; tput rev; printf R
      tput sgr0; tput cup 6 0
      """
    let terminal = try PseudoTerminal(["sh", "-c", script], environment: ["TERM": term])
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(terminal.parser.unknown == [])
    // tput alone does not switch G1 to line drawing where `smacs` is SO; `enacs` would.
    #expect(terminal.screen.line(2).hasPrefix("     B"))
    #expect(terminal.screen.line(4) == "ab")
    #expect(terminal.screen.rows[2][5].style.isBold)
    #expect(terminal.screen.rows[5][0].style.isReversed)
  }

  @Test func aProgramThatEndsEarlyFailsTheWait() throws {
    let terminal = try PseudoTerminal(["sh", "-c", "echo bye"])
    #expect(throws: PseudoTerminalError.self) { try terminal.wait(forText: "never") }
    #expect(terminal.screen.line(0) == "bye")
  }

  @Test func aWaitEndsAtItsDeadline() throws {
    let terminal = try PseudoTerminal(["cat"])
    #expect(throws: PseudoTerminalError.self) {
      try terminal.wait(for: "nothing at all", seconds: 0.1) { _ in false }
    }
  }

  @Test func signalsAreToldFromStatuses() throws {
    let terminal = try PseudoTerminal(["cat"])
    try terminal.send(signal: SIGTERM)
    #expect(try terminal.waitForExit() == .killed(signal: SIGTERM))
  }

  @Test func aMissingProgramIsNamed() throws {
    let error = #expect(throws: PseudoTerminalError.self) {
      try PseudoTerminal(["/nonexistent/program"])
    }
    #expect(error?.description.contains("/nonexistent/program") == true)
  }

  @Test func theBuiltProgramIsBesideTheTests() throws {
    #expect(FileManager.default.isExecutableFile(atPath: try builtProgram()))
  }
}
