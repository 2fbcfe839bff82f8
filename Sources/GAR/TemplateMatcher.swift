// Fits a text to a sequence of fixed words and slots, in the likeliest of several ways.

/// Finds the cheapest way in which a text fits a sequence of pieces.
struct TemplateMatcher {
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
    let limit = place + Self.longestName
    while let end = Self.firstIndex(of: literal, in: bytes, from: from, upTo: limit) {
      from = end + 1
      guard let rest = self.best(index + 1, end) else { continue }
      let cost = rest.cost + Self.cost(bytes[place..<end], of: pieces[index])
      if best.map({ cost < $0.cost }) ?? true { best = Best(cost: cost, end: end) }
    }
    return best
  }

  /// Where a text leaves the pieces if every name is as short as a name can be, in bytes, and what
  /// should stand there; `nil` if it follows them to the end.
  func failure() -> (place: Int, expected: String)? {
    var place = 0
    for (index, piece) in pieces.enumerated() {
      if let literal = literals[index] {
        guard bytes[place...].starts(with: literal) else {
          let same = zip(bytes[place...], literal).prefix { $0 == $1 }.count
          return (place + same, String(decoding: literal, as: UTF8.self).debugDescription)
        }
        place += literal.count
      } else if index + 1 < pieces.count, let literal = literals[index + 1] {
        guard let end = shortestName(piece, from: place, before: literal) else {
          return (place, "a name and " + String(decoding: literal, as: UTF8.self).debugDescription)
        }
        place = end
      } else {
        guard place < bytes.count else { return (place, "a name") }
        place = bytes.count
      }
    }
    return place == bytes.count ? nil : (place, "the end")
  }

  private func shortestName(_ piece: Piece, from place: Int, before literal: [UInt8]) -> Int? {
    var from = place + 1
    let limit = place + Self.longestName
    while let end = Self.firstIndex(of: literal, in: bytes, from: from, upTo: limit) {
      if Self.cost(bytes[place..<end], of: piece) == 0 { return end }
      from = end + 1
    }
    return nil
  }

  /// How unlikely it is that these bytes are one name.
  private static func cost(_ name: ArraySlice<UInt8>, of piece: Piece) -> Int {
    let words = name.split(separator: UInt8(ascii: " "))
    let sentenceEnds = words.dropLast().count {
      $0.last == UInt8(ascii: ".") && !isAbbreviation($0.dropLast()) && !isInitials($0.dropLast())
    }
    let cost = sentenceEnds + (words.last.map { isAbbreviation($0) ? 1 : 0 } ?? 1)
    // An adjective is one word; initials alone are nobody's name.
    switch piece {
    case .slot(.other, .capitalised):
      return cost + words.count - 1 + (name.contains(UInt8(ascii: ".")) ? 1 : 0)
    case .slot(.person, _):
      return cost + (words.count == 1 && name.contains(UInt8(ascii: ".")) ? 1 : 0)
    default: return cost
    }
  }

  /// A word that is usually followed by a full stop which ends no sentence.
  private static func isAbbreviation(_ word: ArraySlice<UInt8>) -> Bool {
    word.count == 1
      || abbreviations.contains { word.elementsEqual($0.utf8) }
  }

  private static let abbreviations = [
    "Dr", "Mr", "Mrs", "Ms", "St", "Mt", "Ft", "Prof", "Sgt", "Capt", "Lt", "Col", "Gen", "Gov",
    "Sen",
    "Rep", "Rev", "Hon", "No", "Sq", "Ave",
  ]

  /// Letters with full stops between them, which begin a name ("J.R.R. Tolkien") or end one
  /// ("Washington, D.C").
  private static func isInitials(_ word: ArraySlice<UInt8>) -> Bool {
    word.count > 1 && word.split(separator: UInt8(ascii: ".")).allSatisfy { $0.count == 1 }
  }

  /// In bytes. Without a limit, a text that fits nothing would take a time that grows with its square.
  private static let longestName = 256

  /// - Parameters:
  ///   - pattern: what is looked for.
  ///   - bytes: where.
  ///   - start: the first place that counts.
  ///   - limit: the last one.
  /// - Returns: the first place from which `bytes` goes on with `pattern`.
  static func firstIndex(
    of pattern: [UInt8], in bytes: [UInt8], from start: Int, upTo limit: Int = .max
  ) -> Int? {
    let last = min(limit, bytes.count - pattern.count)
    guard start <= last else { return nil }
    return (start...last).first {
      bytes[$0] == pattern[0] && bytes[$0...].starts(with: pattern)
    }
  }
}
