// Signals and the way out: whatever ends the program, the terminal is left usable.

import CNcurses

/// What a signal means for the event loop.
enum SignalEvent {
  case interrupt
  /// SIGTERM or SIGHUP.
  case terminate(Int32)
  case suspend, resumed, resized
}

/// The handlers while a screen is open.
struct TerminalSignals {
  /// Readable when a signal has arrived.
  let file: Int32

  /// Remembers the terminal's modes. Call it before a screen is opened.
  static func saveModes() { gar_save_modes() }

  /// Installs the handlers; call it when the screen is open.
  init() throws {
    gar_prepare_restore()
    file = gar_install_signals()
    if file < 0 { throw TerminalError.noPipe }
  }

  func remove() { gar_remove_signals() }

  /// Every signal since the last call.
  func drain() -> [SignalEvent] {
    var events: [SignalEvent] = []
    var byte: UInt8 = 0
    while read(file, &byte, 1) == 1 {
      switch Int32(byte) {
      case SIGINT: events.append(.interrupt)
      case SIGTSTP: events.append(.suspend)
      case SIGCONT: events.append(.resumed)
      case SIGWINCH: events.append(.resized)
      case let number: events.append(.terminate(number))
      }
    }
    return events
  }

  /// Stops the program, and returns when it goes on.
  /// - Parameter wholeGroup: whether what the shell started together with it stops too, as by
  ///   Ctrl-Z.
  func suspend(wholeGroup: Bool) { gar_suspend(wholeGroup ? 1 : 0) }
}
