// Tables as comma-separated values.

import Foundation

/// Lines of comma-separated values, quoted where they must be (RFC 4180), with line feeds.
public struct CSVText: Sendable {
  public private(set) var text = ""

  public init() {}

  /// Adds a line.
  public mutating func add(_ fields: [String]) {
    text += fields.map(Self.quoted).joined(separator: ",") + "\n"
  }

  private static func quoted(_ field: String) -> String {
    let isPlain = !field.unicodeScalars.contains { ",\"\n\r".unicodeScalars.contains($0) }
    return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
