// Opens a pseudo-terminal and starts a program as the leader of a session on it.

import Foundation

func lastError() -> String { String(cString: strerror(errno)) }

/// Opens both ends of a new terminal, which no process controls yet.
func openPseudoTerminal(_ size: ScreenSize) throws -> (controller: Int32, terminal: Int32) {
  var controller: Int32 = -1
  var terminal: Int32 = -1
  guard openpty(&controller, &terminal, nil, nil, nil) == 0 else {
    throw PseudoTerminalError(description: "cannot open a pseudo-terminal: \(lastError())")
  }
  // Neither end may leak into programs that other tests start meanwhile.
  for descriptor in [controller, terminal] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
  _ = fcntl(controller, F_SETFL, O_NONBLOCK)
  try setSize(controller, size)
  return (controller, terminal)
}

/// The path under which a program opens the terminal.
func terminalPath(_ terminal: Int32) throws -> String {
  var path = [CChar](repeating: 0, count: 256)
  guard ttyname_r(terminal, &path, path.count) == 0 else {
    throw PseudoTerminalError(description: "cannot name a pseudo-terminal: \(lastError())")
  }
  return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func setSize(_ descriptor: Int32, _ size: ScreenSize) throws {
  var cells = winsize(
    ws_row: UInt16(size.rows), ws_col: UInt16(size.columns), ws_xpixel: 0, ws_ypixel: 0)
  guard ioctl(descriptor, UInt(TIOCSWINSZ), &cells) == 0 else {
    throw PseudoTerminalError(description: "cannot set a terminal's size: \(lastError())")
  }
}

/// This process's environment with changes; nil removes a variable. Terminal, language and size
/// are pinned unless the changes name them, so that the test's own terminal has no influence.
func mergedEnvironment(_ changes: [String: String?]) -> [String: String] {
  var merged = ProcessInfo.processInfo.environment
  for name in ["LINES", "COLUMNS", "NO_COLOR", "COLORTERM", "LC_ALL", "LANG", "GAR_ASSETS"] {
    merged[name] = nil
  }
  merged["TERM"] = "xterm-256color"
  merged["LC_ALL"] = "C.UTF-8"
  for (name, value) in changes { merged[name] = value }
  return merged
}

/// Makes the new process lead a session. Swift does not see the C headers' name for it.
#if canImport(Darwin)
  private let spawnSetsSession: Int32 = 0x400
#else
  private let spawnSetsSession: Int32 = 0x80
#endif

/// Starts a program in a new session. Its standard input, output and errors are the terminal,
/// which becomes its controlling terminal because a session leader without one opens it.
/// Signals have their default actions and none is blocked, whatever the test runner set.
func spawn(
  _ arguments: [String], environment: [String: String], terminalPath: String
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, terminalPath, O_RDWR, 0)
  posix_spawn_file_actions_adddup2(&actions, 0, 1)
  posix_spawn_file_actions_adddup2(&actions, 0, 2)

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var all = sigset_t()
  var none = sigset_t()
  sigfillset(&all)
  sigemptyset(&none)
  posix_spawnattr_setsigdefault(&attributes, &all)
  posix_spawnattr_setsigmask(&attributes, &none)
  let flags =
    spawnSetsSession | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
  posix_spawnattr_setflags(&attributes, Int16(flags))

  var argumentPointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  var environmentPointers: [UnsafeMutablePointer<CChar>?] =
    environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
  var processID: pid_t = 0
  let code = posix_spawnp(
    &processID, arguments[0], &actions, &attributes, &argumentPointers, &environmentPointers)
  guard code == 0 else {
    let reason = String(cString: strerror(code))
    throw PseudoTerminalError(description: "cannot start \(arguments[0]): \(reason)")
  }
  return processID
}
