// An array of one to three axes whose every index is checked, so that a swapped axis stops a test.

import TestSupport

struct Grid<Scalar: Real>: Equatable, Sendable {
  let shape: [Int]
  var values: [Scalar]

  init(_ shape: Int..., filledWith value: Scalar = 0) {
    self.init(shape: shape, values: Array(repeating: value, count: shape.reduce(1, *)))
  }

  init(shape: [Int], values: [Scalar]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
    self.shape = shape
    self.values = values
  }

  init(_ array: ReferenceArray) {
    self.init(shape: array.shape, values: array.values.map { Scalar($0) })
  }

  /// Uniform values in -scale ..< scale.
  static func random(
    _ shape: Int..., scale: Scalar = 1, using generator: inout SeededGenerator
  ) -> Grid {
    let values = (0..<shape.reduce(1, *)).map { _ in
      scale * Scalar(Double.random(in: -1..<1, using: &generator))
    }
    return Grid(shape: shape, values: values)
  }

  var count: Int { values.count }
  var floats: [Float] { values.map { Float($0) } }

  subscript(i: Int) -> Scalar {
    get { values[offset(i)] }
    set { values[offset(i)] = newValue }
  }
  subscript(i: Int, j: Int) -> Scalar {
    get { values[offset(i, j)] }
    set { values[offset(i, j)] = newValue }
  }
  subscript(i: Int, j: Int, k: Int) -> Scalar {
    get { values[offset(i, j, k)] }
    set { values[offset(i, j, k)] = newValue }
  }

  private func offset(_ i: Int) -> Int {
    precondition(shape.count == 1 && i >= 0 && i < shape[0], "[\(i)] of \(shape)")
    return i
  }
  private func offset(_ i: Int, _ j: Int) -> Int {
    precondition(
      shape.count == 2 && i >= 0 && i < shape[0] && j >= 0 && j < shape[1],
      "[\(i), \(j)] of \(shape)")
    return i * shape[1] + j
  }
  private func offset(_ i: Int, _ j: Int, _ k: Int) -> Int {
    precondition(
      shape.count == 3 && i >= 0 && i < shape[0] && j >= 0 && j < shape[1] && k >= 0
        && k < shape[2],
      "[\(i), \(j), \(k)] of \(shape)")
    return (i * shape[1] + j) * shape[2] + k
  }

  /// The same values with other axes.
  func reshaped(_ shape: Int...) -> Grid { Grid(shape: shape, values: values) }

  static func + (a: Grid, b: Grid) -> Grid {
    precondition(a.shape == b.shape, "\(a.shape) + \(b.shape)")
    return Grid(shape: a.shape, values: zip(a.values, b.values).map { $0 + $1 })
  }

  /// Σ a·b over all elements.
  static func inner(_ a: Grid, _ b: Grid) -> Scalar {
    precondition(a.shape == b.shape, "\(a.shape) · \(b.shape)")
    return zip(a.values, b.values).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// SplitMix64: a seed gives the same sequence everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
