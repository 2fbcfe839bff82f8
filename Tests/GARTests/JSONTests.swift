// Our JSON reader against Foundation's, which was written by others, and our writer against both.

import Foundation
import GAR
import Testing

@Suite struct JSONTests {
  private static let documents = [
    #"{"a":[1,2.5,-3e2,0],"b":{"c":null,"d":true,"e":false},"f":"x\n\"\\\/\b\f\r\té😀"}"#,
    #"["é𝄞",{"":[[]]},{},[],"", "a b" , 1E+2, 12345678901234567890]"#,
    " {\n\t\"k\" : [ { \"x\" : \"y\" } , -0.0 ] \r\n}",
  ]

  /// A plain picture of a value, equal for equal values of both readers.
  private static func picture(_ value: JSONValue) -> String {
    switch value.content {
    case .null: "null"
    case .boolean(let flag): "bool \(flag)"
    case .number(let number): "number \(number)"
    case .string(let text): "string \(text)"
    case .array(let values): "[" + values.map(picture).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map { $0.key + ":" + picture($0.value) }
        .joined(separator: ",") + "}"
    }
  }

  private enum Reference: Decodable {
    case null, boolean(Bool), number(Double), string(String)
    case array([Reference]), object([String: Reference])

    init(from decoder: Decoder) throws {
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let flag = try? single.decode(Bool.self) {
        self = .boolean(flag)
      } else if let number = try? single.decode(Double.self) {
        self = .number(number)
      } else if let text = try? single.decode(String.self) {
        self = .string(text)
      } else if let values = try? single.decode([Reference].self) {
        self = .array(values)
      } else {
        self = .object(try single.decode([String: Reference].self))
      }
    }

    var picture: String {
      switch self {
      case .null: "null"
      case .boolean(let flag): "bool \(flag)"
      case .number(let number): "number \(number)"
      case .string(let text): "string \(text)"
      case .array(let values): "[" + values.map(\.picture).joined(separator: ",") + "]"
      case .object(let members):
        "{"
          + members.sorted { $0.key < $1.key }.map { $0.key + ":" + $0.value.picture }
          .joined(separator: ",") + "}"
      }
    }
  }

  @Test(arguments: documents) func valuesAreThoseOfFoundation(_ document: String) throws {
    let ours = try JSONReader.read(Array(document.utf8))
    let theirs = try JSONDecoder().decode(Reference.self, from: Data(document.utf8))
    #expect(Self.picture(ours) == theirs.picture)
  }

  /// Every deletion and many replacements of one byte: what one reader refuses the other refuses.
  @Test(arguments: documents) func damageIsSeenAsByFoundation(_ document: String) {
    let bytes = Array(document.utf8)
    var variants = bytes.indices.map { Array(bytes[..<$0] + bytes[($0 + 1)...]) }
    for replacement in Array(#"{}[]",:0-e.\ x"#.utf8) + [0x00, 0x80, 0xFF] {
      for index in bytes.indices {
        var variant = bytes
        variant[index] = replacement
        variants.append(variant)
      }
    }
    var disagreements: [String] = []
    for variant in variants {
      let theirs =
        (try? JSONSerialization.jsonObject(
          with: Data(variant), options: [.fragmentsAllowed])) != nil
      var ours = true
      do { _ = try JSONReader.read(variant) } catch {
        // Foundation lets a comma stand before a closing bracket, against RFC 8259, and takes one
        // of two equal keys.
        let known = ["found ']'", "in quotes, found '}'", "found the end", "stands here twice"]
        ours = theirs && known.contains(where: error.problem.hasSuffix)
      }
      if ours != theirs { disagreements.append(String(decoding: variant, as: UTF8.self)) }
    }
    #expect(disagreements == [])
  }

  @Test func errorsNameLineAndColumn() {
    let text = "{\n  \"é\": [1,\n    2,,\n  ]}"
    #expect(
      throws: JSONSyntaxError(
        position: TextPosition(line: 3, column: 7), problem: "expected a value, found ','")
    ) { try JSONReader.read(Array(text.utf8)) }
    #expect(
      throws: JSONSyntaxError(
        position: TextPosition(line: 1, column: 9), problem: "the key \"a\" stands here twice")
    ) { try JSONReader.read(Array(#"{"a": 1,"a": 2}"#.utf8)) }
  }

  @Test func deepNestingIsRefused() {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try JSONReader.read(Array(text.utf8)) }
  }

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
}
