// The exact effects of single heads: one run for each, as the truth that estimates are held against.

import Engine

extension Model {
  /// Runs one prompt again for every head, with that head's z replaced by the other run's.
  ///
  ///     denoising: effect[l,h] = m(corrupted run with clean z[l,h]) − m(corrupted run)
  ///
  /// Positions before the first difference hold the same values in both runs and are left alone.
  /// Where `layers` are given only their heads are patched, and the rest scores 0.
  /// - Returns: effects, `[L, H]`, in logits.
  /// - Throws: `AttributionError` unless the prompts align; what `progress` throws.
  ///
  /// Source: Meng et al. 2022 (arXiv:2202.05262), for heads as in Wang et al. 2022
  /// (arXiv:2211.00593).
  public func activationPatching(
    _ pair: PromptPair, direction: PatchingDirection = .denoising, layers: [Int]? = nil,
    progress: ProgressHandler = { _, _ in }
  ) throws -> HeadScores {
    let runs = try alignedRuns(pair, recordingBase: .rerun, direction: direction)
    let changed = Array(pair.firstDifference..<pair.clean.count)
    return try effects(
      on: runs.base, of: pair.metric, layers: layers, progress: progress
    ) { head in
      Intervention(.head(head), .replace(with: runs.other), at: .only(changed))
    }
  }

  /// Runs the clean prompt again for every head, with that head's z set to zero everywhere.
  ///
  ///     effect[l,h] = m(run without the head) − m(run)
  ///
  /// - Returns: effects, `[L, H]`, in logits; negative where the head helps the answer.
  public func ablation(
    _ pair: PromptPair, progress: ProgressHandler = { _, _ in }
  ) throws -> HeadScores {
    let base = try forward(
      pair.clean, interventions: pair.interventions, recording: .rerun)
    return try effects(on: base, of: pair.metric, progress: progress) { head in
      Intervention(.head(head), .zero)
    }
  }

  /// m with one head changed minus m, for every head. Heads of one layer are run together.
  private func effects(
    on base: Trace, of metric: LogitMetric, layers: [Int]? = nil, progress: ProgressHandler,
    change: (HeadIndex) -> Intervention
  ) throws -> HeadScores {
    let before = metric.value(base)
    let heads = configuration.headCount
    let batch = max(1, min(heads, 1024 / base.tokenCount))
    var scores = HeadScores(layerCount: configuration.layerCount, headCount: heads)
    let layers = layers ?? Array(0..<configuration.layerCount)
    for (index, layer) in layers.enumerated() {
      for first in stride(from: 0, to: heads, by: batch) {
        try progress(index * heads + first, layers.count * heads)
        let members = (first..<min(first + batch, heads)).map {
          HeadIndex(layer: layer, head: $0)
        }
        let runs = try forward(batch: members.map { .rerun(base, adding: [change($0)]) })
        for (head, run) in zip(members, runs) { scores[head] = metric.value(run) - before }
      }
    }
    try progress(layers.count * heads, layers.count * heads)
    return scores
  }
}
