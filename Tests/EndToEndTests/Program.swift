// Finds the program that was built together with these tests.

import Foundation
import Testing

/// The path of the built program, which lies in the same folder as the test bundle.
/// - Throws: where it is not there, which means that only a part of the package was built.
func builtProgram() throws -> String {
  let besideBundles = Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
  let besideRunner = Bundle.main.executableURL?.deletingLastPathComponent()
  let folders = [besideRunner].compactMap { $0 } + besideBundles
  let program = folders.map { $0.appending(path: "gar").path }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
  return try #require(program, "no program `gar` in \(folders.map(\.path))")
}
