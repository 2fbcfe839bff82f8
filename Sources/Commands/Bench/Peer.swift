// Other programs that do the same work on the same weights, where they are installed.

import Engine
import Foundation
import Interpretability
import JSONText

/// A program to compare with.
protocol Peer: AnyObject {
  /// For people: `llama.cpp 0c1e570 (llama-bench)`.
  var title: String { get }
  /// Does a task once.
  /// - Returns: `nil` where the program has no such thing.
  /// - Throws: `CommandError.failed` with what the program says.
  func run(_ task: BenchTask, on subject: BenchSubject) throws -> BenchRun?
  func stop()
}

/// llama.cpp's own benchmark, one call for each run. It generates from an empty context.
final class LlamaBench: Peer {
  private let program: String
  private let model: String
  private let threads: Int
  private(set) var title = "llama-bench"

  /// Tokens generated in a run that counts one.
  private static let generated = 8

  init(program: String, model: String, threads: Int) {
    (self.program, self.model, self.threads) = (program, model, threads)
  }

  func stop() {}

  func run(_ task: BenchTask, on subject: BenchSubject) throws -> BenchRun? {
    let counts: (prompt: Int, generated: Int)
    switch task {
    case .prompt(let count): counts = (count, 0)
    case .decode: counts = (0, Self.generated)
    default: return nil
    }
    let result = try Subprocess.output(
      program,
      [
        "-m", model, "-t", "\(threads)", "-p", "\(counts.prompt)", "-n", "\(counts.generated)",
        "-r", "1", "-o", "json",
      ])
    guard let answer = try? JSONValue.read(Array(result), rules: .python).array?.first,
      let nanoseconds = answer["avg_ns"]?.double
    else { throw CommandError.failed("\(program): its answer is not llama-bench's JSON") }
    if let commit = answer["build_commit"]?.string { title = "llama-bench \(commit)" }
    return BenchRun(seconds: nanoseconds * 1e-9 / Double(max(1, counts.generated)))
  }
}

/// A Python library, in a process of its own that `Benchmarks/peers.py` runs.
final class PythonPeer: Peer {
  let title: String
  private let name: String
  private let process: LineProcess
  private var unsupported: Set<String> = []

  /// Starts `driver`, the path of `peers.py`, with `name`, as it calls the library.
  /// - Throws: `CommandError.failed` where the library cannot load the model.
  init(name: String, python: String, driver: String, model: String, threads: Int) throws {
    self.name = name
    process = try LineProcess(
      python, [driver, name, model, "--threads", "\(threads)"],
      environment: ["HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"])
    let loaded = try Self.read(process, name)
    let versions = loaded["versions"]?.object?.members ?? []
    title = versions.map { "\($0.key) \($0.value.string ?? "?")" }.joined(separator: ", ")
  }

  func stop() { process.stop() }

  func run(_ task: BenchTask, on subject: BenchSubject) throws -> BenchRun? {
    guard let (request, share, heads) = request(task, subject),
      !unsupported.contains(task.key)
    else { return nil }
    try process.write(JSONValue.object(request).text)
    let answer = try Self.read(process, name)
    if answer["unsupported"]?.bool == true {
      unsupported.insert(task.key)
      return nil
    }
    guard let seconds = answer["seconds"]?.double else {
      throw CommandError.failed("\(name): its answer has no seconds")
    }
    let values = (answer["value"]?.array ?? []).flatMap { $0.array ?? [$0] }.compactMap(\.double)
    return BenchRun(
      seconds: seconds / share,
      scores: values.count == heads.count
        ? Dictionary(uniqueKeysWithValues: zip(heads, values)) : [:],
      heldBytes: answer["heldBytes"]?.int, peakBytes: answer["peakBytes"]?.int)
  }

  /// What to ask, the share of the whole task that it is, and the heads that the answer is about.
  private func request(
    _ task: BenchTask, _ subject: BenchSubject
  ) -> ([(String, JSONValue)], share: Double, heads: [HeadIndex])? {
    let all = subject.model.configuration.heads
    func members(_ operation: String, _ pair: PromptPair) -> [(String, JSONValue)] {
      [
        ("op", .string(operation)), ("clean", .ids(pair.clean)),
        ("corrupted", .ids(pair.corrupted ?? [])), ("target", .int(Int(subject.target))),
        ("foil", .int(Int(subject.foil))),
      ]
    }
    switch task {
    case .prompt(let count):
      return ([("op", .string("prompt")), ("tokens", .ids(subject.prompt(count)))], 1, [])
    case .decode:
      return ([("op", .string("decode")), ("tokens", .ids(subject.pair.clean))], 1, [])
    case .attribution: return (members("attribution", subject.pair), 1, all)
    case .attributionFromStart: return (members("attribution", subject.distantPair), 1, all)
    case .patching:
      // Every run is a whole pass, whatever the head.
      let heads = Self.sample(subject.patchedLayers, subject.model.configuration.headCount)
      let list = heads.map { JSONValue.array([.int($0.layer), .int($0.head)]) }
      return (
        members("patching", subject.pair) + [("heads", .array(list))],
        Double(heads.count) / Double(all.count), heads
      )
    case .toggleAtEND, .toggle: return nil
    }
  }

  /// Four heads of the layers.
  private static func sample(_ layers: [Int], _ headCount: Int) -> [HeadIndex] {
    (0..<4).map { index in
      HeadIndex(
        layer: layers[index * (layers.count - 1) / 3], head: index * (headCount - 1) / 3)
    }
  }

  private static func read(_ process: LineProcess, _ name: String) throws -> JSONValue {
    guard let line = process.readLine() else {
      throw CommandError.failed("\(name): the driver ended without an answer")
    }
    guard let value = try? JSONValue.read(Array(line.utf8), rules: .python) else {
      throw CommandError.failed("\(name): its answer is not JSON: \(line.prefix(200))")
    }
    if let error = value["error"]?.string { throw CommandError.failed("\(name): \(error)") }
    return value
  }
}

extension JSONValue {
  fileprivate static func ids(_ tokens: [Int32]) -> JSONValue {
    .array(tokens.map { .int(Int($0)) })
  }
}
