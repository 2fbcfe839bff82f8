// The one-line editor at the foot of the screen, for filters and commands.

/// Text being typed after `/` or `:`, or as the answer to an item.
public struct LineEditor: Equatable, Sendable {
  public enum Purpose: Sendable { case filter, command, answer }

  public var purpose: Purpose
  public var text: String
  /// What to go back to when the line is given up.
  package var former: String

  package init(_ purpose: Purpose, text: String = "") {
    self.purpose = purpose
    self.text = text
    former = text
  }

  package var prompt: String {
    switch purpose {
    case .filter: "/"
    case .command: ":"
    case .answer: "your answer: "
    }
  }

  /// Applies a key; keys that edit nothing are ignored.
  package mutating func apply(_ key: Key) {
    switch key {
    case .char(let character): text.append(character)
    case .backspace, .delete: if !text.isEmpty { text.removeLast() }
    case .control("u"): text = ""
    case .control("w"):
      while text.last == " " { text.removeLast() }
      while let last = text.last, last != " " { text.removeLast() }
    default: break
    }
  }
}
