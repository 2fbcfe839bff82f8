// Faithfulness: how much of the metric is left when everything outside a circuit is ablated, against the
// size of the circuit.

import Engine

/// What stands in for the heads outside a circuit.
public enum CircuitAblation: Sendable {
  /// Their means by position class over a set.
  case mean(PositionMeans)
  case zero
  /// Their outputs in the corrupted run.
  case patch
}

/// One size of a circuit.
public struct FaithfulnessPoint: Sendable, Equatable {
  /// Heads in the circuit.
  public var size: Int
  /// Mean metric over the items, in logits.
  public var metric: Double
  /// (metric − all ablated) / (full − all ablated), of the means; 95 % interval by bootstrap over items.
  public var faithfulness: Double
  public var interval: Interval

  public init(size: Int, metric: Double, faithfulness: Double, interval: Interval) {
    self.size = size
    self.metric = metric
    self.faithfulness = faithfulness
    self.interval = interval
  }
}

/// Faithfulness against size, for heads taken in one order.
public struct FaithfulnessCurve: Sendable, Equatable {
  public var name: String
  /// How many heads the model has.
  public var headCount: Int
  public var itemCount: Int
  /// Mean metric of the full model, and with all heads ablated, in logits.
  public var fullMetric, ablatedMetric: Double
  public var points: [FaithfulnessPoint]

  public init(
    name: String, headCount: Int, itemCount: Int, fullMetric: Double, ablatedMetric: Double,
    points: [FaithfulnessPoint]
  ) {
    self.name = name
    self.headCount = headCount
    self.itemCount = itemCount
    self.fullMetric = fullMetric
    self.ablatedMetric = ablatedMetric
    self.points = points
  }

  /// The area under faithfulness against share of heads, by trapezoids: 1 for a curve that is at 1 from
  /// the start.
  public var area: Double {
    zip(points, points.dropFirst()).reduce(0) { sum, pair in
      let width = Double(pair.1.size - pair.0.size) / Double(headCount)
      return sum + width * (pair.0.faithfulness + pair.1.faithfulness) / 2
    }
  }

  /// The smallest size with at least that faithfulness, of those measured.
  public func size(reaching faithfulness: Double) -> Int? {
    points.first { $0.faithfulness >= faithfulness }?.size
  }
}

/// An order of heads, the first ones in the circuit.
public struct HeadOrder: Sendable {
  public var name: String
  /// Several where an order is drawn at random: their mean is taken.
  public var draws: [[HeadIndex]]

  public init(_ name: String, _ heads: [HeadIndex]) {
    self.name = name
    draws = [heads]
  }

  /// By |score|.
  public init(_ name: String, by scores: HeadScores) {
    self.init(name, scores.heads.sorted { abs(scores[$0]) > abs(scores[$1]) })
  }

  /// Drawn at random, `count` times.
  public static func random(
    _ heads: [HeadIndex], count: Int, using generator: inout some RandomNumberGenerator
  ) -> HeadOrder {
    var order = HeadOrder("random", [])
    order.draws = (0..<count).map { _ in heads.shuffled(using: &generator) }
    return order
  }
}

/// Measures faithfulness item by item.
public struct FaithfulnessMeasure: Sendable {
  public let orders: [HeadOrder]
  /// Ascending, from 0 to all heads.
  public let sizes: [Int]
  private let ablation: CircuitAblation
  private let heads: [HeadIndex]
  /// The metric by order, draw, size and item.
  private var metrics: [[[[Double]]]]
  private var full: [Double] = []

  /// Sizes are those of circuits, in heads; 0 and all heads are added.
  public init(
    _ model: Model, orders: [HeadOrder], sizes: [Int], ablation: CircuitAblation
  ) {
    let heads = model.configuration.heads
    let all = Set(sizes + [0, heads.count]).filter { (0...heads.count).contains($0) }.sorted()
    for order in orders {
      precondition(
        order.draws.allSatisfy { Set($0).count == heads.count },
        "FaithfulnessMeasure: order \(order.name) does not have every head once")
    }
    self.orders = orders
    self.ablation = ablation
    self.heads = heads
    self.sizes = all
    metrics = orders.map { order in
      order.draws.map { _ in Array(repeating: [], count: all.count) }
    }
  }

