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
  package init(offset: Int, in bytes: [UInt8], firstLine: Int = 1) {
    let before = bytes[..<min(offset, bytes.count)]
    let newlines = before.count { $0 == UInt8(ascii: "\n") }
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    self.init(line: firstLine + newlines, column: column)
  }

  public var description: String { "line \(line), column \(column)" }
}
