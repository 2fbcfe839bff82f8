// Wrong usage, help, and interruption: exit statuses and single lines.

import Foundation
import TestSupport
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    (["frobnicate"], "frobnicate"),
    (["--frobnicate"], "--frobnicate"),
    (["inspect", "--frobnicate"], "--frobnicate"),
    (["logits"], "--tokens"),
    (["logits", "--tokens", "1,x"], "'x'"),
    (["logits", "--tokens", "1", "--text", "a"], "--text"),
    (["logits", "--tokens", "1", "--top", "0"], "--top"),
    (["logits", "--tokens", "1", "--ablate", "one"], "'one'"),
    (["logits", "--tokens", "1", "--scale", "3.5"], "'3.5'"),
    (["logits", "--tokens", "1", "--ablate", "3.0", "--scale", "3.0=2"], "3.0"),
    (["logits", "--tokens", "1", "--threads", "0"], "--threads"),
    (["generate", "--count", "0"], "not 0"),
    (["generate", "--count", "many"], "many"),
    (["generate", "--pairs", "1"], "2 pairs"),
    (["generate", "--forms", "essay"], "essay"),
    (["generate", "--schemas", "genders+fish"], "fish"),
    (["generate", "--tasks", "999"], "999"),
    (["evaluate", "--items", "a.jsonl", "--seed", "3"], "--seed"),
    (["attribute"], "--item"),
    (["attribute", "--item", "x", "--target", "3"], "--target"),
    (["attribute", "--item", "100000"], "100000"),
    (["attribute", "--item", "0", "--method", "guess"], "guess"),
    (["attribute", "--tokens", "1,2"], "--target"),
    (["heads", "--candidates", "0"], "--candidates"),
    (["sweep"], "--results"),
    (["sweep", "--results", "a", "--methods", "guess"], "guess"),
    (["sweep", "--results", "a", "--workers", "0"], "--workers"),
    (["sweep", "--results", "a", "--steps", "0"], "--steps"),
    (["results", "export", "a"], "--html"),
    (["results", "merge", "a", "--out", "a"], "--out"),
    (["explore", "--dump"], "--script"),
    (["explore", "--script", "a", "--size", "100"], "100"),
  ])
  func wrongUsageIsOneLineAndStatusTwo(arguments: [String], named: String) throws {
    let finished = try gar(arguments)
    expectFailure(finished, status: 2, naming: named)
  }

  @Test(arguments: [
    "explore", "inspect", "tokenize", "logits", "generate", "evaluate", "attribute", "heads",
    "show", "quiz", "bench", "sweep",
    "results",
  ])
  func everyCommandHasHelpWithAnExampleAndJSON(command: String) throws {
    let finished = try gar(command, "--help")
    #expect(finished.status == 0)
    #expect(finished.errors == "")
    #expect(finished.output.contains("gar \(command)") || command == "explore")
    let lines = finished.output.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "Examples:"))
    let examples = lines[(start + 1)...].prefix { $0 != "" }
    // A line that is too long would be broken and could not be copied.
    #expect(!examples.isEmpty && examples.allSatisfy { $0.hasPrefix("  gar") })
    #expect(finished.output.contains("--json"))
  }

  @Test func helpListsEveryCommandAndVersionIsANumber() throws {
    let help = try gar("--help").output
    for command in ["explore", "inspect", "tokenize", "logits", "generate", "evaluate"] {
      #expect(help.contains("  \(command)"))
    }
    #expect(help.contains("130"))
    let version = try gar("--version")
    #expect(version.status == 0)
    #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test func headThatTheModelLacksIsUnusableInput() throws {
    expectFailure(
      try gar("logits", "--tokens", "1", "--ablate", "6.0"), status: 3, naming: "6.0", "0…5")
  }

  @Test func unwritableFileFailsWithTheSystemsReason() throws {
    expectFailure(
      try gar("logits", "--tokens", "1", "--npy", "/nowhere/a.npy"), status: 1,
      naming: "/nowhere/a.npy", "No such file")
  }
}

@Suite struct InterruptionTests {
  @Test func interruptionEndsWithStatus130AndLeavesNoHalfFile() throws {
    let folder = try TemporaryDirectory()
    let out = folder.path + "/items.jsonl"
    let finished = try gar(
      "generate", "--count", "50000000", "--shots", "5", "--out", out
    ) { process in
      // It is under way once its draft exists.
      let deadline = Date.now.addingTimeInterval(60)
      while try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty {
        try #require(Date.now < deadline && process.isRunning)
        usleep(10_000)
      }
      kill(process.processIdentifier, SIGINT)
    }
    #expect(finished.status == 130, "\(finished.errors)")
    #expect(finished.output == "")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func readerThatHasEnoughEndsTheProgramQuietly() throws {
    let folder = try TemporaryDirectory()
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    let program = try program().path
    shell.arguments = [
      "-c",
      "{ '\(program)' generate --count 50000 2>'\(folder.path)/errors'; "
        + "echo $? >'\(folder.path)/status'; } | head -n 1 >'\(folder.path)/line'",
    ]
    try shell.run()
    shell.waitUntilExit()
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    }
    #expect(try text("status") == "0\n")
    #expect(try text("errors") == "")
    #expect(try text("line").hasPrefix("{\"id\":"))
  }

  @Test func deviceIsWrittenToAndNotReplaced() throws {
    let finished = try gar("generate", "--count", "2", "--out", "/dev/null")
    #expect(finished.status == 0, "\(finished.errors)")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func linkIsKeptAndItsTargetReplaced() throws {
    let folder = try TemporaryDirectory()
    try folder.write("old", to: "target")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: folder.path + "/target")
    let finished = try gar("generate", "--count", "2", "--out", folder.path + "/link")
    #expect(finished.status == 0, "\(finished.errors)")
    let text = try String(contentsOfFile: folder.path + "/target", encoding: .utf8)
    #expect(text.split(separator: "\n").count == 2)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/link")
        == folder.path + "/target")
  }
}
