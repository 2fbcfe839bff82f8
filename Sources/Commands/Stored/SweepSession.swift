// One run of `gar sweep`: its progress bar with running means, and its end on Ctrl-C.

import ArgumentParser
import Engine
import Foundation
import Interpretability
import Results

/// Runs a sweep and shows how it goes.
final class SweepSession: @unchecked Sendable {
  private let plan: SweepPlan
  private let path: String
  private let signals = SignalWatch()
  private let progress = ProgressBar("sweeping", unit: "items")
  private var means: SweepMeans
  /// In results; the bar counts items.
  private var done = 0
  private var total = 0
  private var isWaiting = false
  /// What the work took, without reading the model and the items.
  private(set) var seconds = 0.0
  /// Results of this process.
  private(set) var computed = 0

  init(_ plan: SweepPlan, file path: String) {
    self.plan = plan
    self.path = path
    means = SweepMeans(plan)
  }

  /// - Throws: `ExitCode` where a signal stopped it; `ResultsError`, `SweepItemError`.
  func run(_ sweep: Sweep, addsModel: Bool) throws {
    Interruption.divert(to: signals.input)
    defer { Interruption.divert(to: nil) }
    let start = ContinuousClock.now
    let isDone = try sweep.run(
      addsModel: addsModel, isStopped: { [signals] in signals.isRaised },
      onEvent: { [self] in show($0) })
    seconds = (ContinuousClock.now - start) / .seconds(1)
    ProgressBar.clearLine()
    guard !isDone else { return }
    let count = done / max(1, plan.measures.count)
    note(
      "stopped: \(count) of \(plan.prompts.count) items are in \(path); the same command goes on")
    throw ExitCode(128 + Int32(signals.number))
  }

  /// Of this process; 0 where everything was there.
  var itemsPerSecond: Double {
    let items = Double(computed) / Double(max(1, plan.measures.count))
    return seconds > 0 ? items / seconds : 0
  }

  /// How much there was to do.
  var summary: String {
    guard computed > 0 else { return "nothing left to compute; results in \(path)" }
    return "\(computed) results computed in \(duration(seconds)), "
      + "\(fixed(itemsPerSecond, itemsPerSecond < 10 ? 1 : 0)) items/s; results in \(path)"
  }

  /// Whether a run of the file belongs to this sweep.
  func isPart(_ run: RunRecord) -> Bool {
    run.model.hash == plan.model.hash && plan.measures.contains(run.measure)
      && run.setHash == plan.setHash
  }

  /// The sweep calls this from one thread at a time.
  private func show(_ event: SweepEvent) {
    switch event {
    case .found(let done, let total):
      if self.total == 0 { progress.doneBefore = done / max(1, plan.measures.count) }
      (self.done, self.total) = (done, total)
    case .stored(_, let results):
      done += results.count
      computed += results.count
      isWaiting = false
      for (measure, outcome) in results { means.add(outcome, measure: measure) }
    case .waiting: isWaiting = true
    }
    let count = max(1, plan.measures.count)
    progress.update(
      min(done, total) / count, total / count,
      detail: isWaiting ? "waiting for another process" : means.text)
  }
}

/// What the results of this run are on average, as a few words.
struct SweepMeans {
  private struct Mean {
    var name: String
    var count = 0
    var right = 0.0
    var sums: [Double] = []
    var heads = 1
  }

  private var means: [Mean]

  init(_ plan: SweepPlan) {
    means = plan.measures.map { Mean(name: $0.method) }
  }

  mutating func add(_ outcome: Outcome, measure: Int) {
    guard outcome.remark == nil else { return }
    means[measure].count += 1
    means[measure].right += outcome.scalars["all"] ?? 0
    guard outcome.shape.count == 2 else { return }
    means[measure].heads = max(1, outcome.shape[1])
    if means[measure].sums.isEmpty {
      means[measure].sums = [Double](repeating: 0, count: outcome.values.count)
    }
    for (index, value) in outcome.values.enumerated() {
      means[measure].sums[index] += Double(value)
    }
  }

  /// `right 97.5 %, top 5.6 +1.23`: of the first method of either kind.
  var text: String? {
    var parts: [String] = []
    for mean in means where mean.count > 0 {
      if mean.sums.isEmpty {
        parts.append("right \(percent(mean.right / Double(mean.count)))")
      } else if let top = mean.sums.indices.max(by: { abs(mean.sums[$0]) < abs(mean.sums[$1]) }) {
        let head = HeadIndex(layer: top / mean.heads, head: top % mean.heads)
        parts.append("top \(head.dotted) \(signed(mean.sums[top] / Double(mean.count), 2))")
      }
    }
    return parts.isEmpty ? nil : parts.prefix(2).joined(separator: ", ")
  }
}

/// Whether the user wants an end: the first signal is noted here, the second ends the program.
final class SignalWatch: @unchecked Sendable {
  /// Where signals are written, and where they are looked for.
  let input: Int32
  private let output: Int32
  private let lock = NSLock()
  private var raised: UInt8 = 0

  init() {
    var ends: [Int32] = [-1, -1]
    // Without a pipe a signal ends the program at once, which loses nothing that is stored.
    _ = pipe(&ends)
    (output, input) = (ends[0], ends[1])
    _ = fcntl(output, F_SETFL, O_NONBLOCK)
  }

  deinit {
    close(input)
    close(output)
  }

  var isRaised: Bool {
    lock.withLock {
      if raised == 0 {
        var byte: UInt8 = 0
        if read(output, &byte, 1) == 1 { raised = byte }
      }
      return raised != 0
    }
  }

  /// Of the signal that came.
  var number: UInt8 { lock.withLock { raised == 0 ? UInt8(SIGINT) : raised } }
}
