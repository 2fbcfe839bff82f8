// Why a terminal cannot show the explorer.

/// A terminal that cannot show full screens. Each description says what to do instead.
public enum TerminalError: Error, Equatable, CustomStringConvertible {
  /// Standard input or output is a file or a pipe.
  case notATerminal(stream: String)
  case unknownTerminal(name: String)
  /// The terminal has no way to move its cursor, such as `TERM=dumb`.
  case cannotMoveCursor(name: String)
  case noPipe

  public var description: String {
    switch self {
    case .notATerminal(let stream):
      "standard \(stream) is not a terminal; " + Self.remedy
    case .unknownTerminal(let name):
      "the terminal type \(Self.quoted(name)) is not known; set TERM, for example to xterm, or "
        + Self.remedy
    case .cannotMoveCursor(let name):
      "the terminal type \(Self.quoted(name)) cannot move its cursor; set TERM, or " + Self.remedy
    case .noPipe: "no more files can be opened; close some or raise the limit with ulimit -n"
    }
  }

  private static let remedy = "use --script FILE --dump to print a screen without a terminal"

  private static func quoted(_ name: String) -> String { name.isEmpty ? "(TERM is empty)" : name }
}
