// A JSON document as a value: what `config.json`, tensor headers and tokenizers are read into.

/// One JSON value. Objects keep their order and their duplicate keys, for readers to judge.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// What this is, in the words of an error message.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a Boolean"
    case .integer: "an integer"
    case .double: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// Any number, integers included.
  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
}

/// The members of a JSON object in file order.
package struct JSONObject: Sendable, Equatable {
  package struct Member: Sendable, Equatable {
    package let key: String
    package let value: JSONValue
    package init(key: String, value: JSONValue) { (self.key, self.value) = (key, value) }
  }

  package var members: [Member]

  package init(members: [Member] = []) { self.members = members }

  /// The last member of that name, as in most readers; a linear search, for small objects.
  package subscript(key: String) -> JSONValue? { members.last { $0.key == key }?.value }

  package var hasDuplicateKeys: Bool { Set(members.map(\.key)).count < members.count }
}

/// Why a text is not JSON, and on which line, counted from 1.
package struct JSONError: Error, Equatable, Sendable {
  package let line: Int
  package let reason: String
}
