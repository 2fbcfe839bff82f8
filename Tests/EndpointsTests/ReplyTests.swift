// The forms in which servers give log-probabilities, and how a text's tokens are found in them.

import Endpoints
import JSONText
import Testing

@Suite struct ReplyTests {
  private let question = EndpointQuestion(
    id: "q", prompt: "Ann has a pig. So Ann owns a", answer: "pig", foil: "dog",
    candidates: ["pig", "dog"])

  /// Asks one question of a server that has this one answer to all requests.
  private func ask(
    _ body: String, api: EndpointAPI = .completions, question: EndpointQuestion? = nil
  ) throws -> EndpointAnswers {
    let questions = [question ?? self.question]
    let server = ScriptedServer { _, _ in HTTPReply(status: 200, body: Array(body.utf8)) }
    var settings = try settings()
    settings.api = api
    return try server.run(settings).ask(questions, of: questions)
  }

  private func problem(_ body: String, api: EndpointAPI) throws -> String {
    let error = #expect(throws: EndpointRunError.self) { try ask(body, api: api) }
    return try #require(error).description
  }

  @Test func bothFormsOfListedTokensAreRead() throws {
    let parallel = """
      {"choices":[{"text":" pig.","logprobs":{"tokens":[" pig","."],"token_logprobs":[-0.5,-1],\
      "top_logprobs":[{" pig":-0.5," dog":-2.5},{".":-1}]}}]}
      """
    let content = """
      {"choices":[{"text":" pig.","logprobs":{"content":[{"token":" pig","logprob":-0.5,\
      "bytes":null,"top_logprobs":[{"token":" pig","logprob":-0.5},{"token":" dog",\
      "logprob":-2.5}]},{"token":".","logprob":-1,"top_logprobs":[]}]}}]}
      """
    for body in [parallel, content] {
      let found = try ask(body)
      #expect(found.scoring == .top)
      #expect(
        found.answers == [
          .generated(
            text: " pig.",
            first: [
              ListedToken(text: " pig", logProbability: -0.5),
              ListedToken(text: " dog", logProbability: -2.5),
            ])
        ])
      #expect(found.scores[0].logitDifference == 2)
    }
  }

  @Test func infiniteValuesAreVeryUnlikely() throws {
    let body = """
      {"choices":[{"text":" pig","logprobs":{"tokens":[" pig"],"token_logprobs":[0],\
      "top_logprobs":[{" pig":0," dog":-Infinity}]}}]}
      """
    #expect(try ask(body).scores[0].logitDifference == 9999)
  }

  /// The prompt's own tokens, cut in several ways, lead to the same scores.
  @Test func tokensOfATextAreFound() throws {
    let prompt = ["Ann", " has", " a", " pig", ".", " So", " Ann", " own", "s", " a"]
    for leading in [
      prompt, ["<s>"] + prompt, [" Ann"] + prompt[1...], ["<s>", " Ann"] + prompt[1...],
    ] {
      let found = try score(leading, answers: ["pig": [" p", "ig"], "dog": [" dog"]], question)
      #expect(found.scoring == .echo)
      let score = found.scores[0]
      #expect(score.loss == 0.75 && score.logitDifference == 0.75)
      #expect(score.isAllRight == true && score.isWholeRight == true)
    }
  }

  @Test func tokensOverThePromptsEndAreNotScored() throws {
    let prompt = ["Ann has a pig. So Ann owns"]
    let found = try score(
      prompt, answers: ["pig": [" a pig"], "dog": [" a", " dog"]], question)
    #expect(found.scoring != .echo)
  }

  @Test func theArticleBelongsToTheWholeAnswer() throws {
    var question = question
    question.prompt = "So who owns a pig? the"
    (question.answer, question.candidates, question.articleLength) = ("boy", ["boy", "dog"], 3)
    for (isBest, expected) in [(true, true), (false, false)] {
      let found = try score(
        ["So", " who", " owns", " a", " pig", "?", " the"],
        answers: ["boy": [" boy"], "dog": [" dog"]], question, unlikely: isBest ? [] : [" the"])
      #expect(found.scoring == .echo)
      #expect(found.scores[0].isAllRight == true && found.scores[0].isWholeRight == expected)
    }
  }

  /// A server that cuts texts so. The answer's tokens have -0.5 and -0.25, others -1.25; another
  /// token is likelier than those of wrong answers and `unlikely` ones.
  private func score(
    _ prompt: [String], answers: [String: [String]], _ question: EndpointQuestion,
    unlikely: [String] = []
  ) throws -> EndpointAnswers {
    let server = ScriptedServer { request, _ in
      let isEcho = request.member("echo") != nil
      let answer = answers.keys.first { request.prompt.hasSuffix(" " + $0) } ?? question.answer
      let own = answers[answer] ?? []
      let values = answer == question.answer ? [-0.5, -0.25] : [-1.25]
      let tokens = isEcho ? prompt + own + ["."] : own
      let all = (isEcho ? prompt.map { _ in -0.5 } : []) + values.prefix(own.count) + [-0.5]
      let lists = zip(tokens, all).map { token, value in
        let isWorse = unlikely.contains(token) || value == -1.25
        return JSONValue.object(
          [(token, .double(value))]
            + (isWorse ? [(answers[question.answer]?[0] ?? "", .double(-0.125))] : []))
      }
      let scores = JSONValue.object([
        ("tokens", .array(tokens.map { .string($0) })),
        ("token_logprobs", .array(zip(tokens, all).map { .double($1) })),
        ("top_logprobs", .array(lists)),
      ])
      return .completion(tokens.joined(), logprobs: scores)
    }
    return try server.run(settings()).ask([question], of: [question])
  }

  @Test func otherShapesAreNamed() throws {
    let cases: [(String, EndpointAPI, String)] = [
      ("[]", .chat, "it has no \"choices\""),
      (#"{"error":{"message":"out of luck"}}"#, .chat, "it is an error: out of luck"),
      (#"{"choices":[{}]}"#, .chat, "a choice has no \"message\" with \"content\""),
      (#"{"choices":[{"message":{"content":[]}}]}"#, .chat, "\"content\" is an array"),
      (#"{"choices":[{"message":{"content":"a"}}]}"#, .completions, "a choice has no \"text\""),
      (#"{"choices":[{"text":"a","logprobs":{"tokens":[1]}}]}"#, .completions, "\"logprobs\" has"),
      (
        #"{"choices":[{"text":"a","logprobs":{"tokens":["a"],"token_logprobs":[]}}]}"#,
        .completions, "\"logprobs\" has"
      ),
    ]
    for (body, api, expected) in cases {
      let text = try problem(body, api: api)
      #expect(text.contains(expected), "\(text)")
      #expect(text.hasPrefix("http://stub.test/v1/\(api == .chat ? "chat/" : "")completions: "))
    }
  }
}
