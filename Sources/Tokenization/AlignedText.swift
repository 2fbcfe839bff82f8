// Text on its way to tokens: scalars that remember where in the caller's text they came from.

import Foundation

/// A stretch of text, perhaps normalized, with the origin of each scalar.
struct AlignedText {
  var scalars: [Unicode.Scalar]
  /// Scalar offsets into the caller's text.
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

  /// From the start of the first scalar's origin to the end of the last one's.
  /// - Precondition: `range` is not empty.
  func origin(_ range: Range<Int>) -> Range<Int> {
    origins[range.lowerBound].lowerBound..<origins[range.upperBound - 1].upperBound
  }

  /// Puts scalars before a text that is not empty. Their origin is that of the first scalar, as in
  /// the reference.
  mutating func prepend(_ prefix: [Unicode.Scalar]) {
    guard let first = origins.first else { return }
    scalars.insert(contentsOf: prefix, at: 0)
    origins.insert(contentsOf: repeatElement(first, count: prefix.count), at: 0)
  }

  /// Replaces each occurrence of `old`; the origin of the new scalars is that of the old ones.
  mutating func replace(_ old: [Unicode.Scalar], with new: [Unicode.Scalar]) {
    if old.count == 1, new.count == 1 {  // in place: the only kind that long texts meet
      for index in scalars.indices where scalars[index] == old[0] { scalars[index] = new[0] }
      return
    }
    guard let first = old.first else { return }
    var result = AlignedText(scalars: [], origins: [])
    var index = 0
    while index < count {
      if scalars[index] == first, scalars[index...].starts(with: old) {
        let place = origin(index..<index + old.count)
        result.scalars += new
        result.origins += repeatElement(place, count: new.count)
        index += old.count
      } else {
        result.scalars.append(scalars[index])
        result.origins.append(origins[index])
        index += 1
      }
    }
    self = result
  }

  /// Removes spaces at both ends, and all but the first of each run of spaces.
  mutating func removeExtraSpaces() {
    var result = AlignedText(scalars: [], origins: [])
    for index in scalars.indices
    where scalars[index] != " " || !(result.scalars.last ?? " " == " ") {
      result.scalars.append(scalars[index])
      result.origins.append(origins[index])
    }
    // The reference looks for `▁` here, so that it removes one that the text itself ends with.
    while let last = result.scalars.last, last == " " || last == SentencePieceBPE.space {
      result.scalars.removeLast()
      result.origins.removeLast()
    }
    self = result
  }
}

extension AlignedText {
  /// The text in NFC. Where composing changes a grapheme cluster, each of its new scalars has the
  /// whole cluster as its origin. Clusters can be composed one by one, since cluster boundaries
  /// respect canonical equivalence (UAX #29, section 3).
  func composed() -> AlignedText {
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
