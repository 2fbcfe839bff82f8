// Trains the probe's network: Adam on batches, and the epoch that is best on validation rows.

import GAR

/// How the network is trained; the paper's values unless changed.
public struct ProbeSettings: Sendable, Equatable {
  public var hiddenCount = 32
  public var learningRate = 1e-3
  public var batchSize = 32
  public var epochs = 30

  public init() {}
}

/// Adam's moments.
///
/// Source: Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1, with ε where `torch.optim.Adam` has it.
package struct Adam {
  private var first, second: [Double]
  /// β₁ and β₂ to the power of the steps that were made.
  private var power1 = 1.0, power2 = 1.0
  private let rate: Double
  private let beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8

  package init(parameterCount: Int, rate: Double) {
    first = [Double](repeating: 0, count: parameterCount)
    second = first
    self.rate = rate
  }

  package mutating func update(_ parameters: inout [Double], gradient: [Double]) {
    power1 *= beta1
    power2 *= beta2
    let correction1 = 1 - power1, correction2 = (1 - power2).squareRoot()
    for index in parameters.indices {
      let g = gradient[index]
      first[index] = beta1 * first[index] + (1 - beta1) * g
      second[index] = beta2 * second[index] + (1 - beta2) * g * g
      let scale = second[index].squareRoot() / correction2 + epsilon
      parameters[index] -= rate / correction1 * first[index] / scale
    }
  }
}

/// A network and how it came to be.
public struct TrainedNetwork: Sendable, Equatable {
  public var network: ProbeNetwork
  /// From 1; 0 is the network before training.
  public var epoch: Int
  public var validationAccuracy: Double
}

extension ProbeNetwork {
  /// Trains from given parameters, on batches in a given order.
  ///
  /// - Parameters:
  ///   - rows: what is trained on.
  ///   - batches: indices of rows, a step for each.
  ///   - adam: moments, which go on.
  package mutating func train(_ rows: ProbeRows, batches: [ArraySlice<Int>], adam: inout Adam) {
    var gradient = [Double](repeating: 0, count: parameters.count)
    for batch in batches {
      loss(rows, batch: batch, gradient: &gradient)
      adam.update(&parameters, gradient: gradient)
    }
  }

  /// Trains a new network, and returns it as it was after the epoch with the highest validation
  /// accuracy; of several, the last.
  ///
  /// - Parameters:
  ///   - rows: at least one.
  ///   - validation: at least one.
  ///   - settings: sizes, rate and epochs.
  ///   - random: draws the start and every epoch's order, and nothing else does.
  /// - Returns: the network, its epoch and its validation accuracy.
  static func trained(
    _ rows: ProbeRows, validation: ProbeRows, settings: ProbeSettings, random: inout SplitMix64
  ) -> TrainedNetwork {
    var network = ProbeNetwork(
      inputCount: rows.width, hiddenCount: settings.hiddenCount, random: &random)
    var adam = Adam(parameterCount: network.parameters.count, rate: settings.learningRate)
    var best = TrainedNetwork(network: network, epoch: 0, validationAccuracy: -1)
    for epoch in 1...max(1, settings.epochs) {
      let order = random.shuffled(Array(0..<rows.count))
      let batches = stride(from: 0, to: order.count, by: settings.batchSize).map {
        order[$0..<min($0 + settings.batchSize, order.count)]
      }
      network.train(rows, batches: batches, adam: &adam)
      let accuracy = ProbeScore(network.scores(validation), labels: validation.labels).accuracy
      if accuracy >= best.validationAccuracy {
        best = TrainedNetwork(network: network, epoch: epoch, validationAccuracy: accuracy)
      }
    }
    return best
  }
}
