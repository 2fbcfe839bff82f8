// How much memory a model and the activations of a pass take, and whether there is as much.

import Engine

/// What a model is to do.
enum MemoryPurpose {
  case forward, attribution
}

/// Bytes for one prompt.
struct MemoryEstimate {
  let tokenCount: Int
  /// Weights that are used, paged in from their files.
  let weights: Int
  /// What there is; `nil` where that is not known.
  let available = ProcessMemory.available
  /// A forward pass that records nothing.
  let forward: Int
  /// Attribution patching: a run with everything recorded, the other run, and the gradients.
  let attribution: Int

  /// Takes 256 tokens, or the context if that is shorter, where no count is given.
  init(_ model: Model, tokenCount: Int? = nil) {
    weights = model.byteCount
    let model = model.configuration
    let t = tokenCount ?? min(256, model.contextLength)
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
    self.tokenCount = t
    forward = float * (scratch + model.vocabularySize)
    attribution = float * (layers * (recorded + other + t * q) + scratch + gradients)
  }
}

extension MemoryEstimate {
  func total(_ purpose: MemoryPurpose) -> Int {
    weights + (purpose == .attribution ? attribution : forward)
  }

  /// - Throws: `CommandError.unusable` with the figures where the model needs more than there is.
  func check(_ purpose: MemoryPurpose, model: String) throws {
    guard let available, total(purpose) > available else { return }
    let work = purpose == .attribution ? "to attribute" : "to run"
    throw CommandError.unusable(
      "\(model): needs \(byteText(weights)) for its weights and "
        + "\(byteText(total(purpose) - weights)) \(work) \(tokenCount) tokens, but "
        + "\(byteText(available)) of memory are available; take a smaller or a quantised model, or "
        + "run it all the same with --force, reading weights from disk over and over")
  }
}
