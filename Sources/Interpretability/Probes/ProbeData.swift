// A data set for probes: rows that are given as train, validation and test, or divided into folds.

import Engine
import GAR

public struct ProbeData: Sendable, Equatable {
  public enum Division: Sendable, Equatable {
    case given(train: ProbeRows, validation: ProbeRows, test: ProbeRows)
    case folds(ProbeRows)
  }

  /// What reports call it: the file's name, without what tells train from test.
  public var name: String
  public var heads: [HeadIndex]
  public var division: Division

  public init(name: String, heads: [HeadIndex], division: Division) {
    (self.name, self.heads, self.division) = (name, heads, division)
  }

  /// Rows that a probe of another data set is tested on: the test rows, or all.
  public var targetRows: ProbeRows {
    switch division {
    case .given(_, _, let test): test
    case .folds(let rows): rows
    }
  }

  package struct Split {
    package var train, validation, test: ProbeRows
  }

  /// The splits of one seed. Of `count` parts each is test rows once, the next one is validation
  /// rows, and the others train: 60/20/20 for five.
  package func splits(_ count: Int, random: inout SplitMix64) -> [Split] {
    switch division {
    case .given(let train, let validation, let test):
      return [Split(train: train, validation: validation, test: test)]
    case .folds(let rows):
      let parts = rows.stratifiedParts(count, random: &random)
      return parts.indices.map { fold in
        let validation = (fold + 1) % count
        let train = parts.indices.filter { $0 != fold && $0 != validation }
        return Split(
          train: rows.picking(train.flatMap { parts[$0] }),
          validation: rows.picking(parts[validation]), test: rows.picking(parts[fold]))
      }
    }
  }

  /// All rows but the test rows: one part of five for validation where they are not given.
  func trainingRows(random: inout SplitMix64) -> (train: ProbeRows, validation: ProbeRows) {
    switch division {
    case .given(let train, let validation, _): return (train, validation)
    case .folds(let rows):
      let parts = rows.stratifiedParts(5, random: &random)
      return (rows.picking(parts[1...].flatMap { $0 }), rows.picking(parts[0]))
    }
  }

  /// - Throws: `FeatureFileError.tooFewRows` where a fold would lack a label.
  static func check(_ table: FeatureTable, folds: Int) throws(FeatureFileError) {
    for label in [true, false] {
      let count = table.labels?.count { $0 == label } ?? 0
      if count < folds {
        throw .tooFewRows(file: table.file, label: label, count: count, needed: folds)
      }
    }
  }
}

extension ProbeData {
  /// Makes data sets of tables: three whose names differ in train, validation and test alone are one
  /// data set with these parts, every other one is divided into folds.
  ///
  /// - Parameters:
  ///   - tables: in the order of the result.
  ///   - heads: the columns that are used; all that the first table has where it is `nil`.
  ///   - folds: at least 3.
  /// - Returns: data sets, each where its first file stood.
  /// - Throws: `FeatureFileError`; `ProbeDataError.missingPart`.
  public static func sets(
    _ tables: [FeatureTable], heads: [HeadIndex]?, folds: Int
  ) throws -> [ProbeData] {
    let heads = heads ?? tables.first?.heads ?? []
    var result: [ProbeData] = []
    var done: Set<String> = []
    for table in tables {
      guard let part = NamedPart(table.file) else {
        try check(table, folds: folds)
        result.append(
          ProbeData(
            name: fileName(table.file), heads: heads,
            division: .folds(try ProbeRows(try table.selecting(heads)))))
        continue
      }
      guard done.insert(part.stem).inserted else { continue }
      let siblings = tables.filter { NamedPart($0.file)?.stem == part.stem }
      result.append(try set(siblings, named: part, heads: heads, folds: folds))
    }
    return result
  }

  /// One file alone may have "test" in its name and still be a whole data set.
  private static func set(
    _ tables: [FeatureTable], named part: NamedPart, heads: [HeadIndex], folds: Int
  ) throws -> ProbeData {
    if tables.count == 1 {
      try check(tables[0], folds: folds)
      return ProbeData(
        name: fileName(tables[0].file), heads: heads,
        division: .folds(try ProbeRows(try tables[0].selecting(heads))))
    }
    func rows(_ kind: NamedPart.Kind) throws -> ProbeRows {
      let matches = tables.filter { NamedPart($0.file)?.kind == kind }
      guard matches.count == 1 else {
        throw ProbeDataError.missingPart(
          name: part.name, part: kind.rawValue, count: matches.count)
      }
      return try ProbeRows(try matches[0].selecting(heads))
    }
    return ProbeData(
      name: part.name, heads: heads,
      division: .given(
        train: try rows(.train), validation: try rows(.validation), test: try rows(.test)))
  }
}

public enum ProbeDataError: Error, Equatable, Sendable, CustomStringConvertible {
  case missingPart(name: String, part: String, count: Int)

  public var description: String {
    switch self {
    case .missingPart(let name, let part, let count):
      "the files of \(name) are train, validation and test rows of one data set, but \(count) of "
        + "them \(count == 1 ? "is" : "are") called \(part); give one of each, or rename a file "
        + "that is a data set of its own"
    }
  }
}

/// A file whose name says which part of a data set it is.
private struct NamedPart {
  enum Kind: String {
    case train, validation, test
  }

  var kind: Kind
  /// The path with a mark in place of the part.
  var stem: String
  /// The file's name without the part.
  var name: String

  private static let words: [(String, Kind)] = [
    ("train", .train), ("validation", .validation), ("valid", .validation), ("val", .validation),
    ("dev", .validation), ("test", .test),
  ]

  init?(_ path: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let base = parts.popLast() ?? ""
    let pieces = base.split(omittingEmptySubsequences: false) { "_-. ".contains($0) }
    for (word, kind) in Self.words {
      guard let piece = pieces.first(where: { $0.lowercased() == word }) else { continue }
      self.kind = kind
      let (before, after) = (base[..<piece.startIndex], base[piece.endIndex...])
      stem = (parts + ["\(before)*\(after)"]).joined(separator: "/")
      name = fileName(String(before.dropLast()) + after)
      return
    }
    return nil
  }
}

/// The last part of a path, without the ending `.csv`.
private func fileName(_ path: String) -> String {
  let base = path.split(separator: "/").last.map(String.init) ?? path
  return base.hasSuffix(".csv") ? String(base.dropLast(4)) : base
}
