// How much memory the activations of a pass take.

import Engine

/// Bytes of activations for one prompt, beside the mapped weights.
struct MemoryEstimate {
  let tokenCount: Int
  /// A forward pass that records nothing.
  let forward: Int
  /// Attribution patching: a run with everything recorded, the other run, and the gradients.
  let attribution: Int

  init(_ model: ModelConfiguration, tokenCount t: Int) {
    let (d, q, kv) = (model.dModel, model.queryWidth, model.kvWidth)
    let pattern = model.headCount * t * t
    let patternBlock = min(pattern, 16 << 20)
    let scratch = t * (3 * d + 2 * q + 2 * kv + 2 * model.dMLP) + patternBlock
    let recorded = t * model.recordedWidth + pattern
    let other = t * (q + 2 * kv)
    // The gradient to the pattern, and, under a cap, what the cap makes of the pattern.
    let gradients = model.attention.scoreCap == nil ? pattern : 2 * pattern
    let layers = model.layerCount
    let float = MemoryLayout<Float>.size
    tokenCount = t
    forward = float * (scratch + model.vocabularySize)
    attribution = float * (layers * (recorded + other + t * q) + scratch + gradients)
  }
}
