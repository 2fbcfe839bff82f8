// The clock, the waits and the chance that requests depend on, so that tests need none of them.

import Foundation

/// Time since some fixed moment, a way to wait, and a source of chance.
package struct Timekeeper: Sendable {
  package var now: @Sendable () -> Duration
  /// The time of day, which a server's dates are set against.
  package var date: @Sendable () -> Date
  package var sleep: @Sendable (Duration) -> Void
  /// Uniform in [0, 1).
  package var chance: @Sendable () -> Double

  package init(
    now: @escaping @Sendable () -> Duration, date: @escaping @Sendable () -> Date,
    sleep: @escaping @Sendable (Duration) -> Void, chance: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.date = date
    self.sleep = sleep
    self.chance = chance
  }

  package static let system: Timekeeper = {
    let start = ContinuousClock.now
    return Timekeeper(
      now: { ContinuousClock.now - start }, date: { Date() },
      sleep: { Thread.sleep(forTimeInterval: $0 / .seconds(1)) },
      chance: { Double.random(in: 0..<1) })
  }()
}

/// How long to wait before the next try.
package enum Backoff {
  /// Half a second, doubled with every try up to half a minute, of which chance takes up to half,
  /// so that workers that failed together do not come back together.
  ///
  /// - Parameters:
  ///   - attempt: how many tries have failed before, from 0.
  ///   - chance: in [0, 1).
  /// - Returns: a time in (0.25 s, 30 s].
  package static func delay(attempt: Int, chance: Double) -> Duration {
    let whole = min(30, 0.5 * Double(1 << min(attempt, 10)))
    return .seconds(whole * (1 - chance / 2))
  }

  /// What a Retry-After header asks for: seconds, or a date.
  ///
  /// - Parameters:
  ///   - header: the field's value.
  ///   - date: the time of day.
  /// - Returns: at least 0; `nil` for a value of neither kind.
  package static func retryAfter(_ header: String, date: Date) -> Duration? {
    if let seconds = Double(header) {
      return seconds.isFinite ? .seconds(min(max(0, seconds), 1e9)) : nil
    }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: header).map { .seconds(max(0, $0.timeIntervalSince(date))) }
  }
}

/// Lets requests start no faster than a rate, and none while the server asks for a pause.
package final class Pacer: @unchecked Sendable {
  private let interval: Duration
  private let time: Timekeeper
  // The lock guards the next free moment.
  private let lock = NSLock()
  private var next: Duration = .zero

  /// - Parameters:
  ///   - requestsPerMinute: the most that start within a minute; `nil` for no limit.
  ///   - time: the clock.
  package init(requestsPerMinute: Double?, time: Timekeeper) {
    interval = requestsPerMinute.map { .seconds(60 / $0) } ?? .zero
    self.time = time
  }

  /// Waits for this request's turn.
  package func wait() {
    while true {
      let now = time.now()
      let pause = lock.withLock { () -> Duration in
        if next <= now {
          next = now + interval
          return .zero
        }
        return next - now
      }
      if pause == .zero { return }
      time.sleep(pause)
    }
  }

  /// Starts no request before `delay` has passed.
  package func pause(for delay: Duration) {
    let moment = time.now() + delay
    lock.withLock { next = max(next, moment) }
  }
}
