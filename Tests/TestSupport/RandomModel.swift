// Models of the planted model's sizes with random weights: what a search must find nothing in.

import Foundation

public enum RandomModel {
  /// Writes a model with normally distributed weights and the planted model's tokenizer.
  public static func write(seed: UInt64) throws -> TemporaryDirectory {
    var shape = PlantedModel.shape
    shape.ropeBase = 10_000
    let vocabulary = try PlantedVocabulary()
    var random = SeededGenerator(seed: seed)
    func matrix(_ rows: Int, _ columns: Int, _ deviation: Double) -> [Float] {
      (0..<rows * columns).map { _ in Float(deviation * normal(&random)) }
    }
    let (d, m, q) = (shape.dModel, shape.dMLP, shape.queryWidth)
    // Inputs of a product have mean square 1; scores then deviate by 1.5² nats, which is sharp
    // enough for heads to attend to few positions.
    let unit = 1 / Double(d).squareRoot()
    let layers = (0..<shape.layerCount).map { _ in
      var layer = LlamaLayer(zeros: shape)
      layer.wQ = matrix(q, d, 1.5 * unit)
      layer.wK = matrix(q, d, 1.5 * unit)
      layer.wV = matrix(q, d, unit)
      layer.wO = matrix(d, q, unit)
      layer.wGate = matrix(m, d, unit)
      layer.wUp = matrix(m, d, unit)
      layer.wDown = matrix(d, m, unit)
      return layer
    }
    let weights = LlamaWeights(
      shape: shape, gain: 1, embedding: matrix(vocabulary.pieces.count, d, 1),
      unembedding: matrix(vocabulary.pieces.count, d, unit), layers: layers)
    let directory = try TemporaryDirectory()
    try weights.write(to: directory, tokenizer: vocabulary.tokenizer)
    return directory
  }

  /// Box and Muller's first value.
  private static func normal(_ random: inout SeededGenerator) -> Double {
    func uniform() -> Double { (Double(random.next() >> 11) + 0.5) / 0x1p53 }
    let (u, v) = (uniform(), uniform())
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
  }
}
