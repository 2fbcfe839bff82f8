// One line of a JSONL file: its values by key, and errors that name their place in the file.

import Foundation
import JSONText

/// A line and what is needed to say where in it something is wrong.
struct JSONLine {
  let file: String
  let bytes: [UInt8]
  /// From 1.
  let number: Int

  func root() throws -> JSONValue {
    do {
      return try JSONValue.read(bytes, rules: .strict, firstLine: number)
    } catch {
      throw ItemFileError.syntax(file: file, at: error.position, problem: error.problem)
    }
  }

  func place(_ value: JSONValue) -> TextPosition {
    TextPosition(offset: value.offset, in: bytes, firstLine: number)
  }

  func inconsistent(_ value: JSONValue, _ problem: String) -> ItemFileError {
    .inconsistent(file: file, at: place(value), problem: problem)
  }

  func wrongType(_ value: JSONValue, _ what: String, _ expected: String) -> ItemFileError {
    .wrongType(
      file: file, at: place(value), what: what, expected: expected, found: value.typeName)
  }

  func member(_ key: String, of value: JSONValue, _ what: String) throws -> JSONValue {
    guard let object = value.object else { throw wrongType(value, what, "an object") }
    guard let member = object[key] else {
      throw ItemFileError.missingKey(file: file, at: place(value), key: key, of: what)
    }
    return member
  }

  func array(_ value: JSONValue, _ what: String) throws -> [JSONValue] {
    guard let values = value.array else { throw wrongType(value, what, "a list") }
    return values
  }

  func string(_ value: JSONValue, _ what: String) throws -> String {
    guard let text = value.string else { throw wrongType(value, what, "a string") }
    return text
  }

  func string(_ key: String, of value: JSONValue, _ what: String) throws -> String {
    try string(try member(key, of: value, what), "\"\(key)\"")
  }

  func optionalString(_ key: String, of value: JSONValue, _ what: String) throws -> String? {
    guard let member = value[key], !member.isNull else { return nil }
    return try string(member, "\"\(key)\"")
  }

  func strings(_ key: String, of value: JSONValue) throws -> [String] {
    let list = try member(key, of: value, "the object")
    return try array(list, "\"\(key)\"").map { try string($0, "an entry of \"\(key)\"") }
  }

  func integer(_ value: JSONValue, _ what: String) throws -> Int {
    guard let integer = value.wholeNumber else {
      throw wrongType(value, what, "a whole number")
    }
    return integer
  }

  /// Where a scalar of a string value stands in the line, escapes counted as they are written.
  func place(ofScalar scalar: Int, in value: JSONValue) -> TextPosition {
    var index = value.offset + 1
    var left = scalar
    while left > 0, index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      index += length(ofScalarAt: index)
      left -= 1
    }
    return TextPosition(offset: index, in: bytes, firstLine: number)
  }

  private func length(ofScalarAt index: Int) -> Int {
    guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
      var length = 1
      while index + length < bytes.count, bytes[index + length] & 0xC0 == 0x80 { length += 1 }
      return length
    }
    guard bytes[index + 1] == UInt8(ascii: "u") else { return 2 }
    // Two escapes that are halves of one scalar begin with \ud8 to \udb.
    let digits = bytes[min(index + 2, bytes.count)...].prefix(2).map { $0 | 0x20 }
    let isHalf =
      digits.first == UInt8(ascii: "d") && (digits.last.map { "89ab".utf8.contains($0) } ?? false)
    return isHalf ? 12 : 6
  }
}

/// The lines of a JSONL file that hold something, numbered from 1.
func filledLines(of bytes: [UInt8], file: String) -> [JSONLine] {
  let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  return lines.enumerated().compactMap { index, line in
    line.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
      ? nil : JSONLine(file: file, bytes: Array(line), number: index + 1)
  }
}

/// A file's bytes.
///
/// - Throws: `ItemFileError.unreadable`.
func contents(ofItemFile path: String) throws -> [UInt8] {
  do {
    return try fileBytes(path)
  } catch {
    throw ItemFileError.unreadable(file: path, reason: error.reason)
  }
}
