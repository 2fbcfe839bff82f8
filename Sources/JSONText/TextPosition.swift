// Line and column, for errors about files that people edit.

/// A place in a text file; both numbers count from 1, columns count Unicode scalars.
public struct TextPosition: Sendable, Equatable, CustomStringConvertible {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The place of a byte in a text whose first line is number `firstLine` of its file.
  package init(offset: Int, in bytes: some Collection<UInt8>, firstLine: Int = 1) {
    var (line, column) = (firstLine, 1)
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }

  public var description: String { "line \(line), column \(column)" }
}
