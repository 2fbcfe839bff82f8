// What the model was found to do: answers, attention, verdicts over the set.

import Engine
import Interpretability

/// What the model says at END, in one run.
public struct Readout: Equatable, Sendable {
  /// Of each candidate's first token, over the whole vocabulary, in the candidates' order.
  public var probabilities: [Float]
  /// Logits of the same tokens.
  public var logits: [Float]
  public var topToken: String
  public var topProbability: Float
  public var isRight: Bool

  public init(
    probabilities: [Float], logits: [Float], topToken: String, topProbability: Float,
    isRight: Bool
  ) {
    self.probabilities = probabilities
    self.logits = logits
    self.topToken = topToken
    self.topProbability = topProbability
    self.isRight = isRight
  }

  /// The right candidate's logit minus the foil's; `nil` without either.
  package func logitDifference(_ candidates: [Candidate]) -> Float? {
    guard let right = candidates.firstIndex(where: \.isRight),
      let foil = candidates.firstIndex(where: \.isFoil),
      logits.indices.contains(right), logits.indices.contains(foil)
    else { return nil }
    return logits[right] - logits[foil]
  }
}

/// Where one query position of one head attends.
public struct AttentionReading: Equatable, Sendable {
  public var head: HeadIndex
  public var query: Int
  /// Over the key positions 0...query, or over all; `[S]`.
  public var weights: [Float]
  /// The head's strongest pair of roles on this item.
  public var rolePair: RolePair?

  public init(head: HeadIndex, query: Int, weights: [Float], rolePair: RolePair?) {
    self.head = head
    self.query = query
    self.weights = weights
    self.rolePair = rolePair
  }
}

/// Whether one item of the set was answered right.
public struct Verdict: Equatable, Sendable {
  public var item: Int
  /// In the plain run; `nil` where it was not asked.
  public var plain: Bool?
  /// Under the edits; `nil` without edits.
  public var edited: Bool?

  public init(item: Int, plain: Bool?, edited: Bool?) {
    self.item = item
    self.plain = plain
    self.edited = edited
  }
}

/// How many of the items asked were answered right.
package struct Tally: Equatable, Sendable {
  package var right = 0
  package var total = 0

  package var share: Float? { total > 0 ? Float(right) / Float(total) : nil }

  package mutating func count(_ isRight: Bool?) {
    guard let isRight else { return }
    total += 1
    right += isRight ? 1 : 0
  }
}

/// What leaves with the export key: the screen, and what stands on it as files.
public struct ExportRequest: Equatable, Sendable {
  /// A file name without its suffix, such as `gar-item37-attribution`.
  public var name: String
  public var screen: String
  public var files: [ExportFile]

  public init(name: String, screen: String, files: [ExportFile]) {
    self.name = name
    self.screen = screen
    self.files = files
  }
}

/// One file beside the screen.
public struct ExportFile: Equatable, Sendable {
  public enum Content: Equatable, Sendable {
    case text(String)
    /// An array for a `.npy` file, float32, C order.
    case array([Float], shape: [Int])
  }

  /// Follows the export's name: `.csv`, `-difference.npy`.
  public var suffix: String
  public var content: Content

  public init(_ suffix: String, _ content: Content) {
    self.suffix = suffix
    self.content = content
  }
}
