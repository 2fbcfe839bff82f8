// Runs requests on background threads, drops what is stale, and lets answers overtake set work.

import Foundation

/// Tells a piece of work whether anyone still waits for it.
public struct Ticket: Sendable {
  private let check: @Sendable () -> Bool

  /// - Parameter check: waits while more urgent work runs; `false` where the work is stale.
  public init(check: @escaping @Sendable () -> Bool = { true }) { self.check = check }

  /// Waits while more urgent work runs, then says whether to go on.
  /// Call it between items, passes or heads.
  public func checkpoint() -> Bool { check() }
}

extension Topic {
  /// Topics of one lane are answered one after the other, lanes side by side. Work in a lane
  /// pauses at its checkpoints while a lane above it is busy.
  package var lane: Int {
    switch self {
    case .detail, .plainAnswer, .answer, .attention, .headSet, .export: 0
    case .page: 1
    case .scores: 2
    case .accuracy: 3
    case .headClasses: 4
    }
  }

  package static let laneCount = 5

  /// Lanes whose answers a person waits for.
  package static let foregroundLaneCount = 2

  /// Whether a person waits for the answer.
  public var isForeground: Bool { lane < Self.foregroundLaneCount }
}

/// The background threads of the explorer, one for each lane.
public final class WorkQueue: @unchecked Sendable {
  private struct Job {
    var request: Request
    var generation: Int
  }

  private let workbench: any Workbench
  private let deliver: @Sendable (Action) -> Void
  // The condition guards everything below it.
  private let condition = NSCondition()
  private var waiting: [Topic: Job] = [:]
  private var running: [Topic: Int] = [:]
  private var isStopped = false

  /// Starts the threads; `deliver` takes findings, on any of them.
  public init(workbench: any Workbench, deliver: @escaping @Sendable (Action) -> Void) {
    self.workbench = workbench
    self.deliver = deliver
    for lane in 0..<Topic.laneCount {
      let thread = Thread { [weak self] in
        while let self, let job = self.next(lane) { self.run(job) }
      }
      thread.stackSize = 8 << 20
      thread.name = "explorer-\(lane)"
      thread.start()
    }
  }

  /// Starts an effect and returns at once.
  public func start(_ effect: Effect) {
    condition.lock()
    defer { condition.unlock() }
    switch effect {
    case .ask(let request, let generation):
      running[request.topic] = nil
      waiting[request.topic] = Job(request: request, generation: generation)
    case .cancel(let topic):
      running[topic] = nil
      waiting[topic] = nil
    }
    condition.broadcast()
  }

  /// Makes everything stale and lets the threads end at their next checkpoint.
  public func stop() {
    condition.lock()
    isStopped = true
    waiting = [:]
    running = [:]
    condition.broadcast()
    condition.unlock()
  }

  /// Whether nothing is waiting or running.
  public var isIdle: Bool {
    condition.lock()
    defer { condition.unlock() }
    return waiting.isEmpty && running.isEmpty
  }

  private func next(_ lane: Int) -> Job? {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped {
      let topics = waiting.keys.filter { $0.lane == lane }
      if let topic = topics.min(by: { $0.rawValue < $1.rawValue }),
        let job = waiting.removeValue(forKey: topic)
      {
        running[topic] = job.generation
        return job
      }
      condition.wait()
    }
    return nil
  }

  private func run(_ job: Job) {
    let topic = job.request.topic
    let generation = job.generation
    do {
      if checkpoint(topic, generation) {
        try workbench.perform(job.request, ticket: ticket(topic, generation)) { finding in
          self.report(.found(topic, generation: generation, finding))
        }
      }
      report(.finished(topic, generation: generation))
    } catch {
      report(.failed(topic, generation: generation, "\(error)"))
    }
    condition.lock()
    if running[topic] == generation { running[topic] = nil }
    condition.broadcast()
    condition.unlock()
  }

  private func ticket(_ topic: Topic, _ generation: Int) -> Ticket {
    Ticket { self.checkpoint(topic, generation) }
  }

  private func checkpoint(_ topic: Topic, _ generation: Int) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while running[topic] == generation, isBusy(above: topic.lane) { condition.wait() }
    return running[topic] == generation
  }

  private func isBusy(above lane: Int) -> Bool {
    waiting.keys.contains { $0.lane < lane } || running.keys.contains { $0.lane < lane }
  }

  private func report(_ action: Action) {
    condition.lock()
    let isLive: Bool =
      switch action {
      case .found(let topic, let generation, _), .finished(let topic, let generation),
        .failed(let topic, let generation, _):
        running[topic] == generation
      default: true
      }
    condition.unlock()
    if isLive { deliver(action) }
  }
}
