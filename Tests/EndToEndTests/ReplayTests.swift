// Key scripts: what a replay prints is what the terminal shows, and bad scripts are refused.

import Foundation
import TestSupport
import Testing

/// The lines of the final screen of a replay, without blanks at their ends.
func replayedScreen(_ script: String, size: ScreenSize) throws -> [String] {
  let folder = try TemporaryDirectory()
  let file = try folder.write(script, to: "keys")
  let finished = try runWithoutTerminal(
    fewItems + ["--script", file, "--size", size.argument, "--dump"])
  try #require(finished.status == 0, "\(finished.errors)")
  #expect(finished.errors == "")
  var screen = Screen(size)
  // The dump goes through the same screen as a terminal's output, which cuts the blanks.
  let lines = finished.output.split(separator: "\n", omittingEmptySubsequences: false)
  for (row, line) in lines.enumerated() {
    screen.move(row: row, column: 0)
    for scalar in line.unicodeScalars { screen.write(scalar) }
  }
  return screen.lines
}

extension ExplorerTests {
  @Suite struct ReplayTests {
    /// Keys as a script names them and as a terminal sends them. The heads are edited while one
    /// item is open and settled, so that the order of later answers changes nothing.
    @Test(arguments: [
      ("<Up> <Right> l <Space> T u", "\u{1B}[A\u{1B}OCl Tu"),
      ("t n <End> <Tab>", "tn\u{1B}OF\t"),
      (
        "/\"neg x\" <Backspace> gen <Enter> <Home> :\"item 3\" <Enter> <S-Tab>",
        "/neg x\u{7F}gen\r\u{1B}OH:item 3\r\u{1B}[Z"
      ),
      ("? j j", "?jj"), ("n i j", "nij"), ("w n r y <Enter>", "wnry\r"),
    ])
    func theTerminalShowsWhatAReplayPrints(script: String, keys: String) throws {
      let expected = try replayedScreen(script, size: .usual)
      let terminal = try PseudoTerminal.explorer(environment: ["NO_COLOR": "1"])
      try terminal.waitUntilSettled()
      #expect(terminal.screen.lines != expected)
      try terminal.type(keys)
      try terminal.wait(toShow: expected)
    }

    @Test(arguments: [
      ("n\n<Nowhere>\n", ["line 2", "<Nowhere>"]), ("n\nn\n\"open", ["line 3"]),
      ("<Tab", ["line 1"]),
    ])
    func aBadLineIsNamed(script: String, named: [String]) throws {
      let folder = try TemporaryDirectory()
      let file = try folder.write(script, to: "keys.txt")
      let finished = try runWithoutTerminal(fewItems + ["--script", file, "--dump"])
      expectRefusal(finished.errors, naming: named + ["keys.txt"])
      #expect(finished.status == 3)
      #expect(finished.output == "")
    }

    @Test func aMissingScriptIsNamed() throws {
      let finished = try runWithoutTerminal(fewItems + ["--script", "/nonexistent/keys", "--dump"])
      expectRefusal(finished.errors, naming: ["/nonexistent/keys"])
      #expect(finished.status == 3)
    }

    @Test func aReplayThatQuitsStillPrints() throws {
      let lines = try replayedScreen("n q n", size: .usual)
      #expect(lines[0].contains("item 1/12"))
    }
  }
}

/// One line of the program on standard error that says all that it should.
func expectRefusal(
  _ errors: String, naming parts: [String], location: SourceLocation = #_sourceLocation
) {
  #expect(errors.hasPrefix("gar: "), "\(errors)", sourceLocation: location)
  #expect(
    errors.hasSuffix("\n") && errors.filter { $0 == "\n" }.count == 1, "\(errors)",
    sourceLocation: location)
  for part in parts {
    #expect(errors.contains(part), "\(errors)", sourceLocation: location)
  }
}
