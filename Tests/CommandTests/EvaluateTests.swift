// `gar evaluate`: sub-questions, balanced subsets, several models, and the files it writes.

import Foundation
import TestSupport
import Testing

/// Lines of comma-separated values, by the names in the first one. Fields are quoted where need be.
private func table(_ text: String) -> [[String: String]] {
  var rows: [[String]] = [[]]
  var field = ""
  var isQuoted = false
  for character in text {
    switch character {
    case "\"": isQuoted.toggle()
    case "," where !isQuoted, "\n" where !isQuoted:
      rows[rows.count - 1].append(field)
      field = ""
      if character == "\n" { rows.append([]) }
    default: field.append(character)
    }
  }
  let header = rows[0]
  return rows.dropFirst().filter { $0.count == header.count }
    .map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
}

private func lines(_ text: String) throws -> [[String: Any]] {
  try text.split(separator: "\n").map {
    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
  }
}

private func read(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8)
}

@Suite struct SubQuestionEvaluationTests {
  @Test func theGapFollowsFromTheAnswers() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/scores.jsonl"
    let report = try gar(
      "evaluate", "--count", "60", "--subquestions", "--gap-metric", "candidates", "--json",
      "--scores", path
    ).object()
    var wholes: [String: Bool] = [:]
    var parts: [String: [Bool]] = [:]
    for answer in try lines(try read(path)) {
      let id = try #require(answer["item"] as? String)
      let isRight = try #require(answer["candidates"] as? Bool)
      if answer["kind"] as? String == "item" {
        wholes[id] = isRight
      } else {
        parts[id, default: []].append(isRight)
      }
    }
    #expect(wholes.count == 60)
    let gap = try #require(report["compositionalityGap"] as? [String: Any])
    #expect(gap["metric"] as? String == "accuracy.candidates")
    let all = try #require(gap["all"] as? [String: Any])
    let able = parts.filter { !$0.value.contains(false) }
    #expect(all["items"] as? Int == parts.count)
    #expect(all["partsRight"] as? Int == able.count)
    #expect(all["wholeWrong"] as? Int == able.count { wholes[$0.key] == false })
    let breakdowns = try #require(gap["breakdowns"] as? [String: [String: [String: Any]]])
    #expect(Set(breakdowns.keys) == ["n_r", "polarity", "form", "form, polarity, n_r"])
    for (name, groups) in breakdowns {
      let counts = groups.values.map { $0["partsRight"] as? Int ?? 0 }
      #expect(counts.reduce(0, +) == able.count, "\(name)")
    }
    let kinds = try #require(report["subquestions"] as? [String: [String: Any]])
    #expect(Set(kinds.keys) == ["recall", "knowledge0", "knowledge1", "exclusion"])
    #expect(kinds["recall"]?["count"] as? Int == parts.count)
  }

  @Test func itemsWithoutPartsHaveNoGap() throws {
    let finished = try gar(
      "evaluate", "--count", "8", "--tasks", "0,1", "--subquestions", "--json")
    let gap = try #require(try finished.object()["compositionalityGap"] as? [String: Any])
    let all = try #require(gap["all"] as? [String: Any])
    #expect(all["items"] as? Int == 0 && all["value"] is NSNull)
  }

  @Test func tablesNameThePartsAndTheGap() throws {
    let text = try gar("evaluate", "--count", "24", "--subquestions").output
    for word in ["recall", "knowledge0", "exclusion", "Compositionality gap", "parts right"] {
      #expect(text.contains(word), "\(word)")
    }
  }
}

