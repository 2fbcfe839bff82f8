// Items as JSONL: there and back, and what a broken line says.

import Assets
import Foundation
import GAR
import JSONText
import Testing

@Suite struct ItemFileTests {
  private func items() throws -> [Item] {
    var settings = GenerationSettings()
    settings.count = 768
    settings.pairs = [2, 3, 4]
    settings.shots = 2
    return try ItemGenerator(
      vocabulary: try Vocabulary(path: Assets.vocabulary), settings: settings
    ).items()
  }

  @Test func itemsComeBackAsTheyWere() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "gar-items-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "items.jsonl").path
    let items = try items()
    try writeItems(items, to: path)
    #expect(try readItems(path: path) == items)
  }

  /// What the design promises of a line, read by Foundation.
  @Test func aLineHasTheKeysOfTheDesign() throws {
    struct Line: Decodable {
      struct Task: Decodable {
        var schemas: [String], relations: [String], polarity: String, form: String
        var swapped: Bool, exchanged: Bool, pairs: Int, shots: Int
      }
      struct Row: Decodable {
        var pairs: [[String]], query: String, answer: String, candidates: [String]
        var label: String?
      }
      var id: String, task: Task, rows: [Row], text: String, prompt: String, answer: String
      var foil: String, roles: [[String: [[Int]]]]
    }
    let items = try items()
    let lines = jsonLines(of: items).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == items.count)
    for (line, item) in zip(lines, items) {
      let read = try JSONDecoder().decode(Line.self, from: Data(line))
      #expect(read.id == item.id && read.text == item.text && read.prompt == item.prompt)
      #expect(read.answer == item.answer && read.foil == item.foil)
      #expect(read.task.schemas == item.task.schemas.map(\.rawValue))
      #expect(read.task.pairs == item.pairCount && read.task.shots == 2)
      #expect(read.task.swapped == item.task.isSwapped)
      #expect(read.rows.map(\.pairs) == item.rows.map { $0.pairs.map { [$0.key, $0.value] } })
      #expect(read.rows.map(\.label) == item.rows.map(\.label))
      #expect(
        read.roles.last?["END"]
          == [[item.prompt.unicodeScalars.count - 1, item.prompt.unicodeScalars.count]])
    }
  }

  struct Damage: CustomTestStringConvertible {
    var from: String
    var to: String
    var message: String
    var testDescription: String { message }
  }

  static let damages = [
    Damage(from: "{\"id\"", to: "{id\"", message: "column 2: not valid JSON"),
    Damage(from: "\"id\":", to: "\"ID\":", message: "column 1: the item lacks \"id\""),
    Damage(from: "\"foil\":", to: "\"fool\":", message: "the item lacks \"foil\""),
    Damage(from: "\"query\":", to: "\"q\":", message: "the row lacks \"query\""),
    Damage(
      from: "\"target\":", to: "\"target\":9e9,\"t\":",
      message: "\"target\" is 9000000000 of 3 pairs"),
    Damage(
      from: "\"target\":", to: "\"target\":1.5,\"t\":",
      message: "\"target\" must be a whole number, not a number"),
    Damage(
      from: "\"target\":", to: "\"target\":-1,\"t\":", message: "\"target\" is -1 of 3 pairs"),
    Damage(
      from: "\"candidates\":[", to: "\"candidates\":[\"x\",",
      message: "4 \"candidates\" for 3 pairs"),
    Damage(
      from: "\"END\":[[", to: "\"END\":[[99999999,99999999],[",
      message: "not a range within the text's"),
    Damage(from: "\"END\":[[", to: "\"END\":[[7,7],[", message: "not a range within the text's"),
    Damage(from: "\"END\":", to: "\"AND\":", message: "no role is called \"AND\""),
    Damage(from: "\"roles\":[", to: "\"roles\":[{},", message: "3 entries for 2 rows"),
    Damage(
      from: "\"prompt\":\"", to: "\"prompt\":\"x",
      message: "\"text\" is not \"prompt\", a space, \"answer\" and a line break"),
    Damage(from: "\"polarity\":\"", to: "\"polarity\":\"x", message: "\"polarity\" is neither"),
    Damage(
      from: "\"schemas\":[", to: "\"schemas\":[\"towns\",",
      message: "no schema is called \"towns\""),
    Damage(
      from: "\"schemas\":[", to: "\"schemas\":[\"kinds\",",
      message: "the benchmark has no task with these properties"),
    Damage(from: "\"rows\":[", to: "\"rows\":{},\"r\":[", message: "\"rows\" must be a list"),
  ]

  @Test(arguments: damages) func aBrokenLineIsNamed(_ damage: Damage) throws {
    var settings = GenerationSettings()
    settings.count = 3
    let items = try ItemGenerator(
      vocabulary: try Vocabulary(path: Assets.vocabulary), settings: settings
    ).items()
    var lines = String(decoding: jsonLines(of: items), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    let range = try #require(lines[1].range(of: damage.from))
    lines[1].replaceSubrange(range, with: damage.to)
    let error = try #require(throws: ItemFileError.self) {
      try readItems(jsonLines: Array(lines.joined(separator: "\n").utf8), file: "items.jsonl")
    }
    #expect(error.description.hasPrefix("items.jsonl, line 2, column "), "\(error)")
    #expect(error.description.contains(damage.message), "\(error)")
  }

  @Test func otherTroubleIsNamedToo() throws {
    #expect(throws: ItemFileError.empty(file: "items.jsonl")) {
      try readItems(jsonLines: Array("\n \n".utf8), file: "items.jsonl")
    }
    #expect(
      throws: ItemFileError.unreadable(file: "/nowhere.jsonl", reason: "there is no such file")
    ) { try readItems(path: "/nowhere.jsonl") }
    let items = try items()
    let twice = jsonLines(of: [items[0], items[0]])
    #expect(
      throws: ItemFileError.duplicateID(
        file: "items.jsonl", at: TextPosition(line: 2, column: 1), id: items[0].id)
    ) { try readItems(jsonLines: twice, file: "items.jsonl") }
  }
}
