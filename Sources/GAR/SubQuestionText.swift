// Writes the texts of facts and exclusions and notes where each role stands.

/// A fact or an exclusion: the words up to what is asked for, and the answer.
struct BareRow {
  struct Span {
    var text: String
    var role: Role?

    init(_ text: String, _ role: Role? = nil) {
      self.text = text
      self.role = role
    }
  }

  /// Up to the answer, its space included; in classification up to the claim.
  var lead: [Span]
  /// As in the vocabulary.
  var answer: String
  /// What a statement claims; `nil` in generation.
  var claim: String?
  /// Of the answer or claim.
  var role: Role
  /// The answer's article is counted to the prompt, as in the items: "Mary is the" → "girl".
  var promptsArticle = false

  var label: String? {
    claim.map { $0 == answer ? Phrasing.Frame.yes : Phrasing.Frame.no }
  }

  /// Writes demonstrations and, last, the asked row, below the preamble's line if there is one.
  static func render(_ rows: [BareRow], preamble: String?) -> RenderedText {
    var writer = BareWriter()
    if let preamble { writer.append(preamble + "\n") }
    var roles: [[Role: [Range<Int>]]] = []
    for (index, row) in rows.enumerated() {
      if index > 0 { writer.append(Phrasing.Frame.rowSeparator) }
      roles.append(writer.write(row))
    }
    let prompt = String(writer.text[..<writer.promptEnd])
    let answer = String(writer.text[writer.text.index(after: writer.promptEnd)...])
    return RenderedText(text: writer.text + "\n", prompt: prompt, answer: answer, roles: roles)
  }
}

/// Appends rows to a text and counts its Unicode scalars.
private struct BareWriter {
  private(set) var text = ""
  private(set) var promptEnd = "".startIndex
  private var count = 0

  @discardableResult mutating func append(_ part: String) -> Range<Int> {
    let start = count
    text += part
    count += part.unicodeScalars.count
    return start..<count
  }

  mutating func write(_ row: BareRow) -> [Role: [Range<Int>]] {
    var roles: [Role: [Range<Int>]] = [:]
    for span in row.lead {
      let range = append(span.text)
      if let role = span.role { roles[role, default: []].append(range) }
    }
    if let label = row.label, let claim = row.claim {
      roles[row.role, default: []].append(append(claim))
      append(Phrasing.Frame.questionEnd)
      endPrompt(&roles)
      append(" " + label)
    } else {
      var answer = row.answer
      if row.promptsArticle, answer.hasPrefix(article) {
        append(article)
        answer.removeFirst(article.count)
      }
      text.removeLast()
      count -= 1
      endPrompt(&roles)
      append(" ")
      roles[row.role, default: []].append(append(answer))
    }
    return roles
  }

  private mutating func endPrompt(_ roles: inout [Role: [Range<Int>]]) {
    promptEnd = text.endIndex
    roles[.end] = [(count - 1)..<count]
  }
}
