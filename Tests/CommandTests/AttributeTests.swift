// `gar attribute`, `gar heads` and `gar bench`.

import Foundation
import TestSupport
import Testing

@Suite struct AttributeTests {
  @Test(arguments: [
    ("attributionPatching", "denoising", "attribution_patching.denoising"),
    ("attribution-patching", "noising", "attribution_patching.noising"),
    ("integratedGradients", "denoising", "integrated_gradients.denoising"),
    ("integratedGradients", "noising", "integrated_gradients.noising"),
    ("zeroBaseline", "denoising", "zero_baseline"),
    ("activationPatching", "denoising", "activation_patching.denoising"),
    ("activationPatching", "noising", "activation_patching.noising"),
    ("ablation", "denoising", "ablation"),
  ])
  func scoresEqualTheReference(method: String, direction: String, name: String) throws {
    for model in ["multihead", "grouped"] {
      let folder = try TemporaryDirectory()
      let run = try ReferenceRun(model)
      let path = folder.path + "/scores.npy"
      let finished = try gar(
        "attribute", "--model", tinyModel(model), "--tokens", run.tokens, "--corrupted",
        run.corrupted, "--target", run.target, "--foil", run.foil, "--method", method,
        "--direction", direction, "--npy", path, "--json")
      #expect(finished.status == 0, "\(finished.errors)")
      let expected = try readReference(
        fixture("InterpretabilityTests", "\(model).safetensors"), name)
      expectEqual(try readNumPy(path), expected, tolerance: 3e-5)
      let scores = try #require(try finished.object()["scores"] as? [[Double]])
      #expect(scores.count == expected.shape[0])
      #expect(scores.allSatisfy { $0.count == expected.shape[1] })
    }
  }

  @Test func itemIsScoredByIndexAndById() throws {
    let byIndex = try gar("attribute", "--item", "3", "--count", "8", "--json")
    let object = try byIndex.object()
    let id = try #require(object["item"] as? String)
    let byID = try gar("attribute", "--item", id, "--count", "8", "--json")
    #expect(byID.output == byIndex.output)
    let top = try #require(object["top"] as? [[String: Any]])
    let sizes = top.map { abs($0["score"] as? Double ?? 0) }
    #expect(sizes == sizes.sorted(by: >))
    let pair = try #require(top[0]["rolePair"] as? [String: Any])
    #expect(pair["query"] is String && pair["key"] is String)
    let attention = try #require(pair["attention"] as? Double)
    #expect((0...1).contains(attention))
  }

