// Says where a text leaves the sentences of its task, for the error about that line.

import Foundation

/// The first place where a text cannot be its task's.
struct TextMismatch: Equatable, CustomStringConvertible {
  /// Unicode scalars from the text's start.
  var offset: Int
  var expected: String
  var found: String

  var description: String {
    "at its character \(offset + 1) expected \(expected), found \(found.isEmpty ? "its end" : found.debugDescription)"
  }

  /// A few characters, for a message.
  static func excerpt(of text: some StringProtocol, from offset: Int) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(offset).prefix(24)))
  }
}

extension TaskGrammar {
  /// Where a text that `parse` refuses goes wrong: the farthest place that the sentences reach.
  func mismatch(_ text: String, pairCount: Int) -> TextMismatch {
    var rest = Substring(text)
    func at(_ index: String.Index, _ expected: String) -> TextMismatch {
      let offset = text[..<index].unicodeScalars.count
      return TextMismatch(
        offset: offset, expected: expected,
        found: TextMismatch.excerpt(of: text[index...], from: 0))
    }
    if text.hasSuffix("\n") { rest.removeLast() } else { return at(text.endIndex, "a line break") }
    if let preambleStart, rest.hasPrefix(preambleStart), let end = rest.firstIndex(of: "\n") {
      rest = rest[rest.index(after: end)...]
    }
    var isFirst = true
    for line in rest.split(separator: "\n", omittingEmptySubsequences: false) {
      var row = line
      if !isFirst {
        guard line.first == " " else { return at(line.startIndex, "a space before the next row") }
        row.removeFirst()
      }
      isFirst = false
      if let (bytes, expected) = rowMismatch(Array(row.utf8), pairCount: pairCount) {
        return at(row.utf8.index(row.startIndex, offsetBy: min(bytes, row.utf8.count)), expected)
      }
    }
    return at(rest.startIndex, "rows whose names can be told apart")
  }

  /// - Returns: bytes from the row's start, and what should stand there; `nil` for a row that fits.
  private func rowMismatch(_ row: [UInt8], pairCount: Int) -> (Int, String)? {
    let frame = Phrasing.Frame.self
    let isClassification = task.form == .classification
    let start = Array(((isClassification ? frame.premise : "") + frame.contextStart).utf8)
    guard row.starts(with: start) else {
      let same = zip(row, start).prefix { $0 == $1 }.count
      return (same, String(decoding: start, as: UTF8.self).debugDescription)
    }
    let middle = Array((frame.contextEnd + (isClassification ? frame.question : "")).utf8)
    let close = Array(frame.contextEnd.prefix(2).utf8)
    guard let cut = TemplateMatcher.firstIndex(of: close, in: row, from: start.count) else {
      return (row.count, "\"\(frame.contextEnd)\", the context's end")
    }
    guard pairCount <= row.count / 4 else {
      return (start.count, "a context of \(pairCount) pairs")
    }
    let names = contextPieces(pairCount: pairCount)
    if let (place, expected) = Self.failure(of: names, Array(row[start.count..<cut])) {
      return (start.count + place, expected + ", in a context of \(pairCount) pairs")
    }
    guard row[cut...].starts(with: middle) else {
      let same = zip(row[cut...], middle).prefix { $0 == $1 }.count
      return (cut + same, String(decoding: middle, as: UTF8.self).debugDescription)
    }
    return sentenceMismatch(row, from: cut + middle.count)
  }

  private func sentenceMismatch(_ row: [UInt8], from start: Int) -> (Int, String)? {
    var end = row.count
    if task.form == .classification {
      let mark = Array(Phrasing.Frame.questionEnd.utf8)
      guard let found = TemplateMatcher.firstIndex(of: mark, in: row, from: start) else {
        return (row.count, "\"\(Phrasing.Frame.questionEnd)\"")
      }
      end = found
      let label = String(decoding: row[(found + mark.count)...], as: UTF8.self)
      if ![" " + Phrasing.Frame.yes, " " + Phrasing.Frame.no].contains(label) {
        return (found + mark.count, "\" Yes\" or \" No\"")
      }
    }
    return Self.failure(of: query, Array(row[start..<end])).map { (start + $0, $1) }
  }

  private static func failure(of pieces: [Piece], _ bytes: [UInt8]) -> (Int, String)? {
    TemplateMatcher(pieces: pieces, bytes: bytes).failure()
  }
}
