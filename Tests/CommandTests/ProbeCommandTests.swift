// `gar lens`, `gar features` and `gar probe`.

import Foundation
import TestSupport
import Testing

@Suite struct LensCommandTests {
  @Test func theLensIsTheReferencesAtEveryLayerAndPosition() throws {
    let folder = try TemporaryDirectory()
    let run = try ReferenceRun("gemma2")
    let path = folder.path + "/lens"
    let finished = try gar(
      "lens", "--model", tinyModel("gemma2"), "--tokens", run.tokens, "--target", run.target,
      "--foil", run.foil, "--npy", path + ".npy", "--csv", path + ".csv", "--svg", path + ".svg",
      "--json")
    #expect(finished.status == 0, "\(finished.errors)")
    let logits = try readReference(
      fixture("InterpretabilityTests", "lens-gemma2.safetensors"), "logit_lens")
    let (rows, positions, size) = (logits.shape[0], logits.shape[1], logits.shape[2])
    let (target, foil) = (try #require(Int(run.target)), try #require(Int(run.foil)))
    let expected = (0..<rows * positions).map {
      logits.values[$0 * size + target] - logits.values[$0 * size + foil]
    }
    expectEqual(
      try readNumPy(path + ".npy"), Floats(shape: [rows, positions], values: expected),
      tolerance: 3e-5)
    let layers = try #require(try finished.object()["layers"] as? [[[String: Any]]])
    #expect(layers.count == rows && layers.allSatisfy { $0.count == positions })
    let last = try #require(layers.last?.last)
    let answer = try #require(last["answer"] as? [String: Any])
    #expect(answer["id"] as? Int == target && answer["rank"] as? Int == 1)
    let csv = try String(contentsOfFile: path + ".csv", encoding: .utf8)
    #expect(csv.split(separator: "\n").count == 1 + rows * positions)
    let svg = try String(contentsOfFile: path + ".svg", encoding: .utf8)
    #expect(
      svg.contains("<svg") && svg.components(separatedBy: "<rect").count == 2 + expected.count)
  }

  @Test func anItemsAnswerIsFollowedThroughTheLayers() throws {
    let item = ["--item", "0", "--seed", "7", "--shots", "0", "--no-preamble"]
    let finished = try gar(["lens"] + item + ["--top", "2"])
    #expect(finished.status == 0, "\(finished.errors)")
    for part in ["L0", "L6", "rank", "logit diff", "<s>"] {
      #expect(finished.output.contains(part), "\(part)")
    }
    #expect(finished.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let plain = try gar(["lens"] + item + ["--json"]).output
    let ablated = try gar(["lens"] + item + ["--json", "--ablate", "5.6"]).output
    #expect(plain != ablated)
  }

  @Test func wrongQuestionsAreUsageErrors() throws {
    let tiny = ["lens", "--model", tinyModel("multihead")]
    expectFailure(try gar(tiny), status: 2, naming: "--item", "--tokens")
    expectFailure(
      try gar(tiny + ["--tokens", "1,2", "--value", "rank"]), status: 2, naming: "--target")
    expectFailure(
      try gar(tiny + ["--tokens", "1,2", "--position", "2"]), status: 2, naming: "0 to 1")
    expectFailure(
      try gar(tiny + ["--tokens", "1,2", "--layers", "3"]), status: 2, naming: "0 to 2")
    expectFailure(
      try gar(tiny + ["--tokens", "1,2", "--target", "61"]), status: 3, naming: "61")
  }
}

@Suite struct ProbeCommandTests {
  /// Features with a label: the first head tells it, the second does not.
  private func write(_ name: String, to folder: TemporaryDirectory, rows: Int = 80) throws -> String
  {
    var random = SeededGenerator(seed: UInt64(name.utf8.reduce(0) { $0 + Int($1) }))
    var text = "\"(15,51)\",\"(14,0)\",label\n"
    for row in 0..<rows {
      let noise = Double.random(in: -0.5...0.5, using: &random)
      let other = Double.random(in: -1...1, using: &random)
      text += "\((row % 2 == 0 ? 0.7 : -0.7) + noise),\(other),\(1 - row % 2)\n"
    }
    try folder.write(text, to: name)
    return folder.path + "/" + name
  }

  private func accuracy(_ object: [String: Any], _ kind: String) throws -> Double {
    try #require((object[kind] as? [String: Any])?["accuracy"] as? Double)
  }

  @Test func bothProbesAreReportedWithTheirEvidence() throws {
    let folder = try TemporaryDirectory()
    let file = try write("cities.csv", to: folder)
    let finished = try gar("probe", file, "--epochs", "60", "--rate", "0.01", "--json")
    #expect(finished.status == 0, "\(finished.errors)")
    let object = try finished.object()
    for kind in ["mlp", "logistic"] {
      #expect(try accuracy(object, kind) > 0.95)
      let probe = try #require(object[kind] as? [String: Any])
      #expect((probe["folds"] as? [[Any]])?.map(\.count) == [5, 5, 5, 5, 5])
      #expect(probe["confusion"] is [String: Int] && probe["auroc"] is Double)
    }
    #expect(object["majorityRate"] as? Double == 0.5)
    let heads = try #require(object["singleHeads"] as? [String: [String: Any]])
    #expect(Set(heads.keys) == ["15.51", "14.0"])
    let one = try gar("probe", file, "--heads", "14.0", "--seeds", "1", "--json").object()
    #expect(try accuracy(one, "mlp") < 0.75)
    let text = try gar("probe", file, "--seeds", "1")
    #expect(text.output.contains("network") && text.output.contains("one head alone"))
    #expect(text.output == (try gar("probe", file, "--seeds", "1")).output)
  }

