// `gar sweep` and `gar results`: what is stored equals what other commands compute, whatever happens
// on the way.

import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Small and quick, with items that have no corrupted prompt among them.
private let setting = ["--count", "24", "--seed", "5", "--shots", "0", "--no-preamble"]

private func sweep(_ path: String, _ methods: String, _ more: String...) throws -> Finished {
  try gar(["sweep", "--results", path, "--methods", methods, "--json"] + setting + more)
}

private func csv(_ path: String) throws -> String {
  let finished = try gar("results", "export", path, "--csv", "-")
  #expect(finished.status == 0, "\(finished.errors)")
  return finished.output
}

/// Of `results export --csv`, by run, item and name.
private func values(_ path: String) throws -> [String: Double] {
  var values: [String: Double] = [:]
  for line in try csv(path).split(separator: "\n").dropFirst() {
    // Settings hold commas in quotes; what is needed stands before and after.
    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
    let end = cells.suffix(6)
    values["\(cells[0]) \(end.dropLast().joined(separator: " "))"] = Double(cells[cells.count - 1])
  }
  return values
}

@Suite struct SweepCommandTests {
  private let folder: TemporaryDirectory
  private let path: String

  init() throws {
    folder = try TemporaryDirectory()
    path = folder.path + "/results.sqlite"
  }

  @Test func storedResultsEqualThoseOfTheOtherCommands() throws {
    let finished = try sweep(path, "answers,attributionPatching,ablation")
    #expect(finished.status == 0, "\(finished.errors)")
    let report = try finished.object()
    let runs = try #require(report["runs"] as? [[String: Any]])
    #expect(runs.map { $0["method"] as? String } == ["answers", "attributionPatching", "ablation"])
    #expect(runs.allSatisfy { $0["done"] as? Int == 24 })
    #expect(report["computed"] as? Int == 72)
    let stored = try values(path)

    let scores = folder.path + "/scores.jsonl"
    let evaluated = try gar(["evaluate", "--json", "--scores", scores] + setting)
    #expect(evaluated.status == 0)
    let lines = try String(contentsOfFile: scores, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 24)
    for (place, line) in lines.enumerated() {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let answer = try #require(object as? [String: Any])
      let id = try #require(answer["item"] as? String)
      #expect(stored["1 \(place) \(id)   all"] == (answer["all"] as? Bool == true ? 1 : 0))
      let difference = try #require(answer["logitDifference"] as? Double)
      #expect(abs((stored["1 \(place) \(id)   logitDifference"] ?? 1e9) - difference) < 1e-5)
    }
    for (run, method) in [(2, "attributionPatching"), (3, "ablation")] {
      let single = try gar(["attribute", "--item", "5", "--method", method, "--json"] + setting)
      let object = try single.object()
      let id = try #require(object["item"] as? String)
      let grid = try #require(object["scores"] as? [[Double]])
      for layer in 0..<6 {
        for head in 0..<8 {
          let value = try #require(stored["\(run) 5 \(id) \(layer) \(head) score"])
          #expect(abs(value - grid[layer][head]) < 1e-6)
        }
      }
    }
  }

