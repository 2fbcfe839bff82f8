// A trained probe as a file: JSON with the weights of both kinds.

import Engine
import Foundation

/// Both probes, trained on one data set, for the same heads.
public struct TrainedProbe: Sendable, Equatable {
  public var heads: [HeadIndex]
  /// The data set's name.
  public var trainedOn: String
  public var network: ProbeNetwork
  public var logistic: LogisticRegression
  /// The epoch that was kept.
  public var epoch: Int
  public var validationAccuracy: Double

  private struct File: Codable {
    struct Network: Codable {
      var hiddenWeights: [[Double]]
      var hiddenBiases: [Double]
      var outputWeights: [[Double]]
      var outputBiases: [Double]
    }

    struct Logistic: Codable {
      var weights: [Double]
      var bias: Double
    }

    var heads: [String]
    var trainedOn: String
    var epoch: Int
    var validationAccuracy: Double
    var network: Network
    var logistic: Logistic
  }

  /// The file's content: weights row by row, as `torch.nn.Linear` has them.
  public func fileData() throws -> Data {
    let (k, h, p) = (network.inputCount, network.hiddenCount, network.parameters)
    let output = h * (k + 1)
    let file = File(
      heads: heads.map(\.dotted), trainedOn: trainedOn, epoch: epoch,
      validationAccuracy: validationAccuracy,
      network: .init(
        hiddenWeights: (0..<h).map { Array(p[$0 * k..<($0 + 1) * k]) },
        hiddenBiases: Array(p[h * k..<output]),
        outputWeights: (0..<2).map { Array(p[output + $0 * h..<output + ($0 + 1) * h]) },
        outputBiases: Array(p[(output + 2 * h)...])),
      logistic: .init(weights: logistic.weights, bias: logistic.bias))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(file) + Data("\n".utf8)
  }

  /// Reads a probe and checks that its sizes agree.
  /// - Throws: `TrainedProbeError`, naming the file.
  public init(path: String) throws(TrainedProbeError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path)
    }
    let file: File
    do { file = try JSONDecoder().decode(File.self, from: data) } catch {
      throw .notAProbe(path)
    }
    var heads: [HeadIndex] = []
    for name in file.heads {
      guard let head = HeadIndex(name) else { throw .badHead(name, file: path) }
      heads.append(head)
    }
    let network = file.network
    let (k, h) = (heads.count, network.hiddenBiases.count)
    guard k > 0, h > 0, network.hiddenWeights.count == h, network.outputWeights.count == 2,
      network.outputBiases.count == 2, network.hiddenWeights.allSatisfy({ $0.count == k }),
      network.outputWeights.allSatisfy({ $0.count == h }), file.logistic.weights.count == k
    else { throw .sizesDiffer(path) }
    self.heads = heads
    self.network = ProbeNetwork(
      inputCount: k, hiddenCount: h,
      parameters: network.hiddenWeights.flatMap { $0 } + network.hiddenBiases
        + network.outputWeights.flatMap { $0 } + network.outputBiases)
    logistic = LogisticRegression(weights: file.logistic.weights, bias: file.logistic.bias)
    (trainedOn, epoch) = (file.trainedOn, file.epoch)
    validationAccuracy = file.validationAccuracy
  }

  public init(
    heads: [HeadIndex], trainedOn: String, network: ProbeNetwork, logistic: LogisticRegression,
    epoch: Int, validationAccuracy: Double
  ) {
    (self.heads, self.trainedOn) = (heads, trainedOn)
    (self.network, self.logistic) = (network, logistic)
    (self.epoch, self.validationAccuracy) = (epoch, validationAccuracy)
  }
}

public enum TrainedProbeError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(String)
  case notAProbe(String)
  case badHead(String, file: String)
  case sizesDiffer(String)

  public var description: String {
    switch self {
    case .unreadable(let path):
      "\(path): cannot be read; give a file that `gar probe --save` wrote"
    case .notAProbe(let path):
      "\(path): not a probe; give a file that `gar probe --save` wrote"
    case .badHead(let name, let file):
      "\(file): '\(name)' is no head; write layer.head, such as 15.51"
    case .sizesDiffer(let path):
      "\(path): the sizes of the probe's weights do not agree; save it again"
    }
  }
}
