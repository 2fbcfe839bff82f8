// `gar show`: text for people, JSON for programs.

import Foundation
import TestSupport
import Testing

@Suite struct ShowTests {
  private let negated = [
    "show", "--item", "1", "--shots", "0", "--no-preamble", "--forms", "gen", "--polarity", "neg",
    "--schemas", "genders+kinds",
  ]

  @Test func pageHasEverySectionAndNoEscapesOutsideATerminal() throws {
    let text = try gar("show", "--item", "0").output
    for section in [
      "relational loop", "solver", "prompt and roles", "sub-questions", "counterfactuals",
    ] {
      #expect(text.contains("\n\(section)\n"), "\(section)")
    }
    #expect(text.contains("--all-rows shows them"))
    #expect(!text.contains("\u{1B}"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let all = try gar("show", "--item", "0", "--all-rows").output
    #expect(!all.contains("--all-rows") && all.count > text.count)
  }

  @Test func jsonHoldsLoopTokensSolverAndCounterfactuals() throws {
    let object = try gar(negated + ["--json"]).object()
    let loop = try #require(object["loop"] as? [String: Any])
    #expect(loop["negated"] as? Bool == true)
    let pairs = try #require(loop["pairs"] as? [[String: Any]])
    let target = try #require(pairs.first { $0["givesAnswer"] as? Bool == true })
    #expect(target["keyRole"] as? String == "K'" && target["valueRole"] as? String == "V'")
    #expect(target["matchesQuery"] as? Bool == false)
    #expect(target["leadsTo"] as? String == loop["answer"] as? String)
    let solver = try #require(object["solver"] as? [String: Any])
    #expect(solver["agrees"] as? Bool == true)
    let tokens = try #require(object["tokens"] as? [[String: Any]])
    let text = tokens.dropFirst().compactMap { $0["text"] as? String }.joined()
    #expect((tokens.last?["roles"] as? [String])?.last == "END")
    // The same item as `gar generate` gives, and the same tokens as `gar tokenize`.
    let line = try gar(["generate"] + negated.dropFirst(3) + ["--count", "384"]).output
      .split(separator: "\n")[1]
    let item = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(item["prompt"] as? String == text)
    let ids = try gar("tokenize", "--text", text).object()["ids"] as? [Int]
    #expect(ids == tokens.compactMap { $0["id"] as? Int })
    let questions = try #require(object["subQuestions"] as? [[String: Any]])
    let asked = questions.compactMap { $0["kind"] as? String }
    #expect(asked.first == "recall" && asked.last == "exclusion")
    let kinds = (object["counterfactuals"] as? [[String: Any]])?.compactMap {
      $0["kind"] as? String
    }
    #expect(Set(kinds ?? []).isSubset(of: ["otherQuery", "absentQuery"]))
    #expect(object["modelAnswer"] == nil)
  }

  @Test func answerIsTheOneThatEvaluateScores() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/items.jsonl"
    _ = try gar("generate", "--count", "8", "--shots", "0", "--no-preamble", "--out", path)
    var right = 0
    for index in 0..<8 {
      let object = try gar("show", "--item", "\(index)", "--items", path, "--answer", "--json")
        .object()
      let answer = try #require(object["modelAnswer"] as? [String: Any])
      right += answer["all"] as? Bool == true ? 1 : 0
    }
    let accuracy = try gar("evaluate", "--items", path, "--json").object()["accuracy"]
    let all = (accuracy as? [String: [String: Any]])?["all"]?["value"] as? Double
    #expect(all == Double(right) / 8)
  }

  @Test func itemThatIsNotThereIsWrongUsage() throws {
    expectFailure(try gar("show"), status: 2, naming: "--item")
    expectFailure(try gar("show", "--item", "9999"), status: 2, naming: "9999")
  }
}
