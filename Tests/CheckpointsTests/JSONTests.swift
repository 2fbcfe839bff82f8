// The JSON reader against Foundation's, and on the edges of RFC 8259.

import Checkpoints
import Foundation
import TestSupport
import Testing

/// Whether a value is what Foundation read from the same text.
private func agrees(_ value: JSONValue, _ other: Any) -> Bool {
  switch value {
  case .null: return other is NSNull
  case .bool(let bool): return other as? Bool == bool
  case .integer(let integer): return (other as? NSNumber)?.intValue == integer
  case .double(let double): return (other as? NSNumber)?.doubleValue == double
  case .string(let string):
    guard let other = other as? String else { return false }
    return string.utf8.elementsEqual(other.utf8)
  case .array(let elements):
    guard let others = other as? [Any], others.count == elements.count else { return false }
    return zip(elements, others).allSatisfy { agrees($0, $1) }
  case .object(let object):
    guard let others = other as? [String: Any], others.count == object.members.count else {
      return false
    }
    return object.members.allSatisfy { member in
      others[member.key].map { agrees(member.value, $0) } ?? false
    }
  }
}

@Test(arguments: [
  "Assets/model/tokenizer.json", "Assets/model/config.json", "Assets/model/card.json",
  "Assets/gar/vocabulary.json", "Tests/TokenizationTests/Fixtures/llama3/tokenizer.json",
])
func filesAreReadAsByFoundation(path: String) throws {
  let data = try Data(contentsOf: URL(filePath: packageRoot + "/" + path))
  let value = try data.withUnsafeBytes { try JSONValue.parse($0) }
  #expect(agrees(value, try JSONSerialization.jsonObject(with: data)))
}

@Test func escapesAndNumbersAreRead() throws {
  #expect(
    try JSONValue.parse(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀""#)
      == .string("\"\\/\u{8}\u{C}\n\r\té😀é😀"))
  #expect(
    try JSONValue.parse("[0, -0, 10, -7, 9223372036854775807, 9223372036854775808, 1.5e3, -2E-2]")
      == .array([
        .integer(0), .integer(0), .integer(10), .integer(-7), .integer(Int.max),
        .double(9_223_372_036_854_775_808), .double(1500), .double(-0.02),
      ]))
  let infinities: [JSONValue] = [.double(.infinity), .double(-.infinity)]
  #expect(try JSONValue.parse("[Infinity, -Infinity]") == .array(infinities))
  #expect(try JSONValue.parse(" { } ") == .object(JSONObject()))
}

@Test(arguments: [
  "", " ", "{", "[", "[1", "[1,", "[1,]", "[,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
  "1 2",
  "01", "-", "-01", "+1", ".5", "1.", "1e", "1e+", "0x10", "tru", "nul", "True", "'a'", "\"a",
  "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
  "\"a\nb\"", "\"\\", "]", "{]", "[1}", "/**/1", "\u{FEFF}1",
])
func malformedDocumentsAreRefused(text: String) {
  #expect(throws: JSONError.self) { try JSONValue.parse(text) }
}

@Test func invalidUTF8IsRefused() {
  let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
  #expect(throws: JSONError.self) { try bytes.withUnsafeBytes { try JSONValue.parse($0) } }
}

@Test func deepNestingIsRefusedAndNotFollowed() throws {
  let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
  #expect(throws: Never.self) { try JSONValue.parse(deep) }
  let error = try #require(throws: JSONError.self) {
    try JSONValue.parse(String(repeating: "[", count: 1_000_000))
  }
  #expect(error.reason == "values are nested more than 128 deep")
}
