// Linear maps, RMSNorm, SwiGLU, softmax and log-sum-exp, slow and obvious, each with its backward
// beside it. L is any scalar that depends on the results; dx stands for ∂L/∂x.

enum Reference {

  // MARK: Linear

  /// y[t,n] = Σ_k x[t,k] · w[n,k].
  static func linear<S: Real>(_ x: Grid<S>, _ w: Grid<S>) -> Grid<S> {
    var y = Grid<S>(x.shape[0], w.shape[0])
    for t in 0..<x.shape[0] {
      for n in 0..<w.shape[0] {
        for k in 0..<w.shape[1] { y[t, n] += x[t, k] * w[n, k] }
      }
    }
    return y
  }

  /// ∂y[t,n]/∂x[t,k] = w[n,k] and ∂y[t,n]/∂w[n,k] = x[t,k]; nothing else depends on them. So
  /// dx[t,k] = Σ_n dy[t,n] · w[n,k] and dw[n,k] = Σ_t dy[t,n] · x[t,k].
  static func linearBackward<S: Real>(
    dy: Grid<S>, x: Grid<S>, w: Grid<S>
  ) -> (dx: Grid<S>, dw: Grid<S>) {
    var dx = Grid<S>(x.shape[0], x.shape[1])
    var dw = Grid<S>(w.shape[0], w.shape[1])
    for t in 0..<x.shape[0] {
      for n in 0..<w.shape[0] {
        for k in 0..<w.shape[1] {
          dx[t, k] += dy[t, n] * w[n, k]
          dw[n, k] += dy[t, n] * x[t, k]
        }
      }
    }
    return (dx, dw)
  }

  // MARK: RMSNorm

  /// y[t,d] = gain[d] · x[t,d] · r[t], r[t] = 1/√(mean_d x[t,d]² + ε).
  static func rmsNorm<S: Real>(
    _ x: Grid<S>, gain: Grid<S>, epsilon: S
  ) -> (y: Grid<S>, inverseRMS: Grid<S>) {
    var y = Grid<S>(x.shape[0], x.shape[1])
    var inverseRMS = Grid<S>(x.shape[0])
    for t in 0..<x.shape[0] {
      var sum: S = 0
      for d in 0..<x.shape[1] { sum += x[t, d] * x[t, d] }
      inverseRMS[t] = 1 / (sum / S(x.shape[1]) + epsilon).squareRoot()
      for d in 0..<x.shape[1] { y[t, d] = gain[d] * x[t, d] * inverseRMS[t] }
    }
    return (y, inverseRMS)
  }

  /// r = (mean x² + ε)^(−1/2), so ∂r/∂x[e] = −½ r³ · 2x[e]/D = −r³ x[e]/D, and
  /// ∂y[d]/∂x[e] = gain[d] · (δ_de r − x[d] r³ x[e]/D). Summed against dy over d:
  /// dx[e] = r · (gain[e]·dy[e] − x[e] · r² · mean_d(gain[d]·dy[d]·x[d])).
  /// And dgain[d] = Σ_t dy[t,d] · x[t,d] · r[t].
  static func rmsNormBackward<S: Real>(
    dy: Grid<S>, x: Grid<S>, gain: Grid<S>, inverseRMS: Grid<S>
  ) -> (dx: Grid<S>, dgain: Grid<S>) {
    var dx = Grid<S>(x.shape[0], x.shape[1])
    var dgain = Grid<S>(x.shape[1])
    for t in 0..<x.shape[0] {
      let r = inverseRMS[t]
      var mean: S = 0
      for d in 0..<x.shape[1] { mean += gain[d] * dy[t, d] * x[t, d] / S(x.shape[1]) }
      for d in 0..<x.shape[1] {
        dx[t, d] = r * (gain[d] * dy[t, d] - x[t, d] * r * r * mean)
        dgain[d] += dy[t, d] * x[t, d] * r
      }
    }
    return (dx, dgain)
  }

  // MARK: SwiGLU

  static func sigmoid<S: Real>(_ x: S) -> S { 1 / (1 + (-x).exponential()) }

  /// y = silu(gate) · up, silu(x) = x · σ(x), element by element.
  static func swiGLU<S: Real>(gate: Grid<S>, up: Grid<S>) -> Grid<S> {
    let values = zip(gate.values, up.values).map { $0 * sigmoid($0) * $1 }
    return Grid(shape: gate.shape, values: values)
  }

  /// σ′ = σ(1 − σ), so silu′(x) = σ + x σ(1 − σ) = σ · (1 + x(1 − σ)). Then
  /// dgate = dy · up · silu′(gate) and dup = dy · silu(gate).
  static func swiGLUBackward<S: Real>(
    dy: Grid<S>, gate: Grid<S>, up: Grid<S>
  ) -> (dgate: Grid<S>, dup: Grid<S>) {
    var dgate = gate
    var dup = up
    for i in 0..<gate.count {
      let x = gate.values[i]
      let s = sigmoid(x)
      dgate.values[i] = dy.values[i] * up.values[i] * s * (1 + x * (1 - s))
      dup.values[i] = dy.values[i] * x * s
    }
    return (dgate, dup)
  }

  // MARK: Softmax

  /// p[i] = e^(x[i] − max) / Σ_j e^(x[j] − max). The common factor e^−max changes nothing but
  /// keeps the powers finite.
  static func softmax<S: Real>(_ x: [S]) -> [S] {
    let largest = x.max() ?? 0
    let powers = x.map { ($0 - largest).exponential() }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// ∂p[i]/∂x[j] = p[i](δ_ij − p[j]), so dx[j] = p[j] · (dp[j] − Σ_i p[i]·dp[i]).
  static func softmaxBackward<S: Real>(dp: [S], p: [S]) -> [S] {
    let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
    return zip(p, dp).map { $0 * ($1 - mean) }
  }

  /// y = log Σ_i e^x[i].
  static func logSumExp<S: Real>(_ x: [S]) -> S {
    let largest = x.max() ?? 0
    return largest + x.reduce(0) { $0 + ($1 - largest).exponential() }.logarithm()
  }

  /// ∂y/∂x[i] = e^x[i] / Σ_j e^x[j]: the softmax. So dx = dy · softmax(x).
  static func logSumExpBackward<S: Real>(dy: S, x: [S]) -> [S] { softmax(x).map { dy * $0 } }
}
