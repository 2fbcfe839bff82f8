// Sweeps of a method that is arithmetic: what is stored can be told from the item's place.

import Foundation
import Results
import TestSupport

/// Counts calls from several threads.
final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var places: [Int: Int] = [:]

  func count(_ place: Int) { lock.withLock { places[place, default: 0] += 1 } }
  var total: Int { lock.withLock { places.values.reduce(0, +) } }
  var mostOften: Int { lock.withLock { places.values.max() ?? 0 } }
}

/// A plan over `count` prompts and its methods.
struct Toy {
  var plan: SweepPlan
  var measurements: [SweepMeasurement]
  let counter = Counter()

  /// - Parameters:
  ///   - count: how many prompts.
  ///   - methods: by name.
  ///   - model: its hash and name.
  ///   - failing: the place at which a method throws.
  init(
    count: Int, methods: [String] = ["score"], model: String = "model", failing: Int? = nil
  ) {
    let counter = counter
    measurements = methods.enumerated().map { index, name in
      SweepMeasurement(Measure(method: name, settings: "{}")) { place, check in
        try check()
        if place == failing { throw ToyFailure() }
        counter.count(place)
        return Toy.outcome(place: place, method: index)
      }
    }
    plan = SweepPlan(
      model: ModelRecord(
        hash: model, name: "toy", path: "/toy", layerCount: 1, headCount: 2, facts: "{}"),
      title: "\(count) prompts",
      prompts: (0..<count).map { place in
        PromptRecord(
          hash: "p\(place)", itemHash: "i\(place)", name: "item\(place)", json: "{}", facts: "{}")
      },
      measures: measurements.map(\.measure), command: "gar sweep", program: "gar test")
  }

  static func outcome(place: Int, method: Int) -> Outcome {
    Outcome(
      shape: [1, 2], values: [Float(place) + 0.25, -Float(method)],
      scalars: ["place": Double(place)])
  }

  @discardableResult
  func run(
    _ path: String, workers: Int = 2, addsModel: Bool = false, pageLimit: Int? = nil,
    isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws -> Bool {
    let file = try ResultsFile(
      path: path, access: .create, pageLimit: pageLimit, patience: 0.3)
    defer { file.close() }
    return try Sweep(plan, measurements: measurements, file: file, workers: workers)
      .run(addsModel: addsModel, isStopped: isStopped)
  }
}

struct ToyFailure: Error, CustomStringConvertible {
  var description: String { "the toy fails" }
}

/// What a file holds, by run and place, without the times.
func contents(_ path: String) throws -> [String: [Int: Outcome]] {
  let file = try ResultsFile(path: path, access: .read)
  var found: [String: [Int: Outcome]] = [:]
  for run in try file.runs() {
    for result in try file.results(of: run) {
      guard var outcome = result.outcome else { continue }
      outcome.seconds = nil
      found["\(run.model.hash) \(run.measure.method)", default: [:]][result.place] = outcome
    }
  }
  return found
}
