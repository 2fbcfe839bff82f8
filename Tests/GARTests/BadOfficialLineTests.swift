// What a broken line of the release's format says, and that the lines behind it are read.

import Assets
import Foundation
import GAR
import JSONText
import TestSupport
import Testing
import Tokenization

@Suite struct BadOfficialLineTests {
  struct Damage: CustomTestStringConvertible, Sendable {
    var from: String
    var to: String
    var message: String
    /// The column is that of the changed text plus this; `nil`: not looked at.
    var column: Int?
    var testDescription: String { "\(from) → \(to)" }
  }

  /// Three lines of "… likes …" with three pairs, one demonstration and token ranges.
  private func lines() throws -> [String] {
    var settings = GenerationSettings()
    settings.count = 3
    settings.schemas = [[.genders, .cities]]
    settings.forms = [.generation]
    settings.polarities = [.affirmative]
    settings.tasks = ["[cxt_len=3]"]
    let items = try ItemGenerator(
      vocabulary: try builtInVocabulary.get(), settings: settings
    ).items().filter { !$0.task.isExchanged }
    let tokenizer = try Tokenizer.load(path: Assets.model)
    return String(decoding: officialLines(of: items, tokenizer: tokenizer), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  private func read(_ lines: [String]) throws -> ItemFile {
    try ItemFile(
      bytes: Array(lines.joined(separator: "\n").utf8), file: "release.jsonl",
      vocabulary: try builtInVocabulary.get())
  }

  static let damages = [
    Damage(from: "{\"task_id\"", to: "{task_id\"", message: "not valid JSON", column: 1),
    Damage(from: "\"ranges\":[", to: "\"ranges\":[[", message: "not valid JSON"),
    Damage(from: "\"task_id\":", to: "\"task\":", message: "the item lacks \"task_id\""),
    Damage(from: "\"texts\":", to: "\"text\":", message: "the item lacks \"texts\""),
    Damage(
      from: "\"texts\":\"", to: "\"texts\":7,\"x\":\"",
      message: "\"texts\" must be a string, not a number", column: 8),
    Damage(
      from: "\"task_id\":\"", to: "\"task_id\":[],\"x\":\"",
      message: "\"task_id\" must be a string, not a list", column: 10),
    Damage(
      from: "rlr_gen[dict", to: "rlr_gem[dict", message: "the nearest known is \"rlr_gen[dict",
      column: -1),
    Damage(from: "cxt_len=3", to: "cxt_len=1", message: "no task has the id"),
    Damage(from: "cxt_len=3", to: "cxt_len=99999999999999999999", message: "no task has the id"),
    Damage(from: "cxt_len=3", to: "cxt_len=2000000000", message: "does not fit its task"),
    Damage(from: "cxt_len=3", to: "cxt_len=4", message: "in a context of 4 pairs"),
    Damage(from: "cxt_len=3", to: "cxt_len=2", message: "in a context of 2 pairs"),
    Damage(from: " likes ", to: " hates ", message: "expected a name and \" likes \""),
    Damage(from: " >. ", to: " > ", message: "found \" ", column: 2),
    Damage(from: "\\n\",", to: "\",", message: "expected a line break, found its end", column: 0),
    Damage(from: "\\n <", to: "\\n<", message: "expected a space before the next row", column: 2),
    Damage(from: "\"END\":[", to: "\"END\":[9999,10000],\"x\":[", message: "out of bounds"),
    Damage(from: "\"END\":[", to: "\"END\":[7,7],\"x\":[", message: "is empty or out of bounds"),
    Damage(from: "\"END\":[", to: "\"END\":[-1,7],\"x\":[", message: "is empty or out of bounds"),
    Damage(from: "\"END\":[", to: "\"END\":[7],\"x\":[", message: "needs a start and an end"),
    Damage(from: "\"END\":[", to: "\"END\":[2,3],\"x\":[", message: "\"END\" does not stand"),
    Damage(from: "\"Q\":[", to: "\"Q\":[2,3],\"x\":[", message: "begins inside the context"),
    Damage(from: "\"R\":null", to: "\"R\":[3,4]", message: "in an affirmative example"),
    Damage(
      from: "\"END\":[", to: "\"END\":[\"7\",8],\"x\":[",
      message: "the start of \"END\" must be a whole number, not a string"),
    Damage(from: "\"END\":", to: "\"ENDE\":", message: "an entry of \"ranges\" lacks \"END\""),
    Damage(from: "\"Q\":", to: "\"A'\":", message: "lacks \"Q\""),
    Damage(from: "\"Q\":[", to: "\"Q\":null,\"A'\":[", message: "must be a list, not null"),
    Damage(from: "\"K'\":[[", to: "\"K'\":[[1,2,", message: "4 starts and 2 ends"),
    Damage(
      from: "\"K'\":[", to: "\"K'\":[[1],[2]],\"A'\":[",
      message: "\"K'\" has 1 entries where its context has 2 such"),
    Damage(
      from: "\"K\":[", to: "\"K\":[[1,3],[2,4]],\"A'\":[",
      message: "\"K\" has 2 entries where its context has one"),
    Damage(
      from: "\"V'\":[[", to: "\"V'\":[[2,6],[9,8]],\"A'\":[[", message: "overlap at token"),
    Damage(from: "\"example\":[1,", to: "\"example\":[9,", message: "lies outside its example"),
    Damage(from: "\"ranges\":[", to: "\"ranges\":[{},", message: "3 entries for 2 rows"),
    Damage(from: "\"ranges\":[", to: "\"ranges\":{},\"x\":[", message: "must be a list"),
    Damage(from: "\"ranges\":[{", to: "\"ranges\":[7,{", message: "3 entries for 2 rows"),
  ]

  @Test(arguments: damages) func aBrokenLineIsNamedAndTheOthersAreRead(_ damage: Damage) throws {
    var lines = try lines()
    let count = lines.count
    try #require(count >= 2)
    let range = try #require(lines[1].range(of: damage.from), "\(lines[1])")
    let place = lines[1][..<range.lowerBound].unicodeScalars.count + 1
    lines[1].replaceSubrange(range, with: damage.to)
    let file = try read(lines)
    try #require(file.problems.count == 1, "\(file.problems)")
    let problem = file.problems[0]
    let position = try #require(problem.position)
    #expect(position.line == 2)
    #expect(
      problem.description.hasPrefix("release.jsonl, line 2, column \(position.column): "))
    #expect(problem.description.contains(damage.message), "\(problem)")
    if let column = damage.column { #expect(position.column == place + column, "\(problem)") }
    #expect(file.items.count == count - 1 && file.items[0].id == "official-1")
  }

  @Test func everyBrokenLineIsListed() throws {
    let good = try lines()
    let broken = Self.damages.compactMap { damage -> String? in
      guard let range = good[0].range(of: damage.from) else { return nil }
      return good[0].replacingCharacters(in: range, with: damage.to)
    }
    #expect(broken.count == Self.damages.count)
    let file = try read([good[0], ""] + broken + [good[1]])
    #expect(file.lineCount == broken.count + 2)
    #expect(file.problems.compactMap(\.position?.line) == Array(3..<(broken.count + 3)))
    #expect(file.items.map(\.id) == ["official-1", "official-\(broken.count + 3)"])
  }

  /// The column is right behind escapes too.
  @Test func aColumnCountsEscapesAsTheyAreWritten() throws {
    let start = "{\"task_id\":\""
    let id = try #require(GARTask.all.first).officialID(pairCount: 2)
    let text =
      "< J\\u00f6rg likes Troms\\ud83d\\ude00. Ann hates Rome. >. So Ann wants to go to Rome\\n"
    let line = "\(start)\(id)\",\"texts\":\"\(text)\"}"
    let problem = try #require(try read([line]).problems.first)
    let expected = try #require(line.range(of: "Ann hates")).lowerBound
    #expect(problem.position?.column == line[..<expected].unicodeScalars.count + 1, "\(problem)")
    #expect(
      problem.description.contains("character 22 expected a name and \" likes \""), "\(problem)")
  }

  /// Without a bound on names and on the tasks that are tried, this would take hours.
  @Test func aLongTextOfAnotherTaskIsRefused() throws {
    let id = try #require(GARTask.all.first).officialID(pairCount: 3)
    let pairs = String(repeating: "A likes B. ", count: 10_000)
    let line = "{\"task_id\":\"\(id)\",\"texts\":\"< \(pairs)>. So A wants to go to B\\n\"}"
    #expect(try read([line]).problems.count == 1)
    let most = line.replacing("cxt_len=3", with: "cxt_len=100000")
    #expect(try read([most]).problems.count == 1)
  }

  @Test func aMarkOfTheEncodingIsNoFault() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(
      "\u{FEFF}" + lines().joined(separator: "\n"), to: "release.jsonl")
    let file = try ItemFile(path: path, vocabulary: try builtInVocabulary.get())
    #expect(file.problems.isEmpty && file.format == .official)
  }

