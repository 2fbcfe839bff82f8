// `config.json`: typed look-ups whose errors name the file and the key.

import JSONText

/// A model's configuration: a dictionary read from a file.
///
/// A key whose value is `null` counts as absent, as in Hugging Face's own classes.
public struct ConfigurationFile: Sendable {
  public let path: String
  private let object: JSONObject
  /// The keys that lead to a nested dictionary, each followed by a point; for error messages.
  private let prefix: String

  package init(path: String, object: JSONObject, prefix: String = "") {
    self.path = path
    self.object = object
    self.prefix = prefix
  }

  /// Reads a JSON file.
  /// - Throws: `unreadable`, `invalidJSON`, or `wrongType` where the file is not an object.
  public init(path: String) throws(CheckpointError) {
    try self.init(try MappedFile(path: path))
  }

  package init(_ file: MappedFile) throws(CheckpointError) {
    self.init(path: file.path, object: try Self.object(file.bytes, path: file.path))
  }

  /// Reads JSON text as if it stood in the file `path`.
  public init(path: String, json: String) throws(CheckpointError) {
    let object = try Array(json.utf8).withUnsafeBufferPointer { (bytes) throws(CheckpointError) in
      try Self.object(UnsafeRawBufferPointer(bytes), path: path)
    }
    self.init(path: path, object: object)
  }

  /// Parses a JSON object, naming the file in every error.
  package static func object(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(CheckpointError) -> JSONObject {
    do throws(JSONError) {
      let value = try JSONValue.read(bytes, rules: .python)
      if let object = value.object { return object }
      throw JSONError(
        position: TextPosition(line: 1, column: 1),
        problem: "an object was expected, not \(value.kind)")
    } catch {
      throw .invalidJSON(file: path, line: error.position.line, reason: error.problem)
    }
  }

  /// All keys, sorted.
  public var keys: [String] { Set(object.members.map(\.key)).sorted() }

  /// What the file says of the model as JSON, keys sorted; without the two that tell where a copy of
  /// it was saved and by which program.
  package var text: String {
    let members = object.members
      .filter { $0.key != "_name_or_path" && $0.key != "transformers_version" }
      .sorted { $0.key < $1.key }
    return JSONValue(.object(JSONObject(members: members))).text
  }

  /// Whether the key has a value other than `null`.
  public func contains(_ key: String) -> Bool { present(key) != nil }

  public func int(_ key: String) throws(CheckpointError) -> Int {
    try required(key, "an integer", \.int)
  }
  public func int(_ key: String, default value: Int) throws(CheckpointError) -> Int {
    try optional(key, "an integer", \.int) ?? value
  }
  /// Any JSON number, integers included.
  public func double(_ key: String) throws(CheckpointError) -> Double {
    try required(key, "a number", \.double)
  }
  public func double(_ key: String, default value: Double) throws(CheckpointError) -> Double {
    try optional(key, "a number", \.double) ?? value
  }
  public func bool(_ key: String) throws(CheckpointError) -> Bool {
    try required(key, "a Boolean", \.bool)
  }
  public func bool(_ key: String, default value: Bool) throws(CheckpointError) -> Bool {
    try optional(key, "a Boolean", \.bool) ?? value
  }
  public func string(_ key: String) throws(CheckpointError) -> String {
    try required(key, "a string", \.string)
  }
  public func string(_ key: String, default value: String) throws(CheckpointError) -> String {
    try optional(key, "a string", \.string) ?? value
  }

  /// An array of strings; absent gives an empty one.
  public func strings(_ key: String) throws(CheckpointError) -> [String] {
    try list(key, "an array of strings", \.string)
  }
  /// An array of integers; absent gives an empty one.
  public func ints(_ key: String) throws(CheckpointError) -> [Int] {
    try list(key, "an array of integers", \.int)
  }
  /// An array of numbers; absent gives an empty one.
  public func doubles(_ key: String) throws(CheckpointError) -> [Double] {
    try list(key, "an array of numbers", \.double)
  }

  /// A nested dictionary such as `rope_scaling`, or `nil` where it is absent or `null`.
  /// Errors of its look-ups name the whole path, such as `rope_scaling.factor`.
  public func section(_ key: String) throws(CheckpointError) -> ConfigurationFile? {
    try optional(key, "an object", \.object).map {
      ConfigurationFile(path: path, object: $0, prefix: "\(prefix)\(key).")
    }
  }
}

extension ConfigurationFile {
  /// The value as it stands, for a key that may hold values of several kinds.
  package func present(_ key: String) -> JSONValue? {
    if let value = object[key], !value.isNull { value } else { nil }
  }

  /// The name of a key in error messages: the path that leads to it.
  package func fullKey(_ key: String) -> String { prefix + key }

  /// A nested object as it stands, for one too large for look-ups by key.
  package func members(_ key: String) throws(CheckpointError) -> [JSONObject.Member] {
    try required(key, "an object", \.object).members
  }

  /// An array as it stands; absent gives an empty one.
  package func elements(_ key: String) throws(CheckpointError) -> [JSONValue] {
    try optional(key, "an array", \.array) ?? []
  }

  /// An array of objects; absent gives an empty one.
  package func sections(_ key: String) throws(CheckpointError) -> [ConfigurationFile] {
    let objects = try list(key, "an array of objects", \.object)
    return objects.enumerated().map {
      ConfigurationFile(path: path, object: $1, prefix: "\(prefix)\(key)[\($0)].")
    }
  }

  private func optional<T>(
    _ key: String, _ expected: String, _ read: (JSONValue) -> T?
  ) throws(CheckpointError) -> T? {
    guard let value = present(key) else { return nil }
    if let typed = read(value) { return typed }
    throw .wrongType(key: fullKey(key), file: path, expected: expected, found: value.kind)
  }

  private func required<T>(
    _ key: String, _ expected: String, _ read: (JSONValue) -> T?
  ) throws(CheckpointError) -> T {
    if let value = try optional(key, expected, read) { return value }
    throw .missingKey(key: fullKey(key), file: path)
  }

  private func list<T>(
    _ key: String, _ expected: String, _ read: (JSONValue) -> T?
  ) throws(CheckpointError) -> [T] {
    guard let elements = try optional(key, expected, \.array) else { return [] }
    let typed = elements.compactMap(read)
    guard typed.count == elements.count else {
      throw .wrongType(key: fullKey(key), file: path, expected: expected, found: "a mixed array")
    }
    return typed
  }
}
