// A JSON document as a value: what files are read into, and what commands answer with.

/// One JSON value. Equal values have equal content, wherever they stand.
package struct JSONValue: Sendable {
  package enum Content: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    /// A number with a fraction or an exponent, or too large for `Int`.
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
  }

  package var content: Content
  /// Where the value begins in the text that it was read from, in bytes;
  /// `TextPosition(offset:in:)` turns it into line and column.
  package var offset: Int

  package init(_ content: Content, offset: Int = 0) {
    self.content = content
    self.offset = offset
  }

  /// What this is, in the words of an error message.
  package var kind: String {
    switch content {
    case .null: "null"
    case .bool: "a Boolean"
    case .int: "an integer"
    case .double: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue: Equatable {
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    left.content == right.content
  }
}

// MARK: - Taking a value apart

extension JSONValue {
  package var isNull: Bool { if case .null = content { true } else { false } }
  package var bool: Bool? { if case .bool(let value) = content { value } else { nil } }
  package var int: Int? { if case .int(let value) = content { value } else { nil } }
  package var string: String? { if case .string(let value) = content { value } else { nil } }
  package var array: [JSONValue]? { if case .array(let value) = content { value } else { nil } }
  package var object: JSONObject? { if case .object(let value) = content { value } else { nil } }

  /// Any number, integers included.
  package var double: Double? {
    switch content {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// Any number without a fraction, however it is written: 3, 3.0 or 3e0.
  package var wholeNumber: Int? { int ?? double.flatMap(Int.init(exactly:)) }

  /// The member of that name; `nil` where this is no object, too.
  package subscript(key: String) -> JSONValue? { object?[key] }
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

// MARK: - Making a value

extension JSONValue {
  package static var null: JSONValue { JSONValue(.null) }
  package static func bool(_ value: Bool) -> JSONValue { JSONValue(.bool(value)) }
  package static func int(_ value: Int) -> JSONValue { JSONValue(.int(value)) }
  package static func double(_ value: Double) -> JSONValue { JSONValue(.double(value)) }
  package static func string(_ value: String) -> JSONValue { JSONValue(.string(value)) }
  package static func array(_ values: [JSONValue]) -> JSONValue { JSONValue(.array(values)) }

  /// The shortest decimal that gives back this `Float`: 0.1, where `Double(value)` has 17 digits.
  package static func float(_ value: Float) -> JSONValue {
    .double(Double(value.description) ?? Double(value))
  }

  /// A text, or null where there is none.
  package static func optional(_ value: String?) -> JSONValue { value.map(string) ?? .null }

  /// An object whose keys are written in the order given.
  package static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    JSONValue(.object(JSONObject(members: members.map { .init(key: $0, value: $1) })))
  }
}

extension JSONValue: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
