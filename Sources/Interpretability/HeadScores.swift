// One number for each attention head of a model.

import Engine

/// A score for every head, `[L, H]`, layer-major.
public struct HeadScores: Sendable, Equatable {
  public let layerCount: Int
  public let headCount: Int
  public var values: [Float]

  /// - Precondition: `values` holds `layerCount * headCount` numbers.
  public init(layerCount: Int, headCount: Int, values: [Float]) {
    precondition(
      values.count == layerCount * headCount,
      "HeadScores: \(values.count) values for \(layerCount) layers of \(headCount) heads")
    self.layerCount = layerCount
    self.headCount = headCount
    self.values = values
  }

  public init(layerCount: Int, headCount: Int) {
    self.init(
      layerCount: layerCount, headCount: headCount,
      values: [Float](repeating: 0, count: layerCount * headCount))
  }

  public subscript(head: HeadIndex) -> Float {
    get { values[head.layer * headCount + head.head] }
    set { values[head.layer * headCount + head.head] = newValue }
  }

  public subscript(layer: Int, head: Int) -> Float {
    get { values[layer * headCount + head] }
    set { values[layer * headCount + head] = newValue }
  }

  /// Every head, by layer and then by head.
  public var heads: [HeadIndex] {
    (0..<layerCount).flatMap { layer in
      (0..<headCount).map { HeadIndex(layer: layer, head: $0) }
    }
  }

  /// The largest magnitude, or 0 without heads.
  public var limit: Float { values.reduce(0) { max($0, abs($1)) } }
}
