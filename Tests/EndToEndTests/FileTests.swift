// Files that the explorer reads and writes while it runs.

import Foundation
import TestSupport
import Testing

extension ExplorerTests {
  @Suite struct FileTests {
    private let heads = """
      {"model": "built-in", "trueHeads": ["0.1", "2.5"], "falseHeads": ["1.3"]}
      """

    /// The heads of the file are none that the explorer itself would find.
    @Test func aHeadSetMarksItsHeadsFromTheStart() throws {
      let folder = try TemporaryDirectory()
      let file = try folder.write(heads, to: "heads.json")
      let terminal = try PseudoTerminal.explorer(unknownHeads + ["--heads", file])
      try terminal.wait(for: "a frame") { $0.hasWholeFrame }
      #expect(terminal.screen.heatmapRows.filter { $0.contains(/[TF]/) }.count == 3)
      #expect(terminal.screen.footer.contains("marked 2 True and 1 False heads"))
      try terminal.type("f")
      try terminal.wait(for: "the False head off") { $0.header.contains("with 1 head off") }
      #expect(terminal.screen.heatmapRows.contains { $0.hasPrefix("L1") && $0.contains("×F") })
      try terminal.type("u:head 2.5\r")
      try terminal.wait(forText: "L2H5 True head")
    }

    @Test func aReplayTakesAHeadSetToo() throws {
      let folder = try TemporaryDirectory()
      let file = try folder.write(heads, to: "heads.json")
      let keys = try folder.write("f", to: "keys")
      let finished = try runWithoutTerminal(
        unknownHeads + ["--heads", file, "--script", keys, "--dump"])
      #expect(finished.output.contains("with 1 head off"), "\(finished.errors)")
      #expect(finished.output.contains("××F"))
    }

    @Test(arguments: [
      ("nothing", ["heads.json", "not a head set"]),
      (#"{"model": "", "trueHeads": ["x"], "falseHeads": []}"#, ["heads.json", "'x'"]),
      (#"{"model": "", "trueHeads": ["60.1"], "falseHeads": []}"#, ["60.1"]),
    ])
    func aBadHeadSetIsRefused(content: String, named: [String]) throws {
      let folder = try TemporaryDirectory()
      let file = try folder.write(content, to: "heads.json")
      let finished = try runWithoutTerminal(unknownHeads + ["--heads", file])
      expectRefusal(finished.errors, naming: named)
      #expect(finished.status == 3)
    }

    @Test func exportsGoToTheWorkingDirectory() throws {
      let folder = try TemporaryDirectory()
      let terminal = try PseudoTerminal.explorer(in: folder.path)
      try terminal.waitUntilSettled()
      let shown = terminal.screen.lines
      try terminal.type("e")
      try terminal.wait(forText: "wrote ")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      let stem = "gar-item0-attribution"
      #expect(names == [".csv", ".npy", ".svg", ".txt"].map { stem + $0 })
      #expect([".txt", ".csv", ".npy", ".svg"].allSatisfy(terminal.screen.footer.contains))

      func file(_ suffix: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(folder.path)/\(stem)\(suffix)"))
      }
      let text = String(decoding: try file(".txt"), as: UTF8.self)
      // The key itself takes the message about the head set out of the footer.
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines.dropLast(2) == shown.dropLast())
      #expect(lines.count == shown.count + 1)
      // A header and a line for each of 6 x 8 heads.
      let csv = String(decoding: try file(".csv"), as: UTF8.self).split(separator: "\n")
      #expect(csv.count == 1 + 48)
      let array = try file(".npy")
      #expect(array.starts(with: Data([0x93]) + Data("NUMPY".utf8)))
      #expect(array.count % 64 == 0 && array.count > 48 * 4)
    }

    @Test func anExportThatCannotBeWrittenIsToldAndTheExplorerGoesOn() throws {
      let folder = try TemporaryDirectory()
      // A directory stands where the file is to be; permissions would not stop a superuser.
      try FileManager.default.createDirectory(
        atPath: folder.path + "/gar-item0-attribution.txt", withIntermediateDirectories: false)
      let terminal = try PseudoTerminal.explorer(in: folder.path)
      try terminal.waitUntilSettled()
      let hints = terminal.screen.footer
      try terminal.type("e")
      try terminal.wait(for: "a complaint") {
        $0.footer != hints && $0.footer.contains("gar-item0-attribution.txt cannot be written")
      }
      try terminal.type("q")
      #expect(try terminal.waitForExit() == .exited(0))
    }
  }
}
