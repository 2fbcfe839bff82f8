// Mean activations over a set of prompts, for mean ablation.

import Engine

extension Model {
  /// Mean z of every head over all positions of all prompts.
  /// - Returns: `MeanActivations` with `headZ`, `[L, H, K]`.
  public func meanActivations(
    over prompts: [[Int32]], progress: ProgressHandler = { _, _ in }
  ) throws -> MeanActivations {
    let (layers, width) = (configuration.layerCount, configuration.queryWidth)
    var sums = [Double](repeating: 0, count: layers * width)
    var positions = 0
    for (index, prompt) in prompts.enumerated() {
      try progress(index, prompts.count)
      let run = try forward(prompt, recording: .headZ)
      positions += prompt.count
      for layer in 0..<layers {
        let z = run.headZ(layer)
        for position in 0..<prompt.count {
          let row = z.row(position)
          for column in row.indices { sums[layer * width + column] += Double(row[column]) }
        }
      }
    }
    let shape = [layers, configuration.headCount, configuration.dHead]
    let means = sums.map { Float($0 / Double(max(1, positions))) }
    return MeanActivations(headZ: Tensor(means, shape: shape))
  }
}
