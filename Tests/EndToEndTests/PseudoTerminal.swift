// Runs a program in a pseudo-terminal, so that tests type keys and look at the screen it draws.

import Foundation

/// How a process ended.
enum ExitStatus: Equatable {
  case exited(Int32)
  case killed(signal: Int32)
}

/// What went wrong in driving a program, with the screen as it was then.
struct PseudoTerminalError: Error, CustomStringConvertible {
  let description: String
}

/// A program in a terminal of its own: it leads a session there, as under a terminal window.
///
/// Nothing sleeps: `wait` and `waitForExit` read output until their condition holds, and throw at
/// the deadline with the screen in the message. The deadline is long, because a test machine may
/// be busy; it is reached only by a program that fails.
final class PseudoTerminal {
  static let patience = 60.0

  let processID: pid_t
  private(set) var parser: VTParser
  /// Everything the program wrote.
  private(set) var output: [UInt8] = []
  private let controller: Int32
  /// Kept open here so that the terminal and its modes outlive the program.
  private let terminal: Int32
  private var status: ExitStatus?

  var screen: Screen { parser.screen }

  /// Starts a program.
  /// - Parameters:
  ///   - arguments: the program's path, then its arguments.
  ///   - size: of the terminal, in cells.
  ///   - environment: set on top of the test's own environment; nil removes a variable.
  /// - Throws: `PseudoTerminalError` where the terminal or the program cannot be had.
  init(
    _ arguments: [String], size: ScreenSize = ScreenSize(columns: 80, rows: 24),
    environment: [String: String?] = [:]
  ) throws {
    (controller, terminal) = try openPseudoTerminal(size)
    parser = VTParser(size)
    do {
      processID = try spawn(
        arguments, environment: mergedEnvironment(environment),
        terminalPath: terminalPath(terminal))
    } catch {
      close(controller)
      close(terminal)
      throw error
    }
  }

  deinit {
    if status == nil {
      kill(processID, SIGKILL)
      var ignored: Int32 = 0
      waitpid(processID, &ignored, 0)
    }
    close(controller)
    close(terminal)
  }

  // MARK: What a user does

  /// Types text; a control character is what its key sends, such as `"\u{3}"` for Ctrl-C.
  func type(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(controller, $0.baseAddress, $0.count) }
      guard written > 0 || errno == EAGAIN || errno == EINTR else {
        throw failure("cannot type \(text.debugDescription): \(lastError())")
      }
      rest = rest.dropFirst(max(written, 0))
      if !rest.isEmpty { readAvailable(forMilliseconds: 10) }
    }
  }

  /// Changes the terminal's size, which sends SIGWINCH to the program in its foreground.
  func resize(_ size: ScreenSize) throws {
    readAvailable(forMilliseconds: 0)
    parser.screen.resize(size)
    try setSize(controller, size)
  }

  func send(signal: Int32) throws {
    guard kill(processID, signal) == 0 else {
      throw failure("cannot send signal \(signal): \(lastError())")
    }
  }

  // MARK: What a user sees

  /// Reads output until it pauses with the screen as wanted.
  /// - Throws: `PseudoTerminalError` at the deadline, or when the program has ended and all its
  ///   output did not make the condition true.
  func wait(
    for wanted: String, seconds: Double = patience, until isMet: (Screen) -> Bool
  ) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while true {
      let hasEnded = hasExited()
      // A frame may arrive in pieces: what is half drawn must not be taken for the screen.
      let gotMore = readAvailable(forMilliseconds: hasEnded ? 0 : 10)
      if !gotMore, isMet(screen) { return }
      if gotMore, Date() < deadline { continue }
      if hasEnded { throw failure("the program ended (\(statusText)) before: \(wanted)") }
      if Date() > deadline { throw failure("\(seconds) s passed without: \(wanted)") }
    }
  }

  /// Reads output until the screen shows a text.
  func wait(forText text: String) throws {
    try wait(for: "the text “\(text)”") { $0.text.contains(text) }
  }

  /// Waits for the program's end and reads the last of its output.
  func waitForExit(seconds: Double = patience) throws -> ExitStatus {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while !hasExited() {
      readAvailable(forMilliseconds: 10)
      if Date() > deadline { throw failure("the program did not end in \(seconds) s") }
    }
    while readAvailable(forMilliseconds: 0) {}
    guard let status else { throw failure("the program's status is unknown") }
    return status
  }

  /// The terminal's modes as `stty -g` would tell them: flags and control characters.
  func modes() throws -> TerminalModes {
    var modes = termios()
    guard tcgetattr(terminal, &modes) == 0 else {
      throw failure("cannot read the terminal's modes: \(lastError())")
    }
    let characters = withUnsafeBytes(of: modes.c_cc) { Array($0) }
    return TerminalModes(
      input: UInt64(modes.c_iflag), output: UInt64(modes.c_oflag), control: UInt64(modes.c_cflag),
      local: UInt64(modes.c_lflag), characters: characters)
  }

  // MARK: Reading

  /// Reads what has been written by now, waiting at most so long for a first byte.
  /// - Returns: whether there was anything.
  @discardableResult
  private func readAvailable(forMilliseconds timeout: Int32) -> Bool {
    var request = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, timeout) > 0, request.revents & Int16(POLLIN) != 0 else {
      return false
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(controller, &buffer, buffer.count)
    guard count > 0 else { return false }
    output.append(contentsOf: buffer[..<count])
    parser.feed(buffer[..<count])
    return true
  }

  private func hasExited() -> Bool {
    if status != nil { return true }
    var raw: Int32 = 0
    guard waitpid(processID, &raw, WNOHANG) == processID else { return false }
    let signal = raw & 0x7F  // WTERMSIG and WEXITSTATUS are macros that Swift cannot see
    status = signal == 0 ? .exited((raw >> 8) & 0xFF) : .killed(signal: signal)
    return true
  }

  private var statusText: String { status.map { "\($0)" } ?? "still running" }

  /// An error with the screen as it is, in ASCII: `swift test` drops a part of its output that ends
  /// within a character of several bytes.
  private func failure(_ text: String) -> PseudoTerminalError {
    let size = "\(screen.size.columns)x\(screen.size.rows)"
    let picture = "\(text)\nThe screen (\(size)):\n\(screen.text)".map { character -> Character in
      switch character {
      case "─", "━": "-"
      case "│", "┃": "|"
      case let other where other.isASCII: other
      default: "~"
      }
    }
    return PseudoTerminalError(description: String(picture))
  }
}

/// A terminal's modes, to compare before and after.
struct TerminalModes: Equatable {
  var input, output, control, local: UInt64
  var characters: [UInt8]
}
