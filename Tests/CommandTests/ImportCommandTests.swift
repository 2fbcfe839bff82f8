// `gar import`, `gar check`, and the release's format wherever a command takes items.

import Foundation
import TestSupport
import Testing

@Suite struct ImportCommandTests {
  private func release(_ folder: TemporaryDirectory, _ options: String...) throws -> String {
    let path = folder.path + "/release.jsonl"
    let finished = try gar(
      ["generate", "--format", "official", "--out", path, "--count", "48"] + options)
    #expect(finished.status == 0, "\(finished.errors)")
    return path
  }

  @Test func importWritesItemsAndReports() throws {
    let folder = try TemporaryDirectory()
    let path = try release(folder, "--model", builtInModel, "--pairs", "4", "--shots", "2")
    let out = folder.path + "/items.jsonl"
    let report = try gar(
      "import", path, "--out", out, "--model", builtInModel, "--json"
    ).object()
    #expect(report["items"] as? Int == 48 && report["renderedExactly"] as? Int == 48)
    #expect(report["examples"] as? Int == 144 && report["rolesExact"] as? Int == 144)
    #expect((report["solverDisagreements"] as? [Any])?.isEmpty == true)
    #expect((report["roleDifferences"] as? [Any])?.isEmpty == true)
    let facts = try #require(report["facts"] as? [String: Int])
    #expect(Set(facts.keys) == ["vocabulary", "file", "testimony", "unknown"])
    let items = try gar("generate", "--count", "48", "--pairs", "4", "--shots", "2").output
    let imported = try String(contentsOfFile: out, encoding: .utf8)
    func texts(_ lines: String) throws -> [String] {
      try lines.split(separator: "\n").map { line in
        let item = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(item?["text"] as? String)
      }
    }
    #expect(try texts(imported) == texts(items))
    #expect(try gar("check", out).status == 0)
  }

