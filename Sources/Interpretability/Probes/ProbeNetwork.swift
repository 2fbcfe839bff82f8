// The paper's probe: a network of one hidden layer on a few head features.

import Foundation
import GAR

/// k inputs, h ReLU units and two outputs, false and true.
///
///     logits = W₂ · max(0, W₁ · x + b₁) + b₂
public struct ProbeNetwork: Sendable, Equatable {
  public let inputCount: Int
  public let hiddenCount: Int
  /// W₁ `[h, k]`, b₁ `[h]`, W₂ `[2, h]`, b₂ `[2]`, one after the other, row-major.
  public internal(set) var parameters: [Double]

  /// - Precondition: as many parameters as the sizes say.
  public init(inputCount: Int, hiddenCount: Int, parameters: [Double]) {
    precondition(
      parameters.count == Self.parameterCount(inputCount, hiddenCount),
      "ProbeNetwork: \(parameters.count) parameters for \(inputCount)-\(hiddenCount)-2")
    self.inputCount = inputCount
    self.hiddenCount = hiddenCount
    self.parameters = parameters
  }

  /// Weights drawn with variance 2 / inputs, biases 0.
  ///
  /// Source: He et al. 2015 (arXiv:1502.01852), eq. 10; the paper on GAR does not say how it starts.
  init(inputCount: Int, hiddenCount: Int, random: inout SplitMix64) {
    func normal(_ count: Int, inputs: Int) -> [Double] {
      (0..<count).map { _ in random.normal() * (2 / Double(inputs)).squareRoot() }
    }
    var parameters = normal(hiddenCount * inputCount, inputs: inputCount)
    parameters += [Double](repeating: 0, count: hiddenCount)
    parameters += normal(2 * hiddenCount, inputs: hiddenCount)
    parameters += [0, 0]
    self.init(inputCount: inputCount, hiddenCount: hiddenCount, parameters: parameters)
  }

  static func parameterCount(_ inputs: Int, _ hidden: Int) -> Int { hidden * (inputs + 3) + 2 }

  /// The logit of true minus that of false for every row, `[N]`.
  public func scores(_ rows: ProbeRows) -> [Double] {
    precondition(rows.width == inputCount, "ProbeNetwork: rows of \(rows.width)")
    var hidden = [Double](repeating: 0, count: hiddenCount)
    return (0..<rows.count).map { row in
      let logits = logits(rows, row, hidden: &hidden)
      return logits.1 - logits.0
    }
  }

  /// The mean cross-entropy of a batch, in nats, and its gradient to the parameters, `[P]`.
  ///
  /// - Parameters:
  ///   - rows: where the batch is taken from.
  ///   - batch: indices of rows, at least one.
  ///   - gradient: replaced.
  /// - Returns: the loss.
  @discardableResult
  package func loss(_ rows: ProbeRows, batch: some Collection<Int>, gradient: inout [Double])
    -> Double
  {
    for index in gradient.indices { gradient[index] = 0 }
    var hidden = [Double](repeating: 0, count: hiddenCount)
    var loss = 0.0
    let share = 1 / Double(batch.count)
    for row in batch {
      let (no, yes) = logits(rows, row, hidden: &hidden)
      let top = max(no, yes)
      let sum = exp(no - top) + exp(yes - top)
      let isTrue = rows.labels[row]
      loss += (top + log(sum) - (isTrue ? yes : no)) * share
      // d loss / d logit = probability − 1 for the label, probability for the other.
      let gradYes = (exp(yes - top) / sum - (isTrue ? 1 : 0)) * share
      addGradient(rows, row, hidden: hidden, gradYes: gradYes, to: &gradient)
    }
    return loss
  }

  /// The two logits of a row, and what the hidden units give for it. Buffers spare the checks of
  /// arrays, which take most of the time of sums this short.
  private func logits(
    _ rows: ProbeRows, _ row: Int, hidden: inout [Double]
  ) -> (Double, Double) {
    let (k, h) = (inputCount, hiddenCount)
    let output = h * (k + 1)
    return parameters.withUnsafeBufferPointer { p in
      rows.values.withUnsafeBufferPointer { values in
        hidden.withUnsafeMutableBufferPointer { hidden in
          var no = p[output + 2 * h], yes = p[output + 2 * h + 1]
          for unit in 0..<h {
            var sum = p[h * k + unit]
            for input in 0..<k { sum += p[unit * k + input] * values[row * k + input] }
            let value = max(0, sum)
            hidden[unit] = value
            no += p[output + unit] * value
            yes += p[output + h + unit] * value
          }
          return (no, yes)
        }
      }
    }
  }

  /// Backwards through both layers; the two logits' gradients are each other's opposite.
  private func addGradient(
    _ rows: ProbeRows, _ row: Int, hidden: [Double], gradYes: Double, to gradient: inout [Double]
  ) {
    let (k, h) = (inputCount, hiddenCount)
    let output = h * (k + 1)
    parameters.withUnsafeBufferPointer { p in
      rows.values.withUnsafeBufferPointer { values in
        gradient.withUnsafeMutableBufferPointer { gradient in
          gradient[output + 2 * h] -= gradYes
          gradient[output + 2 * h + 1] += gradYes
          for unit in 0..<h where hidden[unit] > 0 {
            gradient[output + unit] -= gradYes * hidden[unit]
            gradient[output + h + unit] += gradYes * hidden[unit]
            let gradUnit = gradYes * (p[output + h + unit] - p[output + unit])
            gradient[h * k + unit] += gradUnit
            for input in 0..<k { gradient[unit * k + input] += gradUnit * values[row * k + input] }
          }
        }
      }
    }
  }
}

extension SplitMix64 {
  /// Box and Muller's first value of a pair.
  package mutating func normal() -> Double {
    func uniform(_ word: UInt64) -> Double { (Double(word >> 11) + 0.5) / 0x1p53 }
    let (u, v) = (uniform(next()), uniform(next()))
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
  }
}
