// What the explorer shows of a model: its name and size, and its heads.

import Engine
import Interpretability

/// The model as the header tells it.
public struct ModelFacts: Equatable, Sendable {
  public var name: String
  public var layerCount: Int
  public var headCount: Int
  /// One line on what it is, such as `2,048 tokens, f16`.
  public var note: String
  /// Answers and accuracies come from activations rounded to int8.
  public var answersAreRounded: Bool

  public init(
    name: String, layerCount: Int, headCount: Int, note: String = "",
    answersAreRounded: Bool = false
  ) {
    self.name = name
    self.layerCount = layerCount
    self.headCount = headCount
    self.note = note
    self.answersAreRounded = answersAreRounded
  }

  package func holds(_ head: HeadIndex) -> Bool {
    (0..<layerCount).contains(head.layer) && (0..<headCount).contains(head.head)
  }
}

extension HeadKind {
  /// The letter that stands beside a cell of the heatmap.
  package var letter: String? {
    switch self {
    case .trueHead: "T"
    case .falseHead: "F"
    case .neither: nil
    }
  }

  package var name: String {
    switch self {
    case .trueHead: "True head"
    case .falseHead: "False head"
    case .neither: "head"
    }
  }
}

/// Why a head is a True or a False head, or neither.
public struct KindEvidence: Equatable, Sendable {
  public var head: HeadIndex
  public var kind: HeadKind
  /// Mean of f(statement true) - f(statement false) over pairs.
  public var d: Double
  /// The 99.9 % interval of `d`.
  public var interval: Interval
  /// In [0, 1]; above 0.5 where f is larger when the statement is true.
  public var auroc: Double
  /// Mean attribution on true and on false statements, in logits.
  public var attributionWhenTrue = 0.0, attributionWhenFalse = 0.0
  public var rolePair: RolePair?
  /// Accuracy on Yes and on No items with the head zeroed; `nil` for heads that are no candidates.
  public var ablatedAccuracyWhenTrue, ablatedAccuracyWhenFalse: Double?
  /// Among the heads with the largest attribution on both halves.
  public var isCandidate = true

  public init(head: HeadIndex, kind: HeadKind, d: Double, interval: Interval, auroc: Double) {
    self.head = head
    self.kind = kind
    self.d = d
    self.interval = interval
    self.auroc = auroc
  }

  public init(_ evidence: HeadEvidence) {
    self.init(
      head: evidence.head, kind: evidence.kind, d: evidence.d, interval: evidence.interval,
      auroc: evidence.auroc)
    attributionWhenTrue = evidence.attributionWhenTrue
    attributionWhenFalse = evidence.attributionWhenFalse
    rolePair = evidence.rolePair
    ablatedAccuracyWhenTrue = evidence.ablatedAccuracyWhenTrue
    ablatedAccuracyWhenFalse = evidence.ablatedAccuracyWhenFalse
    isCandidate = evidence.isCandidate
  }

  /// The smaller of the two halves' attributions.
  package var leastAttribution: Double { min(attributionWhenTrue, attributionWhenFalse) }
}

/// What evidence on heads was found on.
public struct EvidenceBase: Equatable, Sendable {
  public var pairCount: Int
  /// Without any edit.
  public var accuracyWhenTrue, accuracyWhenFalse: Double

  public init(pairCount: Int, accuracyWhenTrue: Double, accuracyWhenFalse: Double) {
    self.pairCount = pairCount
    self.accuracyWhenTrue = accuracyWhenTrue
    self.accuracyWhenFalse = accuracyWhenFalse
  }
}

extension AttributionMethod {
  /// The name that `:score` takes and narrow titles show.
  package var shortName: String {
    switch self {
    case .attributionPatching: "attribution"
    case .integratedGradients: "integrated"
    case .zeroBaseline: "zero"
    case .activationPatching: "patching"
    case .ablation: "ablation"
    case .directLogitAttribution: "direct"
    }
  }

  /// The full name, saying where every score is a run of its own.
  package var longName: String { isExact ? title + " (exact)" : title }
}