  @Test func aProbeIsSavedLoadedAndTransferred() throws {
    let folder = try TemporaryDirectory()
    let (first, second) = (
      try write("cities.csv", to: folder), try write("companies.csv", to: folder)
    )
    let saved = folder.path + "/probe.json", answers = folder.path + "/answers.csv"
    let training = ["--epochs", "60", "--rate", "0.01", "--seeds", "1"]
    #expect(try gar(["probe", first, "--save", saved] + training).status == 0)
    let applied = try gar(
      "probe", second, "--load", saved, "--predictions", answers, "--json")
    #expect(applied.status == 0, "\(applied.errors)")
    #expect(try accuracy(try applied.object(), "mlp") > 0.95)
    let lines = try String(contentsOfFile: answers, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 81 && lines[0].hasPrefix("row,mlp"))
    let csv = folder.path + "/table.csv", markdown = folder.path + "/table.md"
    let transfer = try gar(
      ["probe", first, second, "--transfer", "--json", "--csv", csv, "--markdown", markdown]
        + training
    ).object()
    let rows = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(rows.count == 1 + 2 * 4 + 2 * 2 && rows[1].hasPrefix("cities,cities,network,80,"))
    #expect(try String(contentsOfFile: markdown, encoding: .utf8).contains("| cities |"))
    let cells = try #require(transfer["transfer"] as? [[String: Any]])
    #expect(cells.count == 4)
    for cell in cells { #expect(try accuracy(cell, "logistic") > 0.95) }
    #expect((transfer["datasets"] as? [Any])?.count == 2)
  }

  @Test func filesThatCannotBeUsedAreNamed() throws {
    let folder = try TemporaryDirectory()
    try folder.write("15.51\n0.5\n0.25\n", to: "unlabelled.csv")
    try folder.write("15.51,label\n0.5,1\nx,0\n", to: "words.csv")
    try folder.write("15.51,label\n0.5,1\n0.25,1\n", to: "one.csv")
    let path = folder.path
    expectFailure(
      try gar("probe", path + "/unlabelled.csv"), status: 3, naming: "unlabelled.csv", "label")
    expectFailure(
      try gar("probe", path + "/words.csv"), status: 3, naming: "words.csv, line 3, column 1")
    expectFailure(try gar("probe", path + "/one.csv"), status: 3, naming: "one.csv")
    expectFailure(try gar("probe", "/nowhere.csv"), status: 3, naming: "/nowhere.csv")
    expectFailure(try gar("probe", path), status: 3, naming: "directory")
    expectFailure(try gar("probe"), status: 2, naming: "file")
    let good = try write("cities.csv", to: folder)
    expectFailure(
      try gar("probe", good, "--heads", "9.9"), status: 3, naming: "9.9", "cities.csv")
    expectFailure(try gar("probe", good, "--heads", "x"), status: 2, naming: "--heads")
    expectFailure(try gar("probe", good, "--transfer"), status: 2, naming: "--transfer")
    expectFailure(
      try gar("probe", good, "--load", good), status: 3, naming: "cities.csv", "probe")
  }
}

@Suite struct FeaturesCommandTests {
  @Test func itemsGiveFeaturesThatAProbeReads() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/features.csv"
    let finished = try gar(
      "features", "--count", "60", "--heads", "3.0,4.6", "--out", path, "--json")
    #expect(finished.status == 0, "\(finished.errors)")
    #expect(try finished.object()["count"] as? Int == 60)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 61 && lines[0] == "\"(3,0)\",\"(4,6)\",label")
    #expect(lines.dropFirst().count { $0.hasSuffix(",1") } == 30)
    #expect(try gar("probe", path, "--seeds", "1", "--json").status == 0)
    let printed = try gar("features", "--count", "60", "--heads", "3.0,4.6")
    #expect(printed.output == (try String(contentsOfFile: path, encoding: .utf8)))
  }

  @Test func textsAreReadWithTheirMarks() throws {
    let folder = try TemporaryDirectory()
    let whole = #"{"text":"< Mary has dog. >. [[So Mary owns dog]]. Answer:","label":1}"#
    let range = #"{"text":"< Mary has dog. >. So Mary owns dog. Answer:","span":[19,35],"label":0}"#
    try folder.write(whole + "\n" + range + "\n", to: "texts.jsonl")
    let finished = try gar(
      "features", "--texts", folder.path + "/texts.jsonl", "--heads", "0.0,5.6")
    let lines = finished.output.split(separator: "\n")
    #expect(finished.status == 0 && lines.count == 3, "\(finished.errors)")
    #expect(lines[1].dropLast(2) == lines[2].dropLast(2))
    #expect(lines[1].hasSuffix(",1") && lines[2].hasSuffix(",0"))
  }

  @Test func nothingIsLeftOfAFileThatCannotBeFinished() throws {
    let folder = try TemporaryDirectory()
    try folder.write(#"{"text":"no mark"}"#, to: "texts.jsonl")
    let out = folder.path + "/out.csv"
    expectFailure(
      try gar("features", "--texts", folder.path + "/texts.jsonl", "--out", out), status: 3,
      naming: "texts.jsonl", "line 1")
    expectFailure(
      try gar("features", "--forms", "generation", "--out", out), status: 3, naming: "statement")
    expectFailure(
      try gar("features", "--heads", "6.0", "--out", out), status: 3, naming: "6.0")
    expectFailure(
      try gar("features", "--texts", "x", "--count", "3"), status: 2, naming: "--count")
    #expect(!FileManager.default.fileExists(atPath: out))
  }
}
