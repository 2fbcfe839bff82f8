// Texts with a marked stretch: both ways to mark it, and what is refused.

import Foundation
import GAR
import Testing

@Suite struct MarkedTextTests {
  private func read(_ lines: String...) throws -> [MarkedText] {
    try readMarkedTexts(
      jsonLines: Array(lines.joined(separator: "\n").utf8), file: "texts.jsonl")
  }

  @Test func marksAndRangesSayTheSame() throws {
    let expected = MarkedText(
      id: "1", text: "Is it true that Zürich is in France? No", span: 16..<35, label: false)
    #expect(
      try read(#"{"text":"Is it true that [[Zürich is in France]]? No","label":0}"#)
        == [expected])
    var named = expected
    named.id = "x"
    #expect(
      try read(
        #"{"id":"x","text":"Is it true that Zürich is in France? No","span":[16,35],"label":false}"#
      )
        == [named])
    #expect(try read(#"{"text":"[[a]]"}"#, "", #"{"text":"b [[c]]"}"#).map(\.id) == ["1", "3"])
    #expect(try read(#"{"text":"[[a]]"}"#)[0].label == nil)
  }

  @Test(arguments: [
    (#"{"text":"no mark"}"#, "between [[ and ]]"),
    (#"{"text":"[[a]] [[b]]"}"#, "between [[ and ]]"),
    (#"{"text":"]]a[["}"#, "between [[ and ]]"),
    (#"{"text":"x [[]] y"}"#, "nothing between"),
    (#"{"text":"abc","span":[1]}"#, "[start, end]"),
    (#"{"text":"abc","span":[2,2]}"#, "not be empty"),
    (#"{"text":"abc","span":[0,4]}"#, "0 to 3"),
    (#"{"text":"abc","span":[-1,2]}"#, "0 to 3"),
    (#"{"text":"[[a]]","label":2}"#, "0 or 1"),
    (#"{"text":"[[a]]","label":"yes"}"#, "0 or 1"),
    (#"{"span":[0,1]}"#, "\"text\""),
    (#"{"text":3}"#, "a string"),
    (#"{"text":"#, "not valid JSON"),
    ("", "no items"),
  ])
  func faultsAreNamed(line: String, part: String) {
    let error = #expect(throws: ItemFileError.self) { try read(line) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("texts.jsonl") == true)
  }

  @Test func labelsMustBeOnAllLinesOrNone() {
    let error = #expect(throws: ItemFileError.self) {
      try read(#"{"text":"[[a]]","label":1}"#, #"{"text":"[[b]]"}"#)
    }
    #expect(error?.position?.line == 2)
  }
}
