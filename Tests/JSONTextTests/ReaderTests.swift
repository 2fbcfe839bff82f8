// The JSON reader on the edges of RFC 8259, and what its errors say.

import JSONText
import Testing

private func read(_ text: String, _ rules: JSONRules = .python) throws(JSONError) -> JSONValue {
  try JSONValue.read(Array(text.utf8), rules: rules)
}

@Test func escapesAndNumbersAreRead() throws {
  #expect(
    try read(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀""#)
      == .string("\"\\/\u{8}\u{C}\n\r\té😀é😀"))
  #expect(
    try read("[0, -0, 10, -7, 9223372036854775807, 9223372036854775808, 1.5e3, -2E-2]")
      == .array([
        .int(0), .int(0), .int(10), .int(-7), .int(Int.max),
        .double(9_223_372_036_854_775_808), .double(1500), .double(-0.02),
      ]))
  #expect(try read(" { } ") == .object([]))
}

@Test func numbersWithoutFractionAreWholeHoweverWritten() throws {
  let numbers = try #require(try read("[3, 3.0, 3e0, 3.5, 1e40, true, 9007199254740993]").array)
  #expect(numbers.map(\.wholeNumber) == [3, 3, 3, nil, nil, nil, 9_007_199_254_740_993])
}

@Test(arguments: [
  "", " ", "{", "[", "[1", "[1,", "[1,]", "[,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
  "1 2",
  "01", "-", "-01", "+1", ".5", "1.", "1e", "1e+", "0x10", "tru", "nul", "True", "'a'", "\"a",
  "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
  "\"a\nb\"", "\"\\", "]", "{]", "[1}", "/**/1", "\u{FEFF}1",
])
func malformedDocumentsAreRefused(text: String) {
  #expect(throws: JSONError.self) { try read(text, .python) }
  #expect(throws: JSONError.self) { try read(text, .strict) }
}

@Test func onlyPythonsRulesTakeInfiniteNumbers() throws {
  let infinities: [JSONValue] = [.double(.infinity), .double(-.infinity), .double(.infinity)]
  #expect(try read("[Infinity, -Infinity, 1e999]") == .array(infinities))
  #expect(try read("NaN").double?.isNaN == true)
  for text in ["Infinity", "-Infinity", "NaN", "1e999"] {
    #expect(throws: JSONError.self) { try read(text, .strict) }
  }
}

@Test func onlyPythonsRulesTakeEqualKeys() throws {
  let object = try #require(try read(#"{"b": 1, "a": 2, "b": 3}"#).object)
  #expect(object.members.map(\.key) == ["b", "a", "b"])
  #expect(object.hasDuplicateKeys)
  #expect(object["b"] == .int(3))
  #expect(throws: JSONError.self) { try read(#"{"b": 1, "a": 2, "b": 3}"#, .strict) }
  #expect(try read(#"{"a": {"b": 1}, "b": {"b": 1}}"#, .strict)["b"]?["b"] == .int(1))
}

@Test func invalidUTF8IsRefused() {
  let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
  #expect(throws: JSONError.self) { try JSONValue.read(bytes, rules: .python) }
}

@Test func deepNestingIsRefusedAndNotFollowed() throws {
  let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
  #expect(throws: Never.self) { try read(deep) }
  let error = try #require(throws: JSONError.self) {
    try read(String(repeating: "[", count: 1_000_000))
  }
  #expect(error.problem == "values are nested more than 128 deep")
}

@Test func valuesKnowWhereTheyBegin() throws {
  let text = "{ \"é\": [1,\n  \"b\" ]}"
  let value = try read(text)
  let list = try #require(value["é"])
  let places = ([value, list] + (list.array ?? [])).map {
    TextPosition(offset: $0.offset, in: Array(text.utf8))
  }
  #expect(places.map(\.line) == [1, 1, 1, 2])
  #expect(places.map(\.column) == [1, 8, 9, 3])
}

/// What is wrong, and what the error says.
@Test(arguments: [
  (
    "{\n  \"é\": [1,\n    2,,\n  ]}",
    "line 3, column 7: not valid JSON: expected a value, found ','"
  ),
  (#"{"a": 1,"a": 2}"#, "line 1, column 9: not valid JSON: the key \"a\" stands here twice"),
  ("[1 2]", "line 1, column 4: not valid JSON: expected ',' or ']', found '2'"),
  ("{\"a\" 2}", "line 1, column 6: not valid JSON: expected ':' after a key, found '2'"),
  ("{\"a\": 2,}", "line 1, column 9: not valid JSON: expected a key in quotes, found '}'"),
  ("[1,\n", "line 2, column 1: not valid JSON: the document ends too early: expected a value"),
  ("1 é", "line 1, column 3: not valid JSON: expected the end, found byte 195"),
  ("[-x]", "line 1, column 3: not valid JSON: expected a value, found 'x'"),
  ("[trye]", "line 1, column 2: not valid JSON: expected a value, found 't'"),
  ("[1.]", "line 1, column 4: not valid JSON: expected a digit after the decimal point, found ']'"),
  ("[1e]", "line 1, column 4: not valid JSON: expected a digit in the exponent, found ']'"),
  ("01", "line 1, column 3: not valid JSON: a number must not begin with 0"),
  ("1e999", "line 1, column 6: not valid JSON: the number 1e999 is too large"),
  ("\"ab", "line 1, column 4: not valid JSON: the string is not closed"),
  (
    "\"a\u{1}\"",
    "line 1, column 3: not valid JSON: a string must not hold a bare control character"
  ),
  (#""\ud800x""#, "line 1, column 8: not valid JSON: half of a surrogate pair in a string"),
  (#""\u12g4""#, "line 1, column 4: not valid JSON: expected four hexadecimal digits after \\u"),
  (#""\x""#, "line 1, column 4: not valid JSON: unknown escape in a string"),
])
func errorsNameLineAndColumn(text: String, description: String) throws {
  let error = try #require(throws: JSONError.self) { try read(text, .strict) }
  #expect(error.description == description)
}

@Test func linesAreCountedFromTheFirstOfTheFile() throws {
  let error = try #require(throws: JSONError.self) {
    try JSONValue.read(Array("[1,\n]".utf8), rules: .strict, firstLine: 7)
  }
  #expect(error.position == TextPosition(line: 8, column: 1))
}
