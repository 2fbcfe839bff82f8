// Sines and cosines of the rotary positions, computed once and as far as prompts have reached.

import Foundation
import Synchronization

/// Rotary angles: position p turns pair i by `p · base^(−2i / width)` (arXiv:2104.09864, eq. 15).
///
/// Angles are rounded to `Float` where Hugging Face rounds them, so that logits agree.
final class RoPETable: Sendable {
  /// Angles of the first positions, `[P, width / 2]` each.
  struct Angles: Sendable {
    let cosine: Tensor
    let sine: Tensor
  }

  private let rope: ModelConfiguration.RoPE
  private let state: Mutex<Angles>

  init(_ rope: ModelConfiguration.RoPE) {
    self.rope = rope
    state = Mutex(Self.angles(rope, positions: 256))
  }

  /// Angles of at least the first `count` positions.
  func angles(positions count: Int) -> Angles {
    state.withLock { angles in
      if angles.cosine.shape[0] < count {
        var size = angles.cosine.shape[0]
        while size < count { size *= 2 }
        angles = Self.angles(rope, positions: size)
      }
      return angles
    }
  }

  private static func angles(_ rope: ModelConfiguration.RoPE, positions: Int) -> Angles {
    let half = rope.width / 2
    let cosine = Tensor(uninitialized: [positions, half])
    let sine = Tensor(uninitialized: [positions, half])
    for pair in 0..<half {
      let exponent = Float(2 * pair) / Float(rope.width)
      let inverseFrequency = 1 / Float(pow(rope.base, Double(exponent)))
      for position in 0..<positions {
        let angle = Double(Float(position) * inverseFrequency)
        cosine.pointer[position * half + pair] = Float(cos(angle))
        sine.pointer[position * half + pair] = Float(sin(angle))
      }
    }
    return Angles(cosine: cosine, sine: sine)
  }
}
