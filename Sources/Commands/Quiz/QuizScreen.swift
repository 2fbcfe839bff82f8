// How questions look: wrapped at words, the demonstrations dimmed, room for 80 columns.

import Explorer
import Foundation
import GAR

struct QuizScreen {
  let display: TextDisplay
  /// Questions go to standard error where the result on standard output is JSON.
  let usesErrors: Bool

  private static let widest = 100
  private var width: Int { max(20, min(Self.widest, display.width)) - 2 }

  init(usesErrors: Bool) {
    self.usesErrors = usesErrors
    display = usesErrors ? .standardError() : .standardOutput()
  }

  func introduce(count: Int, answered: Int) throws {
    let rest =
      answered == 0 ? "" : " \(answered) of them are answered already and are not asked again."
    let text =
      "\(count) \(count == 1 ? "item" : "items").\(rest) Finish the last sentence of each, or say "
      + "Yes or No (y or n will do), and press Enter. Upper and lower case, accents and articles "
      + "make no difference. s skips, q quits, ? shows the item again. The clock runs from the "
      + "question to your answer."
    try say(wrapped(text, width: width).map { [Span($0)] })
  }

  func show(_ item: Item, number: Int, of count: Int, tally: String?) throws {
    let title = "\(number) of \(count)"
    let gap = String(repeating: " ", count: max(2, width - title.count - (tally?.count ?? 0)))
    var lines: [Line] = [
      [], [Span(title, Style(.title, .bold)), Span(tally.map { gap + $0 } ?? "", .faint)], [],
    ]
    let rows = item.prompt.split(separator: "\n").map { $0.drop { $0 == " " } }
    for (index, row) in rows.enumerated() {
      let isAsked = index == rows.count - 1
      let blank = isAsked && item.task.form == .generation ? " ___" : ""
      lines += wrapped(String(row) + blank, width: width).map {
        [Span("  " + $0, isAsked ? Style(.plain, .bold) : .faint)]
      }
    }
    try say(lines + [[]])
  }

  func prompt() throws { try write("answer: ") }

  /// After an end of input or Ctrl-C, which leave the cursor behind the prompt.
  func endLine() throws { try write("\n") }

  /// What is missing where the text was no answer.
  func remind(_ item: Item) throws {
    let text =
      item.task.form == .classification
      ? "Yes or No? (s skips, q quits)" : "Type the answer. (s skips, q quits)"
    try say([[Span(text, .faint)]])
  }

  func judge(_ item: Item, _ answer: QuizAnswer, reasoning: SolverReasoning) throws {
    let time = "\(fixed(answer.seconds, 1)) s"
    if answer.isRight {
      return try say([[Span("✓ right", Style(.right, .bold)), Span(", \(time)", .faint)]])
    }
    let steps = reasoning.text(isASCII: !display.hasUnicode)
    let lines = wrapped(steps, width: width).map { [Span("  " + $0, .faint)] }
    try say(
      [
        [
          Span("✗ wrong", Style(.wrong, .bold)), Span(": it is "),
          Span(item.answer, Style(.right, .bold)), Span(", \(time)", .faint),
        ]
      ] + lines)
  }

  func say(_ lines: [Line]) throws { try write(display.text(lines) + "\n") }

  private func write(_ text: String) throws {
    if usesErrors {
      FileHandle.standardError.write(Data(text.utf8))
    } else {
      try StandardOutput.bytes(Array(text.utf8))
      try StandardOutput.flush()
    }
  }
}