  /// 0, every size up to a tenth, then about ten more up to all.
  public static func usualSizes(headCount: Int) -> [Int] {
    let tenth = max(1, Int((Double(headCount) / 10).rounded(.up)))
    let few = tenth <= 10 ? Array(1...tenth) : (1...10).map { $0 * tenth / 10 }
    let shares = [0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    return [0] + few + shares.map { Int((Double(headCount) * $0).rounded()) } + [headCount]
  }

  /// Runs one item with every circuit of every order.
  /// - Throws: `AttributionError` where patching needs a corrupted prompt that does not align.
  public mutating func add(_ item: LabeledPair, of model: Model) throws {
    let pair = item.pair
    full.append(
      Double(pair.metric.value(try model.forward(pair.clean, interventions: pair.interventions))))
    let effect = try effect(item, model)
    // One run for each different circuit.
    var known: [Set<HeadIndex>: Double] = [:]
    var circuits: Set<Set<HeadIndex>> = []
    for order in orders {
      for draw in order.draws {
        for size in sizes where size < heads.count { circuits.insert(Set(draw.prefix(size))) }
      }
    }
    let batch = max(1, 1024 / pair.clean.count)
    let list = Array(circuits)
    for first in stride(from: 0, to: list.count, by: batch) {
      let members = list[first..<min(first + batch, list.count)]
      let runs = try model.forward(
        batch: members.map { circuit in
          .tokens(
            pair.clean,
            interventions: pair.interventions
              + heads.filter { !circuit.contains($0) }.map { Intervention(.head($0), effect) })
        })
      for (circuit, run) in zip(members, runs) { known[circuit] = Double(pair.metric.value(run)) }
    }
    for (index, order) in orders.enumerated() {
      for (draw, order) in order.draws.enumerated() {
        for (place, size) in sizes.enumerated() {
          let circuit = Set(order.prefix(size))
          metrics[index][draw][place].append(
            known[circuit] ?? full[full.count - 1])
        }
      }
    }
  }

  private func effect(_ item: LabeledPair, _ model: Model) throws -> Intervention.Effect {
    switch ablation {
    case .zero: return .zero
    case .mean(let means): return .replace(with: means.reference(for: item).trace)
    case .patch:
      let corrupted = try item.pair.alignedCorrupted()
      return .replace(
        with: try model.forward(
          corrupted, interventions: item.pair.interventions, recording: .headZ))
    }
  }

  /// One curve for each order.
  public func curves(seed: UInt64 = 1) -> [FaithfulnessCurve] {
    orders.indices.map { index in
      // Draws of a random order are averaged item by item.
      let byDraw = metrics[index]
      let values = sizes.indices.map { place in
        full.indices.map { item in Statistics.mean(byDraw.map { $0[place][item] }) }
      }
      let empty = values[0]
      let points = sizes.indices.map { place in
        FaithfulnessPoint(
          size: sizes[place], metric: Statistics.mean(values[place]),
          faithfulness: Self.share(values[place], empty, full, full.indices.map { $0 }),
          interval: interval(values[place], empty, seed: seed))
      }
      return FaithfulnessCurve(
        name: orders[index].name, headCount: heads.count, itemCount: full.count,
        fullMetric: Statistics.mean(full), ablatedMetric: Statistics.mean(empty), points: points)
    }
  }

  private static func share(
    _ values: [Double], _ empty: [Double], _ full: [Double], _ items: [Int]
  ) -> Double {
    var above = 0.0, whole = 0.0
    for item in items {
      above += values[item] - empty[item]
      whole += full[item] - empty[item]
    }
    return whole == 0 ? .nan : above / whole
  }

  /// Percentiles of 1,000 resamples of the items.
  private func interval(_ values: [Double], _ empty: [Double], seed: UInt64) -> Interval {
    guard full.count > 1 else { return Interval(low: -.infinity, high: .infinity) }
    var generator = ResamplingGenerator(state: seed)
    let shares = (0..<1000).map { _ in
      Self.share(
        values, empty, full,
        full.indices.map { _ in Int.random(in: full.indices, using: &generator) })
    }.sorted()
    return Interval(low: shares[25], high: shares[974])
  }
}

/// SplitMix64: the same resamples everywhere.
public struct ResamplingGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
