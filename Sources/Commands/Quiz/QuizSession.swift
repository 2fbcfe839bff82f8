// A person takes the test: asks, reads, judges and says how it went.

import Explorer
import Foundation
import GAR

/// How a quiz ended.
enum QuizEnding: Equatable {
  case finished
  /// By the person, or because the input ended.
  case quit
  /// By a signal.
  case interrupted(Int32)

  var name: String {
    switch self {
    case .finished: "finished"
    case .quit: "quit"
    case .interrupted: "interrupted"
    }
  }
}

/// What a session left, besides the answers.
struct QuizOutcome: Equatable {
  var answers: [QuizAnswer]
  var skipped = 0
  var ending = QuizEnding.finished
}

/// Asks every item that is not yet answered.
struct QuizSession {
  let items: [Item]
  let vocabulary: Vocabulary
  let screen: QuizScreen
  /// `nil` where answers are not kept.
  let record: QuizRecord?
  let givesFeedback: Bool
  private var outcome: QuizOutcome

  /// - Parameters:
  ///   - items: in the order of asking.
  ///   - vocabulary: for the reasons that feedback gives.
  ///   - screen: where questions go.
  ///   - record: where answers are kept; what it holds already is not asked again.
  ///   - givesFeedback: whether each answer is judged at once.
  init(
    items: [Item], vocabulary: Vocabulary, screen: QuizScreen, record: QuizRecord?,
    givesFeedback: Bool
  ) {
    self.items = items
    self.vocabulary = vocabulary
    self.screen = screen
    self.record = record
    self.givesFeedback = givesFeedback
    outcome = QuizOutcome(answers: record?.answers ?? [])
  }

  mutating func run(_ reader: LineReader) throws -> QuizOutcome {
    let answered = Set(outcome.answers.map(\.item))
    try screen.introduce(count: items.count, answered: answered.count)
    for index in items.indices where !answered.contains(index) {
      try screen.show(items[index], number: index + 1, of: items.count, tally: tally)
      guard try ask(index, reader) else { return outcome }
    }
    return outcome
  }

  private var tally: String? {
    guard givesFeedback, !outcome.answers.isEmpty else { return nil }
    return "\(outcome.answers.count(where: \.isRight)) right of \(outcome.answers.count)"
  }

  /// Asks until there is an answer.
  /// - Returns: whether to go on.
  private mutating func ask(_ index: Int, _ reader: LineReader) throws -> Bool {
    let start = ContinuousClock.now
    while true {
      try screen.prompt()
      switch try reader.next() {
      case .end:
        outcome.ending = .quit
        try screen.endLine()
        return false
      case .interrupted(let signal):
        outcome.ending = .interrupted(signal)
        try screen.endLine()
        return false
      case .line(let text):
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        switch QuizCommand(text) {
        case .quit:
          outcome.ending = .quit
          return false
        case .skip:
          outcome.skipped += 1
          return true
        case .again:
          try screen.show(
            items[index], number: index + 1, of: items.count, tally: tally)
        case nil:
          if try take(text, index, seconds: seconds) { return true }
        }
      }
    }
  }

  /// - Returns: whether the text was an answer.
  private mutating func take(_ text: String, _ index: Int, seconds: Double) throws -> Bool {
    let item = items[index]
    let verdict = item.judge(text)
    guard verdict != .unclear else {
      try screen.remind(item)
      return false
    }
    let answer = QuizAnswer(
      item: index, typed: text, isRight: verdict == .right, seconds: seconds)
    try record?.append(answer)
    outcome.answers.append(answer)
    if givesFeedback {
      let reasoning = SolverReasoning(item.row, task: item.task, vocabulary: vocabulary)
      try screen.judge(item, answer, reasoning: reasoning)
    }
    return true
  }
}

/// What can be typed in place of an answer; no entity is called so.
enum QuizCommand: Equatable {
  case skip, quit, again

  init?(_ text: String) {
    switch text.lowercased().filter({ !$0.isWhitespace }) {
    case "s", "skip": self = .skip
    case "q", "quit": self = .quit
    case "?", "help": self = .again
    default: return nil
    }
  }
}
