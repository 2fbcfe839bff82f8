// Times of the same work, done several times.

/// What repeated runs took: the median, and how far they spread.
struct Reading {
  /// Seconds, in the order of the runs; at least one.
  let seconds: [Double]

  init(_ seconds: [Double]) {
    precondition(!seconds.isEmpty, "Reading: of nothing")
    self.seconds = seconds
  }

  var median: Double { Commands.median(seconds) }
  var least: Double { seconds.min() ?? 0 }
  var most: Double { seconds.max() ?? 0 }

  /// `3.03 (2.98–3.40)`, in milliseconds.
  var text: String {
    let digits = median < 0.1 ? 2 : 0
    func milliseconds(_ seconds: Double) -> String { fixed(seconds * 1000, digits) }
    return "\(milliseconds(median)) (\(milliseconds(least))–\(milliseconds(most)))"
  }
}

/// The middle value, or the mean of the two in the middle.
func median(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "median of nothing")
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// Seconds that `body` takes.
func elapsedSeconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .seconds(1)
}
