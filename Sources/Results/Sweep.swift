// Runs measures over a set of items into a results file: stopped or killed anywhere, it goes on where
// it was.

import Foundation

/// A method ready to run: what it is called and what it makes of the plan's prompt of that number.
public struct SweepMeasurement: Sendable {
  public var measure: Measure
  /// Calls the second argument between parts of long work; it throws where the sweep is to stop.
  public var compute: @Sendable (_ place: Int, _ check: () throws -> Void) throws -> Outcome

  public init(
    _ measure: Measure,
    compute: @escaping @Sendable (_ place: Int, _ check: () throws -> Void) throws -> Outcome
  ) {
    self.measure = measure
    self.compute = compute
  }
}

/// A method that failed on an item.
public struct SweepItemError: Error, CustomStringConvertible {
  public var item: String
  public var cause: any Error

  public var description: String { "item \(item): \(cause)" }
}

/// What a sweep tells while it runs.
public enum SweepEvent: Sendable {
  /// An item's results are stored: the measures by number.
  case stored(place: Int, [(measure: Int, outcome: Outcome)])
  /// So many results are in the file, of this process and of others.
  case found(done: Int, total: Int)
  /// All that is left is being computed by other processes.
  case waiting
}

public struct Sweep: Sendable {
  let plan: SweepPlan
  let measurements: [SweepMeasurement]
  let file: ResultsFile
  /// Items that are computed at once, each on one thread of its own.
  let workers: Int

  /// - Precondition: the plan's measures are those of `measurements`.
  public init(
    _ plan: SweepPlan, measurements: [SweepMeasurement], file: ResultsFile, workers: Int
  ) {
    precondition(plan.measures == measurements.map(\.measure), "Sweep: other measures than planned")
    self.plan = plan
    self.measurements = measurements
    self.file = file
    self.workers = max(1, workers)
  }

  /// Computes every result that the file lacks and stores each item's in one transaction.
  ///
  /// A killed process loses the items that it is at, one for each worker. Other processes that sweep
  /// the same at the same time share the items with this one.
  ///
  /// - Parameters:
  ///   - addsModel: whether a file that holds other models alone takes this one too.
  ///   - isStopped: asked often; true ends the work after what is stored.
  ///   - onEvent: called one at a time, from several threads.
  /// - Returns: whether everything is done, false where it was stopped.
  /// - Throws: `ResultsError`; `SweepItemError` where a method fails, with everything before stored.
  public func run(
    addsModel: Bool = false, isStopped: @escaping @Sendable () -> Bool = { false },
    onEvent: @escaping @Sendable (SweepEvent) -> Void = { _ in }
  ) throws -> Bool {
    let registered = try file.register(plan, addsModel: addsModel)
    let work = try SweepWork(
      file: file, sweep: registered, workers: workers,
      total: plan.prompts.count * measurements.count, isStopped: isStopped, onEvent: onEvent)
    let heartbeat = work.startHeartbeat()
    defer { heartbeat.cancel() }
    DispatchQueue.concurrentPerform(iterations: workers) { _ in work.loop(compute) }
    return try work.finish()
  }

  private func compute(
    _ prompt: ClaimedPrompt, check: () throws -> Void
  ) throws -> [(measure: Int, outcome: Outcome)] {
    do {
      return try prompt.measures.map { measure in
        try check()
        let start = ContinuousClock.now
        var outcome = try measurements[measure].compute(prompt.place, check)
        outcome.seconds = (ContinuousClock.now - start) / .seconds(1)
        return (measure, outcome)
      }
    } catch let error where !(error is CancellationError) {
      throw SweepItemError(item: plan.prompts[prompt.place].name, cause: error)
    }
  }
}
