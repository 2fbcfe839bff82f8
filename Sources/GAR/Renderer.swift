// Writes an item's text from its structure and notes where each role stands.

/// The text of a whole item, up to its line break.
package struct RenderedText: Sendable, Equatable {
  package var text: String
  /// The part of `text` that is asked: up to the space before the last answer.
  package var prompt: String
  package var answer: String
  package var roles: [[Role: [Range<Int>]]]
}

extension TaskGrammar {
  /// Writes demonstrations and, last, the asked row, below the preamble's line if there is one.
  package func render(rows: [Row], preamble: String?) -> RenderedText {
    var writer = TextWriter(grammar: self, capacity: 256 * rows.count + 128)
    if let preamble {
      writer.append(preamble)
      writer.append("\n")
    }
    var roles: [[Role: [Range<Int>]]] = []
    for (index, row) in rows.enumerated() {
      if index > 0 { writer.append(Phrasing.Frame.rowSeparator) }
      writer.write(row)
      roles.append(writer.roles)
    }
    let prompt = String(writer.text[..<writer.promptEnd])
    let answer = String(writer.text[writer.text.index(after: writer.promptEnd)...])
    writer.append("\n")
    return RenderedText(text: writer.text, prompt: prompt, answer: answer, roles: roles)
  }

  /// "Countries of cities include Russia, Thailand and Spain."; `nil` where the task has no
  /// preamble.
  package func preamble(listing candidates: [String]) -> String? {
    guard let preambleStart, let last = candidates.last else { return nil }
    let others = candidates.dropLast().joined(separator: Phrasing.Frame.comma)
    return preambleStart + (others.isEmpty ? last : others + Phrasing.Frame.and + last) + "."
  }
}

/// Appends rows to a text, counts its Unicode scalars and notes the roles of the latest row.
private struct TextWriter {
  let grammar: TaskGrammar
  var text = ""
  private var count = 0
  private(set) var roles: [Role: [Range<Int>]] = [:]
  /// Where the space before the latest row's answer stands.
  private(set) var promptEnd: String.Index

  init(grammar: TaskGrammar, capacity: Int) {
    self.grammar = grammar
    promptEnd = text.startIndex
    text.reserveCapacity(capacity)
  }

  @discardableResult mutating func append(_ part: String) -> Range<Int> {
    let start = count
    text += part
    count += part.unicodeScalars.count
    return start..<count
  }

  mutating func write(_ row: Row) {
    roles = [:]
    let isClassification = grammar.task.form == .classification
    if isClassification { append(Phrasing.Frame.premise) }
    append(Phrasing.Frame.contextStart)
    for index in row.pairs.indices {
      if index > 0 { append(" ") }
      write(pair: index, of: row)
    }
    append(Phrasing.Frame.contextEnd)
    if isClassification { append(Phrasing.Frame.question) }
    writeQuery(of: row)
    if isClassification {
      append(Phrasing.Frame.questionEnd)
      promptEnd = text.endIndex
      roles[.end] = [(count - 1)..<count]
      append(" ")
      append(row.label ?? "")
    }
  }

  private mutating func write(pair index: Int, of row: Row) {
    let pair = row.pairs[index]
    let isSwapped = grammar.task.isSwapped
    // In negated items the pair that gives the answer bears the primed names.
    let isPrimed = (index == row.target) == grammar.task.isNegated
    for piece in grammar.context {
      switch piece {
      case .literal(let text): append(text)
      case .slot(let slot, let style):
        let isKey = (slot == .other) == isSwapped
        let range = append(isKey ? pair.key : pair.value, style)
        let role: Role =
          isKey ? (isPrimed ? .distractorKeys : .key) : (isPrimed ? .distractorValues : .value)
        roles[role, default: []].append(range)
      case .negation: break
      }
    }
  }

  private mutating func writeQuery(of row: Row) {
    for piece in grammar.query {
      switch piece {
      case .literal(let text): append(text)
      case .negation: roles[.negation] = [append(negationWord)]
      case .slot(.answer, _): writeAnswer(of: row)
      case .slot(_, let style): roles[.query] = [append(row.query, style)]
      }
    }
  }

  private mutating func writeAnswer(of row: Row) {
    var answer = row.claim ?? row.answer
    guard grammar.task.form == .generation else {
      roles[.answer] = [append(answer)]
      return
    }
    if grammar.task.answersWithArticle, answer.hasPrefix(article) {
      append(article)
      answer.removeFirst(article.count)
    }
    promptEnd = text.index(before: text.endIndex)
    roles[.end] = [(count - 2)..<(count - 1)]
    roles[.answer] = [append(answer)]
  }

  /// - Returns: where the name stands, without an article that was put before it.
  private mutating func append(_ name: String, _ style: SlotStyle) -> Range<Int> {
    switch style {
    case .plain: return append(name)
    case .plural: return append(name + "s")
    case .capitalised: return append(name.capitalisingFirst)
    case .capitalisedPlural: return append(name.capitalisingFirst + "s")
    case .article:
      if name.first?.isUppercase != true { append("The ") }
      return append(name)
    }
  }
}

extension String {
  fileprivate var capitalisingFirst: String {
    guard let first, first.isLowercase else { return self }
    return first.uppercased() + dropFirst()
  }
}
