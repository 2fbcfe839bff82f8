// Where no terminal can show it, the explorer says so in one line and touches nothing.

import Foundation
import TestSupport
import Testing

extension ExplorerTests {
  @Suite struct RefusalTests {
    /// A shell's way of starting the program, with its standard error in a file and its status in
    /// another, and what the error must name.
    private func expectRefusal(
      _ command: String, environment: [String: String?] = [:], naming parts: [String],
      location: SourceLocation = #_sourceLocation
    ) throws {
      let folder = try TemporaryDirectory()
      let script = "start() { \(command); }; start 2>errors; exit $?"
      let terminal = try PseudoTerminal(
        ["sh", "-c", "cd \"$0\" && GAR=\"$1\" && \(script)", folder.path, try builtProgram()],
        environment: environment)
      let before = try PseudoTerminal(["cat"]).modes()
      #expect(try terminal.waitForExit() == .exited(3), sourceLocation: location)
      let errors = try String(contentsOfFile: folder.path + "/errors", encoding: .utf8)
      EndToEndTests.expectRefusal(errors, naming: parts + ["--script"], location: location)
      let output = String(decoding: terminal.output, as: UTF8.self)
      #expect(output == "", sourceLocation: location)
      #expect(try terminal.modes() == before, sourceLocation: location)
    }

    @Test(arguments: ["\"$GAR\"", "\"$GAR\" explore"])
    func aTerminalWithoutACursor(command: String) throws {
      try expectRefusal(command, environment: ["TERM": "dumb"], naming: ["dumb", "cursor"])
    }

    @Test func noTERM() throws {
      try expectRefusal("\"$GAR\"", environment: ["TERM": nil], naming: ["TERM"])
      try expectRefusal("\"$GAR\"", environment: ["TERM": ""], naming: ["TERM"])
    }

    @Test func anUnknownTERM() throws {
      try expectRefusal(
        "\"$GAR\"", environment: ["TERM": "no-such-terminal"], naming: ["no-such-terminal", "TERM"])
    }

    @Test func outputToAPipe() throws {
      try expectRefusal(
        "{ \"$GAR\"; echo $? >status; } | cat; return $(cat status)", naming: ["output"])
    }

    @Test func inputFromNowhere() throws {
      try expectRefusal("\"$GAR\" </dev/null", naming: ["input"])
    }
  }
}
