// Reads a text back into its structure by the templates it was written from.

/// What a text says; which pair gives the answer is left to the solver.
package struct ParsedText: Sendable, Equatable {
  package struct Row: Sendable, Hashable {
    package var pairs: [ContextPair]
    package var query: String
    /// The answer; in classification the claimed one.
    package var answer: String
    /// `Yes` or `No`; `nil` in generation.
    package var label: String?

    package init(pairs: [ContextPair], query: String, answer: String, label: String?) {
      self.pairs = pairs
      self.query = query
      self.answer = answer
      self.label = label
    }
  }

  package var preamble: String?
  package var rows: [Row]
}

extension TaskGrammar {
  /// More than any model's context holds.
  private static let mostPairs = 500

  /// Reads a whole text, as `render` writes it.
  ///
  /// Where names hold full stops ("Dr. Jane Goodall", "Washington, D.C") a context can be cut in
  /// several ways; the cut is taken that leaves the fewest abbreviations at the end of a name and
  /// the fewest sentence ends inside one. `nil`: the text is not of this task, or its contexts have
  /// not `pairCount` pairs.
  package func parse(_ text: String, pairCount: Int) -> ParsedText? {
    guard text.hasSuffix("\n"), pairCount <= Self.mostPairs else { return nil }
    var rest = text.dropLast()
    var parsed = ParsedText(preamble: nil, rows: [])
    if let preambleStart, rest.hasPrefix(preambleStart), let end = rest.firstIndex(of: "\n") {
      parsed.preamble = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
    }
    for line in rest.split(separator: "\n", omittingEmptySubsequences: false) {
      // Every row but the first begins with the separator's space.
      let row = parsed.rows.isEmpty ? line : line.dropFirst()
      guard parsed.rows.isEmpty || line.first == " ",
        let read = parseRow(Array(row.utf8), pairCount: pairCount)
      else { return nil }
      parsed.rows.append(read)
    }
    return parsed
  }

  func parseRow(_ row: [UInt8], pairCount: Int) -> ParsedText.Row? {
    let frame = Phrasing.Frame.self
    let isClassification = task.form == .classification
    let start = (isClassification ? frame.premise : "") + frame.contextStart
    let middle = frame.contextEnd + (isClassification ? frame.question : "")
    guard row.starts(with: start.utf8),
      let cut = TemplateMatcher.firstIndex(of: Array(middle.utf8), in: row, from: 0)
    else { return nil }
    var sentence = row[(cut + middle.utf8.count)...]
    var label: String?
    if isClassification {
      for word in [frame.yes, frame.no] {
        let end = frame.questionEnd + " " + word
        if sentence.reversed().starts(with: end.utf8.reversed()) {
          label = word
          sentence = sentence.dropLast(end.utf8.count)
        }
      }
      if label == nil { return nil }
    }
    guard cut >= start.utf8.count,
      let pairs = parseContext(Array(row[start.utf8.count..<cut]), pairCount: pairCount),
      let (query, answer) = parseQuery(Array(sentence))
    else { return nil }
    return ParsedText.Row(pairs: pairs, query: query, answer: answer, label: label)
  }

  /// All sentences of a context, a space between them.
  func contextPieces(pairCount: Int) -> [Piece] {
    var pieces: [Piece] = []
    for index in 0..<pairCount {
      if index > 0 { pieces.append(.literal(" ")) }
      pieces += context
    }
    return pieces
  }

  private func parseContext(_ bytes: [UInt8], pairCount: Int) -> [ContextPair]? {
    // A pair takes four bytes at least; a larger count is a slip, not a reason to fill the memory.
    guard pairCount <= bytes.count / 4 else { return nil }
    var matcher = TemplateMatcher(pieces: contextPieces(pairCount: pairCount), bytes: bytes)
    guard let captures = matcher.match(), captures.count == 2 * pairCount else { return nil }
    return (0..<pairCount).map { index in
      let first = captures[2 * index]
      let second = captures[2 * index + 1]
      let (person, other) = first.slot == .person ? (first, second) : (second, first)
      let thing = Self.plainThing(other)
      return task.isSwapped
        ? ContextPair(key: thing, value: person.text)
        : ContextPair(key: person.text, value: thing)
    }
  }

  private func parseQuery(_ bytes: [UInt8]) -> (query: String, answer: String)? {
    let withArticle = query.flatMap { piece -> [Piece] in
      if case .slot(.answer, _) = piece { return [.literal(article), piece] }
      return [piece]
    }
    let ways = task.answersWithArticle ? [(withArticle, article), (query, "")] : [(query, "")]
    for (pieces, prefix) in ways {
      var matcher = TemplateMatcher(pieces: pieces, bytes: bytes)
      guard let captures = matcher.match(),
        let query = captures.first(where: { $0.slot == .query }),
        let answer = captures.first(where: { $0.slot == .answer })
      else { continue }
      var name = query.text
      // Only a group's name was small before it opened the sentence.
      if query.style.isCapitalised && task.relation0 == .child {
        name = Self.lowercasingFirst(name)
      }
      if query.style.isPlural, name.hasSuffix("s") { name.removeLast() }
      return (name, prefix + answer.text)
    }
    return nil
  }

  private static func plainThing(_ capture: TemplateMatcher.Capture) -> String {
    switch capture.style {
    case .capitalised: lowercasingFirst(capture.text)
    case .article where capture.text.hasPrefix("The "): String(capture.text.dropFirst(4))
    default: capture.text
    }
  }

  private static func lowercasingFirst(_ name: String) -> String {
    name.prefix(1).lowercased() + name.dropFirst()
  }
}
