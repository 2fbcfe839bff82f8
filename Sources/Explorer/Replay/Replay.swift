// Replays a key script without a terminal and without threads: the same script, the same screen.

import Foundation

/// Opens the explorer, feeds it a script and waits for all work to end.
///
/// The size and display of the state to begin with decide the screen.
/// - Returns: the final state; `draw` makes its screen. A script that quits ends there.
public func replay(
  _ script: KeyScript, from state: ExplorerState, workbench: any Workbench
) -> ExplorerState {
  var state = state
  var runner = InlineRunner(workbench: workbench)
  var waitsForAll = true
  runner.add(begin(&state))
  runner.run(&state)
  for step in script.steps where state.exit == nil {
    switch step {
    case .wait: runner.run(&state)
    case .noWait: waitsForAll = false
    case .event(let event):
      guard let action = action(for: event, in: state) else { continue }
      runner.add(update(&state, action))
      runner.run(&state, lanes: waitsForAll ? Topic.laneCount : Topic.foregroundLaneCount)
    }
  }
  runner.run(&state)
  return state
}

/// Answers requests one after the other on the calling thread, in the order of their topics.
package struct InlineRunner {
  private let workbench: any Workbench
  private var waiting: [Topic: (request: Request, generation: Int)] = [:]

  package init(workbench: any Workbench) { self.workbench = workbench }

  package mutating func add(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .ask(let request, let generation):
        waiting[request.topic] = (request, generation)
      case .cancel(let topic): waiting[topic] = nil
      }
    }
  }

  /// Answers what waits in the first lanes, and what follows from the answers.
  package mutating func run(_ state: inout ExplorerState, lanes: Int = Topic.laneCount) {
    while let topic = waiting.keys.filter({ $0.lane < lanes })
      .min(by: { $0.rawValue < $1.rawValue }),
      let job = waiting.removeValue(forKey: topic)
    {
      for action in answers(to: job.request, generation: job.generation) {
        add(update(&state, action))
      }
    }
  }

  private func answers(to request: Request, generation: Int) -> [Action] {
    let topic = request.topic
    let box = FindingBox()
    do {
      try workbench.perform(request, ticket: Ticket()) { box.append($0) }
      return box.findings.map { .found(topic, generation: generation, $0) }
        + [.finished(topic, generation: generation)]
    } catch {
      return box.findings.map { .found(topic, generation: generation, $0) }
        + [.failed(topic, generation: generation, "\(error)")]
    }
  }
}

/// Collects findings that a workbench may report from any thread.
private final class FindingBox: @unchecked Sendable {
  private let lock = NSLock()
  private var list: [Finding] = []

  func append(_ finding: Finding) {
    lock.withLock { list.append(finding) }
  }

  var findings: [Finding] { lock.withLock { list } }
}