  @Test func aDamagedFirstLineDoesNotDecideTheFormat() throws {
    let file = try read(["{\"prompt\":\"x\",\"rows\":[]}"] + lines())
    #expect(file.format == .official)
    #expect(file.problems.compactMap(\.position?.line) == [1])
  }

  @Test func aTextOfAnotherTaskSaysWhose() throws {
    let tasks = GARTask.all.filter {
      $0.schemaPair == [.genders, .cities] && $0.form == .generation
    }
    let id = try #require(tasks.first { $0.isExchanged && !$0.isNegated }).officialID(pairCount: 2)
    let line =
      "{\"task_id\":\"\(id)\",\"texts\":\"< Jack likes Rome. Ann likes Oslo. >. So Ann wants to go to "
      + "Oslo\\n\"}"
    let problem = try #require(try read([line]).problems.first)
    #expect(problem.description.contains("; it fits rlr_gen["), "\(problem)")
  }

  @Test func otherFilesAreRefused() throws {
    #expect(throws: ItemFileError.empty(file: "release.jsonl")) { try read(["", " "]) }
    let error = try #require(throws: ItemFileError.self) { try read(["{\"a\":1}"]) }
    #expect(error.description.contains("neither an item"), "\(error)")
    #expect(try read(["{", "7"]).problems.count == 2)
  }
}

