// Text on its way to tokens: scalars that remember where in the caller's text they came from.

import Foundation

/// A stretch of text, perhaps normalized, with the origin of each scalar.
struct AlignedText {
  var scalars: [Unicode.Scalar]
  /// Scalar offsets into the caller's text; empty for an inserted scalar.
  var origins: [Range<Int>]

  var count: Int { scalars.count }

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    origins = scalars.indices.map { $0..<$0 + 1 }
  }

  private init(scalars: [Unicode.Scalar], origins: [Range<Int>]) {
    (self.scalars, self.origins) = (scalars, origins)
  }

  func slice(_ range: Range<Int>) -> AlignedText {
    if range == 0..<count { return self }
    return AlignedText(scalars: Array(scalars[range]), origins: Array(origins[range]))
  }

  /// From the start of the first scalar's origin to the end of the last one's; not for an empty range.
  func origin(_ range: Range<Int>) -> Range<Int> {
    origins[range.lowerBound].lowerBound..<origins[range.upperBound - 1].upperBound
  }

  /// Puts a space before the text, with an empty origin.
  mutating func prefixSpace() {
    let start = origins.first?.lowerBound ?? 0
    scalars.insert(" ", at: 0)
    origins.insert(start..<start, at: 0)
  }
}

/// What is done to a text before it is split.
enum Normalizer: Sendable {
  /// Canonical composition (Unicode NFC).
  case nfc

  func apply(_ text: AlignedText) -> AlignedText {
    switch self {
    case .nfc: text.composed()
    }
  }
}

extension AlignedText {
  /// The text in NFC. Where composing changes a grapheme cluster, each of its new scalars has the
  /// whole cluster as its origin. Clusters can be composed one by one, since cluster boundaries
  /// respect canonical equivalence (UAX #29, section 3).
  fileprivate func composed() -> AlignedText {
    // Below U+0300 nothing composes, and everything is its own composition.
    guard scalars.contains(where: { $0.value >= 0x300 }) else { return self }
    var text = String(String.UnicodeScalarView(scalars))
    text.makeContiguousUTF8()
    var result = AlignedText(scalars: [], origins: [])
    result.scalars.reserveCapacity(count)
    result.origins.reserveCapacity(count)
    var start = 0
    for cluster in text {
      let end = start + cluster.unicodeScalars.count
      let composed = Array(String(cluster).precomposedStringWithCanonicalMapping.unicodeScalars)
      if composed[...] == scalars[start..<end] {
        result.origins += origins[start..<end]
      } else {
        result.origins += repeatElement(origin(start..<end), count: composed.count)
      }
      result.scalars += composed
      start = end
    }
    return result
  }
}
