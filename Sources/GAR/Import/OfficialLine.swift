// Reads one line of the paper's release into its parts, and says exactly where one is wrong.

import JSONText

/// One line of the release's format: a prompt with its answer, and where its roles stand in tokens.
package struct OfficialLine: Sendable {
  /// In its file, from 1.
  package var number: Int
  package var taskID: String
  package var task: GARTask
  package var pairCount: Int
  package var text: String
  package var parsed: ParsedText
  /// For each row; `nil` where the line has none.
  package var ranges: [OfficialRanges]?
}

/// Reads lines, with the sentences of one vocabulary.
struct OfficialReader {
  let grammar: Grammar

  /// - Throws: `ItemFileError`, naming line and column.
  func read(_ line: JSONLine) throws -> OfficialLine {
    let root = try line.root()
    let what = "the item"
    let idValue = try line.member("task_id", of: root, what)
    let id = try line.string(idValue, "\"task_id\"")
    guard let (task, pairCount) = GARTask.parse(officialID: id) else {
      throw line.inconsistent(idValue, GARTask.unknownID(id))
    }
    let textValue = try line.member("texts", of: root, what)
    let text = try line.string(textValue, "\"texts\"")
    let parsed = try parse(text, task, pairCount, at: textValue, line)
    var ranges: [OfficialRanges]?
    if let list = root["ranges"], !list.isNull {
      ranges = try readRanges(
        list, rows: parsed.rows, isNegated: task.isNegated, textLength: text.utf8.count, line)
    }
    return OfficialLine(
      number: line.number, taskID: id, task: task, pairCount: pairCount, text: text,
      parsed: parsed, ranges: ranges)
  }

  private func parse(
    _ text: String, _ task: GARTask, _ pairCount: Int, at value: JSONValue, _ line: JSONLine
  ) throws -> ParsedText {
    let sentences = grammar[task]
    if let parsed = sentences.parse(text, pairCount: pairCount), !parsed.rows.isEmpty {
      if !parsed.hasMergedName(in: sentences) {
        try checkWriting(of: parsed, text, sentences, at: value, line)
        return parsed
      }
    }
    let mismatch = sentences.mismatch(text, pairCount: pairCount)
    // Every task is tried, which would take long on rows that are longer than any.
    let isShort = text.split(separator: "\n").allSatisfy { $0.utf8.count <= 1_000 }
    let fitting = isShort ? fittingTask(text, pairCount, other: task) : nil
    throw fault(mismatch, task, at: value, line, remark: fitting)
  }

  /// What was read must give back the text byte for byte, or it was misread.
  private func checkWriting(
    of parsed: ParsedText, _ text: String, _ sentences: TaskGrammar, at value: JSONValue,
    _ line: JSONLine
  ) throws {
    let written = sentences.render(rows: parsed.rows.map(\.draft), preamble: parsed.preamble).text
    guard written != text else { return }
    let same = zip(written.unicodeScalars, text.unicodeScalars).prefix { $0 == $1 }.count
    let mismatch = TextMismatch(
      offset: same,
      expected: TextMismatch.excerpt(of: written, from: same).debugDescription,
      found: TextMismatch.excerpt(of: text, from: same))
    throw fault(mismatch, sentences.task, at: value, line)
  }

  private func fault(
    _ mismatch: TextMismatch, _ task: GARTask, at value: JSONValue, _ line: JSONLine,
    remark: String? = nil
  ) -> ItemFileError {
    let position = line.place(ofScalar: mismatch.offset, in: value)
    let problem = "\"texts\" does not fit its task (\(task.summary)): \(mismatch.description)"
    return .inconsistent(
      file: line.file, at: position, problem: problem + (remark.map { "; " + $0 } ?? ""))
  }

  /// Whose text this is, where another task reads it.
  private func fittingTask(_ text: String, _ pairCount: Int, other task: GARTask) -> String? {
    let fitting = GARTask.all.first { other in
      guard other != task, let parsed = grammar[other].parse(text, pairCount: pairCount) else {
        return false
      }
      return !parsed.hasMergedName(in: grammar[other])
    }
    return fitting.map { "it fits \($0.officialID(pairCount: pairCount))" }
  }
}

extension ParsedText.Row {
  /// A row that is written in the same words; what its pairs lead to is not settled.
  var draft: Row {
    var row = Row(
      pairs: pairs, target: 0, query: query, candidates: pairs.map { _ in answer },
      claim: label == nil ? nil : answer)
    row.label = label
    return row
  }
}

extension ParsedText {
  /// Whether a name holds the end of one context sentence and the words of another: the context has
  /// more pairs than its task says.
  func hasMergedName(in grammar: TaskGrammar) -> Bool {
    guard let words = grammar.contextWords else { return false }
    return rows.contains { row in
      row.pairs.flatMap { [$0.key, $0.value] }.contains { name in
        guard let stop = name.range(of: ". ") else { return false }
        return name[stop.upperBound...].contains(words)
      }
    }
  }
}

extension TaskGrammar {
  /// What stands between the two names of a context sentence; `nil` where it is a space alone.
  fileprivate var contextWords: String? {
    for piece in context.dropFirst() {
      if case .literal(let text) = piece { return text == " " ? nil : text }
    }
    return nil
  }
}
