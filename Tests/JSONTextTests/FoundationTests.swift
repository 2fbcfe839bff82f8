// The JSON reader against Foundation's, which was written by others.

import Foundation
import JSONText
import TestSupport
import Testing

@Suite struct FoundationTests {
  private static let documents = [
    #"{"a":[1,2.5,-3e2,0],"b":{"c":null,"d":true,"e":false},"f":"x\n\"\\\/\b\f\r\té😀"}"#,
    #"["é𝄞",{"":[[]]},{},[],"", "a b" , 1E+2, 12345678901234567890]"#,
    " {\n\t\"k\" : [ { \"x\" : \"y\" } , -0.0 ] \r\n}",
  ]

  /// A plain picture of a value, equal for equal values of both readers.
  private static func picture(_ value: JSONValue) -> String {
    switch value.content {
    case .null: "null"
    case .bool(let flag): "bool \(flag)"
    case .int(let number): "number \(Double(number))"
    case .double(let number): "number \(number)"
    case .string(let text): "string \(text)"
    case .array(let values): "[" + values.map(picture).joined(separator: ",") + "]"
    case .object(let object):
      "{"
        + object.members.sorted { $0.key < $1.key }.map { $0.key + ":" + picture($0.value) }
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
    let ours = try JSONValue.read(Array(document.utf8), rules: .strict)
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
      do { _ = try JSONValue.read(variant, rules: .strict) } catch {
        // Foundation lets a comma stand before a closing bracket, against RFC 8259, and takes one
        // of two equal keys.
        let known = ["found ']'", "in quotes, found '}'", "stands here twice"]
        ours = theirs && known.contains(where: error.problem.hasSuffix)
      }
      if ours != theirs { disagreements.append(String(decoding: variant, as: UTF8.self)) }
    }
    #expect(disagreements == [])
  }

  /// Whether a value is what Foundation read from the same text.
  private static func agrees(_ value: JSONValue, _ other: Any) -> Bool {
    switch value.content {
    case .null: return other is NSNull
    case .bool(let bool): return other as? Bool == bool
    case .int(let integer): return (other as? NSNumber)?.intValue == integer
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
    let value = try JSONValue.read([UInt8](data), rules: .strict)
    #expect(Self.agrees(value, try JSONSerialization.jsonObject(with: data)))
    let written = Data(value.text.utf8)
    #expect(Self.agrees(value, try JSONSerialization.jsonObject(with: written)))
  }
}
