// The methods that score every head on one prompt pair, by name.

import Engine

/// A way to score heads. Estimates cost a few passes, exact methods a pass for each head.
public enum AttributionMethod: String, CaseIterable, Sendable {
  case attributionPatching
  case integratedGradients
  case zeroBaseline
  case activationPatching
  case ablation
  case directLogitAttribution

  /// For titles: `attribution patching`.
  public var title: String {
    switch self {
    case .attributionPatching: "attribution patching"
    case .integratedGradients: "integrated gradients"
    case .zeroBaseline: "zero baseline"
    case .activationPatching: "activation patching"
    case .ablation: "ablation"
    case .directLogitAttribution: "direct logit attribution"
    }
  }

  /// Reads `attributionPatching`, `attribution-patching` and `attribution patching`.
  public init?(name: String) {
    func folded(_ text: String) -> String { text.lowercased().filter(\.isLetter) }
    guard let method = Self.allCases.first(where: { folded($0.rawValue) == folded(name) }) else {
      return nil
    }
    self = method
  }

  /// One run for each head, no estimate.
  public var isExact: Bool { self == .activationPatching || self == .ablation }

  public var needsCorruptedPrompt: Bool {
    switch self {
    case .attributionPatching, .integratedGradients, .activationPatching: true
    case .zeroBaseline, .ablation, .directLogitAttribution: false
    }
  }
}

/// Which run is changed towards which.
public enum PatchingDirection: String, CaseIterable, Sendable {
  /// Clean activations into the corrupted run: positive if the head alone restores the answer.
  case denoising
  /// Corrupted activations into the clean run: negative if the head alone breaks the answer.
  case noising
}

public struct AttributionSettings: Sendable, Equatable {
  public var direction: PatchingDirection
  /// Steps of integrated gradients.
  public var steps: Int

  public init(direction: PatchingDirection = .denoising, steps: Int = 5) {
    self.direction = direction
    self.steps = steps
  }
}

extension Model {
  /// Scores every head of the model on one pair.
  /// - Returns: scores, `[L, H]`, in logits of the metric.
  /// - Throws: `AttributionError` where the method needs a corrupted prompt of equal length,
  ///   `EngineError` for prompts that do not fit, and what `progress` throws.
  public func headScores(
    _ method: AttributionMethod, on pair: PromptPair, settings: AttributionSettings = .init(),
    progress: ProgressHandler = { _, _ in }
  ) throws -> HeadScores {
    switch method {
    case .attributionPatching: try attributionPatching(pair, direction: settings.direction)
    case .integratedGradients:
      try integratedGradients(pair, direction: settings.direction, steps: settings.steps)
    case .zeroBaseline: try zeroBaseline(pair)
    case .activationPatching:
      try activationPatching(pair, direction: settings.direction, progress: progress)
    case .ablation: try ablation(pair, progress: progress)
    case .directLogitAttribution: try directLogitAttribution(pair).headScores
    }
  }
}

extension Model {
  /// What every component of the clean run adds directly to the pair's metric.
  ///
  /// It needs no corrupted prompt; heads that act only through later layers score near 0.
  public func directLogitAttribution(_ pair: PromptPair) throws -> DirectLogitAttribution {
    let trace = try forward(
      pair.clean, interventions: pair.interventions, recording: .directLogitAttribution)
    return directLogitAttribution(trace, of: pair.metric)
  }
}

extension DirectLogitAttribution {
  /// The heads' contributions, `[L, H]`.
  public var headScores: HeadScores {
    HeadScores(layerCount: heads.shape[0], headCount: heads.shape[1], values: heads.values)
  }
}
