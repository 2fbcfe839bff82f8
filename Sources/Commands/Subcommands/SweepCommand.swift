// `gar sweep`: methods over a set of items into a results file.

import ArgumentParser
import CKernels
import Engine
import Foundation
import GAR
import Interpretability
import JSONText
import Results

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Run methods over a set of items into a results file; stop and resume anywhere.",
    discussion: """
      Each item's results are stored in one transaction, under hashes of the model's content, the \
      item as the model reads it, the method and its settings. The same command goes on where an \
      earlier one stopped or was killed, adds what is missing and computes nothing twice; several \
      processes may run it at once on one file. Methods: \(Self.methodNames). `gar results` shows \
      and exports what is in the file.

      Models up to 256 MB are run on one item for each thread, larger ones on one item with all \
      threads; --workers chooses otherwise. Results do not depend on it.

      Examples:
        gar sweep --results genders.sqlite --count 1000 --schemas genders
        gar sweep --results a.sqlite --methods integratedGradients --limit 200
        gar sweep --results a.sqlite --methods answers --ablate 3.0
      """)

  @Option(
    help: ArgumentHelp("The results file; made where it does not exist.", valueName: "file"))
  var results: String
  @Option(help: ArgumentHelp("What to compute, as a list.", valueName: "list"))
  var methods = "answers,attributionPatching"
  @OptionGroup var model: ModelOptions
  @Option(help: "Put clean activations into the corrupted run, or the reverse.")
  var direction: PatchingDirection = .denoising
  @Option(help: ArgumentHelp("Steps of integrated gradients.", valueName: "count"))
  var steps = 5
  @Option(
    help: ArgumentHelp(
      "What the corrupted prompt changes; the first kind that aligns if not given.",
      valueName: "kind"))
  var counterfactual: CounterfactualKind?
  @Option(help: ArgumentHelp("Items to compute at once.", valueName: "count"))
  var workers: Int?
  @Flag(help: "Add this model to a file that holds results of others.")
  var addModel = false
  @OptionGroup var itemOptions: ItemOptions
  @OptionGroup var subset: SubsetOptions
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup var output: JSONOption

  static var methodNames: String { SweepMethod.allCases.map(\.name).joined(separator: ", ") }

  func validate() throws {
    guard (1...10_000).contains(steps) else {
      throw ValidationError("--steps must be 1 to 10000, not \(steps)")
    }
    if let workers, !(1...1024).contains(workers) {
      throw ValidationError("--workers must be 1 to 1024, not \(workers)")
    }
    try check { _ = try chosenMethods() }
  }

  private func chosenMethods() throws -> [SweepMethod] {
    var methods: [SweepMethod] = []
    for entry in list(self.methods) {
      guard let method = SweepMethod(name: entry) else {
        throw CommandError.usage("--methods: '\(entry)' is not one of \(Self.methodNames)")
      }
      if !methods.contains(method) { methods.append(method) }
    }
    guard !methods.isEmpty else {
      throw CommandError.usage("--methods: name at least one of \(Self.methodNames)")
    }
    return methods
  }

  func run() throws {
    Interruption.install()
    let loaded = try model.load()
    let workers = shareThreads(loaded.model)
    let subjects = try subjects(loaded)
    let longest = subjects.map(\.pair.clean.count).max() ?? 1
    try model.check(loaded.model, for: .attribution, tokenCount: longest)
    let measurements = try chosenMethods().map { method in
      SweepMeasurement(
        method, on: loaded.model, subjects,
        settings: AttributionSettings(direction: direction, steps: steps), more: edits.settings)
    }
    let plan = SweepPlan(
      model: ModelRecord(loaded.model, name: loaded.name), title: title,
      prompts: subjects.map(\.record), measures: measurements.map(\.measure),
      command: commandLine(), program: "gar \(Gar.version)")
    let file = try ResultsFile(path: results, access: .create)
    defer { file.close() }
    let sweep = Sweep(plan, measurements: measurements, file: file, workers: workers)
    let session = SweepSession(plan, file: results)
    try session.run(sweep, addsModel: addModel)
    let report = try StoredReport(file) { session.isPart($0) }
    let computed = JSONValue.object(
      [
        ("computed", .int(session.computed)), ("seconds", .double(session.seconds)),
        ("itemsPerSecond", .double(session.itemsPerSecond)),
      ]
        + (report.json.object?.members ?? []).map { ($0.key, $0.value) })
    try StandardOutput.line(
      output.json ? computed.text : report.summary + "\n\n" + session.summary)
  }

  /// - Returns: how many items to run at once, each with its share of the threads.
  private func shareThreads(_ model: Model) -> Int {
    let threads = Int(kernel_threads())
    let workers = workers ?? (model.byteCount <= 256 << 20 ? threads : 1)
    kernel_threads_set(max(1, threads / workers))
    return workers
  }

  private func subjects(_ loaded: LoadedModel) throws -> [SweepSubject] {
    let (all, vocabulary) = try itemOptions.loadWithFacts(
      .init(), vocabulary: try itemOptions.generation.loadVocabulary())
    let tokenizer = try loaded.requireTokenizer()
    let interventions = try edits.interventions(for: loaded.model)
    let items = try loaded.tokenize(try subset.choose(from: all))
    let progress = ProgressBar("reading", unit: "items")
    return items.enumerated().map { index, item in
      progress.update(index, items.count)
      let corrupted = item.corrupted(
        kind: counterfactual, vocabulary: vocabulary, tokenizer: tokenizer)
      return SweepSubject(item, corrupted: corrupted, interventions: interventions)
    }
  }

  /// What the set is called.
  private var title: String {
    let part = subset.limit.map { ", \(subset.stratify ? "balanced " : "first ")\($0)" } ?? ""
    return itemOptions.title + part
  }
}

extension ItemOptions {
  /// The file's name, or how items are generated.
  var title: String {
    if let items { return URL(filePath: items).lastPathComponent }
    let options = generation.given.flatMap(\.self).map { " \($0)" }.joined()
    return "generated" + (options.isEmpty ? "" : ":\(options)")
  }
}

extension EditOptions {
  /// As members of a measure's settings, none without edits.
  var settings: [(String, JSONValue)] {
    (json.object?.members ?? []).compactMap { member in
      let isEmpty = member.value.array?.isEmpty ?? member.value.object?.members.isEmpty ?? true
      return isEmpty ? nil : (member.key, member.value)
    }
  }
}

/// The command as a shell takes it.
func commandLine(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) -> String {
  let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=+@%")
  let words = arguments.map { word in
    !word.isEmpty && word.allSatisfy(plain.contains)
      ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
  return (["gar"] + words).joined(separator: " ")
}