  @Test func rangesOfAnotherTokenizerDiffer() throws {
    let folder = try TemporaryDirectory()
    let path = try release(folder, "--model", builtInModel)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    // The first END ends, and the answer behind it begins, one token later.
    let range = try #require(text.firstRange(of: /"END":\[(\d+),(\d+)\]/))
    let bounds = try #require(text[range].firstMatch(of: /(\d+),(\d+)/)).output
    let (start, end) = (try #require(Int(bounds.1)), try #require(Int(bounds.2)))
    let moved = text.replacingCharacters(in: range, with: "\"END\":[\(start - 1),\(end)]")
    let changed = try folder.write(moved, to: "moved.jsonl")
    let report = try gar("import", changed, "--model", builtInModel, "--json").object()
    #expect(report["rolesExact"] as? Int == 95)
    let differences = try #require(report["roleDifferences"] as? [[String: Any]])
    #expect(differences.count == 1 && differences[0]["role"] as? String == "END")
    #expect(differences[0]["line"] as? Int == 1 && differences[0]["row"] as? Int == 0)
    #expect(differences[0]["file"] as? [[Int]] == [[start - 1, end]])
    #expect(differences[0]["ours"] as? [[Int]] == [[start, end]])
    let table = try gar("import", changed, "--model", builtInModel).output
    #expect(table.contains("examples whose roles are exact") && table.contains("END"))
  }

  @Test func disagreementsAreListedWithTheirCause() throws {
    let folder = try TemporaryDirectory()
    let path = try release(folder, "--forms", "class")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let wrong = text.replacing("Yes\\n\"", with: "No\\n\"", maxReplacements: 1)
    let line =
      1
      + text[..<(try #require(text.firstRange(of: "Yes\\n\"")).lowerBound)]
      .count { $0 == "\n" }
    let changed = try folder.write(wrong, to: "wrong.jsonl")
    let report = try gar("import", changed, "--json").object()
    let list = try #require(report["solverDisagreements"] as? [[String: Any]])
    #expect(list.count == 1)
    #expect(list.first?["line"] as? Int == line && list.first?["row"] as? Int == 1)
    #expect(list.first?["cause"] as? String == "label wrong")
    #expect((list.first?["task_id"] as? String)?.hasPrefix("g2c[") == true)
    // It is no broken line.
    let checked = try gar("check", changed)
    #expect(checked.status == 0)
    #expect(checked.output.contains("line \(line), row 1: the solver disagrees: label wrong"))
  }

  @Test func brokenLinesAreAllNamedAndNothingIsWritten() throws {
    let folder = try TemporaryDirectory()
    let lines = try String(contentsOfFile: try release(folder), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    var broken = lines
    broken[4] = "{"
    broken[9] = lines[9].replacing("cxt_len=3", with: "cxt_len=5")
    broken[20] = lines[20].replacing("rlr_gen", with: "rlr")
    let path = try folder.write(broken.joined(separator: "\n"), to: "broken.jsonl")
    let out = folder.path + "/items.jsonl"
    let refused = try gar("import", path, "--out", out)
    #expect(refused.status == 3 && refused.output == "")
    for place in ["line 5, column ", "line 10, column ", "line 21, column "] {
      #expect(refused.errors.contains("\(path), \(place)"), "\(refused.errors)")
    }
    #expect(refused.errors.contains("3 of 48 lines are broken"))
    #expect(!FileManager.default.fileExists(atPath: out))
    let skipped = try gar("import", path, "--out", out, "--skip-broken", "--json")
    #expect(skipped.status == 0)
    #expect(try skipped.object()["items"] as? Int == 45)
    #expect(try skipped.object()["broken"] as? Int == 3)
    #expect(try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n").count == 45)
    expectFailure(try gar("evaluate", "--items", path), status: 3, naming: "line 5")
  }

  @Test func checkListsEveryFileAndGoesOn() throws {
    let folder = try TemporaryDirectory()
    let good = try release(folder)
    let items = try gar("generate", "--count", "3").output.split(separator: "\n")
    let damaged = items[1].replacing("\"query\":", with: "\"q\":", maxReplacements: 1)
    let bad = try folder.write("\(items[0])\n\(damaged)\n7\n\(items[0])\n", to: "items.jsonl")
    let checked = try gar("check", bad, "/nowhere.jsonl", good)
    #expect(checked.status == 3)
    for part in [
      "line 2, column ", "lacks \"query\"", "line 3, column 1", "line 4, column 1",
      "a second time", "1 of 4 lines are right, 3 broken", "/nowhere.jsonl: cannot be read",
      "48 of 48 lines are right, 0 broken",
    ] {
      #expect(checked.output.contains(part), "\(checked.output)")
    }
    let json = try gar("check", bad, good, "--json")
    #expect(json.status == 3)
    let files = try #require(try json.object()["files"] as? [[String: Any]])
    #expect(files.map { $0["format"] as? String } == ["items", "official"])
    let problems = try #require(files[0]["problems"] as? [[String: Any]])
    #expect(problems.map { $0["line"] as? Int } == [2, 3, 4])
    #expect(try gar("check", good).status == 0)
  }

  @Test func ourOwnItemsAreNotImported() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(try gar("generate", "--count", "2").output, to: "items.jsonl")
    expectFailure(try gar("import", path), status: 3, naming: path, "already")
  }

  @Test func commandsTakeTheReleasesFormat() throws {
    let folder = try TemporaryDirectory()
    let path = try release(folder, "--shots", "0", "--no-preamble")
    let out = folder.path + "/items.jsonl"
    #expect(try gar("import", path, "--out", out).status == 0)
    let direct = try gar("evaluate", "--items", path, "--json")
    #expect(direct.status == 0 && !direct.output.isEmpty)
    #expect(try gar("evaluate", "--items", out, "--json").output == direct.output)
    let scores = try gar("attribute", "--items", path, "--item", "official-3", "--json")
    #expect(scores.status == 0, "\(scores.errors)")
    let script = try folder.write("", to: "keys")
    let screen = try gar("explore", "--items", path, "--script", script, "--dump")
    #expect(screen.status == 0 && screen.output.contains("items 48"), "\(screen.output)")
  }

  @Test func officialFormatNeedsNoModelAndOursTakesNone() throws {
    let lines = try gar("generate", "--count", "4", "--format", "official").output
    #expect(lines.split(separator: "\n").count == 4 && !lines.contains("ranges"))
    expectFailure(
      try gar("generate", "--count", "4", "--model", builtInModel), status: 2,
      naming: "--format official")
  }
}

@Suite struct ScoredCommandTests {
  private let rows = """
    \\n< Mary has a dog. John has an apple. >. Mary has dog\\n\
    < Mary has a dog. John has an apple. >. John has [ apple ]\\n\
    < Mary has a cat. John has an apple. >. Mary has a kind of [ animal ]\\n
    """

  @Test func scoredPromptsAreImportedCheckedAndEvaluated() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(
      "{\"task_id\":\"task0\",\"texts\":\"\(rows)\"}\n{\"task_id\":\"task1\",\"texts\":\"\(rows)\"}\n",
      to: "scored.jsonl")
    let out = folder.path + "/out.jsonl"
    let report = try gar("import", path, "--out", out, "--json").object()
    #expect(report["prompts"] as? Int == 2 && report["rows"] as? Int == 6)
    #expect(report["parsedRows"] as? Int == 6 && report["scoredPositions"] as? Int == 4)
    #expect((report["tasks"] as? [Any])?.count == 2)
    #expect(try gar("check", path, out).status == 0)
    let scores = try gar("evaluate", "--items", out, "--json").object()
    #expect(scores["count"] as? Int == 4)
    let accuracy = try #require(scores["accuracy"] as? [String: Any])
    #expect(Set(accuracy.keys) == ["first", "all", "candidates"])
    let groups = try #require(scores["breakdowns"] as? [String: [String: Any]])
    #expect(groups["task"]?.keys.sorted() == ["task0", "task1"])
    #expect(groups["row"]?.keys.sorted() == ["1", "2"])
    #expect(
      try gar("evaluate", "--items", path, "--json").output
        == gar("evaluate", "--items", out, "--json").output)
    expectFailure(
      try gar("attribute", "--items", path, "--item", "0"), status: 3, naming: path,
      "scored answers")
  }

  @Test func brokenBracketsAreListed() throws {
    let folder = try TemporaryDirectory()
    let broken = rows.replacing("apple ]", with: "apple")
    let path = try folder.write(
      "{\"task_id\":\"task0\",\"texts\":\"\(broken)\"}\n", to: "scored.jsonl")
    let checked = try gar("check", path)
    #expect(checked.status == 3 && checked.output.contains("line 1, column "))
    #expect(checked.output.contains("1 opening and 0 closing brackets"))
  }
}
