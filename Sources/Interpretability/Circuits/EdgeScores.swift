// One number for every edge of a model's computation: who writes, who reads, and by which input.

import Engine

/// Scores of all edges, in logits. Edges that do not exist (a head and its own layer's heads, say) are 0.
public struct EdgeScores: Sendable, Equatable {
  public let layerCount: Int
  public let headCount: Int
  /// Whether attention and MLP of a layer read the same stream, so that one does not feed the other.
  public let isParallel: Bool
  /// `[R, S]`: R readers' inputs, S senders.
  private(set) var values: [Float]

  public init(layerCount: Int, headCount: Int, isParallel: Bool = false) {
    self.layerCount = layerCount
    self.headCount = headCount
    self.isParallel = isParallel
    let senders = 1 + layerCount * (headCount + 1)
    values = Array(repeating: 0, count: (layerCount * (3 * headCount + 1) + 1) * senders)
  }

  public init(_ configuration: ModelConfiguration) {
    self.init(
      layerCount: configuration.layerCount, headCount: configuration.headCount,
      isParallel: configuration.isParallel)
  }

  // MARK: Places

  var senderCount: Int { 1 + layerCount * (headCount + 1) }
  var receiverCount: Int { layerCount * (3 * headCount + 1) + 1 }

  /// Embedding, then each layer's heads and its MLP.
  func sender(_ index: Int) -> CircuitSite {
    guard index > 0 else { return .embedding }
    let (layer, head) = (index - 1).quotientAndRemainder(dividingBy: headCount + 1)
    return head < headCount ? .head(HeadIndex(layer: layer, head: head)) : .mlp(layer: layer)
  }

  func index(ofSender site: CircuitSite) -> Int {
    switch site {
    case .embedding: return 0
    case .head(let head): return 1 + head.layer * (headCount + 1) + head.head
    case .mlp(let layer): return 1 + layer * (headCount + 1) + headCount
    case .logits: preconditionFailure("EdgeScores: the logits send nothing")
    }
  }

  /// Each layer's queries, keys, values and MLP, then the logits.
  func receiver(_ index: Int) -> (site: CircuitSite, input: CircuitInput) {
    let (layer, place) = index.quotientAndRemainder(dividingBy: 3 * headCount + 1)
    guard layer < layerCount else { return (.logits, .stream) }
    guard place < 3 * headCount else { return (.mlp(layer: layer), .stream) }
    return (
      .head(HeadIndex(layer: layer, head: place % headCount)),
      CircuitInput.allCases[place / headCount]
    )
  }

  func index(ofReceiver site: CircuitSite, _ input: CircuitInput) -> Int {
    let width = 3 * headCount + 1
    switch site {
    case .embedding: preconditionFailure("EdgeScores: the embeddings receive nothing")
    case .head(let head):
      guard let place = CircuitInput.allCases.firstIndex(of: input), place < 3 else {
        preconditionFailure("EdgeScores: a head has no input \(input)")
      }
      return head.layer * width + place * headCount + head.head
    case .mlp(let layer): return layer * width + 3 * headCount
    case .logits: return layerCount * width
    }
  }

  /// The receiver's inputs, as indices.
  func inputs(of site: CircuitSite) -> [Int] {
    switch site {
    case .embedding: []
    case .head: [.query, .key, .value].map { index(ofReceiver: site, $0) }
    case .mlp, .logits: [index(ofReceiver: site, .stream)]
    }
  }

  /// Whether `sender` writes before `receiver` reads.
  public func isEdge(from sender: CircuitSite, to receiver: CircuitSite) -> Bool {
    if case .logits = sender { return false }
    if case .embedding = receiver { return false }
    guard isParallel, case .mlp(let layer) = receiver, case .head(let head) = sender else {
      if case .mlp(let layer) = sender, case .head(let head) = receiver {
        return layer < head.layer
      }
      return sender.depth < receiver.depth
    }
    return head.layer < layer
  }

  // MARK: Values

  public subscript(
    from sender: CircuitSite, to receiver: CircuitSite, by input: CircuitInput
  ) -> Float {
    get {
      values[index(ofReceiver: receiver, input) * senderCount + index(ofSender: sender)]
    }
    set {
      values[index(ofReceiver: receiver, input) * senderCount + index(ofSender: sender)] = newValue
    }
  }

  /// The scores into one input, `[S]`.
  func row(_ receiver: Int) -> ArraySlice<Float> {
    values[receiver * senderCount..<(receiver + 1) * senderCount]
  }

  mutating func add(_ value: Float, receiver: Int, sender: Int) {
    values[receiver * senderCount + sender] += value
  }

  /// self += scale · other.
  public mutating func add(_ other: EdgeScores, scale: Float = 1) {
    precondition(other.values.count == values.count, "EdgeScores: of another model")
    for index in values.indices { values[index] += scale * other.values[index] }
  }

  /// Σ over all readers: to first order, what a sender's whole output does to the metric, in logits.
  public func total(from sender: CircuitSite) -> Float {
    let column = index(ofSender: sender)
    return (0..<receiverCount).reduce(0) { $0 + values[$1 * senderCount + column] }
  }

  /// The edges of the largest |score|, at most `count`.
  public func strongest(_ count: Int) -> [CircuitEdge] {
    let ranked = values.indices.filter { values[$0] != 0 }
      .sorted { abs(values[$0]) > abs(values[$1]) }
    return ranked.prefix(count).map { index in
      let place = receiver(index / senderCount)
      return CircuitEdge(
        sender: .init(sender(index % senderCount)), receiver: .init(place.site),
        input: place.input, score: values[index])
    }
  }

  /// `total` of every head.
  public var headTotals: HeadScores {
    var scores = HeadScores(layerCount: layerCount, headCount: headCount)
    for head in scores.heads { scores[head] = total(from: .head(head)) }
    return scores
  }
}
