// Tokens that are found in the text before the model sees it, such as `<s>` or `<|im_start|>`.

import Checkpoints

/// One entry of `added_tokens`.
struct AddedToken: Sendable, Equatable {
  let id: Int32
  let content: String
  /// Whether it steers the model and is not text; such tokens can be left unparsed.
  let isSpecial: Bool
  /// Matches only where no word character touches it.
  let isSingleWord: Bool
  /// Takes the white space before (after) it along.
  let stripsLeft: Bool
  let stripsRight: Bool
  /// Whether it is looked for in the normalized text, and not in the text as given.
  let isNormalized: Bool

  /// A token that is found anywhere and takes nothing along.
  init(
    id: Int32, content: String, isSpecial: Bool, stripsRight: Bool = false,
    isNormalized: Bool = false
  ) {
    (self.id, self.content, self.isSpecial) = (id, content, isSpecial)
    (isSingleWord, stripsLeft, self.stripsRight) = (false, false, stripsRight)
    self.isNormalized = isNormalized
  }

  init(_ section: ConfigurationFile) throws {
    let file = section.path
    let id = try section.int("id")
    content = try section.string("content")
    guard let narrow = Int32(exactly: id), narrow >= 0 else {
      throw TokenizerError.idOutOfRange(id: id, piece: content, limit: Int(Int32.max), file: file)
    }
    self.id = narrow
    isSpecial = try section.bool("special", default: false)
    isSingleWord = try section.bool("single_word", default: false)
    stripsLeft = try section.bool("lstrip", default: false)
    stripsRight = try section.bool("rstrip", default: false)
    isNormalized = try section.bool("normalized", default: !isSpecial)
  }
}

/// Finds added tokens: leftmost first, longest among those that start together.
///
/// Source: `AddedVocabulary` of huggingface/tokenizers, whose `encode_special_tokens` is the
/// opposite of `parseSpecial`.
struct AddedTokenMatcher: Sendable {
  private struct Entry {
    let token: AddedToken
    let spelling: [Unicode.Scalar]
  }

  /// By first scalar, longest first.
  private let entries: [Unicode.Scalar: [Entry]]
  private let hasPlainTokens: Bool

  init(_ tokens: [AddedToken], normalizer: Normalizer? = nil) {
    var entries: [Unicode.Scalar: [Entry]] = [:]
    for token in tokens {
      let content = AlignedText(token.content)
      let spelling = (normalizer?.apply(content) ?? content).scalars
      guard let first = spelling.first else { continue }  // the reference ignores empty ones too
      entries[first, default: []].append(Entry(token: token, spelling: spelling))
    }
    hasPlainTokens = tokens.contains { !$0.isSpecial }
    self.entries = entries.mapValues { $0.sorted { $0.spelling.count > $1.spelling.count } }
  }

  /// A part of a text: an added token, or what lies between two.
  struct Part: Equatable {
    let range: Range<Int>
    let id: Int32?
  }

  /// Splits a text into parts that follow one another.
  func parts(_ scalars: [Unicode.Scalar], parseSpecial: Bool) -> [Part] {
    // Special tokens that are not parsed hide others, but where there are no others, nothing.
    guard !entries.isEmpty, parseSpecial || hasPlainTokens else {
      return [Part(range: 0..<scalars.count, id: nil)]
    }
    var parts: [Part] = []
    var done = 0
    var position = 0
    while position < scalars.count {
      guard let entry = match(scalars, at: position) else {
        position += 1
        continue
      }
      let found = position..<position + entry.spelling.count
      // Search goes on after a match even where the match is then rejected, as in the reference.
      position = found.upperBound
      let token = entry.token
      if token.isSpecial && !parseSpecial { continue }
      if token.isSingleWord && touchesWord(scalars, found) { continue }
      var (start, end) = (max(found.lowerBound, done), found.upperBound)
      if token.stripsLeft { while start > done, isSpace(scalars[start - 1]) { start -= 1 } }
      if token.stripsRight { while end < scalars.count, isSpace(scalars[end]) { end += 1 } }
      if done < start { parts.append(Part(range: done..<start, id: nil)) }
      parts.append(Part(range: start..<end, id: token.id))
      done = end
    }
    if done < scalars.count { parts.append(Part(range: done..<scalars.count, id: nil)) }
    return parts
  }

  private func match(_ scalars: [Unicode.Scalar], at position: Int) -> Entry? {
    entries[scalars[position]]?.first { entry in
      scalars[position...].starts(with: entry.spelling)
    }
  }

  private func touchesWord(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> Bool {
    (range.lowerBound > 0 && isWord(scalars[range.lowerBound - 1]))
      || (range.upperBound < scalars.count && isWord(scalars[range.upperBound]))
  }

  private func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  /// `\w` as Unicode defines it (UTS #18, annex C).
  private func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }
}
