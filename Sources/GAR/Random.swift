// The seeded source of every choice in sampling: integers only, so that a seed means the same
// items on every platform.

/// SplitMix64: 64 bits of state, period 2^64, equidistributed.
///
/// Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 14.
package struct SplitMix64: Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in `0..<bound`, each equally likely; `bound` is at least 1.
  ///
  /// Source: Lemire 2019, "Fast random integer generation in an interval", algorithm 5
  /// (arXiv:1805.10941).
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "below: bound is \(bound)")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Fisher and Yates, from the last place down.
  package mutating func shuffle<Element>(_ values: inout [Element]) {
    guard values.count > 1 else { return }
    for last in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(last, below(last + 1))
    }
  }

  package mutating func shuffled<Element>(_ values: [Element]) -> [Element] {
    var values = values
    shuffle(&values)
    return values
  }
}

/// Deals the numbers `0..<size` in shuffled rounds: after every whole round each has come equally
/// often, which balances a set better than independent draws.
package struct Deck: Sendable {
  private let size: Int
  private var rest: [Int] = []

  package init(size: Int) { self.size = size }

  package mutating func deal(_ random: inout SplitMix64) -> Int {
    if rest.isEmpty { rest = random.shuffled(Array(0..<size)) }
    return rest.removeLast()
  }
}
