// A real server of a real model, where llama-cpp-python is installed: the built-in model as GGUF.

import Foundation
import TestSupport

/// The Python that has llama-cpp-python's server and what `make_gguf.py` needs; `nil` without one.
/// `GAR_LLAMA_SERVER_PYTHON` names another than `python3`.
let llamaPython: String? = {
  let named = ProcessInfo.processInfo.environment["GAR_LLAMA_SERVER_PYTHON"]
  let python = named ?? "python3"
  let probe = Process()
  probe.executableURL = URL(filePath: "/usr/bin/env")
  probe.arguments = [python, "-c", "import llama_cpp.server, fastapi, uvicorn, gguf"]
  probe.standardOutput = FileHandle.nullDevice
  probe.standardError = FileHandle.nullDevice
  do { try probe.run() } catch { return nil }
  probe.waitUntilExit()
  return probe.terminationStatus == 0 ? python : nil
}()

/// Runs until it is released.
final class LlamaServer {
  struct Failure: Error { var log: String }

  let url: String
  private let folder: TemporaryDirectory
  private let process: Process

  /// - Parameters:
  ///   - python: see `llamaPython`.
  ///   - logits: whether the server keeps what log-probabilities need.
  /// - Throws: `Failure` with the server's log where it does not start.
  init(python: String, logits: Bool) throws {
    folder = try TemporaryDirectory()
    let model = folder.path + "/built-in.gguf"
    let convert = Self.process(
      python, [fixture("EndpointsTests", "make_gguf.py"), packageRoot + "/Assets/model", model])
    try convert.run()
    convert.waitUntilExit()
    guard convert.terminationStatus == 0 else { throw Failure(log: "make_gguf.py failed") }
    let port = try StubServer.freePort()
    url = "http://127.0.0.1:\(port)/v1"
    let log = Pipe()
    process = Self.process(
      python,
      [
        "-m", "llama_cpp.server", "--model", model, "--logits_all", "\(logits)", "--n_ctx", "512",
        "--n_threads", "1", "--host", "127.0.0.1", "--port", "\(port)",
      ])
    process.standardError = log
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    try waitUntilReady(log.fileHandleForReading)
  }

  // A process started from a thread of the tests inherits that SIGTERM is blocked.
  deinit { kill(process.processIdentifier, SIGKILL) }

  /// Reads the server's log up to the line that says it listens, and drains the rest.
  private func waitUntilReady(_ log: FileHandle) throws {
    var text = ""
    while !text.contains("Uvicorn running") {
      let more = log.availableData
      guard !more.isEmpty else { throw Failure(log: text) }
      text += String(decoding: more, as: UTF8.self)
    }
    log.readabilityHandler = { _ = $0.availableData }
  }

  private static func process(_ python: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python] + arguments
    return process
  }
}