@Suite struct EvaluationFileTests {
  @Test func filesHoldTheNumbersOfTheJSON() throws {
    let folder = try TemporaryDirectory()
    let (csv, markdown) = (folder.path + "/a.csv", folder.path + "/a.md")
    let finished = try gar(
      "evaluate", "--count", "40", "--json", "--csv", csv, "--markdown", markdown)
    let report = try finished.object()
    let rows = table(try read(csv))
    let accuracy = try #require(report["accuracy"] as? [String: [String: Any]])
    for name in accuracy.keys {
      let row = try #require(
        rows.first { $0["breakdown"] == "all" && $0["metric"] == "accuracy.\(name)" })
      // Digit for digit.
      let share = try ["value", "low", "high"].map { try #require(row[$0]) }
      let text = "{\"value\":\(share[0]),\"interval\":[\(share[1]),\(share[2])],\"count\":40}"
      #expect(finished.output.contains("\"\(name)\":\(text)"), "\(name): \(text)")
      #expect(row["count"] == "40" && row["model"] == "built-in")
    }
    let breakdowns = try #require(report["breakdowns"] as? [String: [String: [String: Any]]])
    for (name, groups) in breakdowns {
      let named = Set(rows.filter { $0["breakdown"] == name }.compactMap { $0["group"] })
      #expect(named == Set(groups.keys), "\(name)")
    }
    let text = try read(markdown)
    #expect(text.hasPrefix("built-in, 40 items\n"))
    for name in breakdowns.keys { #expect(text.contains("### By \(name)\n"), "\(name)") }
    // Every table line has as many cells as its header.
    for block in text.split(separator: "\n\n") where block.hasPrefix("|") {
      let widths = Set(block.split(separator: "\n").map { $0.split(separator: "|").count })
      #expect(widths.count == 1, "\(block)")
    }
  }

  @Test func aHyphenIsStandardOutput() throws {
    let csv = try gar("evaluate", "--count", "12", "--csv", "-").output
    #expect(csv.hasPrefix("model,breakdown,group,metric,value,low,high,count\n"))
    #expect(!csv.contains("built-in, 12 items"))
    let markdown = try gar("evaluate", "--count", "12", "--markdown", "-").output
    #expect(markdown.hasPrefix("built-in, 12 items\n\n|"))
    #expect(try lines(try gar("evaluate", "--count", "12", "--scores", "-").output).count == 12)
  }

  @Test func scoresAreTheSameAsJSONAndAsCSV() throws {
    let folder = try TemporaryDirectory()
    let (json, csv) = (folder.path + "/a.jsonl", folder.path + "/a.csv")
    _ = try gar("evaluate", "--count", "20", "--scores", json)
    _ = try gar("evaluate", "--count", "20", "--scores", csv)
    let objects = try lines(try read(json))
    let rows = table(try read(csv))
    #expect(objects.count == 20 && rows.count == 20)
    for (object, row) in zip(objects, rows) {
      #expect(object["id"] as? String == row["id"])
      #expect(object["all"] as? Bool == (row["all"] == "1"))
      #expect(object["predicted"] as? String == row["predicted"])
      let loss = try #require(object["loss"] as? Double)
      #expect(row["loss"].flatMap(Double.init) == loss)
      // The first choice is the answer's first token exactly if `first` says so.
      let predicted = try #require(object["predicted"] as? String)
      let answer = try #require(object["answer"] as? String)
      if object["first"] as? Bool == true { #expect((" " + answer).hasPrefix(predicted)) }
    }
  }

  @Test func threadsAndOrderChangeNoScore() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/items.jsonl"
    _ = try gar("generate", "--count", "60", "--seed", "3", "--out", path)
    func scores(_ path: String, _ threads: String) throws -> String {
      try gar(
        "evaluate", "--items", path, "--subquestions", "--threads", threads, "--scores", "-"
      ).output
    }
    let plain = try scores(path, "1")
    #expect(try scores(path, "2") == plain)
    let reversed = folder.path + "/reversed.jsonl"
    let items = try read(path).split(separator: "\n").reversed().joined(separator: "\n")
    try items.write(toFile: reversed, atomically: true, encoding: .utf8)
    #expect(
      try scores(reversed, "2").split(separator: "\n").sorted()
        == plain.split(separator: "\n").sorted())
  }

  @Test func nothingIsLeftOfARunThatFails() throws {
    let folder = try TemporaryDirectory()
    let missing = folder.path + "/missing.jsonl"
    expectFailure(
      try gar(
        "evaluate", "--items", missing, "--csv", folder.path + "/a.csv", "--scores",
        folder.path + "/b.jsonl"),
      status: 3, naming: "missing.jsonl")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    expectFailure(
      try gar("evaluate", "--count", "4", "--csv", folder.path + "/none/a.csv"), status: 1,
      naming: "none/a.csv", "cannot be written")
  }

