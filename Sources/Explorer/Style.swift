// What a cell means; a palette turns the meaning into colours.

import GAR

/// The meaning of a cell.
public enum Ink: Hashable, Sendable {
  case plain, faint, border, focusedBorder, title, brand, key, message, problem
  case right, wrong, before, after, progress
  case role(Role)
  /// A head's score: from -31 (most negative) to 31 (most positive).
  case heat(Int)
  case ablated, scaled, trueHead, falseHead, attention
  /// Two layers' heads in one cell: its upper half and, where there is another layer, its lower half.
  case halves(upper: Shade, lower: Shade?)

  /// What half a cell means.
  public enum Shade: Hashable, Sendable {
    case heat(Int)
    case empty, edited, trueHead, falseHead, selected
  }
}

/// Ink and what is laid over it.
public struct Style: Hashable, Sendable {
  public struct Marks: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let bold = Marks(rawValue: 1)
    public static let underline = Marks(rawValue: 2)
    public static let reverse = Marks(rawValue: 4)
  }

  public var ink: Ink
  public var marks: Marks

  public init(_ ink: Ink, _ marks: Marks = []) {
    self.ink = ink
    self.marks = marks
  }

  public static let plain = Style(.plain)
  public static let faint = Style(.faint)
  public static let ablated = Style(.ablated, .bold)
  public static let selected = Style(.plain, .reverse)

  package func with(_ more: Marks) -> Style { Style(ink, marks.union(more)) }
}
