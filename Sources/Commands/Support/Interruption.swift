// Ctrl-C: the program ends with status 130 and leaves nothing half written.

import Foundation

/// Waits for SIGINT, SIGTERM and SIGHUP on a thread of its own, where anything may be done, unlike in
/// a signal handler.
enum Interruption {
  private static let lock = NSLock()
  /// Files that are not finished.
  nonisolated(unsafe) private static var drafts: Set<String> = []
  nonisolated(unsafe) private static var farewell: String?
  /// Where the next signal goes instead of ending the program.
  nonisolated(unsafe) private static var listener: Int32?

  /// What an interrupted program says at its end; nothing by default.
  static func say(_ text: String?) { lock.withLock { farewell = text } }

  /// Must run before any other thread starts, since threads inherit which signals are blocked.
  static func install() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let watched = signals
    Thread.detachNewThread { wait(for: watched) }
  }

  /// Names an unfinished file, to be removed if the program is interrupted.
  static func removeOnExit(_ path: String) { _ = lock.withLock { drafts.insert(path) } }

  /// Takes `removeOnExit` back.
  static func keep(_ path: String) { _ = lock.withLock { drafts.remove(path) } }

  /// Makes the next signal readable at `file` as a byte, its number, instead of ending the program;
  /// the one after it ends the program all the same. `nil` takes that back.
  static func divert(to file: Int32?) { lock.withLock { listener = file } }

  /// - Returns: whether someone listens for the signal.
  private static func hand(_ signal: Int32) -> Bool {
    lock.withLock {
      guard let file = listener else { return false }
      listener = nil
      var number = UInt8(signal)
      return write(file, &number, 1) == 1
    }
  }

  private static func wait(for signals: sigset_t) {
    var signals = signals
    var received: Int32 = 0
    repeat {
      while sigwait(&signals, &received) != 0 {}
    } while hand(received)
    lock.lock()
    ProgressBar.clearLine()
    for draft in drafts { unlink(draft) }
    if let farewell { note(farewell) }
    _exit(128 + received)
  }

  /// As set by `nohup`, which is to be respected.
  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    #if canImport(Darwin)
      return unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
    #else
      return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
    #endif
  }
}