@Suite struct StrictItemTests {
  private func problems(_ from: String, _ to: String) throws -> [ItemFileError] {
    var settings = GenerationSettings()
    settings.count = 3
    settings.tasks = ["0"]
    let items = try ItemGenerator(
      vocabulary: try builtInVocabulary.get(), settings: settings
    ).items()
    var lines = String(decoding: jsonLines(of: items), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    lines[1] = lines[1].replacingOccurrences(of: from, with: to)
    return try ItemFile(
      bytes: Array(lines.joined(separator: "\n").utf8), file: "items.jsonl",
      vocabulary: try builtInVocabulary.get(), isStrict: true
    ).problems
  }

  @Test func aTextThatItsRowsDoNotGiveIsNamed() throws {
    #expect(try problems("\"zzz\"", "") == [])
    let text = try #require(try problems(" likes ", " loves ").first)
    #expect(text.description.contains("expected \"ikes "), "\(text)")
    let target = try #require(try problems("\"target\":", "\"target\":2,\"was\":").first)
    #expect(target.description.contains("\"answer\" is not") || target.description.contains("role"))
    let role = try #require(try problems("\"Q\":[[", "\"Q\":[[1,2],[").first)
    #expect(role.description.contains("the ranges of role Q of row 0"), "\(role)")
    let id = try #require(try problems("\"id\":\"1-1\"", "\"id\":\"1-0\"").first)
    #expect(id.description.contains("the id \"1-0\" stands here a second time"), "\(id)")
  }
}
