// Answers are kept as they come, and a later run asks only what is missing.

import Endpoints
import Foundation
import GAR
import TestSupport
import Testing

@Suite struct ResumeTests {
  private let folder: TemporaryDirectory
  private let file: String
  private let items: [EndpointQuestion]

  init() throws {
    folder = try TemporaryDirectory()
    file = folder.path + "/answers.jsonl"
    items = try sampleItems(8)
  }

  private func textServer() -> ScriptedServer {
    let model = KnowingModel(items: items)
    return ScriptedServer { request, _ in model.text(request) }
  }

  private func ask(
    _ server: ScriptedServer, _ asked: [EndpointQuestion]? = nil,
    change: (inout EndpointSettings) -> Void = { _ in }
  ) throws -> EndpointAnswers {
    var settings = try settings()
    settings.concurrency = 1
    change(&settings)
    return try server.run(settings).ask(asked ?? items, of: items, file: file)
  }

  private func lines() throws -> [Substring] {
    try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
  }

  @Test func aSecondRunAsksNothing() throws {
    let first = try ask(textServer())
    #expect(try lines().count == 8)
    let server = textServer()
    let second = try ask(server)
    #expect(server.requests.isEmpty)
    #expect(second.answers == first.answers && second.scores == first.scores)
    #expect(second.api == .completions && second.scoring == .text)
  }

  @Test func onlyWhatIsMissingIsAsked() throws {
    _ = try ask(textServer(), Array(items[..<3]))
    let server = textServer()
    var seen: [Int] = []
    var settings = try settings()
    settings.concurrency = 1
    let found = try server.run(settings).ask(items, of: items, file: file) { done, total in
      #expect(total == 5)
      seen.append(done)
    }
    #expect(seen == [1, 2, 3, 4, 5])
    let asked = Set(server.requests.map(\.prompt)).filter { prompt in
      items[..<3].contains { $0.prompt == prompt }
    }
    #expect(asked == [])
    #expect(found.answers.count == 8 && found.scores.allSatisfy { $0.isAllRight == true })
    #expect(try lines().count == 8)
  }

  @Test func aLineThatWasCutShortIsAskedAgain() throws {
    let whole = try ask(textServer())
    let bytes = try Data(contentsOf: URL(filePath: file))
    try bytes.dropLast(17).write(to: URL(filePath: file))
    let server = textServer()
    let again = try ask(server)
    #expect(again.answers == whole.answers)
    #expect(server.requests.last?.prompt == items[7].prompt)
    #expect(try Data(contentsOf: URL(filePath: file)) == bytes)
  }

  @Test func whatWasAnsweredBeforeAFailureIsKept() throws {
    let model = KnowingModel(items: items)
    let failing = ScriptedServer { request, number in
      number < 5 ? model.text(request) : .failure(400, "this item is too much")
    }
    let error = #expect(throws: EndpointRunError.self) { try ask(failing) }
    // The first item took two requests, to find out what the server understands.
    #expect(try lines().count == 4)
    #expect(error?.answered == 4 && error?.total == 8 && error?.item == items[4].id)
    let text = try #require(error).description
    #expect(text.contains("4 of 8 answers are kept in \(file): run the same command again"))
    #expect(try ask(textServer()).answers.count == 8)
  }

  @Test func withoutAFileTheErrorSaysHowToKeepAnswers() throws {
    let model = KnowingModel(items: items)
    let server = ScriptedServer { request, number in
      number < 6 ? model.text(request) : .failure(400, "no")
    }
    var settings = try settings()
    settings.concurrency = 1
    let error = #expect(throws: EndpointRunError.self) {
      try server.run(settings).ask(items, of: items)
    }
    #expect(error?.description.contains("with --results FILE they are kept") == true)
  }

  @Test func answersToSomethingElseAreRefused() throws {
    _ = try ask(textServer(), Array(items[..<2]))
    func problem(_ change: (inout EndpointSettings) -> Void) throws -> String {
      let error = #expect(throws: AnswerFileError.self) { try ask(textServer(), change: change) }
      return try #require(error).description
    }
    #expect(try problem { $0.api = .chat }.contains("with --api completions, not chat"))
    #expect(try problem { $0.maxTokens = 9 }.contains("with --max-tokens 32, not 9"))
    let others = try sampleItems(8, seed: 12)
    let error = #expect(throws: AnswerFileError.self) {
      try textServer().run(settings()).ask(others, of: others, file: file)
    }
    let expected =
      "\(file), line 1: item \(items[0].id) is not one of those to be asked; "
      + "name another file with --results"
    #expect(error?.description == expected)
    let other = #expect(throws: AnswerFileError.self) {
      try textServer().run(settings(model: "large")).ask(items, of: items, file: file)
    }
    #expect(other?.description.contains("is of the model small, not large") == true)
    #expect(try lines().count == 2)
  }

  @Test func anotherWayOfScoringIsRefused() throws {
    _ = try ask(textServer(), Array(items[..<2]))
    let model = KnowingModel(items: items)
    let server = ScriptedServer { request, _ in model.completion(request) }
    let error = #expect(throws: AnswerFileError.self) { try ask(server) }
    #expect(error?.description.contains("scored by text, and the server now offers echo") == true)
  }

  @Test func brokenLinesAreNamed() throws {
    _ = try ask(textServer(), Array(items[..<2]))
    let good = try String(contentsOfFile: file, encoding: .utf8)
    for line in ["{", "{}", "[]", #"{"id":"a"}"#] {
      try (good + line + "\n").write(to: URL(filePath: file), atomically: true, encoding: .utf8)
      let error = #expect(throws: AnswerFileError.self) { try ask(textServer()) }
      #expect(error?.description.hasPrefix("\(file), line 3: ") == true, "\(line)")
    }
  }

  @Test func aFileInUseIsLeftAlone() throws {
    _ = try ask(textServer(), Array(items[..<2]))
    let other = open(file, O_RDONLY)
    defer { close(other) }
    #expect(flock(other, LOCK_EX) == 0)
    #expect(throws: AnswerFileError.busy(file: file)) { try ask(textServer()) }
  }

  @Test func aFileThatCannotBeMadeIsNamed() throws {
    let path = folder.path + "/none/answers.jsonl"
    let error = #expect(throws: AnswerFileError.self) {
      try textServer().run(settings()).ask(items, of: items, file: path)
    }
    #expect(error?.description.hasPrefix("\(path): cannot be written: ") == true)
  }
}
