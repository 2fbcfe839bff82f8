// Ctrl-C: the program ends with status 130 once nothing is half written.

import Foundation

/// Waits for SIGINT, SIGTERM and SIGHUP on a thread of its own, where anything may be done, unlike in
/// a signal handler.
enum Interruption {
  /// Held by whoever writes what must not be left half written.
  private static let saving = NSRecursiveLock()

  /// Must run before any other thread starts, since threads inherit which signals are blocked.
  static func install() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let watched = signals
    Thread.detachNewThread { wait(for: watched) }
  }

  /// Runs `body`; an interruption waits until it has ended.
  static func protecting<Result>(_ body: () throws -> Result) rethrows -> Result {
    try saving.withLock(body)
  }

  private static func wait(for signals: sigset_t) {
    var signals = signals
    var received: Int32 = 0
    while sigwait(&signals, &received) != 0 {}
    saving.lock()
    ProgressBar.clearLine()
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
