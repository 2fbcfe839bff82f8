// `gar quiz` and `gar show` in a terminal: typed answers, ways out, and colour.

import Foundation
import TestSupport
import Testing

extension ExplorerTests {
  @Suite struct QuizTerminalTests {
    private func program(
      _ arguments: [String], environment: [String: String?] = [:]
    ) throws -> PseudoTerminal {
      try PseudoTerminal.explorer(
        arguments, size: ScreenSize(80, 24), environment: environment)
    }

    /// Each leaves with the table of what was answered, and the terminal as it was.
    @Test(arguments: [("\u{3}", 130), ("\u{4}", 0), ("q\r", 0)] as [(String, Int32)])
    func everyWayOutShowsTheTable(keys: String, status: Int32) throws {
      let folder = try TemporaryDirectory()
      let record = folder.path + "/answers.jsonl"
      let terminal = try program(["quiz", "--count", "4", "--save", record])
      let before = try PseudoTerminal(["cat"]).modes()
      try terminal.wait(forText: "1 of 4")
      try terminal.type("y\r")
      try terminal.wait(forText: "2 of 4")
      try terminal.wait(for: "the prompt") { $0.text.contains("answer:") }
      try terminal.type(keys)
      #expect(try terminal.waitForExit() == .exited(status))
      #expect(terminal.screen.text.contains("3 of 4 items are not answered"))
      #expect(terminal.screen.text.contains("over 90 %"))
      #expect(try terminal.modes() == before)
      let lines = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 2)
    }

    @Test(
      arguments: [
        (["TERM": "xterm-256color", "NO_COLOR": nil], true),
        (["TERM": "screen", "NO_COLOR": nil], true),
        (["TERM": "vt100", "NO_COLOR": nil], false),
        (["TERM": "xterm-256color", "NO_COLOR": "1"], false),
      ] as [([String: String?], Bool)])
    func showIsColouredWhereTheTerminalIs(
      environment: [String: String?], isColoured: Bool
    ) throws {
      let terminal = try program(["show", "--item", "0"], environment: environment)
      #expect(try terminal.waitForExit() == .exited(0))
      #expect(terminal.output.contains(0x1B) == isColoured)
      let text = String(decoding: terminal.output, as: UTF8.self)
      #expect(text.contains("relational loop") && text.contains("counterfactuals"))
    }

    @Test func showKeepsToASCIIWhereTheLocaleDoes() throws {
      let ascii = try program(["show", "--item", "0"], environment: ["LC_ALL": "C"])
      #expect(try ascii.waitForExit() == .exited(0))
      #expect(ascii.output.allSatisfy { $0 < 128 })
      let unicode = try program(["show", "--item", "0"], environment: ["LC_ALL": "C.UTF-8"])
      #expect(try unicode.waitForExit() == .exited(0))
      #expect(String(decoding: unicode.output, as: UTF8.self).contains("━▶"))
    }
  }
}
