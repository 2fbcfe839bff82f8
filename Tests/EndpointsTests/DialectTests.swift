// How the way of asking is found: completions or chat, and what of log-probabilities there is.

import Endpoints
import Foundation
import GAR
import JSONText
import Testing

@Suite struct DialectTests {
  private func answers(
    _ server: ScriptedServer, count: Int = 3, api: EndpointAPI? = nil
  ) throws -> EndpointAnswers {
    let items = try sampleItems(count)
    var settings = try settings()
    settings.api = api
    settings.concurrency = 1
    return try server.run(settings).ask(items, of: items)
  }

  @Test func echoIsUsedWhereTheServerHasIt() throws {
    let model = KnowingModel(items: try sampleItems(3))
    let server = ScriptedServer { request, _ in model.completion(request) }
    let found = try answers(server)
    #expect(found.api == .completions && found.scoring == .echo)
    #expect(found.scores.allSatisfy { $0.isWholeRight == true && $0.isBestCandidate == true })
    let first = server.requests[0]
    #expect(first.member("echo")?.bool == true && first.member("max_tokens")?.int == 1)
    #expect(first.member("temperature")?.int == 0)
  }

  /// Like llama-cpp-python with a model that has no BOS: every token has its successor's score.
  @Test func shiftedScoresAreNotBelieved() throws {
    let items = try sampleItems(3)
    let model = KnowingModel(items: items)
    let word = items[0].answer.prefix { $0 != " " }
    let server = ScriptedServer { request, _ in
      let reply = model.completion(request)
      guard request.member("echo")?.bool == true else { return reply }
      let wrong = String(decoding: reply.body, as: UTF8.self)
        .replacing(#"" \#(word)":-0.25"#, with: #"" other":-0.125"#)
      return HTTPReply(status: 200, body: Array(wrong.utf8))
    }
    #expect(try answers(server).scoring == .top)
  }

  @Test func echoThatIsRefusedIsLeftOut() throws {
    let model = KnowingModel(items: try sampleItems(3))
    for status in [400, 422, 500] {
      let server = ScriptedServer { request, _ in
        request.member("echo") == nil
          ? model.completion(request) : .failure(status, "echo with logprobs is not supported")
      }
      let found = try answers(server)
      #expect(found.scoring == .top && found.api == .completions)
      #expect(found.scores.allSatisfy { $0.isFirstRight == true && $0.isAllRight == true })
      #expect(found.scores.allSatisfy { $0.loss == nil && $0.isWholeRight == nil })
      #expect(server.requests.count == 4)
    }
  }

  @Test func fewerTokensAreListedWhereTwentyAreTooMany() throws {
    let model = KnowingModel(items: try sampleItems(3))
    let server = ScriptedServer { request, _ in
      let count = request.member("logprobs")?.int ?? 0
      let isEcho = request.member("echo") != nil
      return isEcho || count > 5
        ? .failure(400, "invalid value for 'logprobs'") : model.completion(request)
    }
    #expect(try answers(server).scoring == .top)
    #expect(server.requests.suffix(3).allSatisfy { $0.member("logprobs")?.int == 5 })
  }

  @Test func textAloneWillDo() throws {
    let model = KnowingModel(items: try sampleItems(3))
    // Servers either pass over what they do not know, or refuse it.
    let ignoring = ScriptedServer { request, _ in model.text(request) }
    let refusing = ScriptedServer { request, _ in
      request.member("logprobs") == nil ? model.text(request) : .failure(400, "unknown field")
    }
    for server in [ignoring, refusing] {
      let found = try answers(server)
      #expect(found.scoring == .text)
      for score in found.scores {
        #expect(score.isAllRight == true && score.isBestCandidate == true)
        #expect(score.isFirstRight == nil && score.logitDifference == nil && score.loss == nil)
      }
      #expect(server.requests.last?.member("logprobs") == nil)
    }
  }

  @Test func chatIsTriedWhereThereAreNoCompletions() throws {
    let server = ScriptedServer { request, _ in
      request.url.hasSuffix("/chat/completions")
        ? .message("Yes.") : .failure(404, "This is a chat model")
    }
    let found = try answers(server)
    #expect(found.api == .chat && found.scoring == .text)
    #expect(server.requests.count == 4)
    #expect(throws: EndpointRunError.self) { try answers(server, api: .completions) }
  }

  @Test func reasoningModelsAreAskedInTheirWords() throws {
    let server = ScriptedServer { request, _ in
      if request.member("max_tokens") != nil {
        return .failure(400, "'max_tokens' is not supported; use 'max_completion_tokens' instead.")
      }
      if request.member("temperature") != nil {
        return .failure(400, "Unsupported value: 'temperature' does not support 0.")
      }
      if request.member("logprobs") != nil {
        return .failure(403, "You are not allowed to request logprobs from this model")
      }
      return .message("<think>Let me see.</think>\n\n**No**")
    }
    let found = try answers(server, count: 1, api: .chat)
    #expect(found.scoring == .text)
    #expect(server.requests.last?.member("max_completion_tokens")?.int == 32)
    #expect(found.scores[0].predictedText == "No**")
  }

  @Test func anAnswerCutOffInItsThoughtsIsAnError() throws {
    let server = ScriptedServer { _, _ in .message("<think>Hmm", finish: "length") }
    let error = #expect(throws: EndpointRunError.self) { try answers(server, api: .chat) }
    #expect(error?.cause == .noAnswer(maxTokens: 32))
    #expect(error?.description.contains("raise --max-tokens") == true)
  }

  @Test func anUnknownModelIsNamedBesideThoseThatThereAre() throws {
    let server = ScriptedServer { request, _ in
      guard request.url.hasSuffix("/models") else { return .failure(404, "no such model") }
      let models = ["large", "tiny"].map { JSONValue.object([("id", .string($0))]) }
      return .ok(.object([("data", .array(models))]))
    }
    let error = #expect(throws: EndpointRunError.self) { try answers(server) }
    #expect(
      error?.description == "http://stub.test/v1/chat/completions: the server has no model small; "
        + "it has large, tiny")
  }

  @Test func addressesAreChecked() throws {
    for (address, kept) in [
      ("http://a.test:80/v1/", "http://a.test:80/v1"),
      ("https://a.test/v1/chat/completions", "https://a.test/v1"),
      ("http://[::1]:8080/v1/completions", "http://[::1]:8080/v1"),
    ] {
      #expect(try EndpointSettings(url: address, model: "m").url == kept)
    }
    let secret = "http://me:sk-secret@a.test/v1"
    for address in ["", "a.test/v1", "ftp://a.test", "http://", "http://a.test/v1?key=1", secret] {
      let error = #expect(throws: EndpointError.self) {
        try EndpointSettings(url: address, model: "m")
      }
      #expect(!"\(String(describing: error))".contains("sk-secret"))
    }
  }

  @Test func aKeyThatCannotBeSentIsRefusedWithoutBeingSaid() throws {
    var settings = try settings()
    let error = #expect(throws: EndpointError.self) {
      try settings.takeKey(from: "K", environment: ["K": "sk-1\r\nX-Other: 2"])
    }
    #expect(error == .badKey(variable: "K") && error?.description.contains("sk-1") == false)
  }
}
