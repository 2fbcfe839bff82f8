// Everything the one transformer block needs to know about a model, as data.

/// A decoder-only transformer, described by values. A family (`ModelFamily`) makes one from its
/// `config.json`.
public struct ModelConfiguration: Sendable, Equatable {
  /// The family's name as in `config.json` (`llama`).
  public var family: String
  /// L.
  public var layerCount: Int
  /// D, the width of the residual stream.
  public var dModel: Int
  /// M.
  public var dMLP: Int
  /// V, rows of the embedding.
  public var vocabularySize: Int
  /// The most tokens that one prompt may have.
  public var contextLength: Int
  public var attention: Attention
  public var mlp = MLP()
  public var norm: Norm
  /// Rotary positions; `nil` where a learned vector is added for each position.
  public var rope: RoPE?
  /// The rotary positions of layers with a window, where these differ.
  public var windowRoPE: RoPE?
  /// The unembedding is the embedding.
  public var tiesEmbedding: Bool
  /// What the embeddings are multiplied by.
  public var embeddingScale: Float = 1
  /// The logits x become cap · tanh(x / cap).
  public var logitCap: Float?
  /// Attention and MLP read the same stream, and both are added to it at once.
  public var isParallel = false

  public struct Attention: Sendable, Equatable {
    /// H, query heads.
    public var headCount: Int
    /// G, key/value heads; `queryHeadsPerKVHead` query heads share each (arXiv:2305.13245).
    public var kvHeadCount: Int
    /// K, the width of one head.
    public var dHead: Int
    /// What the scores are multiplied by; 1/√K where `nil`.
    public var scoreScale: Float?
    /// Layer l divides its scores by l + 1.
    public var dividesScoresByLayer = false
    /// The scores x become cap · tanh(x / cap).
    public var scoreCap: Float?
    /// How many positions a query position sees, itself included, in layers with a window; 0 for all.
    public var window = 0
    /// Which layers have the window; empty for all.
    public var windowedLayers: [Bool] = []
    /// An RMSNorm of queries and keys before their rotation.
    public var headNorm: HeadNorm?
    /// Queries, keys and values have a bias.
    public var hasInputBias = false
    public var hasOutputBias = false

    public enum HeadNorm: Sendable, Equatable {
      /// Each head by itself, all with the same gain, `[K]`.
      case perHead
      /// All heads as one vector, with gains `[H·K]` and `[G·K]`.
      case wholeWidth
    }

    public var queryHeadsPerKVHead: Int { headCount / kvHeadCount }
  }

  public struct MLP: Sendable, Equatable {
    public var activation = Activation.silu
    /// W_down · (f(W_gate · x) · W_up · x) rather than W_down · f(W_gate · x) (arXiv:2002.05202).
    public var isGated = true
    public var hasBias = false
  }

  public enum Activation: Sendable, Equatable {
    case silu
    /// x · Φ(x), Φ the normal distribution (arXiv:1606.08415).
    case gelu
    /// Its approximation by tanh.
    case geluTanh
    case relu
  }

  public struct Norm: Sendable, Equatable {
    public var kind = Kind.rms
    public var epsilon: Float
    /// Added to every stored gain.
    public var gainOffset: Float = 0
    public var placement = Placement.before

    public enum Kind: Sendable, Equatable {
      /// arXiv:1910.07467.
      case rms
      /// With a bias (arXiv:1607.06450).
      case layer
    }

    /// Where attention and MLP are normalized.
    public enum Placement: Sendable, Equatable {
      case before
      /// What they give, before it is added to the stream.
      case after
      case beforeAndAfter
    }
  }

  /// Rotary positions (arXiv:2104.09864).
  public struct RoPE: Sendable, Equatable {
    public var base: Double
    /// How many elements of a head are rotated, from the first on.
    public var width: Int
    public var pairing: Pairing
    public var scaling = Scaling.none

    public enum Pairing: Sendable, Equatable {
      /// (i, i + width/2): Hugging Face weights.
      case halves
      /// (2i, 2i + 1): Meta's original layout and GGUF files of the Llama family.
      case interleaved
    }
  }
}

extension ModelConfiguration {
  public var headCount: Int { attention.headCount }
  public var dHead: Int { attention.dHead }
  /// H·K, the width of the queries and of z.
  public var queryWidth: Int { attention.headCount * attention.dHead }
  /// G·K, the width of the keys and of the values.
  public var kvWidth: Int { attention.kvHeadCount * attention.dHead }

  /// Every head, by layer and then by head.
  public var heads: [HeadIndex] {
    (0..<layerCount).flatMap { layer in
      (0..<headCount).map { HeadIndex(layer: layer, head: $0) }
    }
  }

  /// How many positions a query position of this layer sees, itself included; 0 for all.
  public func window(layer: Int) -> Int {
    attention.windowedLayers.isEmpty || attention.windowedLayers[layer] ? attention.window : 0
  }

  /// What this layer's scores are multiplied by.
  public func scoreScale(layer: Int) -> Float {
    let scale = attention.scoreScale ?? 1 / Float(dHead).squareRoot()
    return attention.dividesScoresByLayer ? scale / Float(layer + 1) : scale
  }

  /// The rotary positions of this layer.
  public func rope(layer: Int) -> RoPE? {
    window(layer: layer) > 0 ? windowRoPE ?? rope : rope
  }

  /// Throws unless the model has this head.
  public func check(_ head: HeadIndex) throws(EngineError) {
    guard head.layer < layerCount, head.head < headCount else {
      throw .headOutOfRange(head, layerCount: layerCount, headCount: headCount)
    }
  }
}
