// Holds the tasks and the wording against the paper's release, where it is at hand.

import Assets
import Foundation
import GAR
import TestSupport
import Testing

private let releasePath = sharedFile("gar/official/GAR_data.jsonl")

private struct OfficialLine: Decodable {
  var taskID: String
  var text: String
  enum CodingKeys: String, CodingKey {
    case taskID = "task_id"
    case text = "texts"
  }
}

private func release() throws -> [OfficialLine] {
  let path = try #require(releasePath)
  let data = try Data(contentsOf: URL(filePath: path))
  return try data.split(separator: UInt8(ascii: "\n")).map {
    try JSONDecoder().decode(OfficialLine.self, from: Data($0))
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
}