  @Test func correlationsAndMeansFollowFromTheStoredScores() throws {
    let report = try sweep(path, "integratedGradients,activationPatching").object()
    let entry = try #require((report["correlations"] as? [[String: Any]])?.first)
    let direct = try gar(
      [
        "attribute", "--all", "--method", "integratedGradients", "--compare",
        "activationPatching", "--json",
      ] + setting
    ).object()
    let expected = try #require(direct["correlation"] as? [String: Any])
    #expect(entry["overall"] as? Double == expected["overall"] as? Double)
    #expect(entry["layers"] as? [Double] == expected["layers"] as? [Double])
    #expect(entry["items"] as? Int == direct["itemsUsed"] as? Int)

    let (all, mean) = (folder.path + "/all.npy", folder.path + "/mean.npy")
    #expect(try gar("results", "export", path, "--run", "1", "--npy", all).status == 0)
    #expect(
      try gar("results", "export", path, "--run", "1", "--npy", mean, "--mean").status == 0)
    let scores = try readNumPy(all), means = try readNumPy(mean)
    #expect(scores.shape == [24, 6, 8] && means.shape == [6, 8])
    for head in 0..<48 {
      let column = (0..<24).map { scores.values[$0 * 48 + head] }.filter { !$0.isNaN }
      let average = column.map(Double.init).reduce(0, +) / Double(column.count)
      #expect(abs(Double(means.values[head]) - average) < 1e-5)
    }
    let unusable = try #require((report["runs"] as? [[String: Any]])?.first?["unusable"] as? Int)
    #expect(unusable == (0..<24).count { scores.values[$0 * 48].isNaN })
    #expect(unusable == 24 - (direct["itemsUsed"] as? Int ?? 0))
  }

  @Test func editsAndStepsAreResultsOfTheirOwn() throws {
    #expect(try sweep(path, "integratedGradients").status == 0)
    let more = try sweep(path, "integratedGradients", "--steps", "2").object()
    #expect(more["computed"] as? Int == 24)
    let edited = try sweep(path, "integratedGradients", "--ablate", "3.0").object()
    #expect(edited["computed"] as? Int == 24)
    let again = try sweep(path, "integratedGradients", "--ablate", "3.0").object()
    #expect(again["computed"] as? Int == 0)
    let list = try gar("results", "list", path).output
    #expect(list.contains("denoising, 5 steps"))
    #expect(list.contains("denoising, 2 steps") && list.contains("3.0 off"))
    let stored = try values(path)
    #expect(
      stored.filter { $0.key.hasPrefix("3 ") && $0.key.hasSuffix(" 3 0 score") }
        .allSatisfy { $0.value == 0 })
  }

  /// The file is killed at moments spread over its work, and read each time.
  @Test func killedSweepLosesAtMostWhatIsInFlight() throws {
    let whole = folder.path + "/whole.sqlite"
    #expect(try sweep(whole, "attributionPatching,activationPatching").status == 0)
    var last = 0
    for round in 0..<8 {
      let finished = try gar(
        [
          "sweep", "--results", path, "--methods", "attributionPatching,activationPatching",
          "--workers", "2",
        ] + setting
      ) { process in
        usleep(useconds_t(60_000 + 23_000 * round))
        kill(process.processIdentifier, SIGKILL)
      }
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let list = try gar("results", "list", path, "--json")
      // It may have been killed before it had entered anything.
      guard list.status == 0 else { continue }
      let runs = try #require(try list.object()["runs"] as? [[String: Any]])
      let done = runs.compactMap { $0["done"] as? Int }.reduce(0, +)
      #expect(done >= last)
      last = done
      if finished.status == 0 { break }
    }
    let rest = try sweep(path, "attributionPatching,activationPatching").object()
    #expect(rest["computed"] as? Int == 48 - last)
    #expect(try csv(path) == csv(whole))
  }

  @Test func interruptedSweepSaysHowToGoOn() throws {
    let items = folder.path + "/items.jsonl"
    #expect(try gar("generate", "--count", "3000", "--out", items).status == 0)
    let finished = try gar(
      "sweep", "--results", path, "--methods", "activationPatching", "--items", items
    ) { process in
      let deadline = Date.now.addingTimeInterval(60)
      while !FileManager.default.fileExists(atPath: path + "-wal") {
        try #require(Date.now < deadline && process.isRunning)
        usleep(10_000)
      }
      usleep(200_000)
      kill(process.processIdentifier, SIGINT)
    }
    expectFailure(finished, status: 130, naming: "of 3000 items are in", "goes on")
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
  }

  @Test func twoProcessesShareOneFile() throws {
    let methods = "answers,attributionPatching,activationPatching"
    let other = TwoRuns()
    let first = try gar(
      ["sweep", "--results", path, "--methods", methods, "--json"] + setting
    ) { _ in other.second = try sweep(path, methods) }
    let second = try #require(other.second)
    #expect(first.status == 0 && second.status == 0, "\(first.errors)\(second.errors)")
    let counts = try [first, second].map { try #require(try $0.object()["computed"] as? Int) }
    #expect(counts.reduce(0, +) == 72, "\(counts)")
    let alone = folder.path + "/alone.sqlite"
    #expect(try sweep(alone, methods).status == 0)
    #expect(try csv(alone) == csv(path))
  }
}

