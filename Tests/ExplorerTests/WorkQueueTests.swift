// The background threads: what overtakes what, and what is dropped.

import Explorer
import Foundation
import Testing

/// A workbench whose set work waits for gates that the test opens.
private struct GatedWorkbench: Workbench {
  let toy = ToyWorkbench(itemCount: 4)
  let accuracyStarted = DispatchSemaphore(value: 0)
  let accuracyGate = DispatchSemaphore(value: 0)
  let accuracyEnded = DispatchSemaphore(value: 0)

  var facts: ModelFacts { toy.facts }
  var items: [ItemSummary] { toy.items }

  func perform(
    _ request: Request, ticket: Ticket, report: @Sendable (Finding) -> Void
  ) throws {
    guard case .accuracy(let items, _, let edits) = request else {
      return try toy.perform(request, ticket: ticket, report: report)
    }
    accuracyStarted.signal()
    accuracyGate.wait()
    let goesOn = ticket.checkpoint()
    report(.verdicts([Verdict(item: items[0], plain: edits.isEmpty, edited: nil)], progress: 0.5))
    if goesOn { report(.verdicts([], progress: 1)) }
    accuracyEnded.signal()
  }
}

/// Collects what the queue delivers and lets a test wait for it.
private final class Inbox: @unchecked Sendable {
  private let condition = NSCondition()
  private var actions: [Action] = []

  func post(_ action: Action) {
    condition.lock()
    actions.append(action)
    condition.broadcast()
    condition.unlock()
  }

  /// Waits until an action has come; `false` after ten seconds.
  func waits(for action: Action) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: 10)
    while !actions.contains(action) {
      if !condition.wait(until: deadline) { return false }
    }
    return true
  }

  var all: [Action] {
    condition.lock()
    defer { condition.unlock() }
    return actions
  }
}

@Suite struct WorkQueueTests {
  @Test func answersDoNotWaitForSetWork() {
    let bench = GatedWorkbench()
    let inbox = Inbox()
    let queue = WorkQueue(workbench: bench) { inbox.post($0) }
    defer { queue.stop() }
    queue.start(.ask(.accuracy(items: [0], needsPlain: [true], edits: [:]), generation: 1))
    bench.accuracyStarted.wait()
    queue.start(.ask(.plainAnswer(item: 2), generation: 2))
    #expect(inbox.waits(for: .finished(.plainAnswer, generation: 2)))
    #expect(!inbox.all.contains(.finished(.accuracy, generation: 1)))
    bench.accuracyGate.signal()
    #expect(inbox.waits(for: .finished(.accuracy, generation: 1)))
  }

  @Test func staleWorkIsToldSoAndItsFindingsAreDropped() {
    let bench = GatedWorkbench()
    let inbox = Inbox()
    let queue = WorkQueue(workbench: bench) { inbox.post($0) }
    defer { queue.stop() }
    queue.start(.ask(.accuracy(items: [0], needsPlain: [true], edits: [:]), generation: 1))
    bench.accuracyStarted.wait()
    queue.start(.ask(.accuracy(items: [1], needsPlain: [true], edits: [:]), generation: 2))
    bench.accuracyGate.signal()
    bench.accuracyEnded.wait()
    bench.accuracyStarted.wait()
    bench.accuracyGate.signal()
    #expect(inbox.waits(for: .finished(.accuracy, generation: 2)))
    for action in inbox.all {
      if case .found(_, let generation, _) = action { #expect(generation == 2) }
    }
    #expect(!inbox.all.contains(.finished(.accuracy, generation: 1)))
  }

  @Test func cancelledWorkDeliversNothing() {
    let bench = GatedWorkbench()
    let inbox = Inbox()
    let queue = WorkQueue(workbench: bench) { inbox.post($0) }
    defer { queue.stop() }
    queue.start(.ask(.accuracy(items: [0], needsPlain: [true], edits: [:]), generation: 1))
    bench.accuracyStarted.wait()
    queue.start(.cancel(.accuracy))
    bench.accuracyGate.signal()
    bench.accuracyEnded.wait()
    #expect(inbox.all.isEmpty)
  }

  @Test func errorsArriveAsFailures() {
    let inbox = Inbox()
    let queue = WorkQueue(workbench: ToyWorkbench()) { inbox.post($0) }
    defer { queue.stop() }
    queue.start(.ask(.headSet(path: "none"), generation: 5))
    #expect(inbox.waits(for: .failed(.headSet, generation: 5, "none: no such head set")))
  }

  @Test func threadsAndReplayComeToTheSameScreen() throws {
    let toy = ToyWorkbench()
    let inbox = Inbox()
    let queue = WorkQueue(workbench: toy) { inbox.post($0) }
    defer { queue.stop() }
    var state = toy.state()
    for effect in begin(&state) { queue.start(effect) }
    var taken = 0
    let deadline = Date(timeIntervalSinceNow: 10)
    while !state.live.isEmpty, Date() < deadline {
      let actions = inbox.all
      for action in actions.dropFirst(taken) {
        for effect in update(&state, action) { queue.start(effect) }
      }
      taken = actions.count
    }
    let replayed = replay(try KeyScript(""), from: toy.state(), workbench: toy)
    #expect(draw(state) == draw(replayed))
  }
}
