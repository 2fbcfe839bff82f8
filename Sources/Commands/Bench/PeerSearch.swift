// Finds the programs to compare with, and says what is missing.

import ArgumentParser
import Foundation
import JSONText

struct PeerOptions: ParsableArguments {
  @Flag(help: "Measure other programs too, by turns, where they are installed.")
  var peers = false

  @Option(
    help: ArgumentHelp(
      "Only these: llama-bench, llama_cpp, torch, transformer_lens.", valueName: "list"))
  var onlyPeers: String?

  @Option(
    help: ArgumentHelp(
      "The same weights in the format that the others read: a directory beside a GGUF file, or "
        + "the reverse.", valueName: "model"))
  var peerModel: String?

  @Option(help: ArgumentHelp("Python with the libraries to compare with.", valueName: "file"))
  var python = "python3"

  @Option(help: ArgumentHelp("llama.cpp's llama-bench.", valueName: "file"))
  var llamaBench = "llama-bench"

  static let names = ["llama-bench", "llama_cpp", "torch", "transformer_lens"]

  func validate() throws {
    guard let onlyPeers else { return }
    for name in list(onlyPeers) where !Self.names.contains(name) {
      throw ValidationError(
        "--only-peers: '\(name)' is not one of \(Self.names.joined(separator: ", "))")
    }
  }
}

/// What can be compared with, in the order in which it is.
struct PeerSearch {
  let options: PeerOptions
  /// A GGUF file and a directory that hold the model, where there are such.
  let gguf, directory: String?
  let threads: Int

  init(_ options: PeerOptions, model: String, threads: Int) {
    self.options = options
    self.threads = threads
    let paths = [model] + (options.peerModel.map { [$0] } ?? [])
    func isDirectory(_ path: String) -> Bool {
      var result: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &result)
        && result.boolValue
    }
    directory = paths.first(where: isDirectory)
    gguf = paths.first { !isDirectory($0) }
  }

  /// Names and makers of the peers that are there.
  /// - Throws: `CommandError.unusable` where there is none.
  func found() throws -> [(name: String, start: () throws -> any Peer)] {
    let wanted = options.onlyPeers.map(list) ?? PeerOptions.names
    let modules = try pythonModules(wanted)
    var missing: [String] = []
    var peers: [(name: String, start: () throws -> any Peer)] = []
    for name in wanted {
      switch start(name, modules) {
      case .success(let start): peers.append((name, start))
      case .failure(let lack): missing.append("\(name): \(lack.reason)")
      }
    }
    guard !peers.isEmpty else {
      throw CommandError.unusable(
        "nothing to compare with: \(missing.joined(separator: "; "))")
    }
    for line in missing { note("left out: \(line)") }
    return peers
  }

  private struct Lack: Error { let reason: String }

  private func start(
    _ name: String, _ modules: Modules?
  ) -> Result<() throws -> any Peer, Lack> {
    let needsGGUF = name.hasPrefix("llama")
    guard let model = needsGGUF ? gguf : directory else {
      let format = needsGGUF ? "a GGUF file" : "a Hugging Face directory"
      return .failure(Lack(reason: "give \(format) of the same weights with --peer-model"))
    }
    guard name != "llama-bench" else {
      guard let program = Subprocess.find(options.llamaBench) else {
        return .failure(Lack(reason: "give its path with --llama-bench"))
      }
      return .success { [threads] in LlamaBench(program: program, model: model, threads: threads) }
    }
    guard let modules else {
      return .failure(Lack(reason: "\(options.python) is not there; give a Python with --python"))
    }
    guard let driver = Self.driver else {
      return .failure(
        Lack(reason: "Benchmarks/peers.py is not there; run this in the source directory"))
    }
    let needed = name == "torch" ? ["torch", "transformers"] : [name]
    if let absent = needed.first(where: { !modules.names.contains($0) }) {
      return .failure(Lack(reason: "\(options.python) has no \(absent)"))
    }
    return .success { [threads] in
      try PythonPeer(
        name: name, python: modules.python, driver: driver, model: model, threads: threads)
    }
  }

  private struct Modules {
    let python: String
    let names: Set<String>
  }

  private func pythonModules(_ wanted: [String]) throws -> Modules? {
    guard wanted.contains(where: { $0 != "llama-bench" }),
      let python = Subprocess.find(options.python)
    else { return nil }
    let names = ["torch", "transformers", "transformer_lens", "llama_cpp"]
    let question =
      "import importlib.util as u; print(*(m for m in \(names) if u.find_spec(m)))"
    let answer = try Subprocess.output(python, ["-c", question])
    return Modules(
      python: python,
      names: Set(String(decoding: answer, as: UTF8.self).split(separator: " ").map(\.trimmed)))
  }

  /// `Benchmarks/peers.py` of the source tree that one stands in, or that the program was built in.
  private static var driver: String? {
    let program = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let starts = [URL(filePath: FileManager.default.currentDirectoryPath), program]
    for start in starts {
      var place = start
      for _ in 0..<6 {
        let file = place.appending(path: "Benchmarks/peers.py").path
        if FileManager.default.fileExists(atPath: file) { return file }
        place.deleteLastPathComponent()
      }
    }
    return nil
  }
}
