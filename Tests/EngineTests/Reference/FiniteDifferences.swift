// Holds a gradient against central finite differences, and two arrays against each other.

import Testing

/// Holds `gradient` against (L(x + h) − L(x − h)) / 2h at every element of x.
///
/// In Double with h = 1e-5 the quotient is good to about h² + 1e-16/h = 1e-10 of L's scale, so a
/// bound of 1e-8 of the largest gradient is ample, and any wrong term is far above it.
/// `every` says to look at one element in so many, from the first.
func expectGradient(
  _ name: String, _ gradient: Grid<Double>, at x: Grid<Double>, bound: Double = 1e-8,
  step: Double = 1e-5, every stride: Int = 1, of value: (Grid<Double>) throws -> Double,
  sourceLocation: SourceLocation = #_sourceLocation
) rethrows {
  #expect(gradient.shape == x.shape, "\(name)", sourceLocation: sourceLocation)
  guard gradient.shape == x.shape else { return }
  let scale = gradient.values.map(abs).max() ?? 0
  #expect(scale > 0, "\(name): the gradient is zero everywhere", sourceLocation: sourceLocation)
  var worst = (index: 0, error: -1.0, found: 0.0, quotient: 0.0)
  for i in Swift.stride(from: 0, to: x.count, by: stride) {
    var (above, below) = (x, x)
    above.values[i] += step
    below.values[i] -= step
    let quotient = (try value(above) - value(below)) / (2 * step)
    let error = abs(gradient.values[i] - quotient) / scale
    if !(error <= worst.error) { worst = (i, error, gradient.values[i], quotient) }
  }
  #expect(
    worst.error <= bound,
    "\(name)[\(worst.index)]: gradient \(worst.found), difference quotient \(worst.quotient)",
    sourceLocation: sourceLocation)
}

/// Expects |found − expected| <= bound(i) at every element; reports the worst element.
func expectClose(
  _ name: String, _ found: [Float], _ expected: [Double], bound: (Int) -> Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, "\(name)", sourceLocation: sourceLocation)
  guard found.count == expected.count else { return }
  var worst = (index: 0, excess: -Double.infinity)
  for i in 0..<found.count {
    let excess = abs(Double(found[i]) - expected[i]) - bound(i)
    if !(excess <= worst.excess) { worst = (i, excess) }
  }
  guard !found.isEmpty else { return }
  #expect(
    worst.excess <= 0,
    """
    \(name)[\(worst.index)]: \(found[worst.index]), expected \(expected[worst.index]) \
    within \(bound(worst.index))
    """, sourceLocation: sourceLocation)
}
