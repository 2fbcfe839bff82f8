// `gar quiz` with typed answers from a file: judging, keeping, resuming, and the table at the end.

import Foundation
import TestSupport
import Testing

/// A file of items, and what is right to say to each.
private struct Sheet {
  let folder: TemporaryDirectory
  let answers: [String]
  let prompts: [String]
  var path: String { folder.path + "/items.jsonl" }
  var record: String { folder.path + "/answers.jsonl" }

  init(_ count: Int = 6) throws {
    folder = try TemporaryDirectory()
    let path = folder.path + "/items.jsonl"
    _ = try gar("generate", "--count", "\(count)", "--seed", "3", "--out", path)
    let objects = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    answers = objects.compactMap { $0["answer"] as? String }
    prompts = objects.compactMap { $0["prompt"] as? String }
  }

  func quiz(_ input: [String], _ options: String...) throws -> Finished {
    try gar(
      ["quiz", "--items", path] + options, input: input.map { $0 + "\n" }.joined())
  }

  func recordLines() throws -> [String] {
    try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n").map(String.init)
  }
}

/// A wrong answer that is an answer all the same.
private func wrong(_ answer: String) -> String {
  ["Yes": "no", "No": "yes"][answer] ?? "nonsense"
}

@Suite struct QuizTests {
  @Test func everyAnswerRightIsAHundredPercent() throws {
    let sheet = try Sheet()
    let finished = try sheet.quiz(sheet.answers.map { " " + $0.uppercased() + ". " })
    #expect(finished.status == 0, "\(finished.errors)")
    #expect(finished.output.contains("100.0 %"))
    #expect(finished.output.components(separatedBy: "right, ").count == 7)
    #expect(finished.output.contains("over 90 %"))
    for prompt in sheet.prompts {
      // Every word of the prompt is shown, whatever the lines.
      let shown = finished.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(shown.contains(prompt.split(whereSeparator: \.isWhitespace).joined(separator: " ")))
    }
    #expect(finished.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func personAndModelAreCountedOnTheSameItems() throws {
    let sheet = try Sheet()
    // One right, one wrong, one skipped; then the input ends.
    let input = [sheet.answers[0], "s", wrong(sheet.answers[2])]
    let object = try sheet.quiz(input, "--json").object()
    #expect(object["answered"] as? Int == 2 && object["skipped"] as? Int == 1)
    #expect(object["ending"] as? String == "quit" && object["items"] as? Int == 6)
    let all = try #require(object["all"] as? [String: Any])
    #expect((all["person"] as? [String: Any])?["value"] as? Double == 0.5)
    // Wilson's interval of 1 in 2, as SciPy's binomtest(1, 2).proportion_ci(method="wilson") has it.
    let interval = try #require((all["person"] as? [String: Any])?["interval"] as? [Double])
    #expect(abs(interval[0] - 0.0945312) < 1e-6 && abs(interval[1] - 0.9054688) < 1e-6)
    #expect(all["count"] as? Int == 2)
    let answers = try #require(object["answers"] as? [[String: Any]])
    #expect(answers.map { $0["right"] as? Bool } == [true, false])
    // The model's verdicts are those of `gar evaluate` on the same items.
    let breakdowns = try #require(object["breakdowns"] as? [String: [String: [String: Any]]])
    #expect(Set(breakdowns.keys) == ["form", "polarity", "n_r"])
    for groups in breakdowns.values {
      #expect(groups.values.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == 2)
    }
  }

  @Test func modelIsScoredAsEvaluateScoresIt() throws {
    let sheet = try Sheet(12)
    let object = try sheet.quiz(sheet.answers, "--json").object()
    let evaluated = try gar("evaluate", "--items", sheet.path, "--json").object()
    let accuracy = try #require(evaluated["accuracy"] as? [String: [String: Any]])
    let all = try #require(object["all"] as? [String: Any])
    func value(_ key: String) -> Double? { (all[key] as? [String: Any])?["value"] as? Double }
    #expect(value("model") == accuracy["whole"]?["value"] as? Double)
    #expect(value("modelCandidates") == accuracy["candidates"]?["value"] as? Double)
    #expect(value("person") == 1)
  }

