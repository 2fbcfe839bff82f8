// Step-wise tracing, circuits as graphs, head classes, loops, faithfulness and intersections.

import Engine
import Foundation
import Interpretability
import TestSupport
import Testing

@Suite struct CircuitTests {
  private func item(_ name: String) throws -> (model: Model, item: LabeledPair) {
    let fixture = try ReferenceCase.load(name)
    let pair = PromptPair(
      clean: fixture.tokens, corrupted: fixture.corrupted,
      metric: .logitDifference(target: fixture.target, foil: fixture.foil))
    let labels = fixture.tokens.indices.map { ["K", "V", "Q", "A", "END"][$0 % 5] as String? }
    return (try Model.load(ReferenceCase.directory(name)), LabeledPair(pair, labels: labels))
  }

  /// Followed without a threshold, the hops' paths are all paths, and what leaves each head in all of
  /// them is its integrated gradient.
  @Test(arguments: ["multihead", "grouped", "gpt_neox"])
  func tracingEveryPathGivesIntegratedGradients(name: String) throws {
    let (model, item) = try item(name)
    let settings = CircuitSettings(
      steps: 3, width: .max, share: 0, floor: 0, nodeLimit: .max)
    var search = CircuitSearch(model, method: .stepwise, settings: settings)
    try search.add(LabeledPair(item.pair), of: model)
    let circuit = search.circuit()
    let nodes = try model.integratedGradients(item.pair, steps: 3)
    var totals = HeadScores(layerCount: nodes.layerCount, headCount: nodes.headCount)
    for node in circuit.nodes {
      if let head = node.id.site.head { totals[head] += node.score }
    }
    for head in nodes.heads {
      #expect(abs(totals[head] - nodes[head]) <= 5e-5 * nodes.limit, "\(name) \(head)")
    }
  }

  @Test func tracingFollowsTheStrongestOnly() throws {
    let (model, item) = try item("grouped")
    var narrow = CircuitSearch(
      model, method: .stepwise, settings: .init(width: 2, share: 0.5, floor: 0.1))
    try narrow.add(item, of: model)
    let circuit = narrow.circuit()
    #expect(circuit.nodes.last?.id == .init(.logits))
    for node in circuit.nodes where node.id.site != .embedding {
      for input in CircuitInput.allCases {
        // Nodes of one role may stand at several positions, three of the prompt's 13 at most.
        let into = circuit.edges(into: node.id).filter { $0.input == input }
        #expect(into.count <= 2 * 3)
      }
    }
    let intoLogits = circuit.edges(into: .init(.logits)).map { abs($0.score) }
    #expect(intoLogits.count <= 2)
    #expect((intoLogits.min() ?? 0) >= 0.5 * (intoLogits.max() ?? 1))
    // Every node leads on.
    for node in circuit.nodes where node.id.site != .logits {
      #expect(!circuit.edges(from: node.id).isEmpty, "\(node.id)")
    }
  }

  // MARK: Growth

