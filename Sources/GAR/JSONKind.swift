// What a JSON value is, in the words that errors about vocabularies and items use.

import JSONText

extension JSONValue {
  /// For "expected a list, found …": plainer than `kind`, because people write vocabularies who
  /// write no programs.
  var typeName: String {
    switch content {
    case .bool: "true or false"
    case .int, .double: "a number"
    case .array: "a list"
    case .null, .string, .object: kind
    }
  }
}
