// The loop that joins terminal, state and background work.

import CNcurses
import Explorer
import Foundation

/// How an explorer in a terminal came to its end.
public enum TerminalExit: Equatable, Sendable {
  case quit
  /// Ctrl-C.
  case interrupted
  /// SIGTERM or SIGHUP, with its number.
  case signal(Int32)
  /// The terminal went away.
  case hangup
  /// To be opened anew on something else.
  case reopen(Reopening)
}

/// Runs the explorer in the terminal until it is left.
///
/// The first frame is drawn before the workbench is asked anything. Each turn of the loop takes
/// all input and all findings that have come, then draws one frame; it sleeps while there are
/// none. Findings of set work draw at most 20 frames a second.
///
/// - Parameters:
///   - state: to begin with; afterwards as it was left.
///   - workbench: answers its requests.
/// - Returns: how it was left.
/// - Throws: `TerminalError` where there is no terminal that can show it.
public func runExplorer(
  _ state: inout ExplorerState, workbench: any Workbench
) throws -> TerminalExit {
  let screen = try TerminalScreen()
  defer { screen.close() }
  let signals = try TerminalSignals()
  defer { signals.remove() }
  let mailbox = try Mailbox()
  let queue = WorkQueue(workbench: workbench) { mailbox.post($0) }
  defer { queue.stop() }
  var loop = EventLoop(
    state: state, screen: screen, signals: signals, mailbox: mailbox, queue: queue)
  defer { state = loop.state }
  return loop.run()
}

private struct EventLoop {
  var state: ExplorerState
  let screen: TerminalScreen
  let signals: TerminalSignals
  let mailbox: Mailbox
  let queue: WorkQueue

  private let clock = ContinuousClock()
  private var lastFrame = ContinuousClock.now
  private var isFrameDue = false
  private var emptyReads = 0
  private var exit: TerminalExit?

  init(
    state: ExplorerState, screen: TerminalScreen, signals: TerminalSignals, mailbox: Mailbox,
    queue: WorkQueue
  ) {
    self.state = state
    self.screen = screen
    self.signals = signals
    self.mailbox = mailbox
    self.queue = queue
  }

  mutating func run() -> TerminalExit {
    state.display = screen.display
    apply(.resize(screen.size))
    let effects = begin(&state)
    drawFrame()
    for effect in effects { queue.start(effect) }
    while true {
      let ready = wait()
      for signal in signals.drain() { take(signal) }
      if ready.hasInput { takeInput(isHungUp: ready.isHungUp) }
      takeFindings()
      if let exit { return exit }
      switch state.exit {
      case .quit: return .quit
      case .interrupted: return .interrupted
      case .reopen(let next): return .reopen(next)
      case nil: break
      }
      if isFrameDue, millisecondsToFrame() == 0 { drawFrame() }
    }
  }

  private mutating func apply(_ action: Action) {
    for effect in update(&state, action) { queue.start(effect) }
  }

  private mutating func drawFrame() {
    screen.show(draw(state))
    lastFrame = clock.now
    isFrameDue = false
  }

  /// A frame that answers a person is due at once, others 50 ms after the last.
  private mutating func demandFrame(isUrgent: Bool) {
    isFrameDue = true
    if isUrgent { lastFrame = clock.now - .milliseconds(50) }
  }

  private func millisecondsToFrame() -> Int32 {
    let left = Duration.milliseconds(50) - (clock.now - lastFrame)
    guard left > .zero else { return 0 }
    return Int32(left / .milliseconds(1)) + 1
  }

  /// Sleeps until there is input, a signal, a finding, or a frame to draw.
  private func wait() -> (hasInput: Bool, isHungUp: Bool) {
    var files = [STDIN_FILENO, signals.file, mailbox.file].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let count = poll(&files, nfds_t(files.count), isFrameDue ? millisecondsToFrame() : -1)
    guard count > 0 else { return (false, false) }
    let input = Int32(files[0].revents)
    return (input != 0, input & (POLLHUP | POLLERR | POLLNVAL) != 0)
  }

  private mutating func take(_ signal: SignalEvent) {
    switch signal {
    case .interrupt: apply(.interrupt)
    case .terminate(let number): exit = .signal(number)
    case .suspend: suspend(wholeGroup: false)
    // Resized: the window may have shrunk and grown back since, which loses cells at the same size.
    case .resumed, .resized: redraw()
    }
  }

  private mutating func suspend(wholeGroup: Bool) {
    signals.suspend(wholeGroup: wholeGroup)
    redraw()
  }

  private mutating func redraw() {
    screen.forget()
    apply(.resize(screen.size))
    demandFrame(isUrgent: true)
  }

  /// A readable terminal that gives nothing, again and again, has gone away.
  private mutating func takeInput(isHungUp: Bool) {
    let events = screen.drainInput()
    emptyReads = events.isEmpty ? emptyReads + 1 : 0
    if isHungUp || emptyReads > 100 { exit = .hangup }
    for event in events where state.exit == nil {
      if event == .key(.control("z")) {
        suspend(wholeGroup: true)
      } else if let action = action(for: event, in: state) {
        apply(action)
      }
    }
    if !events.isEmpty { demandFrame(isUrgent: true) }
  }

  private mutating func takeFindings() {
    for finding in mailbox.take() {
      apply(finding)
      demandFrame(isUrgent: isUrgent(finding))
    }
  }

  /// Whether a finding answers what was just asked, rather than telling how far set work is.
  private func isUrgent(_ action: Action) -> Bool {
    switch action {
    case .found(let topic, _, _), .failed(let topic, _, _): topic.isForeground
    default: false
    }
  }
}

/// Findings on their way from the background threads to the loop.
private final class Mailbox: @unchecked Sendable {
  /// Readable when there is something to take.
  let file: Int32
  private let writeEnd: Int32
  private let lock = NSLock()
  private var actions: [Action] = []

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw TerminalError.noPipe }
    (file, writeEnd) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
  }

  deinit {
    close(file)
    close(writeEnd)
  }

  func post(_ action: Action) {
    lock.withLock {
      actions.append(action)
      var byte: UInt8 = 1
      // One byte is enough to wake the loop, however many actions wait.
      if actions.count == 1 { _ = write(writeEnd, &byte, 1) }
    }
  }

  func take() -> [Action] {
    lock.withLock {
      guard !actions.isEmpty else { return [] }
      var bytes = [UInt8](repeating: 0, count: 64)
      while read(file, &bytes, bytes.count) > 0 {}
      defer { actions = [] }
      return actions
    }
  }
}