  @Test(arguments: [
    ["--csv", "-", "--json"], ["--csv", "-", "--markdown", "-"], ["--csv", "a", "--scores", "a"],
    ["--stratify"], ["--limit", "4", "--strata", "form"], ["--limit", "0"],
    ["--limit", "4", "--stratify", "--strata", "colour"], ["--gap-metric", "most"],
  ])
  func wrongUsageIsSaid(_ arguments: [String]) throws {
    let finished = try gar(["evaluate"] + arguments)
    #expect(finished.status == 2 && finished.output == "", "\(arguments): \(finished.errors)")
  }
}

@Suite struct EvaluationSetTests {
  @Test func stratifyBalancesAndKeepsPairs() throws {
    let output = try gar(
      "evaluate", "--count", "1200", "--limit", "160", "--stratify", "--scores", "-"
    ).output
    let answers = try lines(output)
    #expect((159...160).contains(answers.count))
    let forms = Dictionary(grouping: answers) { $0["form"] as? String ?? "" }.mapValues(\.count)
    #expect(forms.values.allSatisfy { (64...96).contains($0) }, "\(forms)")
    let halves = answers.compactMap { $0["id"] as? String }.filter { $0.contains("-yes") }
    let ids = Set(answers.compactMap { $0["id"] as? String })
    #expect(halves.count > 20)
    #expect(halves.allSatisfy { ids.contains($0.replacing("-yes", with: "-no")) })
  }

  @Test func severalModelsAreComparedOnTheSameItems() throws {
    let alone = try gar("evaluate", "--count", "30", "--json").object()
    let report = try gar(
      "evaluate", "--count", "30", "--json", "--model", builtInModel, "--model", builtInModel
    ).object()
    let models = try #require(report["models"] as? [[String: Any]])
    #expect(models.count == 2)
    #expect(Set(models.compactMap { $0["model"] as? String }).count == 2)
    for model in models {
      let accuracy = try #require(model["accuracy"] as? [String: [String: Any]])
      let expected = try #require(alone["accuracy"] as? [String: [String: Any]])
      #expect(accuracy["all"]?["value"] as? Double == expected["all"]?["value"] as? Double)
    }
    let comparisons = try #require(report["comparisons"] as? [[String: Any]])
    let accuracy = try #require(comparisons.first?["accuracy"] as? [String: [String: Any]])
    #expect(accuracy["all"]?["difference"] as? Double == 0)
    #expect(accuracy["all"]?["p"] as? Double == 1)
  }

  @Test func modelsThatDifferDoSoInTheirTables() throws {
    let planted = try PlantedModel.write()
    let random = try RandomModel.write(seed: 3)
    let arguments = [
      "evaluate", "--tasks", PlantedModel.task, "--count", "60", "--shots", "0", "--model",
      planted.path, "--model", random.path,
    ]
    let text = try gar(arguments).output
    #expect(text.contains("A = ") && text.contains("B = ") && text.contains("A − B"))
    let rows = table(try gar(arguments + ["--csv", "-"]).output)
    #expect(Set(rows.compactMap { $0["model"] }).count == 2)
    let p = rows.first { $0["breakdown"] == "difference" && $0["metric"] == "accuracy.all.p" }
    #expect((p?["value"].flatMap(Double.init) ?? 1) < 0.001)
    let difference = rows.first {
      $0["breakdown"] == "difference" && $0["metric"] == "accuracy.all"
    }
    #expect((difference?["low"].flatMap(Double.init) ?? 0) > 0.2)
  }

  @Test func aMissingModelIsFoundBeforeAnyIsMeasured() throws {
    expectFailure(
      try gar("evaluate", "--count", "4", "--model", builtInModel, "--model", "/nowhere/model"),
      status: 3, naming: "/nowhere/model")
  }
}
