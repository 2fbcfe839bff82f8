// A circuit as a value: the heads and MLPs that carry an answer, and what passes between them.

import Engine

/// A part of the model that writes to the residual stream or reads it.
public enum CircuitSite: Hashable, Sendable {
  /// The embeddings of the tokens, where every path begins.
  case embedding
  case head(HeadIndex)
  case mlp(layer: Int)
  /// The metric of the logits at END, where every path ends.
  case logits

  /// `embedding`, `3.0`, `mlp.3`, `logits`.
  public var name: String {
    switch self {
    case .embedding: "embedding"
    case .head(let head): head.dotted
    case .mlp(let layer): "mlp.\(layer)"
    case .logits: "logits"
    }
  }

  /// Reads what `name` gives.
  public init?(name: String) {
    switch name {
    case "embedding": self = .embedding
    case "logits": self = .logits
    default:
      if name.hasPrefix("mlp."), let layer = Int(name.dropFirst(4)), layer >= 0 {
        self = .mlp(layer: layer)
      } else if let head = HeadIndex(name) {
        self = .head(head)
      } else {
        return nil
      }
    }
  }

  public var head: HeadIndex? { if case .head(let head) = self { head } else { nil } }

  /// Grows along every path: −1 for the embeddings, then attention and MLP of each layer.
  public var depth: Int {
    switch self {
    case .embedding: -1
    case .head(let head): 2 * head.layer
    case .mlp(let layer): 2 * layer + 1
    case .logits: .max
    }
  }
}

/// Through which of a receiver's inputs an edge goes.
public enum CircuitInput: String, CaseIterable, Sendable {
  case query, key, value
  /// The one input of an MLP or of the logits.
  case stream

  public init(_ input: HeadInput) {
    switch input {
    case .query: self = .query
    case .key: self = .key
    case .value: self = .value
    }
  }
}

/// One part of the model in a circuit, at the positions of one role where roles are told apart.
public struct CircuitNode: Sendable, Equatable {
  public struct ID: Hashable, Sendable {
    public var site: CircuitSite
    /// The role of the positions whose output counts: `A`, `END`; `nil` for all positions together.
    public var role: String?

    public init(_ site: CircuitSite, role: String? = nil) {
      self.site = site
      self.role = role
    }
  }

  public var id: ID
  /// What its output does to the metric along the circuit's paths, in logits.
  public var score: Float
  /// Of a head: the pair of roles that carries most of its attribution-weighted attention.
  public var rolePair: RolePair?
  /// Of a head whose roles are known.
  public var job: HeadJob?
  /// In how many items it was found.
  public var itemCount: Int

  public init(
    id: ID, score: Float, rolePair: RolePair? = nil, job: HeadJob? = nil, itemCount: Int = 1
  ) {
    self.id = id
    self.score = score
    self.rolePair = rolePair
    self.job = job
    self.itemCount = itemCount
  }
}

/// What one part gives to an input of another.
public struct CircuitEdge: Sendable, Equatable {
  public var sender: CircuitNode.ID
  public var receiver: CircuitNode.ID
  public var input: CircuitInput
  /// To first order, the change of the metric if this input alone reads what the sender writes, in
  /// logits.
  public var score: Float

  public init(
    sender: CircuitNode.ID, receiver: CircuitNode.ID, input: CircuitInput, score: Float
  ) {
    self.sender = sender
    self.receiver = receiver
    self.input = input
    self.score = score
  }
}

/// How a circuit was found.
public enum CircuitMethod: String, CaseIterable, Sendable {
  /// From the logits backwards, one hop at a time.
  case stepwise
  /// Edge attribution patching with integrated gradients.
  case edgeAttribution

  public var title: String {
    switch self {
    case .stepwise: "step-wise tracing"
    case .edgeAttribution: "edge attribution (EAP-IG)"
    }
  }
}

/// Heads, MLPs and edges that carry the metric of an item, or of a set on average.
public struct Circuit: Sendable, Equatable {
  public var method: CircuitMethod
  /// L and H of the model.
  public var layerCount: Int
  public var headCount: Int
  /// By depth, the logits last.
  public var nodes: [CircuitNode]
  /// The largest first.
  public var edges: [CircuitEdge]
  /// Closed cycles of attention and the item's own links, the strongest first.
  public var cycles: [RoleCycle]
  /// How many items it is the mean of.
  public var itemCount: Int
  /// The metric on the clean prompts, in logits, mean over the items.
  public var cleanMetric: Float
  /// The metric of the runs that the clean ones are set against, where there are any.
  public var referenceMetric: Float?

  public init(
    method: CircuitMethod, layerCount: Int, headCount: Int, nodes: [CircuitNode],
    edges: [CircuitEdge], cycles: [RoleCycle] = [], itemCount: Int = 1, cleanMetric: Float = 0,
    referenceMetric: Float? = nil
  ) {
    self.method = method
    self.layerCount = layerCount
    self.headCount = headCount
    self.nodes = nodes
    self.edges = edges
    self.cycles = cycles
    self.itemCount = itemCount
    self.cleanMetric = cleanMetric
    self.referenceMetric = referenceMetric
  }

  public subscript(id: CircuitNode.ID) -> CircuitNode? { nodes.first { $0.id == id } }

  /// The heads, each once, by layer.
  public var heads: [HeadIndex] {
    Set(nodes.compactMap(\.id.site.head)).sorted()
  }

  /// The edges that end at a node, the largest first.
  public func edges(into id: CircuitNode.ID) -> [CircuitEdge] {
    edges.filter { $0.receiver == id }
  }

  /// The edges that begin at a node, the largest first.
  public func edges(from id: CircuitNode.ID) -> [CircuitEdge] {
    edges.filter { $0.sender == id }
  }
}

/// What circuits are traced in: a prompt pair and the role of every position.
public struct LabeledPair: Sendable {
  public var pair: PromptPair
  /// Of the clean prompt, `[T]`; empty where roles are not known.
  public var labels: [String?]

  public init(_ pair: PromptPair, labels: [String?] = []) {
    precondition(
      labels.isEmpty || labels.count == pair.clean.count,
      "LabeledPair: \(labels.count) labels for \(pair.clean.count) tokens")
    self.pair = pair
    self.labels = labels
  }

  func role(at position: Int) -> String? {
    labels.isEmpty ? "\(position)" : labels[position] ?? "other"
  }
}
