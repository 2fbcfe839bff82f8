// `gar heads` and `gar evaluate` on a model whose True head and False head are known.

import Foundation
import TestSupport
import Testing

@Suite struct PlantedHeadsCommandTests {
  private static let items = ["--tasks", PlantedModel.task, "--count", "200"]

  @Test func headsReportsExactlyThePlantedHeads() throws {
    let model = try PlantedModel.write()
    let saved = model.path + "/heads.json"
    let options = ["--model", model.path, "--json", "--save", saved]
    let finished = try gar(["heads"] + options + Self.items)
    #expect(finished.status == 0, "\(finished.errors)")
    let report = try finished.object()
    #expect(report["pairs"] as? Int == 100 && report["alignedPairs"] as? Int == 100)
    #expect(report["trueHeads"] as? [String] == [PlantedHead.trueHead.rawValue])
    #expect(report["falseHeads"] as? [String] == [PlantedHead.falseHead.rawValue])
    let heads = try #require(report["heads"] as? [[String: Any]])
    #expect(heads.count == 32)
    let kinds = heads.compactMap { $0["kind"] as? String }
    #expect(Set(kinds.prefix(2)) == ["true", "false"])
    #expect(kinds.dropFirst(2).allSatisfy { $0 == "neither" })
    for head in heads.prefix(2) {
      let d = try #require(head["d"] as? Double)
      #expect((head["kind"] as? String == "true") == (d > 0) && abs(d) > 1.9)
      let pair = try #require(head["rolePair"] as? [String: Any])
      #expect(pair["query"] as? String == "A" && pair["key"] as? String == "Q")
    }
    let file = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: saved)))
    let set = try #require(file as? [String: Any])
    #expect(set["trueHeads"] as? [String] == [PlantedHead.trueHead.rawValue])
    #expect(set["falseHeads"] as? [String] == [PlantedHead.falseHead.rawValue])
  }

  @Test func switchingThePlantedHeadsChangesTheReportedAccuracy() throws {
    let model = try PlantedModel.write()
    func accuracy(_ options: String...) throws -> Double {
      let zeroShot = ["--forms", "classification", "--shots", "0"]
      let finished = try gar(
        ["evaluate", "--model", model.path, "--json"] + zeroShot + Self.items + options)
      #expect(finished.status == 0, "\(finished.errors)")
      let report = try finished.object()
      let accuracy = try #require(report["accuracy"] as? [String: Any])
      let first = try #require(accuracy["first"] as? [String: Any])
      return try #require(first["value"] as? Double)
    }
    let base = try accuracy()
    // Without the True head every Yes is lost, and every No stays.
    #expect(try accuracy("--ablate", PlantedHead.trueHead.rawValue) == 0.5)
    #expect(base > 0.8 && base < 1)
    #expect(try accuracy("--scale", "\(PlantedHead.trueHead.rawValue)=2") == 1)
    #expect(try accuracy("--ablate", PlantedHead.silent.rawValue) == base)
  }
}
