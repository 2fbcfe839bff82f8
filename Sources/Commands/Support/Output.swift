// Where results and remarks go: standard output and standard error.

import Foundation

/// The reader of standard output has gone, as `head` does when it has enough.
struct OutputClosed: Error {}

/// Buffered standard output whose failures are seen.
enum StandardOutput {
  private static let buffer = OutputBuffer()

  static func line(_ text: String) throws {
    try buffer.append(Array(text.utf8) + [UInt8(ascii: "\n")])
  }

  static func bytes(_ bytes: [UInt8]) throws { try buffer.append(bytes) }

  /// - Throws: `OutputClosed`; `CommandError.failed` for a full disk and the like.
  static func flush() throws { try buffer.flush() }

  static let isTerminal = isatty(STDOUT_FILENO) == 1
}

private final class OutputBuffer: @unchecked Sendable {
  private let lock = NSLock()
  private var pending: [UInt8] = []

  func append(_ bytes: [UInt8]) throws {
    try lock.withLock {
      pending += bytes
      if pending.count >= 1 << 16 { try drain() }
    }
  }

  func flush() throws { try lock.withLock { try drain() } }

  private func drain() throws {
    var rest = pending[...]
    defer { pending = [] }
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        if errno == EPIPE { throw OutputClosed() }
        throw CommandError.failed("standard output: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(written)
    }
  }
}

/// One line on standard error, marked as the program's.
func note(_ text: String) {
  ProgressBar.clearLine()
  let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
  FileHandle.standardError.write(Data("gar: \(line)\n".utf8))
}
