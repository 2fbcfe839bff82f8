// `gar circuit`.

import Foundation
import TestSupport
import Testing

@Suite struct CircuitCommandTests {
  private let item = ["--item", "5", "--seed", "7", "--shots", "0", "--no-preamble"]

  @Test(arguments: ["stepwise", "edges"])
  func circuitOfAnItemIsPrintedAndWritten(method: String) throws {
    let folder = try TemporaryDirectory()
    func path(_ name: String) -> String { folder.path + "/" + name }
    let finished = try gar(
      ["circuit"] + item + [
        "--method", method, "--json", "--save", path("c.json"), "--svg", path("c.svg"), "--dot",
        path("c.dot"), "--csv", path("c.csv"),
      ])
    #expect(finished.status == 0, "\(finished.errors)")
    let circuit = try finished.object()
    let nodes = try #require(circuit["nodes"] as? [[String: Any]])
    let edges = try #require(circuit["edges"] as? [[String: Any]])
    #expect(nodes.contains { $0["site"] as? String == "logits" } && !edges.isEmpty)
    for name in ["c.json", "c.svg", "c.dot", "c.csv"] {
      let text = try String(contentsOfFile: path(name), encoding: .utf8)
      #expect(text.count > 200, "\(name)")
    }
    #expect(try String(contentsOfFile: path("c.json"), encoding: .utf8) == finished.output)
    // The same circuit shares all of itself.
    let same = try gar("circuit", "--intersect", path("c.json"), path("c.json"), "--json").object()
    let heads = try #require(same["heads"] as? [String: Any])
    #expect(heads["jaccard"] as? Double == 1 && heads["shared"] as? Int == heads["first"] as? Int)
    let text = try gar("circuit", "--intersect", path("c.json"), path("c.json"))
    #expect(text.output.contains("by chance"))
  }

  @Test func estimatesAreSetAgainstPatchedEdges() throws {
    let object = try gar(
      ["circuit"] + item + ["--method", "edges", "--exact", "40", "--json"]
    ).object()
    #expect(try #require(object["edgePatchingCorrelation"] as? Double) > 0.5)
  }

  @Test func circuitsAreTracedWithoutACorruptedPrompt() throws {
    let tokens = ["circuit", "--tokens", "0,47,319", "--target", "5", "--foil", "6"]
    expectFailure(try gar(tokens), status: 3, naming: "corrupted prompt", "--reference")
    let finished = try gar(tokens + ["--reference", "zero", "--json"])
    #expect(finished.status == 0, "\(finished.errors)")
    #expect(!(try #require(finished.object()["edges"] as? [Any]).isEmpty))
  }

  @Test func faithfulnessGrowsFromNothingToAll() throws {
    let folder = try TemporaryDirectory()
    let csv = folder.path + "/curve.csv"
    let finished = try gar(
      "circuit", "--all", "--count", "12", "--faithfulness", "--orders", "edges,random",
      "--sizes", "5,20", "--draws", "2", "--json", "--curve-csv", csv)
    #expect(finished.status == 0, "\(finished.errors)")
    let curves = try #require(finished.object()["faithfulness"] as? [[String: Any]])
    #expect(curves.map { $0["order"] as? String } == ["EAP-IG", "random"])
    for curve in curves {
      let points = try #require(curve["points"] as? [[String: Any]])
      #expect(points.map { $0["heads"] as? Int } == [0, 5, 20, 48])
      #expect(points.first?["faithfulness"] as? Double == 0)
      #expect(points.last?["faithfulness"] as? Double == 1)
    }
    let areas = curves.compactMap { $0["area"] as? Double }
    #expect(areas[0] > areas[1] + 0.1, "found heads keep more than random ones: \(areas)")
    #expect(try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n").count == 9)
  }

  @Test func wrongUseIsRefused() throws {
    expectFailure(try gar("circuit"), status: 2, naming: "--item", "--all")
    expectFailure(try gar("circuit", "--item", "1", "--faithfulness"), status: 2, naming: "--all")
    expectFailure(try gar("circuit", "--intersect", "a.json"), status: 2, naming: "two files")
    expectFailure(
      try gar("circuit", "--item", "1", "--intersect", "a", "b"), status: 2, naming: "--intersect")
    expectFailure(
      try gar("circuit", "--all", "--faithfulness", "--orders", "best"), status: 2, naming: "best")
    expectFailure(try gar("circuit", "--item", "1", "--share", "2"), status: 2, naming: "--share")
    expectFailure(
      try gar("circuit", "--intersect", "/nowhere/a.json", "/nowhere/b.json"), status: 3,
      naming: "/nowhere/a.json")
  }
}
