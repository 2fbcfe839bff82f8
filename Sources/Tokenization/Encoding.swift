// The result of tokenizing a text.

/// Token ids, and the stretch of text that each stands for.
public struct Encoding: Sendable, Equatable {
  public var ids: [Int32]
  /// Unicode scalar offsets into the text, one range for each token. A token that holds some bytes
  /// of a scalar has all of that scalar as its range, so neighbours may overlap. A token that was
  /// inserted, such as BOS, has `0..<0`.
  public var ranges: [Range<Int>]

  public init(ids: [Int32] = [], ranges: [Range<Int>] = []) {
    (self.ids, self.ranges) = (ids, ranges)
  }

  mutating func append(_ id: Int32, _ range: Range<Int>) {
    ids.append(id)
    ranges.append(range)
  }
}

/// The tokens that share a scalar with `scalars`, in ranges of ascending order.
package func tokens(covering scalars: Range<Int>, in ranges: [Range<Int>]) -> Range<Int> {
  let first = ranges.firstIndex { $0.overlaps(scalars) } ?? ranges.count
  let end = ranges[first...].firstIndex { $0.lowerBound >= scalars.upperBound } ?? ranges.count
  return first..<end
}
