// `gar bench`: how fast this machine runs the engine, as ratios to what the machine can do.

import ArgumentParser
import CKernels
import Engine
import Foundation
import GAR
import Interpretability

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure speed, as shares of this machine's arithmetic peak and read bandwidth.",
    discussion: """
      Everything is measured in one run on the same threads; times are medians. Products are shares of \
      the measured peak of fused multiply-adds (100 rows) and of the measured read bandwidth (one row).

      Examples:
        gar bench
        gar bench --model ~/models/TinyLlama --quick --json
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var itemOptions: ItemOptions
  @Flag(help: "Fewer repetitions: a few seconds in all, less exact.")
  var quick = false
  @OptionGroup var output: JSONOption

  func run() throws {
    Interruption.install()
    let loading = try ModelTiming.loadTime(model, repetitions: quick ? 3 : 9)
    let loaded = try model.load()
    let vocabulary = try itemOptions.generation.loadVocabulary()
    var settings = GenerationSettings()
    settings.count = 16
    let items = try itemOptions.load(settings, vocabulary: vocabulary)
    let timing = try ModelTiming(
      loaded, items: items, vocabulary: vocabulary, repetitions: quick ? 3 : 15)
    // Before the buffers of the machine's own measurements count as the model's.
    let peakBytes = peakResidentBytes()
    let machine = MachineSpeed(seconds: quick ? 0.1 : 0.5, repetitions: quick ? 3 : 9)
    let report = BenchReport(
      model: loaded.name, loadMilliseconds: loading, timing: timing, peakBytes: peakBytes,
      machine: machine)
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }
}

/// The most memory that this process has held so far.
func peakResidentBytes() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return Int(usage.ru_maxrss)
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  #endif
}

func median(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "median of nothing")
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// Seconds that `body` takes.
func elapsedSeconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .seconds(1)
}
