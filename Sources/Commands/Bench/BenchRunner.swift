// Runs tasks by turns, ours and another program's, and keeps their times.

import Engine
import Foundation

/// One task's times, and what it took in memory.
struct TaskReading {
  let task: BenchTask
  let reading: Reading
  /// Memory beside what was held before, at the first run.
  let ownBytes: Int?
  /// Of the measured read bandwidth, for tasks that read every weight once; the median.
  var bandwidthShare: Double?
}

/// One task in this program and in another, by turns.
struct PeerReading {
  let peer: String
  let task: BenchTask
  let own: TaskReading
  let other: TaskReading
  /// The other's time as a multiple of ours; the median over the turns.
  let ratio: Double
  /// The largest difference between the scores of both, as a share of the largest score.
  let disagreement: Double?
}

struct BenchRunner {
  let subject: BenchSubject
  let repetitions: Int
  /// Seconds after which a task is not begun again.
  let budget: Double

  /// Times a task. With `memory`, the read bandwidth is measured beside every run.
  func measure(_ task: BenchTask, memory: ProbedMemory? = nil) throws -> TaskReading {
    var runs: [BenchRun] = []
    var shares: [Double] = []
    try turns { index in
      if let memory {
        let least = Double(subject.weightBytesPerToken) / memory.readBandwidth()
        runs.append(try subject.run(task, index: index))
        shares.append(least / runs[runs.count - 1].seconds)
      } else {
        runs.append(try subject.run(task, index: index))
      }
    }
    var reading = TaskReading(task, runs)
    reading.bandwidthShare = shares.isEmpty ? nil : median(Array(counted(shares)))
    return reading
  }

  /// Times a task here and there; `nil` where the other has no such task.
  func compare(_ task: BenchTask, with peer: any Peer) throws -> PeerReading? {
    let elsewhere = task.elsewhere(itemLength: subject.tokenCount)
    var own: [BenchRun] = []
    var others: [BenchRun] = []
    guard let first = try peer.run(elsewhere, on: subject) else { return nil }
    try turns { index in
      own.append(try subject.run(task, index: index))
      // A first run that took long is not thrown away.
      let isLong = index == 0 && first.seconds > budget / 4
      others.append(isLong ? first : try peer.run(elsewhere, on: subject) ?? first)
    }
    let ratios = zip(own, others).map { $1.seconds / $0.seconds }
    return PeerReading(
      peer: peer.title, task: task, own: TaskReading(task, own),
      other: TaskReading(elsewhere, others), ratio: median(Array(counted(ratios))),
      disagreement: Self.disagreement(own[0].scores, others[0].scores))
  }

  /// Runs `body` once to warm up, and then until there are enough repetitions or time is up.
  private func turns(_ body: (Int) throws -> Void) rethrows {
    let start = ContinuousClock.now
    for index in 0...repetitions {
      try body(index)
      if (ContinuousClock.now - start) / .seconds(1) > budget { return }
    }
  }

  /// Without the first run, where there are others.
  private func counted<T>(_ values: [T]) -> ArraySlice<T> {
    values.dropFirst(values.count > 1 ? 1 : 0)
  }

  private static func disagreement(
    _ a: [HeadIndex: Double], _ b: [HeadIndex: Double]
  ) -> Double? {
    let shared = a.keys.filter { b[$0] != nil }
    let limit = shared.map { abs(b[$0] ?? 0) }.max() ?? 0
    guard limit > 0 else { return nil }
    return shared.map { abs((a[$0] ?? 0) - (b[$0] ?? 0)) }.max().map { $0 / limit }
  }
}

extension TaskReading {
  fileprivate init(_ task: BenchTask, _ runs: [BenchRun]) {
    self.task = task
    let counted = runs.dropFirst(runs.count > 1 ? 1 : 0)
    reading = Reading(counted.map(\.seconds))
    ownBytes = runs.compactMap(\.ownBytes).max()
  }

  /// Tokens a second, where that is what counts.
  var tokensPerSecond: Double? { task.tokenCount.map { Double($0) / reading.median } }
}
