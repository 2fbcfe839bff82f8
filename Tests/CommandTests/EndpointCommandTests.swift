// `gar evaluate --endpoint`, against a server that the test runs.

import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct EndpointCommandTests {
  private let folder: TemporaryDirectory
  private let items: String
  /// By prompt.
  private let answers: [String: String]

  init() throws {
    folder = try TemporaryDirectory()
    items = folder.path + "/items.jsonl"
    let text = try gar("generate", "--count", "12", "--seed", "3", "--shots", "0").output
    try folder.write(text, to: "items.jsonl")
    var answers: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let item = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let prompt = try #require(item["prompt"] as? String)
      answers[prompt] = item["answer"] as? String
    }
    self.answers = answers
  }

  /// A chat server that knows all answers, except for requests that `unless` answers.
  private func server(
    unless other: @escaping @Sendable (StubRequest) -> StubReply? = { _ in nil }
  ) throws -> StubServer {
    let answers = self.answers
    return try StubServer { request in
      if let reply = other(request) { return reply }
      let messages = request.member("messages") as? [[String: String]]
      let content = messages?.last?["content"] ?? ""
      let answer = answers.first { content.hasSuffix("\n\n" + $0.key) }?.value ?? "?"
      return .text(#"{"choices":[{"message":{"role":"assistant","content":"\#(answer)."}}]}"#)
    }
  }

  private func evaluate(
    _ server: StubServer, _ more: String..., environment: [String: String] = [:],
    whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> Finished {
    try gar(
      [
        "evaluate", "--endpoint", server.url, "--model", "stub", "--api", "chat", "--items", items,
        "--concurrency", "1",
      ] + more, environment: environment, whileRunning: whileRunning)
  }

  @Test func knownMetricsAreReportedAndOthersAreNot() throws {
    let object = try evaluate(try server(), "--json").object()
    #expect(object["model"] as? String == "stub" && object["count"] as? Int == 12)
    let accuracy = try #require(object["accuracy"] as? [String: Any])
    for metric in ["all", "candidates"] {
      let share = try #require(accuracy[metric] as? [String: Any])
      #expect(share["value"] as? Double == 1 && share["count"] as? Int == 12)
    }
    #expect(accuracy["first"] is NSNull && accuracy["whole"] is NSNull)
    #expect(object["loss"] is NSNull && object["logitDifference"] is NSNull)
    let endpoint = try #require(object["endpoint"] as? [String: String])
    #expect(endpoint["api"] == "chat" && endpoint["scoring"] == "text")
    let table = try evaluate(try server()).output
    #expect(table.hasPrefix("stub, 12 items\n") && table.contains("judged by the generated text"))
  }

  @Test func subQuestionsAreAskedToo() throws {
    let server = try server()
    let object = try evaluate(server, "--subquestions", "--json").object()
    #expect(object["compositionalityGap"] != nil)
    #expect(server.requests.count > 24)
  }

  @Test func theKeyIsInNoOutput() throws {
    let key = "sk-secret-0123456789"
    let environment = ["STUB_KEY": key]
    let closed = try StubServer { request in
      let given = request.headers["authorization"] ?? ""
      return .text(#"{"error":{"message":"\#(given) is wrong"}}"#, status: 401)
    }
    let refused = try evaluate(closed, "--key-env", "STUB_KEY", environment: environment)
    expectFailure(refused, status: 3, naming: "401", "STUB_KEY", closed.url)
    #expect(!refused.errors.contains(key))
    #expect(closed.requests.count == 1)
    let open = try server { request in
      request.number == 1 ? .text(#"{"error":"\#(key)"}"#, status: 429) : nil
    }
    let (results, scores) = (folder.path + "/answers.jsonl", folder.path + "/scores.jsonl")
    let finished = try evaluate(
      open, "--key-env", "STUB_KEY", "--results", results, "--scores", scores, "--json",
      environment: environment)
    #expect(finished.status == 0, "\(finished.errors)")
    #expect(open.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(key)" })
    for text in [
      finished.output, finished.errors, try String(contentsOfFile: results, encoding: .utf8),
      try String(contentsOfFile: scores, encoding: .utf8),
    ] {
      #expect(!text.contains(key) && !text.contains("Bearer"))
    }
  }

  @Test func aRunThatFailsGoesOnWhereItStopped() throws {
    let results = folder.path + "/answers.jsonl"
    let failing = try server { $0.number == 5 ? .text("{}", status: 400) : nil }
    let failed = try evaluate(failing, "--results", results)
    expectFailure(
      failed, status: 1, naming: "status 400", "5 of 12 answers are kept in \(results)",
      "run the same command again")
    let rest = try server()
    let finished = try evaluate(rest, "--results", results, "--json")
    #expect(finished.status == 0 && rest.requests.count == 7)
    #expect(try finished.object()["count"] as? Int == 12)
    let whole = try evaluate(rest, "--json")
    let wholeEndpoint = try #require(try whole.object()["endpoint"] as? [String: String])
    #expect(wholeEndpoint["url"] == rest.url)
    #expect(whole.output == finished.output)
  }

  @Test func anInterruptedRunKeepsItsAnswers() throws {
    let results = folder.path + "/answers.jsonl"
    let isStuck = DispatchSemaphore(value: 0)
    let slow = try server { request in
      guard request.number == 4 else { return nil }
      isStuck.signal()
      return .silence
    }
    let stopped = try evaluate(slow, "--results", results) { process in
      #expect(isStuck.wait(timeout: .now() + 60) == .success)
      process.interrupt()
    }
    expectFailure(stopped, status: 130, naming: "interrupted", results)
    #expect(try String(contentsOfFile: results, encoding: .utf8).split(separator: "\n").count == 4)
    let rest = try server()
    #expect(try evaluate(rest, "--results", results).status == 0)
    #expect(rest.requests.count == 8)
  }

  @Test func anotherSetOfItemsIsRefused() throws {
    let results = folder.path + "/answers.jsonl"
    #expect(try evaluate(try server(), "--results", results, "--limit", "2").status == 0)
    let server = try server()
    let finished = try gar(
      "evaluate", "--endpoint", server.url, "--model", "stub", "--api", "chat", "--count", "5",
      "--seed", "9", "--results", results)
    expectFailure(finished, status: 3, naming: results, "line 1", "--results")
    #expect(server.requests.isEmpty)
  }

  @Test func serversThatAreNotThereAreNamed() throws {
    let url = "http://127.0.0.1:\(try StubServer.freePort())/v1"
    let finished = try gar("evaluate", "--endpoint", url, "--model", "stub", "--items", items)
    expectFailure(finished, status: 3, naming: url, "check the address")
  }

  @Test func optionsMustFitTogether() throws {
    let url = "http://127.0.0.1:9/v1"
    let cases: [([String], String)] = [
      (["--api", "chat"], "--endpoint"), (["--results", "a"], "--endpoint"),
      (["--endpoint", url], "--model"), (["--endpoint", "localhost", "--model", "m"], "http://"),
      (["--endpoint", url, "--model", "m", "--concurrency", "0"], "--concurrency"),
      (["--endpoint", url, "--model", "m", "--rate", "0"], "--rate"),
      (["--endpoint", url, "--model", "m", "--timeout", "nan"], "--timeout"),
      (["--endpoint", url, "--model", "m", "--retries", "-1"], "--retries"),
      (["--endpoint", url, "--model", "m", "--ablate", "0.1"], "heads"),
      (["--endpoint", url, "--model", "m", "--threads", "1"], "--threads"),
      (["--endpoint", url, "--model", "m", "--model", "n", "--results", "a"], "one --model"),
    ]
    for (arguments, part) in cases {
      expectFailure(try gar(["evaluate"] + arguments), status: 2, naming: part)
    }
  }
}
