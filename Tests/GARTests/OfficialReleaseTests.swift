// Holds the tasks and the wording against the paper's release, where it is at hand.

import Assets
import Foundation
import GAR
import TestSupport
import Testing
import Tokenization

private let releasePath = sharedFile("gar/official/GAR_data.jsonl")

private let landmarksPath = sharedFile("gar/official/landmark_in_country_clean.json")
private let llamaPath = sharedFile("tokenizers/ggml-vocab-llama-spm.gguf")

private struct ReleaseLine: Decodable {
  var taskID: String
  var text: String
  enum CodingKeys: String, CodingKey {
    case taskID = "task_id"
    case text = "texts"
  }
}

private func release() throws -> [ReleaseLine] {
  let path = try #require(releasePath)
  let data = try Data(contentsOf: URL(filePath: path))
  return try data.split(separator: UInt8(ascii: "\n")).map {
    try JSONDecoder().decode(ReleaseLine.self, from: Data($0))
  }
}

@Suite(.enabled(if: releasePath != nil, "../shared/gar/official is absent"))
struct OfficialReleaseTests {
  @Test func ourTasksAreTheReleasesInItsOrder() throws {
    var seen: [String] = []
    for line in try release() where !seen.contains(line.taskID) { seen.append(line.taskID) }
    #expect(GARTask.all.map(\.officialID) == seen)
  }

  @Test func everyTextIsReadAndWrittenBackByteForByte() throws {
    let vocabulary = try Vocabulary(path: Assets.vocabulary)
    let grammar = Grammar(vocabulary: vocabulary)
    let lines = try release()
    #expect(lines.count == 4608)
    for line in lines {
      let (task, pairCount) = try #require(GARTask.parse(officialID: line.taskID))
      guard let parsed = grammar[task].parse(line.text, pairCount: pairCount) else {
        Issue.record("cannot read \(line.taskID): \(line.text)")
        continue
      }
      #expect(parsed.rows.count == 2)
      let rows = parsed.rows.map { row in
        // The wording depends on what is claimed, not on which pair it comes from.
        var written = Row(
          pairs: row.pairs, target: 0, query: row.query,
          candidates: row.pairs.map { _ in row.answer })
        if row.label != nil { written.claim = row.answer }
        written.label = row.label
        return written
      }
      let rendered = grammar[task].render(rows: rows, preamble: parsed.preamble)
      #expect(rendered.text == line.text)
    }
  }

  @Test func theReleaseIsImportedWholeAndTheSolverAgrees() throws {
    let found = try official(given: GivenFacts(path: try #require(landmarksPath)))
    #expect(found.items.count == 4608 && found.exampleCount == 9216)
    #expect(found.renderedExactly == 4608)
    #expect(zip(found.items, try release()).allSatisfy { $0.text == $1.text })
    #expect(found.disagreements == [] && found.contradictions == [])
    // Adjectives and things of which the rows in question alone tell anything.
    #expect(found.undecided.count == 50)
    #expect(found.items.count { $0.partnerID != nil } == 3072)
    let again = try ItemFile(
      bytes: jsonLines(of: found.items), file: "items.jsonl",
      vocabulary: try Vocabulary(path: Assets.vocabulary), isStrict: true)
    #expect(again.problems == [] && again.items == found.items)
  }

  private func official(given: GivenFacts) throws -> OfficialImport {
    let file = try ItemFile(
      path: try #require(releasePath), vocabulary: try Vocabulary(path: Assets.vocabulary),
      given: given)
    #expect(file.problems == [])
    return try #require(file.official)
  }

  /// An example of the release whose ranges are wrong, as the fixture lists it.
  private struct WrongRange: Decodable, Hashable {
    var line: Int
    var row: Int
    var role: String
    var reason: String
  }

  @Test(.enabled(if: llamaPath != nil, "../shared/tokenizers is absent"))
  func tokenRangesAreTheReleasesButForThoseProvablyWrong() throws {
    struct File: Decodable { var wrong: [WrongRange] }
    let fixture = try Data(contentsOf: URL(filePath: fixture("GARTests", "release-ranges.json")))
    let listed = try JSONDecoder().decode(File.self, from: fixture).wrong
    #expect(listed.allSatisfy { !$0.reason.isEmpty })
    let tokenizer = try Tokenizer.load(path: try #require(llamaPath))
    let compared = try official(given: GivenFacts()).compareRoles(tokenizer: tokenizer)
    let comparison = try #require(compared)
    #expect(comparison.compared == 9216)
    #expect(comparison.exact == 9216 - Set(listed.map { [$0.line, $0.row] }).count)
    #expect(
      comparison.differences.map { "\($0.line).\($0.row) \($0.role)" }
        == listed.map { "\($0.line).\($0.row) \($0.role)" })
    // Each has one range too many, which stands inside another name.
    for difference in comparison.differences {
      #expect(difference.ours.allSatisfy(difference.file.contains))
      #expect(difference.file.count == difference.ours.count + 1)
    }
  }

  @Test func theReleasesEntitiesCanBeSwappedInCounterfactuals() throws {
    let found = try official(given: GivenFacts())
    let builtIn = try Vocabulary(path: Assets.vocabulary)
    func share(_ vocabulary: Vocabulary) -> Double {
      let items = found.items.filter { $0.task.form == .generation }
      let able = items.count {
        !counterfactuals(of: $0, vocabulary: vocabulary, kinds: [.otherQuery]).isEmpty
      }
      return Double(able) / Double(items.count)
    }
    #expect(share(builtIn) < 0.8)
    #expect(share(found.vocabulary) > 0.9)
  }
}