  @Test func itemEqualsItsOwnTokens() throws {
    let arguments = ["--forms", "classification", "--count", "2", "--shots", "0", "--json"]
    let object = try gar(["attribute", "--item", "0"] + arguments).object()
    let counterfactual = try #require(object["counterfactual"] as? [String: Any])
    #expect(counterfactual["kind"] as? String == "partner")
    let corrupted = try #require(counterfactual["tokens"] as? [Int])
    let line = try #require(
      try gar(["generate"] + arguments).output.split(separator: "\n").first)
    let item = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    func ids(_ text: String, _ options: String...) throws -> [Int] {
      let object = try gar(["tokenize", "--text", text] + options).object()
      return try #require(object["ids"] as? [Int])
    }
    let answer = try #require(item["answer"] as? String)
    let foil = try #require(item["foil"] as? String)
    let direct = try gar(
      "attribute", "--tokens", joined(try ids(try #require(item["prompt"] as? String))),
      "--corrupted", joined(corrupted), "--target", joined(try ids(" \(answer)", "--no-bos")),
      "--foil", joined(try ids(" \(foil)", "--no-bos")), "--json"
    ).object()
    #expect(direct["scores"] as? [[Double]] == object["scores"] as? [[Double]])
  }

  @Test func promptWithoutACorruptedOneFallsBackAndSaysSo() throws {
    let finished = try gar(
      "attribute", "--tokens", "0,47,319", "--target", "5", "--foil", "6", "--json")
    #expect(finished.status == 0)
    #expect(finished.errors.contains("zeroBaseline is used"))
    #expect(try finished.object()["method"] as? String == "zeroBaseline")
    expectFailure(
      try gar(
        "attribute", "--tokens", "0,47,319", "--target", "5", "--foil", "6", "--method",
        "activationPatching"), status: 3, naming: "no corrupted prompt")
    expectFailure(
      try gar(
        "attribute", "--tokens", "0,47,319", "--corrupted", "0,47", "--target", "5", "--foil", "6"),
      status: 3, naming: "3 tokens", "2")
  }

  /// Estimates with more gradients are nearer to the truth; each is held against exact patching.
  @Test func estimatesCorrelateWithExactPatchingOverASet() throws {
    func correlation(_ method: String) throws -> [String: Any] {
      let object = try gar(
        "attribute", "--all", "--count", "24", "--method", method, "--compare",
        "activationPatching", "--json"
      ).object()
      #expect((object["itemsUsed"] as? Int ?? 0) > 12)
      return try #require(object["correlation"] as? [String: Any])
    }
    let single = try correlation("attributionPatching")
    let integrated = try correlation("integratedGradients")
    #expect((single["layers"] as? [Double])?.count == 6)
    let first = try #require(single["overall"] as? Double)
    let second = try #require(integrated["overall"] as? Double)
    #expect(first > 0.2 && first < second && second > 0.8)
  }

  @Test func filesHoldTheScores() throws {
    let folder = try TemporaryDirectory()
    let (csv, svg) = (folder.path + "/scores.csv", folder.path + "/scores.svg")
    let object = try gar(
      "attribute", "--item", "0", "--count", "2", "--csv", csv, "--svg", svg, "--json"
    ).object()
    let scores = try #require(object["scores"] as? [[Double]])
    let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(lines[0] == "layer,head,score" && lines.count == 49)
    let cells = lines[1 + 3 * 8].split(separator: ",")
    #expect(cells[0] == "3" && cells[1] == "0")
    #expect(abs((Double(cells[2]) ?? 1e9) - scores[3][0]) < 1e-5)
    #expect(try String(contentsOfFile: svg, encoding: .utf8).contains("<title>L3H0 "))
  }

  private func joined(_ ids: [Int]) -> String { ids.map(String.init).joined(separator: ",") }
}

@Suite struct HeadsTests {
  /// The card names 3.0 and 4.6 as the True heads and no False head.
  @Test func trueHeadsAreThoseOfTheCard() throws {
    let folder = try TemporaryDirectory()
    let (set, npy, csv) = (
      folder.path + "/heads.json", folder.path + "/d.npy", folder.path + "/heads.csv"
    )
    let finished = try gar(
      "heads", "--count", "400", "--save", set, "--npy", npy, "--csv", csv, "--json")
    let object = try finished.object()
    let trueHeads = try #require(object["trueHeads"] as? [String])
    #expect(trueHeads.contains("3.0"))
    #expect(Set(trueHeads).isSubset(of: ["3.0", "4.6"]))
    #expect(object["falseHeads"] as? [String] == [])
    let heads = try #require(object["heads"] as? [[String: Any]])
    #expect(heads.count == 48)
    let first = try #require(heads.first { $0["head"] as? String == "3.0" })
    let zeroed = try #require(first["accuracyOnYesZeroed"] as? Double)
    #expect(abs(zeroed - 0.21) < 0.12, "\(zeroed)")
    let d = try #require(first["d"] as? Double)
    #expect(abs(d - 0.162) < 4 * (0.015 + 0.018), "\(d)")
    let array = try readNumPy(npy)
    #expect(array.shape == [6, 8])
    #expect(abs(Double(array.values[3 * 8]) - d) < 1e-6)
    let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 49)
    let saved = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: set)))
        as? [String: Any])
    #expect(saved["trueHeads"] as? [String] == trueHeads)
  }

  @Test func modelWithoutSuchHeadsIsToldSo() throws {
    let text = try gar("heads", "--count", "12").output
    #expect(text.contains("False heads: none"))
    #expect(text.contains("AUROC") && text.contains("99.9 %"))
  }

  @Test func generationItemsHoldNoPairs() throws {
    expectFailure(
      try gar("heads", "--count", "10", "--forms", "generation"), status: 3, naming: "Yes/No pairs")
  }
}
