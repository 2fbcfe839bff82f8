// How long a model takes for what the explorer asks of it, on a typical item.

import Engine
import GAR
import Interpretability
import Tokenization

/// Medians, in milliseconds.
struct ModelTiming {
  /// T of the item.
  let tokenCount: Int
  let forward: Double
  let attributionPatching: Double
  let activationPatching: Double
  let headToggle: Double

  /// The model and its tokenizer, files in the system's cache.
  static func loadTime(_ options: ModelOptions, repetitions: Int) throws -> Double {
    median(
      try (0..<repetitions).map { _ in try elapsedSeconds { _ = try options.load() } }) * 1000
  }

  /// Times the first item that has a corrupted prompt.
  init(
    _ loaded: LoadedModel, items: [Item], vocabulary: Vocabulary, repetitions: Int
  ) throws {
    let (item, corrupted) = try Self.typicalItem(loaded, items, vocabulary)
    let model = loaded.model
    let pair = PromptPair(item, corrupted: corrupted)
    func time(_ repetitions: Int, _ body: (Int) throws -> Void) throws -> Double {
      try body(0)
      return median(try (0..<repetitions).map { index in try elapsedSeconds { try body(index) } })
        * 1000
    }
    tokenCount = item.tokens.count
    forward = try time(repetitions) { _ in _ = try model.forward(pair.clean) }
    attributionPatching = try time(repetitions) { _ in _ = try model.attributionPatching(pair) }
    activationPatching = try time(max(1, repetitions / 3)) { _ in
      _ = try model.activationPatching(pair)
    }
    let base = try model.forward(pair.clean, recording: .rerun)
    let heads = model.configuration.heads
    headToggle = try time(max(repetitions, heads.count)) { index in
      let head = heads[index % heads.count]
      _ = try model.forward(.rerun(base, adding: [Intervention(.head(head), .zero)]))
    }
  }

  private static func typicalItem(
    _ loaded: LoadedModel, _ items: [Item], _ vocabulary: Vocabulary
  ) throws -> (TokenizedItem, CorruptedPrompt) {
    let tokenizer = try loaded.requireTokenizer()
    for item in try loaded.tokenize(items) {
      if let corrupted = item.corrupted(kind: nil, vocabulary: vocabulary, tokenizer: tokenizer) {
        return (item, corrupted)
      }
    }
    throw CommandError.unusable(
      "none of the \(items.count) items has a corrupted prompt of the same length to time patching on"
    )
  }
}
