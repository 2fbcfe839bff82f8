// Texts with one marked stretch, from JSONL: the statement in which a head's attention is read.

import JSONText

/// A text, the stretch of it that counts, and whether it is true.
public struct MarkedText: Sendable, Equatable {
  /// Names it in errors: the line's `id`, or its number.
  public var id: String
  /// Without the marks.
  public var text: String
  /// In Unicode scalars of `text`; not empty.
  public var span: Range<Int>
  /// `nil` where the file does not say.
  public var label: Bool?

  public init(id: String, text: String, span: Range<Int>, label: Bool?) {
    (self.id, self.text, self.span, self.label) = (id, text, span, label)
  }
}

/// Reads texts from JSONL, one object a line.
///
/// `text` holds the whole prompt. The stretch is marked in it by `[[` and `]]`, which are taken out, or
/// given as `span`, `[start, end]` in Unicode scalars, half-open. `label` is 1 or true, 0 or false; all
/// lines have it or none. `id` may name the text.
///
/// - Throws: `ItemFileError`, with line and column of the first fault.
public func readMarkedTexts(path: String) throws -> [MarkedText] {
  try readMarkedTexts(jsonLines: try contents(ofItemFile: path), file: path)
}

/// The same of text at hand; `file` names it in errors. Empty lines are passed over.
public func readMarkedTexts(jsonLines: [UInt8], file: String) throws -> [MarkedText] {
  var texts: [MarkedText] = []
  for line in filledLines(of: jsonLines, file: file) {
    let root = try line.root()
    let text = try line.markedText(root)
    if let first = texts.first, (first.label == nil) != (text.label == nil) {
      throw line.inconsistent(
        root,
        first.label == nil
          ? "has a \"label\", the texts before it have none"
          : "has no \"label\", the texts before it have one")
    }
    texts.append(text)
  }
  if texts.isEmpty { throw ItemFileError.empty(file: file) }
  return texts
}

extension JSONLine {
  fileprivate func markedText(_ root: JSONValue) throws -> MarkedText {
    let value = try member("text", of: root, "the line")
    let whole = try string(value, "\"text\"")
    let (text, span) =
      try root["span"].map { (whole, try range($0, in: whole)) }
      ?? unmarked(whole, value)
    return MarkedText(
      id: try optionalString("id", of: root, "the line") ?? "\(number)", text: text, span: span,
      label: try root["label"].flatMap { try label($0) })
  }

  private func range(_ value: JSONValue, in text: String) throws -> Range<Int> {
    let count = text.unicodeScalars.count
    guard let ends = value.array, ends.count == 2, let start = ends[0].wholeNumber,
      let end = ends[1].wholeNumber
    else { throw wrongType(value, "\"span\"", "[start, end]") }
    guard 0 <= start, start < end, end <= count else {
      throw inconsistent(
        value, "\"span\" is \(start) to \(end), but must lie from 0 to \(count), and not be empty")
    }
    return start..<end
  }

  /// The text without its marks, and what stood between them.
  private func unmarked(
    _ text: String, _ value: JSONValue
  ) throws -> (text: String, span: Range<Int>) {
    let parts = text.split(separator: "[[", omittingEmptySubsequences: false)
    let inner = parts.last?.split(separator: "]]", omittingEmptySubsequences: false) ?? []
    guard parts.count == 2, inner.count == 2, !parts[0].contains("]]") else {
      throw inconsistent(
        value, "\"text\" must hold one stretch between [[ and ]], or the line give its \"span\"")
    }
    guard !inner[0].isEmpty else {
      throw inconsistent(value, "there is nothing between [[ and ]]")
    }
    let start = parts[0].unicodeScalars.count
    return (
      "\(parts[0])\(inner[0])\(inner[1])", start..<start + inner[0].unicodeScalars.count
    )
  }

  private func label(_ value: JSONValue) throws -> Bool? {
    if value.isNull { return nil }
    if let bool = value.bool { return bool }
    switch value.wholeNumber {
    case 1: return true
    case 0: return false
    default: throw wrongType(value, "\"label\"", "0 or 1")
    }
  }
}
