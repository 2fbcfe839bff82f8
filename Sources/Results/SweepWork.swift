// What the threads of one sweep share: claimed items, and how the work stands.

import Foundation

/// Hands out claimed prompts and stores what comes of them. Everything mutable is behind the lock.
final class SweepWork: @unchecked Sendable {
  private let file: ResultsFile
  private let sweep: RegisteredSweep
  private let worker: Int64
  private let workers: Int
  private let total: Int
  private let isStopped: @Sendable () -> Bool
  private let onEvent: @Sendable (SweepEvent) -> Void

  private let lock = NSLock()
  private var claimed: ArraySlice<ClaimedPrompt> = []
  /// Results of the prompts that threads are at.
  private var inFlight = 0
  /// No prompt before it is open.
  private var place = 0
  private var failure: (any Error)?
  private var wasStopped = false
  private var isExhausted = false
  /// For how many prompts to claim at once: about as many as half a second is enough for.
  private var stored = 0
  private let start = ContinuousClock.now
  private var lastCount: ContinuousClock.Instant?

  private enum Next {
    case prompt(ClaimedPrompt)
    case wait, end
  }

  init(
    file: ResultsFile, sweep: RegisteredSweep, workers: Int, total: Int,
    isStopped: @escaping @Sendable () -> Bool, onEvent: @escaping @Sendable (SweepEvent) -> Void
  ) throws {
    (self.file, self.sweep, self.workers, self.total) = (file, sweep, workers, total)
    (self.isStopped, self.onEvent) = (isStopped, onEvent)
    worker = try file.addWorker()
    onEvent(.found(done: total - (try file.missing(sweep)), total: total))
  }

  /// Says that the process lives while an item takes long.
  func startHeartbeat() -> any DispatchSourceTimer {
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + 15, repeating: 15)
    // A beat that a lock prevents is made up for by the next.
    timer.setEventHandler { [self] in try? file.keepAlive(worker: worker) }
    timer.resume()
    return timer
  }

  /// One thread's work, until nothing is left, someone failed, or it is stopped.
  func loop(
    _ compute: (ClaimedPrompt, () throws -> Void) throws -> [(measure: Int, outcome: Outcome)]
  ) {
    do {
      while true {
        switch try lock.withLock(next) {
        case .prompt(let prompt): try store(try compute(prompt, check), of: prompt)
        case .wait: usleep(100_000)
        case .end: return
        }
      }
    } catch {
      lock.withLock { note(error) }
    }
  }

  private func note(_ error: any Error) {
    if error is CancellationError {
      wasStopped = wasStopped || failure == nil
    } else {
      failure = failure ?? error
    }
  }

  private func check() throws {
    if isStopped() || lock.withLock({ failure != nil }) { throw CancellationError() }
  }

  private func next() throws -> Next {
    if failure != nil { return .end }
    if isStopped() { throw CancellationError() }
    if claimed.isEmpty, !isExhausted { try claim() }
    guard let prompt = claimed.popFirst() else {
      if isExhausted { return .end }
      onEvent(.waiting)
      return .wait
    }
    inFlight += prompt.measures.count
    return .prompt(prompt)
  }

  private func claim() throws {
    let seconds = max(0.05, (ContinuousClock.now - start) / .seconds(1))
    let count = min(64, max(workers, Int(0.5 * Double(stored) / seconds)))
    for first in place > 0 ? [place, 0] : [0] where claimed.isEmpty {
      claimed = try file.claim(sweep, from: first, count: count, worker: worker)[...]
    }
    place = claimed.last.map { $0.place + 1 } ?? 0
    guard claimed.isEmpty || isCountDue else { return }
    let missing = try file.missing(sweep)
    lastCount = .now
    onEvent(.found(done: total - missing, total: total))
    // What this process's own threads are at needs no waiting for.
    if claimed.isEmpty { isExhausted = missing <= inFlight }
  }

  private var isCountDue: Bool {
    lastCount.map { ContinuousClock.now - $0 > .seconds(1) } ?? true
  }

  private func store(
    _ results: [(measure: Int, outcome: Outcome)], of prompt: ClaimedPrompt
  ) throws {
    try file.store(
      results.map { (sweep.measureIDs[$0.measure], $0.outcome) }, promptID: prompt.promptID,
      worker: worker)
    lock.withLock {
      inFlight -= prompt.measures.count
      stored += 1
      onEvent(.stored(place: prompt.place, results))
    }
  }

  /// Gives back what is left.
  /// - Returns: whether everything is done.
  /// - Throws: what the first failing thread met.
  func finish() throws -> Bool {
    // After a failure to write there may be no way to write this; others then see a dead process.
    do { try file.remove(worker: worker) } catch { failure = failure ?? error }
    if let failure { throw failure }
    return !wasStopped
  }
}
