// What is written: read back by Foundation, and text for text where the bytes matter.

import Foundation
import JSONText
import Testing

@Test func whatIsWrittenIsReadByFoundation() throws {
  var out = JSONWriter()
  out.object { out in
    out.key("text")
    out.string("a\"\\\n\t\u{1}é😀/")
    out.key("numbers")
    out.array { out in for number in [0, -7, Int.max, Int.min] { out.integer(number) } }
    out.key("none")
    out.null()
    out.key("flags")
    out.array { out in
      out.boolean(true)
      out.boolean(false)
    }
  }
  struct Read: Decodable, Equatable {
    var text: String
    var numbers: [Int]
    var none: Int?
    var flags: [Bool]
  }
  #expect(
    try JSONDecoder().decode(Read.self, from: Data(out.bytes))
      == Read(
        text: "a\"\\\n\t\u{1}é😀/", numbers: [0, -7, .max, .min], none: nil,
        flags: [true, false]))
}

/// All characters that are escaped, alone and beside ones that are not.
@Test func everyEscapeIsReadByFoundation() throws {
  let scalars = (0...0x80).compactMap(Unicode.Scalar.init)
  let texts = scalars.flatMap { ["\($0)", "a\($0)", "\($0)é", "a\($0)\($0)b"] }
  let written = JSONValue.array(texts.map(JSONValue.string)).text
  #expect(try JSONDecoder().decode([String].self, from: Data(written.utf8)) == texts)
  #expect(written.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
}

@Test func valuesAreWrittenInOrderOnOneLine() {
  let value = JSONValue.object([
    ("z", [.int(1), .null, []]), ("a", .object([("\n", .bool(false))])), ("e", .object([])),
    ("t", .optional(nil)), ("u", .optional("é")),
  ])
  #expect(value.text == #"{"z":[1,null,[]],"a":{"\n":false},"e":{},"t":null,"u":"é"}"#)
}

@Test func linesStartWithoutAComma() {
  var out = JSONWriter()
  for number in 1...2 {
    out.value([.int(number)])
    out.endLine()
  }
  #expect(String(decoding: out.bytes, as: UTF8.self) == "[1]\n[2]\n")
}

@Test func numbersHaveTheShortestFormThatReadsBack() {
  #expect(JSONValue.float(0.1).text == "0.1")
  #expect(JSONValue.double(0.1 + 0.2).text == "0.30000000000000004")
  #expect(
    JSONValue.array([.double(3), .double(.nan), .float(-.infinity)]).text == "[3.0,null,null]")
}

/// Bit patterns spread over all exponents; Foundation reads what we wrote.
@Test func writtenNumbersReadBackBitForBit() throws {
  let doubles = (0..<1000).map { Double(bitPattern: $0 &* 0x9E37_79B9_7F4A_7C15) }
    .filter(\.isFinite)
  let floats = (0..<1000).map { Float(bitPattern: $0 &* 0x9E37_79B9) }.filter(\.isFinite)
  let writtenDoubles = JSONValue.array(doubles.map(JSONValue.double)).text
  let writtenFloats = JSONValue.array(floats.map(JSONValue.float)).text
  #expect(try JSONDecoder().decode([Double].self, from: Data(writtenDoubles.utf8)) == doubles)
  #expect(try JSONDecoder().decode([Float].self, from: Data(writtenFloats.utf8)) == floats)
}
