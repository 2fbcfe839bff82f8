// `gar intervene` on a model whose heads are known, and head sets called by name in every command.

import Foundation
import TestSupport
import Testing

@Suite struct InterveneTests {
  private static let items = ["--tasks", PlantedModel.task, "--count", "80"]
  private static let both = "\(PlantedHead.trueHead.rawValue),F\(PlantedHead.falseHead.rawValue)"

  @Test func interveneReportsWhatTheWeightsSay() throws {
    let model = try PlantedModel.write()
    let (csv, svg, npy) = (model.path + "/a.csv", model.path + "/a.svg", model.path + "/a.npy")
    let finished = try gar(
      ["intervene", "--model", model.path, "--heads", Self.both, "--draws", "3", "--json"]
        + ["--strengths", "0,0.5,1,2", "--csv", csv, "--svg", svg, "--npy", npy] + Self.items)
    #expect(finished.status == 0, "\(finished.errors)")
    let report = try finished.object()
    #expect(report["trueHeads"] as? [String] == [PlantedHead.trueHead.rawValue])
    #expect(report["falseHeads"] as? [String] == [PlantedHead.falseHead.rawValue])
    let conditions = try #require(report["conditions"] as? [[String: Any]])
    func after(_ heads: String, _ change: String, _ group: String) throws -> Double {
      let row = conditions.first {
        $0["heads"] as? String == heads && $0["change"] as? String == change
          && $0["group"] as? String == group
      }
      return try #require(row?["after"] as? Double, "\(heads) \(change) \(group)")
    }
    #expect(try after("True", "zero", "yes") == 0)
    #expect(try after("True", "zero", "no") == 1)
    #expect(try after("True", "zero", "all") == 0.5)
    #expect(try after("False", "zero", "no") < 0.5)
    #expect(try after("True, False", "enhance", "all") == 1)
    #expect(try after("True", "strong row", "no") < 1)
    // Three changes of the True heads and of the False heads, and enhancement, each with its control,
    // in three groups.
    #expect(conditions.count == 54)
    let strengths = try #require(report["strengths"] as? [[String: Any]])
    // Four factors; of the rows those up to 1, weak and strong; two kinds of heads, three groups.
    #expect(strengths.count == 60)
    let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 115)
    let columns = lines[0].split(separator: ",").count
    let cells = lines[1].split(separator: ",", omittingEmptySubsequences: false)
    #expect(cells.count == columns)
    #expect(try String(contentsOfFile: svg, encoding: .utf8).hasSuffix("</svg>\n"))
    let array = try Data(contentsOf: URL(filePath: npy))
    // 20 lines of 3 numbers behind a header of 64 or 128 bytes.
    #expect(array.count == 64 + 240 || array.count == 128 + 240)
  }

  @Test func headsAreLookedForWhereNoneAreGiven() throws {
    let model = try PlantedModel.write()
    let finished = try gar(
      ["intervene", "--model", model.path, "--draws", "2", "--pattern", "strong"] + Self.items)
    #expect(finished.status == 0, "\(finished.errors)")
    let title =
      "True head \(PlantedHead.trueHead.rawValue) · "
      + "False head \(PlantedHead.falseHead.rawValue)"
    #expect(finished.output.split(separator: "\n")[0].hasSuffix(title))
    #expect(!finished.output.contains("weak row"))
    #expect(finished.output.split(separator: "\n").allSatisfy { $0.count <= 120 })
  }

  @Test func aSetIsSavedUnderANameAndUsedByIt() throws {
    let model = try PlantedModel.write()
    let home = ["XDG_DATA_HOME": model.path]
    let saved = try gar(
      ["heads", "--model", model.path, "--save", "planted"] + Self.items, environment: home)
    #expect(saved.status == 0 && saved.errors.contains("gar-explorer/heads/planted.json"))
    let file = model.path + "/gar-explorer/heads/planted.json"
    let set = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
        as? [String: Any])
    #expect((set["modelHash"] as? String)?.count == 64)
    let evidence = try #require(set["evidence"] as? [[String: Any]])
    #expect(evidence.contains { $0["head"] as? String == PlantedHead.falseHead.rawValue })

    let statements = ["--forms", "classification", "--shots", "0", "--json"]
    func first(_ options: [String]) throws -> Double {
      let finished = try gar(
        ["evaluate", "--model", model.path] + options + statements + Self.items, environment: home)
      #expect(finished.status == 0, "\(finished.errors)")
      let accuracy = try #require(try finished.object()["accuracy"] as? [String: Any])
      return try #require((accuracy["first"] as? [String: Any])?["value"] as? Double)
    }
    #expect(try first(["--heads", "planted", "--ablate", "true"]) == 0.5)
    #expect(try first(["--heads", file, "--scale", "true=2"]) == 1)
    let (named, listed) = (
      try first(["--heads", "planted", "--ablate", "all"]),
      try first(["--heads", Self.both, "--ablate", "true,false"])
    )
    #expect(named == listed)

    let other = try gar(
      ["evaluate", "--heads", "planted", "--ablate", "true", "--count", "2"], environment: home)
    expectFailure(other, status: 3, naming: file, "another model", "gar heads --save")
    let unknown = try gar(
      ["evaluate", "--heads", "planned", "--ablate", "true", "--count", "2"], environment: home)
    expectFailure(unknown, status: 3, naming: "planned", "known are planted")
  }

  @Test func wrongArgumentsAreNamed() throws {
    expectFailure(
      try gar("evaluate", "--ablate", "true", "--count", "2"), status: 2, naming: "--heads")
    expectFailure(
      try gar("evaluate", "--heads", "3.0", "--count", "2"), status: 2, naming: "--ablate true")
    expectFailure(
      try gar("intervene", "--heads", "3.0,3.0", "--count", "4"), status: 2, naming: "3.0", "twice")
    expectFailure(
      try gar("intervene", "--heads", "3.9", "--count", "4"), status: 3, naming: "3.9", "0…7")
    expectFailure(
      try gar("intervene", "--strengths", "0,x"), status: 2, naming: "--strengths", "'x'")
    expectFailure(try gar("intervene", "--draws", "0"), status: 2, naming: "--draws")
    expectFailure(try gar("intervene", "--npy", "x.npy"), status: 2, naming: "--strengths")
    expectFailure(
      try gar("heads", "--save", "a b", "--count", "4"), status: 2, naming: "'a b'", ".json")
    expectFailure(
      try gar("intervene", "--forms", "generation", "--count", "4"), status: 3,
      naming: "Yes/No pairs", "--heads")
  }

  @Test func tasksChooseItemsOfAFileToo() throws {
    let folder = try TemporaryDirectory()
    let file = folder.path + "/items.jsonl"
    let written = try gar("generate", "--count", "384", "--out", file)
    #expect(written.status == 0, "\(written.errors)")
    let finished = try gar(
      "evaluate", "--items", file, "--tasks", "paper", "--forms", "classification", "--json")
    #expect(finished.status == 0, "\(finished.errors)")
    let items = try #require(try finished.object()["count"] as? Int)
    #expect(items > 20 && items < 150)
    expectFailure(
      try gar("evaluate", "--items", file, "--count", "3"), status: 2, naming: "--count")
  }
}