private final class TwoRuns {
  var second: Finished?
}

@Suite struct ResultsCommandTests {
  private let folder: TemporaryDirectory
  private let path: String

  init() throws {
    folder = try TemporaryDirectory()
    path = folder.path + "/results.sqlite"
    #expect(
      try sweep(path, "answers,attributionPatching,activationPatching").status == 0)
  }

  @Test func reportIsOneWellFormedPageWithNothingFromElsewhere() throws {
    let page = folder.path + "/report.html"
    #expect(try gar("results", "export", path, "--html", page).status == 0)
    let data = try Data(contentsOf: URL(filePath: page))
    let reader = PageReader()
    let parser = XMLParser(data: data)
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError)) line \(parser.lineNumber)")
    // A cell for every head of two runs, each with its title.
    #expect(reader.counts["rect"] == 96 && reader.counts["svg"] == 2)
    #expect(reader.outside == [])
    for name in ["script", "link", "img", "iframe"] { #expect(reader.counts[name] == nil) }
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains("gar sweep --results") && text.contains("prefers-color-scheme: dark"))
    #expect(text.contains("@media print") && !text.contains("@import") && !text.contains("url("))
  }

  @Test func tablesHaveTheNumbersOfTheReport() throws {
    let report = try gar("results", "show", path, "--json").object()
    let entry = try #require((report["correlations"] as? [[String: Any]])?.first)
    let overall = String(format: "%.3f", try #require(entry["overall"] as? Double))
    let markdown = try gar("results", "export", path, "--markdown", "-").output
    #expect(markdown.contains("| attribution patching, denoising | activation patching |"))
    #expect(markdown.contains("| \(overall) |"))
    let latex = try gar("results", "export", path, "--latex", "-").output
    #expect(latex.contains(" & \(overall) & ") && latex.contains("\\toprule"))
    #expect(
      latex.components(separatedBy: "\\begin{").count
        == latex.components(separatedBy: "\\end{").count)
    let answers = try #require(
      (report["runs"] as? [[String: Any]])?.first?["answers"] as? [String: Any])
    let share = String(format: "%.1f", 100 * (try #require(answers["all"] as? Double)))
    #expect(markdown.contains("| \(share) % |") && latex.contains("& \(share) \\% &"))
  }

  @Test func itemsComeBackAsTheyWere() throws {
    let items = try gar("results", "export", path, "--run", "1", "--items", "-").output
    let generated = try gar(["generate"] + setting).output
    #expect(items == generated)
  }

  @Test func showOfAnItemIsItsScores() throws {
    let object = try gar("results", "show", path, "--run", "2", "--item", "3", "--json").json()
    let shown = try #require((object as? [[String: Any]])?.first)
    let id = try #require(shown["item"] as? String)
    let direct = try gar(["attribute", "--item", id, "--json"] + setting).object()
    let scores = try #require(direct["scores"] as? [[Double]]).flatMap { $0 }
    #expect(shown["values"] as? [Double] == scores)
    #expect(try gar("results", "show", path, "--run", "1").output.contains("polarity"))
  }

  @Test func mergedFileHoldsBothAndIsOnePart() throws {
    let (other, both) = (folder.path + "/other.sqlite", folder.path + "/both.sqlite")
    #expect(try sweep(other, "zeroBaseline,answers").status == 0)
    let merged = try gar("results", "merge", path, other, "--out", both, "--json").object()
    #expect(merged["added"] as? Int == 96 && merged["known"] as? Int == 24)
    #expect(merged["differing"] as? Int == 0)
    let runs = try #require(
      try gar("results", "list", both, "--json").object()["runs"] as? [[String: Any]])
    #expect(runs.count == 4)
  }

  @Test func wrongFilesAndOptionsAreOneLineEach() throws {
    let text = try folder.write("hello\n", to: "text")
    expectFailure(try sweep(text, "answers"), status: 3, naming: text, "no SQLite database")
    expectFailure(
      try gar("results", "list", text), status: 3, naming: text, "no SQLite database")
    expectFailure(
      try gar("results", "list", folder.path + "/none"), status: 3, naming: "no such file")
    expectFailure(
      try gar("results", "show", path, "--run", "9"), status: 3, naming: "run 9", "list")
    expectFailure(
      try gar("results", "show", path, "--item", "zzz"), status: 3, naming: "zzz")
    expectFailure(try gar("results", "export", path), status: 2, naming: "--csv")
    expectFailure(
      try gar("results", "export", path, "--npy", "-"), status: 2, naming: "--run")
    expectFailure(
      try gar("results", "merge", path, "--out", path), status: 2, naming: "--out")
    expectFailure(
      try gar("sweep", "--results", path, "--methods", "guess"), status: 2, naming: "guess")
    expectFailure(
      try gar("sweep", "--results", "/nowhere/a.sqlite", "--count", "2"), status: 1,
      naming: "/nowhere/a.sqlite")
    let tiny = try gar(
      "sweep", "--results", path, "--model", tinyModel("multihead"), "--count", "2")
    #expect(tiny.status == 3)
  }
}

