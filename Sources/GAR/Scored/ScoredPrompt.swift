// Prompts of many rows with an answer to score in each, as in the DCFormer paper's synthetic set.

import JSONText

/// How the thing of a scored row leads to its answer or query.
public enum ScoredRelation: String, CaseIterable, Sendable {
  case same, kind, city, usage, opposite
  /// The thing comes just before what is named.
  case before
  /// The thing comes just after what is named.
  case after
}

/// What a row of a scored prompt says, where the grammar has its sentences.
public struct ScoredStructure: Sendable, Equatable {
  /// Persons and their things in the order of the context; in a bare list the persons are empty.
  public var pairs: [ContextPair]
  /// The pair that gives the answer.
  public var target: Int
  /// The person, thing or group that the row asks about; `nil` for "Which is different?".
  public var query: String?
  public var relation: ScoredRelation
  public var isNegated: Bool
  /// "Who …?": the answer is a person, else it is what the relation makes of a thing.
  public var asksForPerson: Bool
}

/// One row of a scored prompt.
public struct ScoredRow: Sendable, Equatable {
  /// In Unicode scalars of the text.
  public var range: Range<Int>
  /// `nil` for a demonstration that the grammar does not read.
  public var answer: String?
  /// Where the answer stands, without its brackets; `nil` where it has none.
  public var answerRange: Range<Int>?
  /// What the context offers, as it would stand in the answer's place; the answer is among them.
  public var candidates: [String] = []
  public var structure: ScoredStructure?

  public var isScored: Bool { answerRange != nil }
}

/// A prompt whose bracketed answers are scored one by one.
public struct ScoredPrompt: Sendable, Equatable, Identifiable {
  public var id: String
  public var taskID: String
  /// As the file has it, brackets included.
  public var text: String
  public var rows: [ScoredRow]

  public var scoredRows: [ScoredRow] { rows.filter(\.isScored) }
}

extension ScoredPrompt {
  /// Reads a line of `task_id` and `texts`.
  ///
  /// - Throws: `ItemFileError`, naming line and column.
  init(_ line: JSONLine) throws {
    let root = try line.root()
    taskID = try line.string("task_id", of: root, "the prompt")
    let value = try line.member("texts", of: root, "the prompt")
    text = try line.string(value, "\"texts\"")
    id = "scored-\(line.number)"
    if let written = try line.optionalString("id", of: root, "the prompt") { id = written }
    rows = []
    var start = 0
    for part in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
      if !part.isEmpty {
        do {
          rows.append(try ScoredRow(String(part), start: start))
        } catch {
          throw ItemFileError.inconsistent(
            file: line.file, at: line.place(ofScalar: error.offset, in: value),
            problem: "row \(rows.count) of \"texts\": \(error.problem)")
        }
      }
      start += part.count + 1
    }
    guard rows.contains(where: \.isScored) else {
      throw line.inconsistent(value, "no row of \"texts\" has an answer in brackets, [ so ]")
    }
  }

  /// The text up to an answer, as a model is asked: the brackets, which only mark what is scored, are
  /// left out.
  ///
  /// - Parameter row: the index of a scored row.
  /// - Returns: the text without the space before the answer, or `nil` for a row without one.
  public func prompt(before row: Int) -> String? {
    guard let range = rows[row].answerRange else { return nil }
    let scalars = text.unicodeScalars.prefix(range.lowerBound)
    let plain = String(String.UnicodeScalarView(scalars)).replacing("[ ", with: "")
      .replacing(" ]", with: "")
    return plain.hasSuffix(" ") ? String(plain.dropLast()) : plain
  }
}

/// What is wrong with the brackets of a row, in Unicode scalars of the text.
struct ScoredRowError: Error {
  var offset: Int
  var problem: String
}

extension ScoredRow {
  /// - Parameters:
  ///   - row: one line of the text.
  ///   - start: where it begins.
  /// - Throws: `ScoredRowError` for brackets that do not enclose one answer at the row's end.
  init(_ row: String, start: Int) throws(ScoredRowError) {
    let scalars = Array(row.unicodeScalars)
    range = start..<(start + scalars.count)
    let opening = scalars.indices.filter { scalars[$0] == "[" }
    let closing = scalars.indices.filter { scalars[$0] == "]" }
    guard opening.count == closing.count, opening.count <= 1 else {
      throw ScoredRowError(
        offset: start + (opening.dropFirst().first ?? closing.first ?? opening.first ?? 0),
        problem: "\(opening.count) opening and \(closing.count) closing brackets where one answer "
          + "may stand")
    }
    if let open = opening.first, let close = closing.first {
      guard open + 3 < close, scalars[open + 1] == " ", scalars[close - 1] == " ",
        close == scalars.count - 1
      else {
        throw ScoredRowError(
          offset: start + open, problem: "expected an answer as [ so ] at the row's end")
      }
      answerRange = (start + open + 2)..<(start + close - 1)
      answer = String(String.UnicodeScalarView(scalars[(open + 2)..<(close - 1)]))
      candidates = [answer ?? ""]
    }
    let plain = row.replacing("[ ", with: "").replacing(" ]", with: "")
    guard let read = ScoredSentence.read(plain) else { return }
    // The brackets say where the answer is; a reading that finds another is none.
    if let answer, answer != read.answer { return }
    answer = read.answer
    structure = read.structure
  }
}
