// True and False heads: heads that tell a true statement from a false one, found on counterfactual
// pairs and called so only on evidence.

import Engine

/// What a head is, on evidence.
public enum HeadKind: String, Sendable, CaseIterable {
  case trueHead = "true"
  case falseHead = "false"
  case neither
}

/// What a True or False head must show.
public enum HeadCriterion: String, Sendable, CaseIterable {
  /// It is a candidate: among the heads with the largest attribution on both halves.
  case attribution
  /// d is large enough to be more than rounding.
  case difference
  /// The interval of d excludes 0.
  case interval
  /// f tells true statements from false ones across pairs as well.
  case auroc
}

/// The evidence on one head. "When true" and "when false" name the pair's halves.
public struct HeadEvidence: Sendable {
  public var head: HeadIndex
  public var kind: HeadKind
  /// The criteria that it fails; none for True and False heads.
  public var failures: [HeadCriterion]
  /// d = mean over pairs of f(statement true) − f(statement false); f is `headFeature`.
  public var d: Double
  /// 99.9 % interval of d, by Student's t.
  public var interval: Interval
  /// The chance that f is larger when the statement is true.
  public var auroc: Double
  /// Mean attribution patching score on each half, the partner as the corrupted run, in logits.
  public var attributionWhenTrue, attributionWhenFalse: Double
  public var rolePair: RolePair?
  /// Accuracy on each half with this head's z set to zero; `nil` for heads that are no candidates.
  public var ablatedAccuracyWhenTrue, ablatedAccuracyWhenFalse: Double?
}

/// The evidence on every head of a model.
public struct HeadClasses: Sendable {
  public var heads: [HeadEvidence]
  /// Pairs with features, and those whose halves have the same length and so gave attribution.
  public var pairCount, alignedPairCount: Int
  public var accuracyWhenTrue, accuracyWhenFalse: Double

  public func heads(_ kind: HeadKind) -> [HeadIndex] {
    heads.filter { $0.kind == kind }.map(\.head)
  }

  /// Ranked as they are reported: True heads and False heads first, then by attribution.
  public var ranked: [HeadEvidence] {
    heads.sorted {
      (($0.kind == .neither ? 1 : 0), -$0.leastAttribution, $0.head)
        < (($1.kind == .neither ? 1 : 0), -$1.leastAttribution, $1.head)
    }
  }
}

extension HeadEvidence {
  /// It is among the heads with the largest attribution on both halves.
  public var isCandidate: Bool { !failures.contains(.attribution) }

  /// The smaller of the two halves' attributions.
  public var leastAttribution: Double { min(attributionWhenTrue, attributionWhenFalse) }
}

/// When a head is called True or False.
///
/// Candidates come first: attention that differs between the halves does nothing by itself, so a
/// head must also move the answer. It must do so towards the right answer on *both* halves, which
/// leaves out heads that push one label whatever the statement, and those that push the wrong one.
/// A head's attribution is the first-order effect of restoring its output in the partner's run; one
/// that counts only after another head has spoken has none on one half, and is no candidate either.
public struct HeadClassSettings: Sendable, Equatable {
  /// At most so many heads are candidates; 0 stands for a twentieth of all heads, at least 8.
  public var candidateCount = 0
  /// A candidate has at least this share of the largest attribution on both halves.
  public var leastShare = 0.05
  /// The least |d|. Where attention is nearly all on one key, what is left moves by a trifle, the
  /// same way on every pair: so small a d can have a narrow interval and an AUROC of 1.
  public var leastDifference = 0.01
  /// AUROC in the head's own direction.
  public var leastAUROC = 0.65
  /// Of the interval of d.
  public var confidence = 0.999

  public init() {}

  func candidateCount(of headCount: Int) -> Int {
    candidateCount > 0 ? candidateCount : max(8, headCount / 20)
  }

  /// The criteria that a head fails, in the order of `HeadCriterion.allCases`.
  public func failures(
    isCandidate: Bool, d: Double, interval: Interval, auroc: Double
  ) -> [HeadCriterion] {
    HeadCriterion.allCases.filter { criterion in
      switch criterion {
      case .attribution: !isCandidate
      case .difference: abs(d) < leastDifference
      case .interval: interval.contains(0) || !interval.low.isFinite
      case .auroc: (d > 0 ? auroc : 1 - auroc) < leastAUROC
      }
    }
  }
}
