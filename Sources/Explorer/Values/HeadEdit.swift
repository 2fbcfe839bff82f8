// What a person does to heads: to their output, or to the row by which they attend.

import Engine
import GAR
import Interpretability

/// What is done to one head.
public struct HeadEdit: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case zero, mean
    case scale(Float)
    /// The head's attention row at the claimed answer (at END in that scope) becomes strength · row +
    /// (1 − strength) · own; strength is in 0...1. An item without a claimed answer stays as it is.
    case row(Row, strength: Float)
  }
  public enum Scope: Equatable, Sendable {
    /// For a row: at the claimed answer.
    case allPositions
    /// The last position of the prompt only.
    case end
  }
  /// The row that a head is given.
  public enum Row: Equatable, Sendable {
    /// All attention on the last token of a role.
    case oneHot(Role)
    /// The row of another head, of the same layer or an earlier one.
    case head(HeadIndex)
  }

  public var kind: Kind
  public var scope: Scope

  public init(_ kind: Kind, scope: Scope = .allPositions) {
    self.kind = kind
    self.scope = scope
  }

  package var name: String {
    let what: String
    switch kind {
    case .zero: what = "zero-ablated"
    case .mean: what = "mean-ablated"
    case .scale(let factor): what = "scaled x\(decimal(factor))"
    case .row(let row, let strength):
      let source =
        switch row {
        case .oneHot(let role): "to \(role.rawValue) alone"
        case .head(let head): "as \(head) does"
        }
      let share = strength == 1 ? "" : ", by \(decimal(strength))"
      what = "attends \(source)\(share)" + (scope == .end ? "" : " at A")
    }
    return scope == .end ? what + " at END" : what
  }

  /// The glyph in place of a head's score.
  package var glyph: String {
    switch kind {
    case .zero: "×"
    case .mean: "μ"
    case .scale(let factor): factor < 1 ? "↓" : "↑"
    case .row: "→"
    }
  }

  /// The head's output is put out, whatever it attends to.
  package var isOff: Bool { kind == .zero || kind == .mean }

  /// Whether it touches another position in each item.
  var isByItem: Bool {
    if case .row = kind { return true }
    return scope == .end
  }
}

/// The heads that are changed, and how. Empty: the plain run.
public typealias HeadEdits = [HeadIndex: HeadEdit]

extension HeadEdit.Kind {
  /// Reads what `:row` takes: `one-hot`, `one-hot K`, `from 3.1`, `off`, and a strength after it.
  /// - Returns: for `off`, the unchanged head; `nil` for anything else, and for a head whose row is not
  ///   known before `head` attends.
  static func row(_ text: String, of head: HeadIndex, _ facts: ModelFacts) -> HeadEdit.Kind? {
    var words = text.split(separator: " ").map(String.init)
    if words == ["off"] { return .scale(1) }
    var strength: Float = 1
    // After `from` comes a head, which looks like a number too.
    if words.count > (words.first == "from" ? 2 : 1), let last = words.last.flatMap(Float.init) {
      guard (0...1).contains(last) else { return nil }
      strength = last
      words.removeLast()
    }
    switch (words.first, words.count) {
    case ("one-hot", 1): return .row(.oneHot(.query), strength: strength)
    case ("one-hot", 2):
      return Role(rawValue: words[1].uppercased()).map { .row(.oneHot($0), strength: strength) }
    case ("from", 2):
      guard let source = HeadIndex(words[1]), facts.holds(source), source.layer <= head.layer,
        source != head
      else { return nil }
      return .row(.head(source), strength: strength)
    default: return nil
    }
  }
}
