// Labelled rows as probes train and are tested on them.

import GAR

/// Features `[N, k]` with labels.
public struct ProbeRows: Sendable, Equatable {
  /// k.
  public let width: Int
  /// Row-major.
  public private(set) var values: [Double]
  public private(set) var labels: [Bool]

  /// - Precondition: `values` holds `width` numbers for each label.
  public init(width: Int, values: [Double], labels: [Bool]) {
    precondition(
      values.count == width * labels.count,
      "ProbeRows: \(values.count) values for \(labels.count) rows of \(width)")
    (self.width, self.values, self.labels) = (width, values, labels)
  }

  /// - Throws: `FeatureFileError.noLabels`, `oneClass`.
  public init(_ table: FeatureTable) throws(FeatureFileError) {
    guard let labels = table.labels else { throw .noLabels(file: table.file) }
    if let first = labels.first, labels.allSatisfy({ $0 == first }) {
      throw .oneClass(file: table.file, label: first)
    }
    self.init(width: table.heads.count, values: table.values, labels: labels)
  }

  /// N.
  public var count: Int { labels.count }

  /// The share of the more frequent label: what always saying the same would get.
  public var majorityRate: Double {
    let positives = labels.count { $0 }
    return Double(max(positives, count - positives)) / Double(max(1, count))
  }

  func picking(_ indices: [Int]) -> ProbeRows {
    ProbeRows(
      width: width, values: indices.flatMap { values[$0 * width..<($0 + 1) * width] },
      labels: indices.map { labels[$0] })
  }

  /// One column as rows of width 1.
  package func column(_ index: Int) -> ProbeRows {
    ProbeRows(
      width: 1, values: (0..<count).map { values[$0 * width + index] }, labels: labels)
  }

  /// Indices in `count` parts of nearly equal size, each with nearly the same share of both labels.
  /// - Returns: parts of shuffled indices; each index stands in one part.
  package func stratifiedParts(_ count: Int, random: inout SplitMix64) -> [[Int]] {
    var parts = [[Int]](repeating: [], count: count)
    var next = 0
    for label in [true, false] {
      for index in random.shuffled(labels.indices.filter { labels[$0] == label }) {
        parts[next % count].append(index)
        next += 1
      }
    }
    return parts
  }
}
