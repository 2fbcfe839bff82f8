// Rotary positions and causal grouped-query attention, slow and obvious, each with its backward.

/// Which rows attend to which: the shape letters of CKernels, spelled out.
struct AttentionShape: Sendable {
  var queries: Int  // T
  var firstPosition = 0
  var keys: Int  // S
  var heads: Int  // H
  var kvHeads: Int  // G
  var headWidth: Int  // K
  var window = 0  // 0: unlimited

  /// Whether query row t sees key position s.
  func sees(_ t: Int, _ s: Int) -> Bool {
    let position = firstPosition + t
    return s <= position && (window == 0 || s > position - window)
  }
  /// The key/value head that query head h reads: groups of H/G neighbours share one.
  func kvHead(_ h: Int) -> Int { h / (heads / kvHeads) }
  func scale<S: Real>() -> S { 1 / S(headWidth).squareRoot() }
}

enum Pairing { case halves, interleaved }

extension Reference {

  // MARK: RoPE

  /// Turns pair i of every head, i < R/2, at position p by the angle p · base^(−2i/R): x is
  /// [T, H, K], R = `rotary` elements of K turn, the rest stay. Pair i is (i, i + R/2) for halves
  /// and (2i, 2i + 1) for interleaved.
  static func rope<S: Real>(
    _ x: Grid<S>, base: S, rotary: Int, pairing: Pairing, firstPosition: Int = 0,
    inverse: Bool = false
  ) -> Grid<S> {
    var y = x
    for t in 0..<x.shape[0] {
      for i in 0..<rotary / 2 {
        let (a, b) = pairing == .halves ? (i, i + rotary / 2) : (2 * i, 2 * i + 1)
        let angle = ropeAngle(pair: i, position: firstPosition + t, base: base, rotary: rotary)
        let (cosine, sine) = (angle.cosine(), inverse ? -angle.sine() : angle.sine())
        for h in 0..<x.shape[1] {
          y[t, h, a] = x[t, h, a] * cosine - x[t, h, b] * sine
          y[t, h, b] = x[t, h, b] * cosine + x[t, h, a] * sine
        }
      }
    }
    return y
  }

  static func ropeAngle<S: Real>(pair: Int, position: Int, base: S, rotary: Int) -> S {
    S(position) * base.raised(to: -S(2 * pair) / S(rotary))
  }

  /// y = R x with R a rotation of each pair, so dx = Rᵀ dy, and Rᵀ = R⁻¹: the turn backwards.
  static func ropeBackward<S: Real>(
    dy: Grid<S>, base: S, rotary: Int, pairing: Pairing, firstPosition: Int = 0
  ) -> Grid<S> {
    rope(
      dy, base: base, rotary: rotary, pairing: pairing, firstPosition: firstPosition,
      inverse: true)
  }

  // MARK: Attention pattern

  /// pattern[h,t,s] = softmax over the visible s of q[t,h,:] · k[s,g,:] / √K; 0 where not visible.
  static func attentionPattern<S: Real>(
    q: Grid<S>, k: Grid<S>, _ shape: AttentionShape
  ) -> Grid<S> {
    var pattern = Grid<S>(shape.heads, shape.queries, shape.keys)
    for h in 0..<shape.heads {
      for t in 0..<shape.queries {
        let visible = (0..<shape.keys).filter { shape.sees(t, $0) }
        let scores: [S] = visible.map { s in
          var sum: S = 0
          for i in 0..<shape.headWidth { sum += q[t, h, i] * k[s, shape.kvHead(h), i] }
          return sum * shape.scale()
        }
        for (s, p) in zip(visible, softmax(scores)) { pattern[h, t, s] = p }
      }
    }
    return pattern
  }

  /// With score = q·k/√K and softmax's backward, dscore[s] = p[s] · (dp[s] − Σ_s′ p[s′]·dp[s′]),
  /// which is 0 wherever p is 0, so invisible cells drop out by themselves. Then
  /// dq[t,h,:] = Σ_s dscore · k[s,g,:]/√K, and a key head serves every query head of its group:
  /// dk[s,g,:] = Σ_{h of g} Σ_t dscore[h,t,s] · q[t,h,:]/√K.
  static func attentionPatternBackward<S: Real>(
    dpattern: Grid<S>, pattern: Grid<S>, q: Grid<S>, k: Grid<S>, _ shape: AttentionShape
  ) -> (dq: Grid<S>, dk: Grid<S>) {
    var dq = Grid<S>(shape.queries, shape.heads, shape.headWidth)
    var dk = Grid<S>(shape.keys, shape.kvHeads, shape.headWidth)
    for h in 0..<shape.heads {
      let g = shape.kvHead(h)
      for t in 0..<shape.queries {
        let p = (0..<shape.keys).map { pattern[h, t, $0] }
        let dp = (0..<shape.keys).map { dpattern[h, t, $0] }
        for (s, dscore) in softmaxBackward(dp: dp, p: p).enumerated() {
          for i in 0..<shape.headWidth {
            dq[t, h, i] += dscore * k[s, g, i] * shape.scale()
            dk[s, g, i] += dscore * q[t, h, i] * shape.scale()
          }
        }
      }
    }
    return (dq, dk)
  }

  // MARK: Attention mixing

  /// z[t,h,:] = Σ_s pattern[h,t,s] · v[s,g,:].
  static func attentionMix<S: Real>(
    pattern: Grid<S>, v: Grid<S>, _ shape: AttentionShape
  ) -> Grid<S> {
    var z = Grid<S>(shape.queries, shape.heads, shape.headWidth)
    for h in 0..<shape.heads {
      for t in 0..<shape.queries {
        for s in 0..<shape.keys {
          for i in 0..<shape.headWidth { z[t, h, i] += pattern[h, t, s] * v[s, shape.kvHead(h), i] }
        }
      }
    }
    return z
  }

  /// z is linear in both: dpattern[h,t,s] = dz[t,h,:] · v[s,g,:], reported as 0 where the key is not
  /// visible (such a cell is no variable of the model), and, summed over the heads of a group,
  /// dv[s,g,:] = Σ_{h of g} Σ_t pattern[h,t,s] · dz[t,h,:].
  static func attentionMixBackward<S: Real>(
    dz: Grid<S>, pattern: Grid<S>, v: Grid<S>, _ shape: AttentionShape
  ) -> (dpattern: Grid<S>, dv: Grid<S>) {
    var dpattern = Grid<S>(shape.heads, shape.queries, shape.keys)
    var dv = Grid<S>(shape.keys, shape.kvHeads, shape.headWidth)
    for h in 0..<shape.heads {
      let g = shape.kvHead(h)
      for t in 0..<shape.queries {
        for s in 0..<shape.keys where shape.sees(t, s) {
          for i in 0..<shape.headWidth {
            dpattern[h, t, s] += dz[t, h, i] * v[s, g, i]
            dv[s, g, i] += pattern[h, t, s] * dz[t, h, i]
          }
        }
      }
    }
    return (dpattern, dv)
  }
}
