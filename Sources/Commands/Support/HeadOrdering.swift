// Orders in which heads come into a circuit, by each method's mean over a set.

import Engine
import Interpretability

/// Ranks heads by what they do against the very outputs that stand in for them when they are ablated:
/// a head that matters only against another reference would come too late.
struct HeadOrdering {
  enum Kind: String, CaseIterable {
    case attribution, integrated, exact, edges, stepwise, random

    var title: String {
      switch self {
      case .attribution: "attribution"
      case .integrated: "integrated gradients"
      case .exact: "exact ablation"
      case .edges: "EAP-IG"
      case .stepwise: "step-wise"
      case .random: "random"
      }
    }
  }

  let model: Model
  /// Their reference is what the ablation puts in.
  let settings: CircuitSettings
  let ablation: CircuitAblation
  let draws: Int

  /// The heads, largest mean first, by each kind.
  /// - Throws: what the methods throw.
  func orders(
    _ kinds: [Kind], _ items: [LabeledPair], progress: (Int, Int) -> Void
  ) throws -> [HeadOrder] {
    var atClean = settings
    atClean.steps = 1
    var single = CircuitSearch(model, method: .edgeAttribution, settings: atClean)
    var edges = CircuitSearch(model, method: .edgeAttribution, settings: settings)
    var stepwise = CircuitSearch(model, method: .stepwise, settings: settings)
    for (index, item) in items.enumerated() {
      progress(index, items.count)
      if kinds.contains(.attribution) { try single.add(item, of: model) }
      if kinds.contains(.edges) || kinds.contains(.integrated) { try edges.add(item, of: model) }
      if kinds.contains(.stepwise) { try stepwise.add(item, of: model) }
    }
    var generator = ResamplingGenerator(state: 7)
    return try kinds.map { kind in
      switch kind {
      case .attribution: HeadOrder(kind.title, by: single.meanEdgeScores.headTotals)
      case .integrated: HeadOrder(kind.title, by: edges.meanEdgeScores.headTotals)
      case .exact: HeadOrder(kind.title, by: try effects(items))
      case .edges: HeadOrder(kind.title, edges.meanEdgeScores.headsByGrowth())
      case .stepwise: HeadOrder(kind.title, by: stepwise.headSizes)
      case .random: .random(model.configuration.heads, count: draws, using: &generator)
      }
    }
  }

  /// What ablating each head alone takes from the metric, mean over the items, in logits: the circuit of
  /// all heads but one, for each of them.
  private func effects(_ items: [LabeledPair]) throws -> HeadScores {
    let heads = model.configuration.heads
    let orders = heads.map { head in
      HeadOrder(head.dotted, heads.filter { $0 != head } + [head])
    }
    var measure = FaithfulnessMeasure(
      model, orders: orders, sizes: [heads.count - 1], ablation: ablation)
    for item in items { try measure.add(item, of: model) }
    var scores = HeadScores(
      layerCount: model.configuration.layerCount, headCount: model.configuration.headCount)
    for (head, curve) in zip(heads, measure.curves()) {
      let without = curve.points.first { $0.size == heads.count - 1 }
      scores[head] = Float(curve.fullMetric - (without?.metric ?? curve.fullMetric))
    }
    return scores
  }
}
