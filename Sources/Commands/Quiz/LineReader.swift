// Lines from standard input, from a terminal or a pipe, with Ctrl-C as a value.

import Foundation

/// What waiting for a line came to.
enum InputLine: Equatable {
  case line(String)
  /// The end of the input.
  case end
  /// A signal, by number.
  case interrupted(Int32)
}

/// Reads lines. From its beginning to `stop`, a signal ends the wait for a line and not the program.
final class LineReader {
  private var buffer: [UInt8] = []
  private var hasEnded = false
  private let signals: (readEnd: Int32, writeEnd: Int32)
  /// Longer lines are cut in pieces.
  private static let longest = 1 << 16

  /// - Throws: `CommandError.failed` where the system has no pipe left.
  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw CommandError.failed("no pipe for signals: \(String(cString: strerror(errno)))")
    }
    signals = (ends[0], ends[1])
    Interruption.divert(to: ends[1])
  }

  /// Gives signals back their meaning.
  func stop() { Interruption.divert(to: nil) }

  deinit {
    stop()
    close(signals.readEnd)
    close(signals.writeEnd)
  }

  /// Waits for the next line, which comes without its line break.
  func next() throws -> InputLine {
    while true {
      if let line = takeLine() { return .line(line) }
      if hasEnded { return .end }
      var files = [STDIN_FILENO, signals.readEnd].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&files, 2, -1) > 0 else { continue }
      if files[1].revents != 0 {
        var number: UInt8 = 0
        if read(signals.readEnd, &number, 1) == 1 { return .interrupted(Int32(number)) }
      }
      if files[0].revents != 0 { try fill() }
    }
  }

  private func fill() throws {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = read(STDIN_FILENO, &chunk, chunk.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return }
    guard count >= 0 else {
      throw CommandError.failed("standard input: \(String(cString: strerror(errno)))")
    }
    hasEnded = count == 0
    buffer += chunk[..<count]
  }

  private func takeLine() -> String? {
    let end = buffer.firstIndex(of: UInt8(ascii: "\n"))
    guard end != nil || buffer.count >= Self.longest || (hasEnded && !buffer.isEmpty) else {
      return nil
    }
    var line = buffer[..<(end ?? buffer.count)]
    buffer.removeFirst(end.map { $0 + 1 } ?? buffer.count)
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return String(decoding: line, as: UTF8.self)
  }
}
