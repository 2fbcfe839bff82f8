// Changes to a pass, as values: which part of the model, at which positions, and what happens to it.

/// One change to a pass.
public struct Intervention: Sendable {
  public var site: Site
  public var positions: Positions
  public var effect: Effect

  public init(_ site: Site, _ effect: Effect, at positions: Positions = .all) {
    self.site = site
    self.positions = positions
    self.effect = effect
  }

  /// What is changed.
  public enum Site: Hashable, Sendable {
    /// A head's z, `[K]` a position: its output before W_O; or its attention row, `[S]` a position.
    case head(HeadIndex)
    /// What a layer's MLP adds to the residual stream, `[D]` a position.
    case mlp(layer: Int)
    /// The residual stream before a layer, `[D]` a position.
    case residual(layer: Int)

    public var layer: Int {
      switch self {
      case .head(let head): head.layer
      case .mlp(let layer), .residual(let layer): layer
      }
    }
  }

  public enum Positions: Sendable, Equatable {
    case all
    /// These positions, counted from 0; those beyond the prompt are ignored.
    case only([Int])
  }

  /// What it becomes.
  public enum Effect: Sendable {
    case zero
    case scale(Float)
    /// The values of another run at the same positions; that run must have recorded them.
    case replace(with: Trace)
    /// Means over a set of prompts.
    case mean(of: MeanActivations)
    /// A head's attention row becomes strength · given + (1 − strength) · own, before it is mixed
    /// with the values: 0 leaves it, 1 puts the given row in its place. Rows change before any z of
    /// the layer does, in their own order. Made by `patternRow(fromHead:)` and `patternRow(oneHot:)`.
    case mixedRow(AttentionRow, strength: Float)
  }
}

/// Means of activations over every position of a set of prompts.
public struct MeanActivations: Sendable {
  /// Mean z, `[L, H, K]`.
  public let headZ: Tensor

  public init(headZ: Tensor) {
    self.headZ = headZ
  }
}

extension Intervention.Positions {
  /// The first position touched in a prompt of `tokenCount` tokens; `tokenCount` if none is.
  func first(tokenCount: Int) -> Int {
    switch self {
    case .all: 0
    case .only(let positions): min(positions.min() ?? tokenCount, tokenCount)
    }
  }

  /// Those of `range` that are touched.
  func indices(in range: Range<Int>) -> [Int] {
    switch self {
    case .all: Array(range)
    case .only(let positions): positions.filter(range.contains)
    }
  }
}

extension Intervention {
  /// Changes `row`, the site's `width` values at `position`, in place. Attention rows are changed
  /// before they become values (`RowChange`).
  func apply(to row: UnsafeMutablePointer<Float>, width: Int, position: Int) {
    switch effect {
    case .zero: row.update(repeating: 0, count: width)
    case .scale(let factor): for index in 0..<width { row[index] *= factor }
    case .replace(let trace):
      row.update(from: trace.source(of: site, position: position, width: width), count: width)
    case .mean(let means):
      row.update(from: means.source(of: site, width: width), count: width)
    case .mixedRow: break
    }
  }

  /// Changes `gradient`, of the site's new value, into the gradient to its old value.
  func applyBackward(to gradient: UnsafeMutablePointer<Float>, width: Int) {
    switch effect {
    case .zero, .replace, .mean: gradient.update(repeating: 0, count: width)
    case .scale(let factor): for index in 0..<width { gradient[index] *= factor }
    case .mixedRow: break
    }
  }
}

extension MeanActivations {
  fileprivate func source(of site: Intervention.Site, width: Int) -> UnsafePointer<Float> {
    guard case .head(let head) = site else {
      preconditionFailure("MeanActivations: holds means of heads, not of \(site)")
    }
    let heads = headZ.shape[1]
    precondition(headZ.shape[2] == width, "MeanActivations: \(headZ.shape), head width \(width)")
    return UnsafePointer(headZ.pointer + (head.layer * heads + head.head) * width)
  }
}
