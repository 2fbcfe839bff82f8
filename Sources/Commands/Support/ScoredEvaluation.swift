// How well a model fills the scored positions of prompts with bracketed answers: by task and by row.

import Engine
import GAR
import Interpretability
import JSONText
import Tokenization

/// The scores of a file of scored prompts.
struct ScoredEvaluation {
  /// One for each scored position.
  private(set) var entries: [(task: String, row: Int, score: AnswerScore)] = []
  private let arithmetic: Arithmetic

  /// - Throws: `ItemFileError` for a broken line; `ItemError`, naming the prompt that the tokenizer or
  ///   the model's context refuses.
  init(
    _ prompts: [ScoredPrompt], _ loaded: LoadedModel, interventions: [Intervention]
  ) throws {
    arithmetic = loaded.arithmetic
    let tokenizer = try loaded.requireTokenizer()
    var questions: [Question] = []
    var places: [(String, Int)] = []
    for prompt in prompts {
      for row in prompt.rows.indices where prompt.rows[row].isScored {
        do {
          let question = try Question(prompt, row: row, tokenizer: tokenizer)
          try loaded.model.check(question.tokens + question.answer.dropLast())
          questions.append(question)
        } catch {
          throw ItemError(item: prompt.id, cause: error)
        }
        places.append((prompt.taskID, row))
      }
    }
    let progress = ProgressBar("evaluating", unit: "answers")
    var scores = [AnswerScore](repeating: AnswerScore(), count: questions.count)
    var done = 0
    try loaded.model.evaluate(
      questions, interventions: interventions, arithmetic: arithmetic
    ) { index, score in
      scores[index] = score
      done += 1
      progress.update(done, questions.count)
    }
    entries = zip(places, scores).map { (task: $0.0, row: $0.1, score: $1) }
  }

  private typealias Group = (name: String, summary: EvaluationSummary)

  private func groups(by name: (String, Int) -> String) -> [Group] {
    var order: [String] = []
    var scores: [String: [AnswerScore]] = [:]
    for entry in entries {
      let name = name(entry.task, entry.row)
      if scores[name] == nil { order.append(name) }
      scores[name, default: []].append(entry.score)
    }
    return order.map { ($0, EvaluationSummary(scores[$0] ?? [])) }
  }

  private var breakdowns: [(name: String, groups: [Group])] {
    [("task", groups { task, _ in task }), ("row", groups { _, row in "\(row)" })]
  }

  func text(model: String) -> String {
    var table = Table(["", ">positions", ">all", ">95 %", ">first", ">candidates"])
    func add(_ name: String, _ summary: EvaluationSummary) {
      func share(_ metric: AccuracyMetric) -> Share {
        summary[metric] ?? Share(successes: 0, count: 0)
      }
      let interval = share(.all).interval
      table.add([
        name, "\(summary.count)", percent(share(.all).value),
        "\(fixed(100 * interval.low, 1))–\(fixed(100 * interval.high, 1))",
        percent(share(.first).value), percent(share(.candidates).value),
      ])
    }
    add("all", EvaluationSummary(entries.map(\.score)))
    for (name, groups) in breakdowns {
      table.add([name] + Array(repeating: "", count: 5))
      for group in groups { add("  " + group.name, group.summary) }
    }
    let title = [model, "\(entries.count) scored positions", arithmetic.remark]
    return title.compactMap { $0 }.joined(separator: ", ") + "\n\n" + table.text
  }

  func json(model: String) -> JSONValue {
    let lists = breakdowns.map { name, groups in
      (name, JSONValue.object(groups.map { ($0.name, metrics($0.summary)) }))
    }
    return .object(
      [
        ("model", .string(model)), ("count", .int(entries.count)),
        ("accuracy", metrics(EvaluationSummary(entries.map(\.score)))),
        ("breakdowns", .object(lists)),
      ] + arithmetic.members)
  }

  private func metrics(_ summary: EvaluationSummary) -> JSONValue {
    .object(
      [AccuracyMetric.first, .all, .candidates].compactMap { metric in
        summary[metric].map { share in
          (
            metric.rawValue,
            JSONValue.object([
              ("value", .double(share.value)), ("interval", share.interval.json),
              ("count", .int(share.count)),
            ])
          )
        }
      })
  }
}

extension Question {
  /// The question that a scored position asks: the text before it, without brackets.
  init(_ prompt: ScoredPrompt, row: Int, tokenizer: Tokenizer) throws(TokenizedItemError) {
    let scored = prompt.rows[row]
    guard let text = prompt.prompt(before: row), let answer = scored.answer else {
      throw .emptyAnswer(item: prompt.id, answer: "")
    }
    let tokens = Self.encode(text, tokenizer)
    func continuation(_ answer: String) throws(TokenizedItemError) -> [Int32] {
      let all = Self.encode(text + " " + answer, tokenizer)
      guard all.starts(with: tokens) else { throw .promptNotPrefix(item: prompt.id) }
      guard all.count > tokens.count else { throw .emptyAnswer(item: prompt.id, answer: answer) }
      return Array(all[tokens.count...])
    }
    let right = try continuation(answer)
    var firsts: [Int32] = []
    for candidate in scored.candidates { firsts.append(try continuation(candidate)[0]) }
    self.init(
      tokens: tokens, answer: right, foil: firsts.first { $0 != right[0] } ?? right[0],
      candidates: firsts)
  }

  /// Without what a tokenizer's rule may put behind a text.
  private static func encode(_ text: String, _ tokenizer: Tokenizer) -> [Int32] {
    let encoding = tokenizer.encode(text)
    let end = (encoding.ranges.lastIndex { !$0.isEmpty } ?? -1) + 1
    return Array(encoding.ids[..<end])
  }
}