/// Counts elements, and collects what would be fetched.
private final class PageReader: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]
  var outside: [String] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    counts[name, default: 0] += 1
    for (key, value) in attributes where ["src", "href", "xlink:href", "srcset"].contains(key) {
      outside.append("\(key)=\(value)")
    }
  }
}

@Suite struct StoredExplorerTests {
  @Test func explorerShowsStoredScoresAndMeansAndSaysSo() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/set.sqlite"
    #expect(try sweep(path, "answers,attributionPatching").status == 0)
    let heads = try folder.write(
      #"{"model": "built-in", "trueHeads": [], "falseHeads": []}"#, to: "heads.json")
    func screen(_ keys: String, _ more: String...) throws -> String {
      let script = try folder.write(keys, to: "keys.txt")
      let finished = try gar(
        [
          "explore", "--results", path, "--heads", heads, "--script", script, "--size", "120x30",
          "--dump",
        ] + more)
      #expect(finished.status == 0, "\(finished.errors)")
      return finished.output
    }
    let item = try screen("n")
    #expect(item.contains("from set.sqlite") && item.contains("item 1/24"))
    #expect(item.contains("stored in set.sqlite"))
    let mean = try screen("M")
    let report = try gar("results", "show", path, "--run", "2", "--json").object()
    let run = try #require((report["runs"] as? [[String: Any]])?.first)
    let count = 24 - (try #require(run["unusable"] as? Int))
    #expect(mean.contains("mean of \(count) in set.sqlite"))
    let largest = try #require(run["mean"] as? [[Double]]).joined().map(abs).max() ?? 0
    #expect(mean.contains("±" + String(format: "%.2f", largest)))
    // It stays from item to item, and goes at the second press.
    #expect(try screen("M n").contains("mean of \(count) in set.sqlite"))
    let again = try screen("M M")
    #expect(!again.contains("mean of"))
    // Under an edit the item's scores are computed.
    let edited = try screen(":head<Space>3.0<Enter><Space>")
    #expect(!edited.contains("stored in"))
    expectFailure(
      try gar(
        "explore", "--results", path, "--model", tinyModel("multihead"), "--script",
        try folder.write("n", to: "keys.txt")), status: 3, naming: "set.sqlite", "built-in")
  }
}
