// How far long work has come: on standard error, only on a terminal, only where it takes a while.

import Foundation

/// A bar with the rate and the time left.
final class ProgressBar {
  private let title: String
  private let unit: String
  private let start = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  /// What was done before this program began, and says nothing about its rate.
  var doneBefore = 0

  nonisolated(unsafe) private static var isShown = false
  private static let isTerminal = isatty(STDERR_FILENO) == 1

  /// - Parameters:
  ///   - title: what is being done: `evaluating`.
  ///   - unit: what is counted: `items`.
  init(_ title: String, unit: String) {
    self.title = title
    self.unit = unit
  }

  deinit { Self.clearLine() }

  /// Draws at most ten times a second, and not before half a second has passed.
  ///
  /// `detail` says how the results look so far.
  func update(_ done: Int, _ total: Int, detail: String? = nil) {
    guard Self.isTerminal else { return }
    let now = ContinuousClock.now
    guard now - start > .milliseconds(500) else { return }
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    let seconds = (now - start) / .seconds(1)
    let text = progressLine(
      title: title, unit: unit, done: done, total: total, seconds: seconds,
      doneBefore: doneBefore, detail: detail)
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    Self.isShown = true
  }

  /// Removes the bar so that a line can be written in its place.
  static func clearLine() {
    guard isShown else { return }
    isShown = false
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}

/// `evaluating ━━━━━───────────────  120/512 items · 38/s · 10 s left`.
func progressLine(
  title: String, unit: String, done: Int, total: Int, seconds: Double, doneBefore: Int = 0,
  detail: String? = nil
) -> String {
  let width = 20
  let filled = total > 0 ? min(width, done * width / total) : 0
  let bar =
    String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
  let rate = seconds > 0 ? Double(done - doneBefore) / seconds : 0
  var text = "\(title) \(bar) \(done)/\(total) \(unit) · \(fixed(rate, rate < 10 ? 1 : 0))/s"
  if rate > 0, done < total {
    text += " · \(duration(Double(total - done) / rate)) left"
  }
  return text + (detail.map { " · \($0)" } ?? "")
}

/// `9 s`, `2 min 5 s`, `1 h 3 min`.
func duration(_ seconds: Double) -> String {
  let whole = Int(min(seconds, 1e9).rounded(.up))
  switch whole {
  case ..<60: return "\(whole) s"
  case ..<3600: return "\(whole / 60) min \(whole % 60) s"
  default: return "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}
