// Reads and names the columns of a CSV file of head features.

import Engine
import Foundation
import GAR

extension FeatureTable {
  /// Reads a CSV file (RFC 4180): a header that names heads as `(15,51)`, `15.51` or `L15H51` and, in
  /// any place, `label`; then a row of numbers for each text. Labels are 0 and 1, or false and true.
  ///
  /// - Throws: `FeatureFileError`, with file, line and column of the first fault.
  public init(path: String) throws(FeatureFileError) {
    let bytes: [UInt8]
    do { bytes = try fileBytes(path) } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    try self.init(csv: bytes, file: path)
  }

  /// The same of bytes at hand; `file` names them in errors.
  public init(csv bytes: [UInt8], file: String) throws(FeatureFileError) {
    var lines = CSVLines(bytes, file: file)
    guard let header = try lines.next() else { throw .empty(file: file) }
    let columns = try FeatureColumns(header.fields, file: file)
    var values: [Double] = []
    var labels: [Bool] = []
    while let line = try lines.next() {
      guard line.fields.count == header.fields.count else {
        throw .fieldCount(
          file: file, line: line.number, expected: header.fields.count, found: line.fields.count)
      }
      for (column, text) in line.fields.enumerated() {
        if column == columns.label {
          labels.append(try columns.label(text, line: line.number))
        } else {
          values.append(try columns.number(text, line: line.number, column: column))
        }
      }
    }
    guard !values.isEmpty else { throw .empty(file: file) }
    self.init(
      file: file, heads: columns.heads, values: values,
      labels: columns.label == nil ? nil : labels)
  }
}

/// What the fields of a line are.
private struct FeatureColumns {
  let file: String
  let names: [String]
  let heads: [HeadIndex]
  /// The field that is the label.
  let label: Int?

  init(_ header: [String], file: String) throws(FeatureFileError) {
    var heads: [HeadIndex] = []
    var label: Int?
    for (column, name) in header.enumerated() {
      let isRepeated: Bool
      if name == "label" {
        isRepeated = label != nil
        label = column
      } else if let head = HeadIndex(column: name) {
        isRepeated = heads.contains(head)
        heads.append(head)
      } else {
        throw .badHeader(file: file, column: column + 1, name: name)
      }
      if isRepeated { throw .repeatedColumn(file: file, column: column + 1, name: name) }
    }
    guard !heads.isEmpty else { throw .noHeads(file: file) }
    (self.file, names, self.heads, self.label) = (file, header, heads, label)
  }

  func number(_ text: String, line: Int, column: Int) throws(FeatureFileError) -> Double {
    guard let value = Double(text), value.isFinite else {
      throw .badNumber(
        file: file, line: line, column: column + 1, name: names[column], text: text)
    }
    return value
  }

  func label(_ text: String, line: Int) throws(FeatureFileError) -> Bool {
    switch text.lowercased() {
    case "1", "1.0", "true": return true
    case "0", "0.0", "false": return false
    default: throw .badLabel(file: file, line: line, column: (label ?? 0) + 1, text: text)
    }
  }
}

extension HeadIndex {
  /// Reads a column's name: `(15,51)` as in the release, or any form that options take.
  init?(column name: String) {
    guard name.hasPrefix("("), name.hasSuffix(")") else {
      self.init(name)
      return
    }
    let parts = name.dropFirst().dropLast().split(
      separator: ",", omittingEmptySubsequences: false
    ).map { $0.filter { $0 != " " } }
    self.init(parts.joined(separator: "."))
  }

  /// `(15,51)`, as the release names a column.
  public var columnName: String { "(\(layer),\(head))" }
}

/// The lines of a CSV text, each split into its fields. Empty lines are passed over.
private struct CSVLines {
  private let bytes: [UInt8]
  private let file: String
  private var index = 0
  private var number = 0

  init(_ bytes: [UInt8], file: String) {
    (self.bytes, self.file) = (bytes, file)
  }

  mutating func next() throws(FeatureFileError) -> (number: Int, fields: [String])? {
    while index < bytes.count {
      number += 1
      let start = number
      var fields: [String] = []
      repeat { fields.append(try field()) } while take(UInt8(ascii: ","))
      _ = take(0x0D)
      _ = take(0x0A)
      if fields != [""] { return (start, fields) }
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  /// One field without the quotes and the space around it.
  private mutating func field() throws(FeatureFileError) -> String {
    var text: [UInt8] = []
    while index < bytes.count, ![0x2C, 0x0A, 0x0D].contains(bytes[index]) {
      if take(Self.quote) {
        try readQuoted(into: &text)
      } else {
        text.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespaces)
  }

  /// What stands before the closing quote; two quotes are one.
  private mutating func readQuoted(into text: inout [UInt8]) throws(FeatureFileError) {
    let first = number
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == Self.quote, !take(Self.quote) { return }
      if byte == 0x0A { number += 1 }
      text.append(byte)
    }
    throw .openQuote(file: file, line: first)
  }

  private static let quote = UInt8(ascii: "\"")
}
