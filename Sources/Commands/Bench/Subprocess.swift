// Programs that this one starts: asked once, or line by line.

import Foundation

enum Subprocess {
  /// Where a program lies: itself if it is a path, or what `PATH` has under its name.
  static func find(_ name: String) -> String? {
    let places =
      name.contains("/")
      ? [name]
      : (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/\(name)" }
    return places.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// What a program prints; its own messages are only shown where it fails.
  /// - Throws: `CommandError.failed` with the last line of its messages.
  static func output(_ program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let (output, messages) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = messages
    process.standardInput = FileHandle.nullDevice
    try start(process, program)
    // Read on another thread: a full pipe would stop the program.
    let heard = Heard(messages.fileHandleForReading)
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandError.failed(
        "\(program): ended with status \(process.terminationStatus): \(heard.lastLine)")
    }
    return data
  }

  fileprivate static func start(_ process: Process, _ program: String) throws {
    do { try process.run() } catch {
      throw CommandError.failed("\(program): cannot be started: \(error.localizedDescription)")
    }
  }

  private final class Heard: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var data = Data()

    init(_ file: FileHandle) {
      Thread.detachNewThread { [self] in
        data = file.readDataToEndOfFile()
        done.signal()
      }
    }

    var lastLine: String {
      done.wait()
      return String(decoding: data, as: UTF8.self).split(separator: "\n").last.map(String.init)
        ?? "without a message"
    }
  }
}

/// A program that answers a line with a line. What it says on standard error goes nowhere: libraries
/// are talkative.
final class LineProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending: [UInt8] = []

  init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try Subprocess.start(process, program)
  }

  deinit { stop() }

  func write(_ line: String) throws {
    do {
      try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw CommandError.failed("the other program has ended: \(error.localizedDescription)")
    }
  }

  /// The next line, or `nil` where the program has ended.
  func readLine() -> String? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return line
      }
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { return nil }
      pending += data
    }
  }

  /// The end of its input tells the program to end.
  func stop() {
    try? input.fileHandleForWriting.close()
    if process.isRunning { process.waitUntilExit() }
  }
}
