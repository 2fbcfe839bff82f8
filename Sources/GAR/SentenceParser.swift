// Reads a text back into its structure by the templates it was written from.

/// What a text says; which pair gives the answer is left to the solver.
package struct ParsedText: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
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
  /// Reads a whole text, as `render` writes it.
  ///
  /// Where names hold full stops ("Dr. Jane Goodall", "Washington, D.C") a context can be cut in
  /// several ways; the cut is taken that leaves the fewest abbreviations at the end of a name and
  /// the fewest sentence ends inside one. `nil`: the text is not of this task, or its contexts have
  /// not `pairCount` pairs.
  package func parse(_ text: String, pairCount: Int) -> ParsedText? {
    guard text.hasSuffix("\n") else { return nil }
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

  private func parseRow(_ row: [UInt8], pairCount: Int) -> ParsedText.Row? {
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

  private func parseContext(_ bytes: [UInt8], pairCount: Int) -> [ContextPair]? {
    var pieces: [Piece] = []
    for index in 0..<pairCount {
      if index > 0 { pieces.append(.literal(" ")) }
      pieces += context
    }
    var matcher = TemplateMatcher(pieces: pieces, bytes: bytes)
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

/// Finds the cheapest way in which a text fits a sequence of pieces.
private struct TemplateMatcher {
  struct Capture {
    var slot: Piece.Slot
    var style: SlotStyle
    var text: String
  }

  private struct Best {
    var cost: Int
    /// Where this piece ends.
    var end: Int
  }

  let pieces: [Piece]
  let bytes: [UInt8]
  private let literals: [[UInt8]?]
  /// For each piece and place; the inner `nil`: no fit.
  private var known: [Int: Best?] = [:]

  init(pieces: [Piece], bytes: [UInt8]) {
    // Neighbouring fixed words are joined, so that a slot is always followed by all that must be.
    var joined: [Piece] = []
    for piece in pieces {
      let text: String? =
        switch piece {
        case .literal(let text): text
        case .negation: negationWord
        case .slot: nil
        }
      if let text, case .literal(let before) = joined.last {
        joined[joined.count - 1] = .literal(before + text)
      } else {
        joined.append(text.map { .literal($0) } ?? piece)
      }
    }
    self.pieces = joined
    self.bytes = bytes
    literals = joined.map {
      if case .literal(let text) = $0 { return Array(text.utf8) }
      return nil
    }
  }

  mutating func match() -> [Capture]? {
    var captures: [Capture] = []
    var place = 0
    for (index, piece) in pieces.enumerated() {
      guard let best = best(index, place) else { return nil }
      if case .slot(let slot, let style) = piece {
        captures.append(
          Capture(
            slot: slot, style: style,
            text: String(decoding: bytes[place..<best.end], as: UTF8.self)))
      }
      place = best.end
    }
    return place == bytes.count ? captures : nil
  }

  private mutating func best(_ index: Int, _ place: Int) -> Best? {
    if index == pieces.count { return place == bytes.count ? Best(cost: 0, end: place) : nil }
    let key = index * (bytes.count + 1) + place
    if let found = known[key] { return found }
    let found = literals[index].map { bestLiteral($0, index, place) } ?? bestSlot(index, place)
    known[key] = .some(found)
    return found
  }

  private mutating func bestLiteral(_ literal: [UInt8], _ index: Int, _ place: Int) -> Best? {
    guard bytes[place...].starts(with: literal),
      let rest = best(index + 1, place + literal.count)
    else { return nil }
    return Best(cost: rest.cost, end: place + literal.count)
  }

  private mutating func bestSlot(_ index: Int, _ place: Int) -> Best? {
    guard index + 1 < pieces.count, let literal = literals[index + 1] else {
      guard index + 1 == pieces.count, place < bytes.count else { return nil }
      return Best(cost: 0, end: bytes.count)
    }
    var best: Best?
    var from = place + 1
    while let end = Self.firstIndex(of: literal, in: bytes, from: from) {
      from = end + 1
      guard let rest = self.best(index + 1, end) else { continue }
      let cost = rest.cost + Self.cost(bytes[place..<end])
      if best.map({ cost < $0.cost }) ?? true { best = Best(cost: cost, end: end) }
    }
    return best
  }

  /// How unlikely it is that these bytes are one name.
  private static func cost(_ name: ArraySlice<UInt8>) -> Int {
    let words = name.split(separator: UInt8(ascii: " "))
    let sentenceEnds = words.dropLast().count {
      $0.last == UInt8(ascii: ".") && !isAbbreviation($0.dropLast()) && !isInitials($0.dropLast())
    }
    return sentenceEnds + (words.last.map { isAbbreviation($0) ? 1 : 0 } ?? 1)
  }

  /// A word that is usually followed by a full stop which ends no sentence.
  private static func isAbbreviation(_ word: ArraySlice<UInt8>) -> Bool {
    word.count == 1
      || ["Dr", "Mr", "Mrs", "Ms", "St", "Mt"].contains { word.elementsEqual($0.utf8) }
  }

  /// Letters with full stops between them, which begin a name ("J.R.R. Tolkien") or end one
  /// ("Washington, D.C").
  private static func isInitials(_ word: ArraySlice<UInt8>) -> Bool {
    word.count > 1 && word.split(separator: UInt8(ascii: ".")).allSatisfy { $0.count == 1 }
  }

  static func firstIndex(of pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count >= pattern.count, start <= bytes.count - pattern.count else { return nil }
    return (start...(bytes.count - pattern.count)).first {
      bytes[$0] == pattern[0] && bytes[$0...].starts(with: pattern)
    }
  }
}
