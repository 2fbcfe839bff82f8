// Head features with labels, as the paper's authors released them: CSV with a column for each head.

import Engine

/// Features of N texts on H heads.
public struct FeatureTable: Sendable, Equatable {
  /// Where it was read from; names it in reports and errors.
  public var file: String
  public var heads: [HeadIndex]
  /// `[N, H]`, row-major; each in [−1, 1] where it is the paper's feature.
  public var values: [Double]
  /// Whether each text is true; `nil` for a file without labels.
  public var labels: [Bool]?

  public init(file: String, heads: [HeadIndex], values: [Double], labels: [Bool]?) {
    precondition(
      heads.isEmpty ? values.isEmpty : values.count.isMultiple(of: heads.count),
      "FeatureTable: \(values.count) values for \(heads.count) heads")
    (self.file, self.heads, self.values, self.labels) = (file, heads, values, labels)
  }

  /// N.
  public var count: Int { heads.isEmpty ? 0 : values.count / heads.count }

  /// The table with these heads alone, in this order.
  /// - Throws: `FeatureFileError.missingHead`.
  public func selecting(_ chosen: [HeadIndex]) throws(FeatureFileError) -> FeatureTable {
    var columns: [Int] = []
    for head in chosen {
      guard let column = heads.firstIndex(of: head) else {
        throw .missingHead(head, file: file, known: heads)
      }
      columns.append(column)
    }
    let width = heads.count
    let selected = (0..<count).flatMap { row in columns.map { values[row * width + $0] } }
    return FeatureTable(file: file, heads: chosen, values: selected, labels: labels)
  }
}

/// Why a file of features cannot be used. Lines and columns count from 1.
public enum FeatureFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case empty(file: String)
  case badHeader(file: String, column: Int, name: String)
  case repeatedColumn(file: String, column: Int, name: String)
  case noHeads(file: String)
  case noLabels(file: String)
  case openQuote(file: String, line: Int)
  case fieldCount(file: String, line: Int, expected: Int, found: Int)
  case badNumber(file: String, line: Int, column: Int, name: String, text: String)
  case badLabel(file: String, line: Int, column: Int, text: String)
  case missingHead(HeadIndex, file: String, known: [HeadIndex])
  case oneClass(file: String, label: Bool)
  case tooFewRows(file: String, label: Bool, count: Int, needed: Int)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .empty(let file):
      "\(file): holds no rows; write features with `gar features`"
    case .badHeader(let file, let column, let name):
      "\(file), line 1, column \(column): '\(name)' is neither a head, such as (15,51) or 15.51, "
        + "nor label"
    case .repeatedColumn(let file, let column, let name):
      "\(file), line 1, column \(column): '\(name)' stands here a second time"
    case .noHeads(let file): "\(file), line 1: no column is a head, such as (15,51) or 15.51"
    case .noLabels(let file):
      "\(file), line 1: no column is called label; add one with 1 for true and 0 for false"
    case .openQuote(let file, let line): "\(file), line \(line): a quoted field does not end"
    case .fieldCount(let file, let line, let expected, let found):
      "\(file), line \(line): \(found) fields, but the header has \(expected)"
    case .badNumber(let file, let line, let column, let name, let text):
      "\(file), line \(line), column \(column) (\(name)): '\(text)' is not a finite number"
    case .badLabel(let file, let line, let column, let text):
      "\(file), line \(line), column \(column) (label): '\(text)' is not 0 or 1"
    case .missingHead(let head, let file, let known):
      "\(file): has no column for head \(head.dotted); it has "
        + known.map(\.dotted).joined(separator: ", ")
    case .oneClass(let file, let label):
      "\(file): every label is \(label ? 1 : 0); a probe needs both"
    case .tooFewRows(let file, let label, let count, let needed):
      "\(file): only \(count) rows have label \(label ? 1 : 0), and the folds need \(needed); "
        + "give more rows"
    }
  }
}
