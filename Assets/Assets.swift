// Finds the files that ship with the program: the built-in model and the GAR vocabulary.

import Foundation

/// Where the built-in model and vocabulary lie.
public enum Assets {
  /// The first of these that exists: `$GAR_ASSETS`, `../share/gar-explorer` beside an installed
  /// program, the bundle beside a built one, and the source folder of this package.
  public static let directory: String = {
    let environment = ProcessInfo.processInfo.environment["GAR_ASSETS"]
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath()
    let folder = program?.deletingLastPathComponent()
    let candidates: [String?] = [
      environment,
      folder?.deletingLastPathComponent().appending(path: "share/gar-explorer").path,
      folder?.appending(path: "gar-explorer_Assets.resources").path,
      URL(filePath: #filePath).deletingLastPathComponent().path,
    ]
    let found = candidates.compactMap { $0 }.first {
      FileManager.default.fileExists(atPath: $0 + "/model/config.json")
    }
    return found ?? environment ?? "/usr/local/share/gar-explorer"
  }()

  /// The directory of the built-in model, in the Hugging Face layout.
  public static var model: String { directory + "/model" }

  /// The built-in vocabulary of entities and their groups.
  public static var vocabulary: String { directory + "/gar/vocabulary.json" }
}
