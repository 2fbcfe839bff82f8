// Where head sets lie that are called by name.

import Foundation

/// Head sets by name: `$XDG_DATA_HOME/gar-explorer/heads/NAME.json`, by default below
/// `~/.local/share`.
public enum HeadSetStore {
  public static var folder: String {
    let environment = ProcessInfo.processInfo.environment
    // The specification has relative paths ignored.
    let data = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"] ?? NSHomeDirectory()
    return (data ?? home + "/.local/share") + "/gar-explorer/heads"
  }

  /// The names that there are, sorted.
  public static var names: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
      .map { String($0.dropLast(suffix.count)) }.sorted()
  }

  /// The file of a set: `text` itself where it is a path, has the ending of a file or is one.
  /// - Throws: `HeadSetError.unknownName`, `.badName`.
  public static func path(of text: String) throws(HeadSetError) -> String {
    let named = try pathToSave(text)
    if FileManager.default.fileExists(atPath: named) { return named }
    if isPath(text) || FileManager.default.fileExists(atPath: text) { return text }
    throw .unknownName(text, known: names, folder: folder)
  }

  /// Where a set is to be written that is called so; `text` itself where it is a path.
  /// - Throws: `HeadSetError.badName`.
  public static func pathToSave(_ text: String) throws(HeadSetError) -> String {
    if isPath(text) { return text }
    let isName = text.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
    }
    guard isName, let first = text.first, first != "." && first != "-" else {
      throw .badName(text)
    }
    return "\(folder)/\(text)\(suffix)"
  }

  private static let suffix = ".json"

  private static func isPath(_ text: String) -> Bool {
    text.contains("/") || text.hasSuffix(suffix)
  }
}
