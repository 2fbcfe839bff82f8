// Everything the one transformer block needs to know about a model, as data.

import CKernels

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
  public var norm: Norm
  public var rope: RoPE
  /// The unembedding is the embedding.
  public var tiesEmbedding: Bool

  public struct Attention: Sendable, Equatable {
    /// H, query heads.
    public var headCount: Int
    /// G, key/value heads; `queryHeadsPerKVHead` query heads share each (arXiv:2305.13245).
    public var kvHeadCount: Int
    /// K, the width of one head.
    public var dHead: Int

    public var queryHeadsPerKVHead: Int { headCount / kvHeadCount }
  }

  /// RMSNorm (arXiv:1910.07467).
  public struct Norm: Sendable, Equatable {
    public var epsilon: Float
  }

  /// Rotary positions (arXiv:2104.09864).
  public struct RoPE: Sendable, Equatable {
    public var base: Double
    /// How many elements of a head are rotated, from the first on.
    public var width: Int
    public var pairing: Pairing

    public enum Pairing: Sendable, Equatable {
      /// (i, i + width/2): Hugging Face weights.
      case halves
      /// (2i, 2i + 1): Meta's original layout and GGUF files of the Llama family.
      case interleaved
    }
  }

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

  /// Throws unless the model has this head.
  public func check(_ head: HeadIndex) throws(EngineError) {
    guard head.layer < layerCount, head.head < headCount else {
      throw .headOutOfRange(head, layerCount: layerCount, headCount: headCount)
    }
  }
}

extension ModelConfiguration.RoPE.Pairing {
  var kernel: kernel_rope_pairing {
    switch self {
    case .halves: KERNEL_ROPE_HALVES
    case .interleaved: KERNEL_ROPE_INTERLEAVED
    }
  }
}
