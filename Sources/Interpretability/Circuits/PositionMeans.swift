// Mean activations by what stands at a position: the reference that mean ablation puts in, and that
// circuits may be traced against.

import Engine

/// Means over a set of prompts, by position class.
///
/// A position's class is its role where it has one (`Q`, `V'`, `END`, …, one class for the roles of
/// demonstrations each), else its token, so that words of the template keep what is common to them.
/// Classes with fewer than `leastCount` positions in the set fall into one class, `other`. What is
/// left out by such a mean is what tells one item from another.
public struct PositionMeans: Sendable {
  /// What positions are grouped by.
  public enum Grouping: String, CaseIterable, Sendable {
    /// The role, or the token where there is none.
    case role
    /// The distance from END.
    case position
  }

  public let grouping: Grouping
  private let classes: [Key: Int]
  /// By layer, `[C, H, K]` and `[C, D]` for C classes; the last class is `other`.
  private let headZ, mlpOutput: [Tensor]
  /// `[C, D]`.
  private let embeddings: Tensor

  enum Key: Hashable, Sendable {
    case role(String)
    case token(Int32)
    case fromEnd(Int)
  }

  static func keys(_ item: LabeledPair, _ grouping: Grouping) -> [Key] {
    let tokens = item.pair.clean
    return tokens.indices.map { position in
      if grouping == .position { return .fromEnd(tokens.count - 1 - position) }
      if !item.labels.isEmpty, let role = item.labels[position], role != "other" {
        return .role(role)
      }
      return .token(tokens[position])
    }
  }

  /// Runs every clean prompt once. There must be an item; a class must have `leastCount` positions in
  /// the set.
  /// - Throws: `EngineError` for a prompt that does not fit; what `progress` throws.
  public init(
    _ model: Model, over items: [LabeledPair], grouping: Grouping = .role, leastCount: Int = 5,
    progress: ProgressHandler = { _, _ in }
  ) throws {
    precondition(!items.isEmpty, "PositionMeans: no items")
    var counts: [Key: Int] = [:]
    for item in items {
      for key in Self.keys(item, grouping) { counts[key, default: 0] += 1 }
    }
    var classes: [Key: Int] = [:]
    for (key, count) in counts where count >= leastCount { classes[key] = classes.count }
    let other = classes.count
    var sums = Sums(model.configuration, classCount: other + 1)
    for (index, item) in items.enumerated() {
      try progress(index, items.count)
      let run = try model.forward(
        item.pair.clean, interventions: item.pair.interventions, recording: [.headZ, .mlpOutput])
      let embeddings = try model.embed(item.pair.clean)
      for (position, key) in Self.keys(item, grouping).enumerated() {
        sums.add(run, embeddings, position: position, to: classes[key] ?? other)
      }
    }
    self.grouping = grouping
    self.classes = classes
    (headZ, mlpOutput, embeddings) = sums.means(model.configuration, other: other)
  }

  /// The means at the positions of an item: a run that no prompt gives, and its embeddings `[T, D]`.
  public func reference(for item: LabeledPair) -> (trace: Trace, embeddings: Tensor) {
    let other = embeddings.shape[0] - 1
    let rows = Self.keys(item, grouping).map { classes[$0] ?? other }
    func gather(_ means: Tensor) -> Tensor {
      let result = Tensor(uninitialized: [rows.count] + means.shape.dropFirst())
      for (position, row) in rows.enumerated() {
        result.rowPointer(position).update(from: means.rowPointer(row), count: means.rowWidth)
      }
      return result
    }
    return (
      Trace(headZ: headZ.map(gather), mlpOutput: mlpOutput.map(gather)), gather(embeddings)
    )
  }

  /// Sums by class, in Double.
  private struct Sums {
    var counts: [Int]
    var z, mlp: [[Double]]
    var embeddings: [Double]
    let zWidth, width: Int

    init(_ configuration: ModelConfiguration, classCount: Int) {
      (zWidth, width) = (configuration.queryWidth, configuration.dModel)
      counts = Array(repeating: 0, count: classCount)
      z = Array(
        repeating: Array(repeating: 0, count: classCount * zWidth),
        count: configuration.layerCount)
      mlp = Array(
        repeating: Array(repeating: 0, count: classCount * width),
        count: configuration.layerCount)
      embeddings = Array(repeating: 0, count: classCount * width)
    }

    mutating func add(_ run: Trace, _ embedded: Tensor, position: Int, to index: Int) {
      counts[index] += 1
      for layer in z.indices {
        Self.add(run.headZ(layer).row(position), to: &z[layer], at: index * zWidth)
        if let output = run.layers[layer].mlpOutput {
          Self.add(output.row(position), to: &mlp[layer], at: index * width)
        }
      }
      Self.add(embedded.row(position), to: &embeddings, at: index * width)
    }

    private static func add(
      _ row: UnsafeBufferPointer<Float>, to sums: inout [Double], at first: Int
    ) {
      for (column, value) in row.enumerated() { sums[first + column] += Double(value) }
    }

    /// The class `other`, where nothing fell into it, has the mean of all.
    func means(
      _ configuration: ModelConfiguration, other: Int
    ) -> (z: [Tensor], mlp: [Tensor], embeddings: Tensor) {
      func mean(_ sums: [Double], _ width: Int, _ shape: [Int]) -> Tensor {
        var values = [Float](repeating: 0, count: sums.count)
        for column in 0..<width {
          var total = 0.0
          for index in counts.indices {
            let sum = sums[index * width + column]
            total += sum
            values[index * width + column] = Float(sum / Double(max(1, counts[index])))
          }
          if counts[other] == 0 {
            values[other * width + column] = Float(total / Double(max(1, counts.reduce(0, +))))
          }
        }
        return Tensor(values, shape: [counts.count] + shape)
      }
      let heads = [configuration.headCount, configuration.dHead]
      return (
        z.map { mean($0, zWidth, heads) }, mlp.map { mean($0, width, [width]) },
        mean(embeddings, width, [width])
      )
    }
  }
}
