// How much memory this process holds, and how much there is for it.

import Foundation

package enum ProcessMemory {
  /// Bytes that are in memory now, mapped files included; `nil` where the system does not say.
  package static var resident: Int? { field("VmRSS:") }

  /// The most that was in memory since the start, or since `forgetPeak`.
  package static var peak: Int? { field("VmHWM:") ?? largestSinceStart }

  /// Bytes that programs can have without swapping: what the system has left, and what the process's
  /// control groups leave it; `nil` where neither is known.
  package static var available: Int? {
    ([systemAvailable] + controlGroups.map(\.available)).compactMap { $0 }.min()
  }

  /// The most since the start, whatever was forgotten.
  package static var peakSinceStart: Int? {
    lock.withLock { [forgotten, peak ?? 0].max().flatMap { $0 > 0 ? $0 : nil } }
  }

  private static let lock = NSLock()
  nonisolated(unsafe) private static var forgotten = 0

  /// Lets `peak` begin anew; without effect where the system cannot.
  package static func forgetPeak() {
    lock.withLock { forgotten = max(forgotten, peak ?? 0) }
    guard let file = fopen("/proc/self/clear_refs", "w") else { return }
    fputs("5", file)
    fclose(file)
  }

  private static var largestSinceStart: Int? {
    var usage = rusage()
    #if canImport(Darwin)
      return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : nil
    #else
      let who = __rusage_who_t(RUSAGE_SELF.rawValue)
      return getrusage(who, &usage) == 0 ? Int(usage.ru_maxrss) * 1024 : nil
    #endif
  }

  private static func field(_ name: String) -> Int? {
    kilobytes(name, in: text("/proc/self/status"))
  }

  private static var systemAvailable: Int? {
    kilobytes("MemAvailable:", in: text("/proc/meminfo"))
  }

  /// `VmRSS:    123 kB` in bytes.
  static func kilobytes(_ name: String, in text: String?) -> Int? {
    guard let line = text?.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
      return nil
    }
    return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
      .flatMap { Int($0) }.flatMap { $0 <= Int.max >> 10 ? $0 << 10 : nil }
  }

  /// A file of the system whose size is not known before it is read.
  static func text(_ path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else {
      return nil
    }
    return String(decoding: data, as: UTF8.self)
  }
}
