// Edge scores against autograd on a model whose heads read streams of their own, against exact edge
// patching, and against the identities that tie edges to nodes.

import Engine
import Interpretability
import TestSupport
import Testing

@Suite struct EdgeAttributionTests {
  static let names = ["multihead", "grouped"]

  private func item(_ name: String) throws -> (model: Model, item: LabeledPair, steps: Int) {
    let fixture = try ReferenceCase.load(name)
    let pair = PromptPair(
      clean: fixture.tokens, corrupted: fixture.corrupted,
      metric: .logitDifference(target: fixture.target, foil: fixture.foil))
    return (try Model.load(ReferenceCase.directory(name)), LabeledPair(pair), fixture.steps)
  }

  private func edges(_ name: String) throws -> ReferenceArrays {
    try ReferenceArrays(path: fixture("InterpretabilityTests", "edges-\(name).safetensors"))
  }

  /// All edges in the order of the fixture's rows and columns, with what it says of each.
  private func reference(
    _ array: ReferenceArray, _ scores: EdgeScores
  ) -> [(sender: CircuitSite, receiver: CircuitSite, input: CircuitInput, value: Float)] {
    let heads = scores.headCount
    var receivers: [(CircuitSite, CircuitInput)] = []
    var senders: [CircuitSite] = [.embedding]
    for layer in 0..<scores.layerCount {
      for input in [CircuitInput.query, .key, .value] {
        receivers += (0..<heads).map { (.head(HeadIndex(layer: layer, head: $0)), input) }
      }
      receivers.append((.mlp(layer: layer), .stream))
      senders += (0..<heads).map { .head(HeadIndex(layer: layer, head: $0)) }
      senders.append(.mlp(layer: layer))
    }
    receivers.append((.logits, .stream))
    #expect(array.shape == [receivers.count, senders.count])
    return receivers.enumerated().flatMap { row, receiver in
      senders.enumerated().map { column, sender in
        (sender, receiver.0, receiver.1, array.values[row * senders.count + column])
      }
    }
  }

  @Test(arguments: names)
  func scoresAreThoseOfAutograd(name: String) throws {
    let (model, item, steps) = try item(name)
    let found = try model.edgeAttribution(item, settings: .init(steps: steps))
    let array = try edges(name).array("edge_attribution")
    let limit = array.values.map(abs).max() ?? 0
    for (sender, receiver, input, value) in reference(array, found) {
      guard found.isEdge(from: sender, to: receiver) else {
        #expect(value == 0, "\(sender) \(receiver)")
        continue
      }
      let error = abs(found[from: sender, to: receiver, by: input] - value)
      #expect(error <= 2e-5 * limit, "\(sender.name) → \(receiver.name) \(input): \(error)")
    }
  }

  @Test(arguments: names)
  func patchedEdgesHaveTheEffectsOfTheirDefinition(name: String) throws {
    let (model, item, _) = try item(name)
    let scores = EdgeScores(model.configuration)
    let array = try edges(name).array("edge_patching")
    let limit = array.values.map(abs).max() ?? 0
    let all = reference(array, scores).filter { scores.isEdge(from: $0.sender, to: $0.receiver) }
    let found = try model.edgePatching(
      item.pair, edges: all.map { ($0.sender, $0.receiver, $0.input) })
    for (edge, effect) in zip(all, found) {
      let error = abs(effect - edge.value)
      #expect(
        error <= 5e-5 * limit,
        "\(edge.sender.name) → \(edge.receiver.name) \(edge.input): \(effect), \(edge.value)")
    }
  }

  /// What all readers get from a head is what the head's whole output does to the metric; with the
  /// gradient at the clean run, that is the noising estimate with its sign turned. This holds in every
  /// family: parallel blocks, norms after attention, norms of queries and keys, windows, soft caps.
  @Test(arguments: names + ReferenceCase.families)
  func edgesOutOfAHeadSumToItsAttribution(name: String) throws {
    let (model, item, _) = try item(name)
    let edges = try model.edgeAttribution(item, settings: .init(steps: 1))
    let nodes = try model.attributionPatching(item.pair, direction: .noising)
    let limit = nodes.limit
    for head in nodes.heads {
      let error = abs(edges.headTotals[head] + nodes[head])
      #expect(error <= 3e-5 * limit, "\(name) \(head): \(edges.headTotals[head]), \(nodes[head])")
    }
  }

  @Test(arguments: names)
  func integratedEdgesOutOfAHeadSumToItsIntegratedGradients(name: String) throws {
    let (model, item, steps) = try item(name)
    let edges = try model.edgeAttribution(item, settings: .init(steps: steps))
    let nodes = try model.integratedGradients(item.pair, steps: steps)
    for head in nodes.heads {
      #expect(abs(edges.headTotals[head] - nodes[head]) <= 3e-5 * nodes.limit, "\(name) \(head)")
    }
  }

  /// What an input gets from all senders is what the change of the whole stream does through it.
  @Test(arguments: ["multihead", "grouped", "gpt_neox", "gpt2"])
  func edgesIntoAnInputSumToTheChangeOfTheStream(name: String) throws {
    let (model, item, _) = try item(name)
    let edges = try model.edgeAttribution(item, settings: .init(steps: 1))
    let clean = try model.forward(item.pair.clean, recording: .backward)
    let corrupted = try model.forward(
      try #require(item.pair.corrupted), recording: .residualStream)
    let gradients = model.backward(clean, of: item.pair.metric)
    for layer in 0..<model.configuration.layerCount {
      let a = try #require(clean.layers[layer].residPre)
      let b = try #require(corrupted.layers[layer].residPre)
      let heads = Array(0..<model.configuration.headCount)
      let inputs = model.headInputGradients(
        clean, layer: layer, heads: heads, gradHeadZ: gradients.gradHeadZ[layer])
      for (input, gradient) in [
        (CircuitInput.query, inputs.query), (.key, inputs.key), (.value, inputs.value),
      ] {
        for head in heads {
          let row = gradient.row(head)
          let whole = zip(zip(a.values, b.values).map { $0 - $1 }, row).reduce(Float(0)) {
            $0 + $1.0 * $1.1
          }
          let site = CircuitSite.head(HeadIndex(layer: layer, head: head))
          let sum = edges.strongest(.max).filter { $0.receiver.site == site && $0.input == input }
            .reduce(Float(0)) { $0 + $1.score }
          #expect(abs(sum - whole) <= 1e-4 * max(1, abs(whole)), "\(name) \(site) \(input)")
        }
      }
    }
  }

  /// A first-order estimate nears the exact effect as the runs converge; here the strongest edges of
  /// the built-in model on its own prompts.
  @Test func estimatesAgreeWithPatchingOnTheBuiltInModel() throws {
    let (model, item, _) = try item("builtin")
    let edges = try model.edgeAttribution(item, settings: .init(steps: 10)).strongest(60)
    let effects = try model.edgePatching(
      item.pair, edges: edges.map { ($0.sender.site, $0.receiver.site, $0.input) })
    let correlation = Statistics.correlation(
      edges.map { Double($0.score) }, effects.map { Double($0) })
    #expect(correlation > 0.5, "\(correlation)")
  }
}
