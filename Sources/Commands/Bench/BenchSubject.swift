// A model and an item, and how this program does each piece of work on them.

import Engine
import GAR
import Interpretability

/// What a run took, and what came out where there is something to compare.
struct BenchRun {
  var seconds: Double
  /// Scores by head.
  var scores: [HeadIndex: Double] = [:]
  /// Memory held before the run, and at its peak; `nil` where the system does not say.
  var heldBytes: Int?
  var peakBytes: Int?

  /// What the run took beside what was there.
  var ownBytes: Int? {
    if let heldBytes, let peakBytes { max(0, peakBytes - heldBytes) } else { nil }
  }
}

/// Runs tasks on one model and one prompt pair.
final class BenchSubject {
  let model: Model
  let pair: PromptPair
  /// A pair that differs from its second token on.
  let distantPair: PromptPair
  let target, foil: Int32
  /// Layers whose heads are patched one by one.
  private(set) var patchedLayers: [Int]
  private var recorded: [Recording: Trace] = [:]

  private enum Recording { case keys, rerun }

  /// The length that the measured item should have about.
  static let itemLength = 100

  /// Takes the item that is nearest to `itemLength` of those that have a corrupted prompt.
  init(_ loaded: LoadedModel, items: [Item], vocabulary: Vocabulary) throws {
    let tokenizer = try loaded.requireTokenizer()
    let usable = try loaded.tokenize(items).compactMap { item in
      item.corrupted(kind: nil, vocabulary: vocabulary, tokenizer: tokenizer).map { (item, $0) }
    }
    let best = usable.min {
      abs($0.0.tokens.count - Self.itemLength) < abs($1.0.tokens.count - Self.itemLength)
    }
    guard let (item, corrupted) = best else {
      throw CommandError.unusable(
        "none of the \(items.count) items has a corrupted prompt of the same length to time "
          + "patching on")
    }
    model = loaded.model
    pair = PromptPair(item, corrupted: corrupted)
    var distant = pair
    distant.corrupted?[1] = item.tokens[1] == item.tokens[2] ? 0 : item.tokens[2]
    distantPair = distant
    (target, foil) = (item.answerTokens[0], item.foilTokens[0])
    patchedLayers = Array(0..<loaded.model.configuration.layerCount)
  }

  var tokenCount: Int { pair.clean.count }

  /// The first position at which the prompts differ.
  var firstDifference: Int {
    zip(pair.clean, pair.corrupted ?? []).prefix { $0 == $1 }.count
  }

  /// Bytes of weights that one more token needs: all, but one row of the embedding.
  var weightBytesPerToken: Int { model.streamedByteCount }

  /// The item's tokens over and over.
  func prompt(_ count: Int) -> [Int32] { (0..<count).map { pair.clean[$0 % tokenCount] } }

  /// Patches the heads of fewer layers, evenly spread, so that a run takes about `seconds`.
  func limitPatching(to seconds: Double) throws {
    let count = patchedLayers.count
    let one = try elapsedSeconds {
      _ = try model.activationPatching(pair, layers: [count / 2])
    }
    let affordable = max(1, min(count, Int(seconds / max(one, 1e-9))))
    patchedLayers = (0..<affordable).map { (2 * $0 + 1) * count / (2 * affordable) }
  }

  /// By how much a run over the patched layers is shorter than one over all.
  var patchedShare: Double {
    Double(patchedLayers.count) / Double(model.configuration.layerCount)
  }

  /// Does a piece of work once. `index` varies what can vary: which head is toggled.
  func run(_ task: BenchTask, index: Int) throws -> BenchRun {
    switch task {
    case .prompt(let count):
      let tokens = prompt(count)
      return try timed { _ = try model.forward(tokens) }
    case .decode:
      let base = try trace(.keys)
      let longer = pair.clean + [target]
      return try timed { _ = try model.forward(.tokens(longer, sharingPrefixOf: base)) }
    case .attribution: return try scored { try model.attributionPatching(pair) }
    case .attributionFromStart:
      return try scored { try model.attributionPatching(distantPair) }
    case .patching:
      var run = try scored { try model.activationPatching(pair, layers: patchedLayers) }
      run.seconds /= patchedShare
      return run
    case .toggleAtEND:
      let head = HeadIndex(layer: model.configuration.layerCount / 2, head: 0)
      return try toggle(head, at: .only([tokenCount - 1]))
    case .toggle:
      let heads = model.configuration.heads
      // Spread over the layers.
      return try toggle(heads[(index * (heads.count * 5 / 8 | 1)) % heads.count], at: .all)
    }
  }

  private func toggle(_ head: HeadIndex, at positions: Intervention.Positions) throws -> BenchRun {
    let base = try trace(.rerun)
    let change = Intervention(.head(head), .zero, at: positions)
    return try timed { _ = try model.forward(.rerun(base, adding: [change])) }
  }

  private func scored(_ work: () throws -> HeadScores) throws -> BenchRun {
    var scores: HeadScores?
    var run = try timed { scores = try work() }
    if let scores {
      let heads = scores.heads.filter { patchedLayers.contains($0.layer) }
      run.scores = Dictionary(uniqueKeysWithValues: heads.map { ($0, Double(scores[$0])) })
    }
    return run
  }

  private func timed(_ work: () throws -> Void) rethrows -> BenchRun {
    ProcessMemory.forgetPeak()
    let held = ProcessMemory.resident
    let seconds = try elapsedSeconds(work)
    return BenchRun(seconds: seconds, heldBytes: held, peakBytes: ProcessMemory.peak)
  }

  private func trace(_ recording: Recording) throws -> Trace {
    if let trace = recorded[recording] { return trace }
    let trace = try model.forward(
      pair.clean, recording: recording == .keys ? .keysAndValues : .rerun)
    recorded[recording] = trace
    return trace
  }
}