  @Test func answersAreJudgedAtOnceUnlessToldNotTo() throws {
    let sheet = try Sheet()
    let input = sheet.answers.map(wrong)
    let judged = try sheet.quiz(input).output
    #expect(judged.components(separatedBy: "wrong: it is ").count == 7)
    for answer in sheet.answers { #expect(judged.contains("it is \(answer)")) }
    let silent = try sheet.quiz(input, "--no-feedback").output
    #expect(!silent.contains("it is ") && silent.contains("0.0 %"))
  }

  @Test func whatIsNoAnswerIsAskedAgain() throws {
    let sheet = try Sheet()
    let index = try #require(sheet.answers.firstIndex { $0 == "Yes" || $0 == "No" })
    let before = Array(sheet.answers[..<index])
    let output = try sheet.quiz(
      before + ["", "perhaps", "?", sheet.answers[index], "q"], "--no-feedback", "--save",
      sheet.record
    ).output
    #expect(output.components(separatedBy: "Yes or No?").count == 3)
    #expect(output.components(separatedBy: "\(index + 1) of 6").count == 3)
    #expect(try sheet.recordLines().count == 1 + index + 1)
  }

  @Test func quizGoesOnWhereItsRecordEnds() throws {
    let sheet = try Sheet()
    _ = try sheet.quiz([sheet.answers[0], "skip", sheet.answers[2], "q"], "--save", sheet.record)
    #expect(try sheet.recordLines().count == 3)
    // The writing of an answer was cut off: it is asked again, the whole ones are kept.
    let whole = try String(contentsOfFile: sheet.record, encoding: .utf8)
    try (whole + "{\"item\":\"3-").write(
      toFile: sheet.record, atomically: true, encoding: .utf8)
    let rest = [1, 3, 4, 5].map { sheet.answers[$0] }
    let object = try sheet.quiz(rest, "--save", sheet.record, "--json").object()
    #expect(object["ending"] as? String == "finished" && object["answered"] as? Int == 6)
    let all = try #require(object["all"] as? [String: Any])
    #expect((all["person"] as? [String: Any])?["value"] as? Double == 1)
    let lines = try sheet.recordLines()
    #expect(lines.count == 7 && lines.starts(with: whole.split(separator: "\n").map(String.init)))
    for line in lines {
      #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
    }
    // Nothing is left to ask.
    let again = try sheet.quiz([], "--save", sheet.record, "--json").object()
    #expect(again["answered"] as? Int == 6 && again["ending"] as? String == "finished")
  }

  @Test func recordsThatDoNotFitAreRefusedAndLeftAlone() throws {
    let sheet = try Sheet()
    func expectRefusal(_ content: String, naming parts: String...) throws {
      try content.write(toFile: sheet.record, atomically: true, encoding: .utf8)
      let finished = try sheet.quiz(["x"], "--save", sheet.record)
      #expect(finished.status == 3 && finished.output == "", "\(content)")
      for part in parts + [sheet.record] {
        #expect(finished.errors.contains(part), "\(finished.errors)")
      }
      #expect(try String(contentsOfFile: sheet.record, encoding: .utf8) == content)
    }
    try expectRefusal("notes of mine", naming: "no record of a quiz")
    try expectRefusal("notes of mine\nand more\n", naming: "no record of a quiz")
    try expectRefusal(
      "{\"quiz\":\"gar\",\"set\":\"0123456789abcdef\",\"items\":6}\n", naming: "other items")
    _ = try? FileManager.default.removeItem(atPath: sheet.record)
    _ = try sheet.quiz([sheet.answers[0], "q"], "--save", sheet.record)
    let good = try String(contentsOfFile: sheet.record, encoding: .utf8)
    let answer = try sheet.recordLines()[1]
    try expectRefusal(good + answer + "\n", naming: "line 3", "answered before")
    try expectRefusal(
      good + "{\"item\":\"none\",\"typed\":\"x\",\"seconds\":1}\n", naming: "\"none\"")
    try expectRefusal(good + "{\"item\":\"none\"}\n", naming: "line 3", "seconds")
    try expectRefusal(good + "{\"item\" 1}\n", naming: "line 3")
    try expectRefusal(
      good + answer.replacingOccurrences(of: "\"seconds\":", with: "\"seconds\":-") + "\n",
      naming: "line 3")
  }

  @Test func generatedItemsAreOfEveryKindAndNoTwoHalvesMeet() throws {
    let folder = try TemporaryDirectory()
    let record = folder.path + "/answers.jsonl"
    let object = try gar(
      "quiz", "--count", "24", "--json", "--save", record,
      input: [String](repeating: "y\n", count: 24).joined()
    ).object()
    let breakdowns = try #require(object["breakdowns"] as? [String: [String: [String: Any]]])
    func counts(_ name: String) -> [Int] {
      (breakdowns[name] ?? [:]).values.compactMap { $0["count"] as? Int }.sorted()
    }
    #expect(counts("form") == [12, 12] && counts("polarity") == [12, 12])
    #expect(counts("n_r") == [8, 8, 8])
    let answers = try #require(object["answers"] as? [[String: Any]])
    let ids = answers.compactMap { $0["item"] as? String }
    let halves = ids.map { $0.replacing("-yes", with: "").replacing("-no", with: "") }
    #expect(Set(halves).count == 24)
    let labels = answers.compactMap { $0["answer"] as? String }.filter {
      ["Yes", "No"].contains($0)
    }
    #expect(labels.count { $0 == "Yes" } == 6 && labels.count == 12)
    // Polarity and n_r must not tell the label: each has a Yes and a No.
    let lines = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let statements = Dictionary(
      grouping: lines.filter { $0["form"] as? String == "classification" }
    ) { "\($0["polarity"] ?? "") \($0["relationCount"] ?? "")" }
    #expect(statements.count == 6)
    for (kind, members) in statements {
      #expect(Set(members.compactMap { $0["answer"] as? String }) == ["Yes", "No"], "\(kind)")
    }
  }

  @Test func limitChoosesFromAFile() throws {
    let sheet = try Sheet(40)
    let object = try sheet.quiz([], "--limit", "12", "--json").object()
    #expect(object["items"] as? Int == 12)
    expectFailure(try sheet.quiz([], "--limit", "0"), status: 2, naming: "--limit")
  }

  @Test func interruptionKeepsTheAnswersAndPrintsTheTable() throws {
    let sheet = try Sheet()
    let input = Pipe()
    let output = Pipe()
    let process = Process()
    process.executableURL = try program()
    process.arguments = ["quiz", "--items", sheet.path, "--save", sheet.record]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["GAR_ASSETS": packageRoot + "/Assets"]
    ) { $1 }
    process.standardInput = input
    process.standardOutput = output
    signal(SIGINT, SIG_DFL)
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data("\(sheet.answers[0])\n".utf8))
    // The second question has been asked once the first answer is kept and judged.
    var text = ""
    while !text.contains("2 of 6") || !text.hasSuffix("answer: ") {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "the quiz ended early: \(text)")
      text += String(decoding: data, as: UTF8.self)
    }
    kill(process.processIdentifier, SIGINT)
    text += String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(text.contains("100.0 %") && text.contains("5 of 6 items are not answered"))
    #expect(try sheet.recordLines().count == 2)
  }
}
