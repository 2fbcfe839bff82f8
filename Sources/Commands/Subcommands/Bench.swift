// `gar bench`: how fast this machine runs the engine, as ratios to what the machine can do and to other
// programs.

import ArgumentParser
import CKernels
import Engine
import Foundation
import GAR

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure speed, as ratios to what this machine can do and to other programs.",
    discussion: """
      Everything is measured in one run on the same threads; times are medians, with the least and \
      the most. Products are shares of the measured peak of fused multiply-adds (100 rows) and of \
      the measured read bandwidth (one row), taken beside every run. With --peers, llama.cpp \
      (llama-bench, and llama-cpp-python), transformers on PyTorch, and TransformerLens do the same \
      work on the same weights, by turns with this program; a toggle is held against their whole \
      pass. Benchmarks/make_model.py makes models of random weights to measure with.

      Examples:
        gar bench
        gar bench --model ~/models/TinyLlama --quick --json
        gar bench --model tiny.gguf --peers --peer-model tiny --only prompt,decode
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var itemOptions: ItemOptions
  @OptionGroup(title: "Other programs") var peers: PeerOptions
  @Flag(help: "Fewer repetitions: a few seconds in all, less exact.")
  var quick = false
  @Option(
    help: ArgumentHelp(
      "Only these: products, load, prompt, decode, attribution, patching, toggle.",
      valueName: "list"))
  var only: String?
  @Option(help: ArgumentHelp("Prompt lengths.", valueName: "list"))
  var lengths = "64,128,512"
  @Option(help: ArgumentHelp("Weight types of the products, or all.", valueName: "list"))
  var types = "f32,f16,bf16,q8_0,q4_0,q4_k"
  @Option(help: ArgumentHelp("Seconds after which one task is not repeated.", valueName: "count"))
  var budget = 20.0
  @OptionGroup var output: JSONOption

  func validate() throws {
    _ = try parts()
    _ = try weightTypes()
    guard try integers(lengths, option: "--lengths").allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--lengths must be 1 or more")
    }
    guard budget > 0 else { throw ValidationError("--budget must be above 0") }
  }

  func run() throws {
    Interruption.install()
    let parts = try parts()
    let loaded = try model.load(for: .attribution)
    var report = BenchReport(model: loaded.name)
    if parts.contains(.load) { report.load = try loadTime() }
    let search = PeerSearch(peers, model: model.path, threads: kernel_threads())
    let found = peers.peers ? try search.found() : []
    if parts != [.products] && parts != [.load] { try measure(loaded, parts, found, &report) }
    if parts.contains(.products) {
      let progress = ProgressBar("products", unit: "types")
      report.machine = MachineSpeed(
        memory: ProbedMemory(), types: try weightTypes(), seconds: quick ? 0.1 : 0.5,
        repetitions: quick ? 3 : 9, progress: { progress.update($0, $1) })
    }
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func measure(
    _ loaded: LoadedModel, _ parts: Set<BenchPart>,
    _ found: [(name: String, start: () throws -> any Peer)], _ report: inout BenchReport
  ) throws {
    let subject = try subject(loaded)
    report.tokenCount = subject.tokenCount
    report.firstDifference = subject.firstDifference
    if parts.contains(.patching) {
      try subject.limitPatching(to: quick ? budget / 40 : budget / 4)
      let count = subject.patchedLayers.count, all = loaded.model.configuration.layerCount
      if count < all { report.patchedLayers = (count, all) }
    }
    let runner = BenchRunner(
      subject: subject, repetitions: quick ? 3 : 9, budget: quick ? budget / 10 : budget)
    let tasks = try tasks(parts, contextLength: loaded.model.configuration.contextLength)
    let progress = ProgressBar("measuring", unit: "tasks")
    let total = tasks.count * (1 + found.count)
    // Once before all, so that the weights are in memory when a task's own memory is taken.
    _ = try subject.run(.prompt(subject.tokenCount), index: 0)
    for (index, task) in tasks.enumerated() where task != .decode {
      progress.update(index, total)
      report.tasks.append(try runner.measure(task))
    }
    // Before the memory that bandwidth is probed with counts as the model's.
    report.peakBytes = ProcessMemory.peakSinceStart
    if let index = tasks.firstIndex(of: .decode) {
      report.tasks.insert(
        try runner.measure(.decode, memory: ProbedMemory()), at: min(index, report.tasks.count))
    }
    for (index, peer) in found.enumerated() {
      let running = try peer.start()
      defer { running.stop() }
      for (number, task) in tasks.enumerated() {
        progress.update((index + 1) * tasks.count + number, total)
        if let reading = try runner.compare(task, with: running) { report.peers.append(reading) }
      }
    }
  }

  /// The model and its tokenizer, files in the system's cache.
  private func loadTime() throws -> Reading {
    Reading(
      try (0..<(quick ? 3 : 9)).map { _ in
        try elapsedSeconds { _ = try model.load(for: .attribution) }
      })
  }

  private func subject(_ loaded: LoadedModel) throws -> BenchSubject {
    let vocabulary = try itemOptions.generation.loadVocabulary()
    var settings = GenerationSettings()
    settings.count = 16
    settings.shots = 2
    let items = try itemOptions.load(settings, vocabulary: vocabulary)
    return try BenchSubject(loaded, items: items, vocabulary: vocabulary)
  }

  // MARK: Arguments

  private func parts() throws -> Set<BenchPart> {
    guard let only else { return Set(BenchPart.allCases) }
    return Set(
      try list(only).map { name in
        guard let part = BenchPart(rawValue: name) else {
          let known = BenchPart.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("--only: '\(name)' is not one of \(known)")
        }
        return part
      })
  }

  private func tasks(_ parts: Set<BenchPart>, contextLength: Int) throws -> [BenchTask] {
    var tasks: [BenchTask] = []
    if parts.contains(.prompt) {
      let lengths = try integers(lengths, option: "--lengths")
      tasks += lengths.filter { $0 <= contextLength }.map { .prompt($0) }
    }
    if parts.contains(.decode) { tasks.append(.decode) }
    if parts.contains(.attribution) { tasks += [.attribution, .attributionFromStart] }
    if parts.contains(.patching) { tasks.append(.patching) }
    if parts.contains(.toggle) { tasks += [.toggleAtEND, .toggle] }
    return tasks
  }

  private func weightTypes() throws -> [kernel_type] {
    let all = (0..<KERNEL_TYPE_COUNT.rawValue).map { kernel_type(rawValue: $0) }
    guard types != "all" else { return all }
    return try list(types).map { name in
      guard let type = all.first(where: { String(cString: kernel_type_name($0)) == name }) else {
        let known = all.map { String(cString: kernel_type_name($0)) }.joined(separator: ", ")
        throw ValidationError("--types: '\(name)' is not one of \(known)")
      }
      return type
    }
  }
}