  @Test func circuitsGrowFromTheLogitsByTheLargestEdge() {
    var scores = EdgeScores(layerCount: 2, headCount: 2)
    let a = CircuitSite.head(HeadIndex(layer: 0, head: 0))
    let b = CircuitSite.head(HeadIndex(layer: 1, head: 1))
    let stray = CircuitSite.head(HeadIndex(layer: 1, head: 0))
    scores[from: b, to: .logits, by: .stream] = -2
    scores[from: a, to: b, by: .key] = 3
    scores[from: a, to: stray, by: .value] = 9
    scores[from: stray, to: .logits, by: .stream] = 0.5
    scores[from: .embedding, to: a, by: .query] = 1
    let circuit = scores.circuit(edgeLimit: 3)
    #expect(Set(circuit.nodes.map(\.id.site)) == [.embedding, a, b, .logits])
    #expect(circuit.edges.map(\.score) == [3, -2, 1])
    #expect(circuit.nodes.last?.score == -1.5)
    #expect(
      scores.headsByGrowth().map(\.dotted) == ["1.1", "0.0", "1.0", "0.1"])
    // The largest edge of all comes in once its receiver has.
    #expect(scores.circuit(edgeLimit: 5).edges.map(\.score) == [9, 3, -2, 1, 0.5])
  }

  @Test func edgesExistWhereTheSenderWritesFirst() {
    let head = CircuitSite.head(HeadIndex(layer: 1, head: 0)), mlp = CircuitSite.mlp(layer: 1)
    let later = CircuitSite.head(HeadIndex(layer: 2, head: 0))
    for isParallel in [false, true] {
      let scores = EdgeScores(layerCount: 3, headCount: 1, isParallel: isParallel)
      #expect(scores.isEdge(from: head, to: mlp) == !isParallel)
      #expect(scores.isEdge(from: mlp, to: later) && scores.isEdge(from: head, to: later))
      #expect(!scores.isEdge(from: mlp, to: head) && !scores.isEdge(from: head, to: head))
      #expect(!scores.isEdge(from: .logits, to: head) && !scores.isEdge(from: head, to: .embedding))
      #expect(scores.isEdge(from: .embedding, to: .logits))
    }
  }

  // MARK: Classes and loops

  /// The paper's figure 3b, by its roles: the classes of its legend and its loop.
  @Test func headsAreClassedAsInThePaper() throws {
    var circuit = figure
    circuit.assignJobs()
    func job(_ name: String) -> String? {
      circuit.nodes.first { $0.id.site.name == name }?.job?.title
    }
    #expect(job("10.1") == "local")  // K → V
    #expect(job("12.0") == "relating")  // K → Q
    #expect(job("12.1") == "induction")  // V → Q
    #expect(job("13.0") == "relating²")  // V → A, which reads K → V by a local head, and 12.0
    #expect(job("13.1") == "local")  // Q → A, reading nothing that is more than local
    #expect(job("14.0") == "relating²")  // Q → A: closes the loop
    #expect(job("15.0") == "negative relating")  // K' → Q
    #expect(job("20.0") == "pre-predicting²")
    #expect(job("21.0") == "predicting²")
    #expect(job("20.1") == "other")  // R → END
    for kind in HeadJob.Kind.allCases {
      for second in [false, true] where kind != .other {
        let job = HeadJob(kind, isSecondOrder: second)
        #expect(HeadJob(title: job.title) == job)
      }
    }
  }

  @Test func loopsCloseOverAttentionAndTheItemsOwnLinks() throws {
    let cycles = figure.roleCycles()
    let first = try #require(cycles.first { Set($0.roles) == ["K", "V", "A", "Q"] })
    #expect(first.links.count == 4)
    for (link, next) in zip(first.links, first.links.dropFirst() + [first.links[0]]) {
      #expect(!Set([link.from, link.to]).isDisjoint(with: [next.from, next.to]))
    }
    #expect(Set(first.roles).count == 4)
    let byRoles = Dictionary(
      uniqueKeysWithValues: first.links.map { ([$0.from, $0.to].sorted(), $0) })
    #expect(byRoles[["K", "Q"]]?.heads == [HeadIndex(layer: 12, head: 0)])
    #expect(byRoles[["A", "Q"]]?.heads.first == HeadIndex(layer: 14, head: 0))
    #expect(first.strength == 1)
    // Without the relating head from K to Q that loop is open; own links alone make none.
    var open = figure
    open.nodes.removeAll { $0.id.site.name == "12.0" }
    #expect(!open.roleCycles().contains { Set($0.roles) == ["K", "V", "A", "Q"] })
    open.nodes.removeAll { $0.rolePair != nil }
    #expect(open.roleCycles().isEmpty)
  }

  private var figure: Circuit {
    func node(
      _ name: String, _ key: String, _ query: String, _ attribution: Float
    ) -> CircuitNode {
      CircuitNode(
        id: .init(CircuitSite(name: name) ?? .logits), score: attribution,
        rolePair: RolePair(query: query, key: key, attribution: attribution, attention: 0.5))
    }
    func edge(_ from: String, _ to: String, _ input: CircuitInput) -> CircuitEdge {
      CircuitEdge(
        sender: .init(CircuitSite(name: from) ?? .logits),
        receiver: .init(CircuitSite(name: to) ?? .logits), input: input, score: 1)
    }
    return Circuit(
      method: .stepwise, layerCount: 24, headCount: 2,
      nodes: [
        node("10.1", "K", "V", 2), node("12.0", "K", "Q", 1), node("12.1", "V", "Q", 0.5),
        node("13.0", "V", "A", 3), node("13.1", "Q", "A", 0.1), node("14.0", "Q", "A", 4),
        node("15.0", "K'", "Q", 0.2), node("20.0", "V", "END", 1), node("20.1", "R", "END", 0.3),
        node("21.0", "V", "END", 2), CircuitNode(id: .init(.logits), score: 9),
      ],
      edges: [
        edge("10.1", "13.0", .value), edge("12.0", "13.0", .key), edge("13.0", "14.0", .query),
        edge("12.0", "14.0", .key), edge("10.1", "13.1", .value), edge("14.0", "20.0", .query),
        edge("20.0", "21.0", .query), edge("20.1", "21.0", .query), edge("21.0", "logits", .stream),
      ])
  }

  // MARK: Faithfulness

  @Test(arguments: ["grouped", "gpt_neox"])
  func theWholeModelIsFaithfulAndNoneOfItIsNot(name: String) throws {
    let (model, item) = try item(name)
    let means = try PositionMeans(model, over: [item], leastCount: 2)
    let heads = model.configuration.heads
    for ablation in [CircuitAblation.zero, .patch, .mean(means)] {
      var measure = FaithfulnessMeasure(
        model, orders: [HeadOrder("first", heads)], sizes: [3], ablation: ablation)
      try measure.add(item, of: model)
      let curve = try #require(measure.curves().first)
      #expect(curve.points.map(\.size) == [0, 3, heads.count])
      #expect(curve.points.first?.faithfulness == 0 && curve.points.last?.faithfulness == 1)
      // Three heads kept, by hand.
      let outside = heads.dropFirst(3)
      let effect: Intervention.Effect =
        switch ablation {
        case .zero: .zero
        case .patch:
          .replace(
            with: try model.forward(try #require(item.pair.corrupted), recording: .headZ))
        case .mean: .replace(with: means.reference(for: item).trace)
        }
      let run = try model.forward(
        item.pair.clean, interventions: outside.map { Intervention(.head($0), effect) })
      #expect(Float(curve.points[1].metric) == item.pair.metric.value(run))
    }
  }

  @Test func areaIsThatUnderTheCurve() {
    func point(_ size: Int, _ value: Double) -> FaithfulnessPoint {
      FaithfulnessPoint(
        size: size, metric: 0, faithfulness: value, interval: Interval(low: 0, high: 1))
    }
    let curve = FaithfulnessCurve(
      name: "", headCount: 10, itemCount: 1, fullMetric: 1, ablatedMetric: 0,
      points: [point(0, 0), point(1, 0.8), point(5, 1), point(10, 1)])
    let expected: Double = 0.1 * 0.4 + 0.4 * 0.9 + 0.5
    #expect(abs(curve.area - expected) < 1e-12)
    #expect(curve.size(reaching: 0.8) == 1 && curve.size(reaching: 1.1) == nil)
  }

  /// Each position's class has its mean over the set; rare tokens share one.
  @Test func meansAreByRoleAndToken() throws {
    let (model, item) = try item("multihead")
    var labels = [String?](repeating: "other", count: item.pair.clean.count)
    labels[2] = "Q"
    labels[5] = "Q"
    let labeled = LabeledPair(item.pair, labels: labels)
    let means = try PositionMeans(model, over: [labeled], leastCount: 2)
    let found = means.reference(for: labeled).trace
    let run = try model.forward(item.pair.clean, recording: [.headZ, .mlpOutput])
    for layer in 0..<model.configuration.layerCount {
      let z = try #require(run.layers[layer].headZ), mean = try #require(found.layers[layer].headZ)
      for column in 0..<z.rowWidth {
        let expected = (z.row(2)[column] + z.row(5)[column]) / 2
        #expect(abs(mean.row(2)[column] - expected) < 1e-5)
        #expect(mean.row(2)[column] == mean.row(5)[column])
      }
    }
  }

  // MARK: Intersection

  /// Tails summed exactly from binomial coefficients (Python's math.comb).
  @Test func sharedHeadsAreSetAgainstChance() {
    typealias Overlap = CircuitIntersection.Overlap
    let overlap = Overlap(first: 10, second: 12, shared: 6, universe: 48)
    #expect(abs(overlap.p - 0.009_234_912_043_33) < 1e-9, "\(overlap.p)")
    #expect(overlap.expected == 2.5 && overlap.jaccard == 6.0 / 16)
    #expect(Overlap(first: 5, second: 5, shared: 0, universe: 48).p == 1)
    let all = Overlap(first: 5, second: 5, shared: 5, universe: 48).p
    #expect(abs(all * 1_712_304 - 1) < 1e-6, "1 / C(48, 5)")
    #expect(Overlap(first: 48, second: 3, shared: 3, universe: 48).p == 1)
  }

  @Test func intersectionKeepsWhatBothHave() {
    var other = figure
    other.nodes.removeAll { ["12.1", "15.0"].contains($0.id.site.name) }
    other.edges.removeAll { $0.sender.site.name == "20.1" }
    let shared = CircuitIntersection(figure, other)
    #expect(shared.onlyFirst.map(\.dotted) == ["12.1", "15.0"] && shared.onlySecond.isEmpty)
    #expect(shared.heads.shared == 8 && shared.heads.universe == 48)
    #expect(shared.edges.shared == 8 && shared.edges.first == 9)
    // 24 layers of 2 heads: to each of 2·3 inputs and the MLP, and to the logits.
    let below = (0..<24).map { 1 + 3 * $0 }
    let universe = below.reduce(0) { $0 + 6 * $1 + $1 + 2 } + 1 + 3 * 24
    #expect(shared.edges.universe == universe)
    #expect(shared.core.nodes.count == 9)
  }
}
