// Sines and cosines of the rotary positions, computed once and as far as prompts have reached.

import Foundation
import Synchronization

/// Rotary angles: position p turns pair i by `p · frequency[i]`, which without scaling is
/// `p · base^(−2i / width)` (arXiv:2104.09864, eq. 15).
///
/// Angles are rounded to `Float` where Hugging Face rounds them, so that logits agree.
final class RoPETable: Sendable {
  /// Angles of the first positions, `[P, width / 2]` each.
  struct Angles: Sendable {
    let cosine: Tensor
    let sine: Tensor
  }

  let rope: ModelConfiguration.RoPE
  private let state: Mutex<[Int: Angles]>

  init(_ rope: ModelConfiguration.RoPE) {
    self.rope = rope
    state = Mutex([:])
  }

  /// The angles of a prompt of `count` tokens: of its positions, and perhaps of more.
  func angles(tokenCount count: Int) -> Angles {
    let variant = rope.variant(tokenCount: count)
    return state.withLock { kept in
      if let angles = kept[variant], angles.cosine.shape[0] >= count { return angles }
      var size = kept[variant]?.cosine.shape[0] ?? 256
      while size < count { size *= 2 }
      // A scaling that depends on the prompt's length could fill the memory.
      if kept.count > 4 { kept = kept.filter { $0.key == 0 } }
      let angles = makeAngles(variant: variant, positions: size)
      kept[variant] = angles
      return angles
    }
  }

  private func makeAngles(variant: Int, positions: Int) -> Angles {
    let frequencies = rope.frequencies(variant: variant)
    let (half, magnitude) = (frequencies.count, rope.magnitude)
    let cosine = Tensor(uninitialized: [positions, half])
    let sine = Tensor(uninitialized: [positions, half])
    for position in 0..<positions {
      for (pair, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosine.pointer[position * half + pair] = Float(cos(angle)) * magnitude
        sine.pointer[position * half + pair] = Float(sin(angle)) * magnitude
      }
    }
    return Angles(cosine: cosine, sine: sine)
  }
}

extension ModelConfiguration {
  /// Whether prompts of these lengths have the same angles, and so the same keys for a common prefix.
  package func sharesKeys(_ a: Int, _ b: Int) -> Bool {
    [rope, windowRoPE].allSatisfy {
      $0?.variant(tokenCount: a) == $0?.variant(tokenCount: b)
    }
  }
}
