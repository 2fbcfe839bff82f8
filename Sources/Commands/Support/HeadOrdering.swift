// Orders in which heads come into a circuit, by each method's mean over a set.

import Engine
import Interpretability

struct HeadOrdering {
  enum Kind: String, CaseIterable {
    case attribution, integrated, exact, edges, stepwise, random

    var title: String {
      switch self {
      case .attribution: "attribution patching"
      case .integrated: "integrated gradients"
      case .exact: "exact patching"
      case .edges: "EAP-IG"
      case .stepwise: "step-wise"
      case .random: "random"
      }
    }

    fileprivate var method: AttributionMethod? {
      switch self {
      case .attribution: .attributionPatching
      case .integrated: .integratedGradients
      case .exact: .activationPatching
      case .edges, .stepwise, .random: nil
      }
    }
  }

  let model: Model
  let settings: CircuitSettings
  let draws: Int

  /// The heads, largest mean first, by each kind.
  /// - Throws: what the methods throw.
  func orders(
    _ kinds: [Kind], _ items: [LabeledPair], progress: (Int, Int) -> Void
  ) throws -> [HeadOrder] {
    var sums: [Kind: HeadScores] = [:]
    var edges = CircuitSearch(model, method: .edgeAttribution, settings: settings)
    var stepwise = CircuitSearch(model, method: .stepwise, settings: settings)
    for (index, item) in items.enumerated() {
      progress(index, items.count)
      for kind in kinds {
        if let method = kind.method {
          let scores = try model.headScores(
            method, on: item.pair, settings: .init(steps: settings.steps))
          var sum =
            sums[kind]
            ?? HeadScores(
              layerCount: scores.layerCount, headCount: scores.headCount)
          for head in scores.heads { sum[head] += scores[head] }
          sums[kind] = sum
        }
      }
      let unlabeled = LabeledPair(item.pair)
      if kinds.contains(.edges) { try edges.add(unlabeled, of: model) }
      if kinds.contains(.stepwise) { try stepwise.add(unlabeled, of: model) }
    }
    var generator = ResamplingGenerator(state: 7)
    return kinds.compactMap { kind in
      switch kind {
      case .edges: HeadOrder(kind.title, edges.meanEdgeScores.headsByGrowth())
      case .stepwise: HeadOrder(kind.title, by: stepwise.headSizes)
      case .random:
        .random(model.configuration.heads, count: draws, using: &generator)
      case .attribution, .integrated, .exact: sums[kind].map { HeadOrder(kind.title, by: $0) }
      }
    }
  }
}
