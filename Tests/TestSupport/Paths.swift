// Where tests find files: fixtures beside the tests, and the optional folder of shared test data.

import Foundation

/// The root folder of the package.
public let packageRoot: String = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// A file under `../shared`, or `nil` where that folder is absent.
///
/// Use it as a condition, so that the skip is named:
/// `@Test(.enabled(if: sharedFile("gar/official/GAR_data.jsonl") != nil, "../shared is absent"))`.
public func sharedFile(_ path: String) -> String? {
  let full = URL(filePath: packageRoot).deletingLastPathComponent()
    .appending(path: "shared/" + path).path
  return FileManager.default.fileExists(atPath: full) ? full : nil
}

/// A file under `Tests/<suite>/Fixtures`.
public func fixture(_ suite: String, _ path: String) -> String {
  "\(packageRoot)/Tests/\(suite)/Fixtures/\(path)"
}
