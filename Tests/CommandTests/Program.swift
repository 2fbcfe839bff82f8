// Runs the real program and collects what it prints.

import Foundation
import TestSupport
import Testing

/// What a finished run left.
struct Finished {
  let status: Int32
  let output: String
  let errors: String

  /// Standard output as JSON.
  func json() throws -> Any {
    try JSONSerialization.jsonObject(with: Data(output.utf8))
  }

  func object() throws -> [String: Any] {
    try #require(try json() as? [String: Any])
  }
}

/// The built program: beside the tests, or where `swift build` puts it by default.
func program() throws -> URL {
  let tests = [Bundle.main.executableURL, URL(filePath: CommandLine.arguments[0])]
  var folders = tests.compactMap { $0?.resolvingSymlinksInPath().deletingLastPathComponent() }
  // On macOS the tests lie in Contents/MacOS of a bundle that lies beside the program.
  folders += folders.flatMap { folder in
    (1...3).map { depth in
      (0..<depth).reduce(folder) { url, _ in url.deletingLastPathComponent() }
    }
  }
  folders += ["release", "debug"].map { URL(filePath: packageRoot + "/.build/" + $0) }
  let found = folders.map { $0.appending(path: "gar") }.first {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: $0.path, isDirectory: &isDirectory)
      && !isDirectory.boolValue && FileManager.default.isExecutableFile(atPath: $0.path)
  }
  return try #require(found, "no program `gar` in \(folders.map(\.path))")
}

/// Starts the program with its output going to files in `folder`.
private func start(
  _ arguments: [String], input: String, in folder: TemporaryDirectory,
  environment extra: [String: String]
) throws -> Process {
  func file(_ name: String) -> URL { URL(filePath: folder.path + "/" + name) }
  let process = Process()
  process.executableURL = try program()
  process.arguments = arguments
  var environment = ProcessInfo.processInfo.environment
  environment["GAR_ASSETS"] = packageRoot + "/Assets"
  environment.merge(extra) { $1 }
  process.environment = environment
  try folder.write(input, to: "input")
  try folder.write("", to: "output")
  try folder.write("", to: "errors")
  // A shell that starts tests in the background ignores interrupts, and children inherit that.
  signal(SIGINT, SIG_DFL)
  process.standardInput = try FileHandle(forReadingFrom: file("input"))
  process.standardOutput = try FileHandle(forWritingTo: file("output"))
  process.standardError = try FileHandle(forWritingTo: file("errors"))
  try process.run()
  return process
}

/// Runs the program to its end; `whileRunning` is called once it has started.
func gar(
  _ arguments: String..., input: String = "", whileRunning: (Process) throws -> Void = { _ in }
) throws -> Finished {
  try gar(arguments, input: input, whileRunning: whileRunning)
}

func gar(
  _ arguments: [String], input: String = "", environment: [String: String] = [:],
  whileRunning: (Process) throws -> Void = { _ in }
) throws -> Finished {
  let folder = try TemporaryDirectory()
  let process = try start(arguments, input: input, in: folder, environment: environment)
  try whileRunning(process)
  process.waitUntilExit()
  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: folder.path + "/" + name)), as: UTF8.self)
  }
  return Finished(
    status: process.terminationStatus, output: try text("output"), errors: try text("errors"))
}

/// A run that must fail: with this status, nothing on standard output, and one line on standard
/// error that names what is wrong.
func expectFailure(
  _ finished: Finished, status: Int32, naming parts: String...,
  location: SourceLocation = #_sourceLocation
) {
  #expect(finished.status == status, "\(finished.errors)", sourceLocation: location)
  #expect(finished.output == "", sourceLocation: location)
  let lines = finished.errors.split(separator: "\n", omittingEmptySubsequences: false)
  #expect(lines.count == 2 && lines.last == "", "\(finished.errors)", sourceLocation: location)
  #expect(finished.errors.hasPrefix("gar: "), "\(finished.errors)", sourceLocation: location)
  #expect(!finished.errors.contains("Error:"), "\(finished.errors)", sourceLocation: location)
  for part in parts {
    #expect(finished.errors.contains(part), "\(finished.errors)", sourceLocation: location)
  }
}

/// A model of `Tests/EngineTests/Fixtures`.
func tinyModel(_ name: String) -> String { fixture("EngineTests", "models/\(name)") }
let builtInModel = packageRoot + "/Assets/model"

/// A copy of a model's directory that a test may damage.
func copy(of model: String) throws -> TemporaryDirectory {
  let folder = try TemporaryDirectory()
  for name in try FileManager.default.contentsOfDirectory(atPath: model) {
    try FileManager.default.copyItem(atPath: "\(model)/\(name)", toPath: "\(folder.path)/\(name)")
  }
  return folder
}
