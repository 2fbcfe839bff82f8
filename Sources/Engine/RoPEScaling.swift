// How rotary positions are stretched beyond the length that a model was trained on.

import Foundation

extension ModelConfiguration.RoPE {
  /// Follows `modeling_rope_utils.py` of transformers. `original` is the length trained on.
  public enum Scaling: Sendable, Equatable {
    case none
    /// Every frequency divided by a factor (arXiv:2306.15595).
    case linear(factor: Double)
    /// A base that grows with the prompt once this is longer than `original`.
    case dynamic(factor: Double, original: Int)
    case llama3(Llama3)
    case yarn(YaRN)
    /// A divisor for each pair, other ones where the prompt is longer than `original`
    /// (arXiv:2402.13753).
    case longRoPE(short: [Double], long: [Double], original: Int, magnitude: Double)
  }

  /// Low frequencies divided by `factor`, high ones kept, those between interpolated.
  public struct Llama3: Sendable, Equatable {
    public var factor, lowFrequencyFactor, highFrequencyFactor: Double
    public var original: Int
  }

  /// arXiv:2309.00071.
  public struct YaRN: Sendable, Equatable {
    public var factor: Double
    public var original: Int
    public var betaFast = 32.0
    public var betaSlow = 1.0
    public var truncates = true
    /// What cosine and sine are multiplied by.
    public var magnitude: Double
  }

  /// Which of its sets of angles a prompt of that length has: prompts share keys only within one set.
  func variant(tokenCount: Int) -> Int {
    switch scaling {
    case .none, .linear, .llama3, .yarn: 0
    case .dynamic(_, let original): tokenCount > original ? tokenCount : 0
    case .longRoPE(_, _, let original, _): tokenCount > original ? 1 : 0
    }
  }

  /// What cosine and sine are multiplied by.
  var magnitude: Float {
    switch scaling {
    case .none, .linear, .dynamic, .llama3: 1
    case .yarn(let yarn): Float(yarn.magnitude)
    case .longRoPE(_, _, _, let magnitude): Float(magnitude)
    }
  }

  /// The angle of each pair at position 1, `[width / 2]`.
  ///
  /// Values are rounded to `Float` where transformers rounds them, so that logits agree.
  func frequencies(variant: Int) -> [Float] {
    switch scaling {
    case .none: return unscaled(base: base)
    case .linear(let factor): return unscaled(base: base).map { $0 / Float(factor) }
    case .dynamic(let factor, let original):
      let length = Double(max(variant, original))
      let growth = factor * length / Double(original) - (factor - 1)
      return unscaled(base: base * pow(growth, Double(width) / Double(width - 2)))
    case .llama3(let scaling): return unscaled(base: base).map(scaling.scaled)
    case .yarn(let yarn): return yarn.blend(pairPowers(base: base), width: width, base: base)
    case .longRoPE(let short, let long, _, _):
      let divisors = variant == 0 ? short : long
      return zip(divisors, pairPowers(base: base)).map { 1 / (Float($0) * $1) }
    }
  }

  /// base^(2i / width).
  private func pairPowers(base: Double) -> [Float] {
    (0..<width / 2).map { pair in
      Float(pow(base, Double(Float(2 * pair) / Float(width))))
    }
  }

  private func unscaled(base: Double) -> [Float] { pairPowers(base: base).map { 1 / $0 } }
}

extension ModelConfiguration.RoPE.Llama3 {
  fileprivate func scaled(_ frequency: Float) -> Float {
    let length = Float(original)
    let wavelength = Float(2 * Double.pi) / frequency
    if wavelength < length / Float(highFrequencyFactor) { return frequency }
    if wavelength > length / Float(lowFrequencyFactor) { return frequency / Float(factor) }
    let (low, high) = (Float(lowFrequencyFactor), Float(highFrequencyFactor))
    let smooth = (length / wavelength - low) / (high - low)
    return (1 - smooth) * frequency / Float(factor) + smooth * frequency
  }
}

extension ModelConfiguration.RoPE.YaRN {
  /// Pairs that turn more than `betaFast` times over the original length keep their frequency, those
  /// below `betaSlow` are divided by the factor, and a ramp joins them.
  fileprivate func blend(_ powers: [Float], width: Int, base: Double) -> [Float] {
    func pairTurning(_ count: Double) -> Double {
      Double(width) * log(Double(original) / (count * 2 * .pi)) / (2 * log(base))
    }
    var (low, high) = (pairTurning(betaFast), pairTurning(betaSlow))
    if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(width - 1)))
    if low == high { high += 0.001 }
    return powers.enumerated().map { pair, power in
      let ramp = (Float(pair) - Float(low)) / Float(high - low)
      let kept = 1 - min(max(ramp, 0), 1)
      return 1 / (Float(factor) * power) * (1 - kept) + 1 / power * kept
    }
  }
}
