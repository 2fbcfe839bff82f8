// A results file: an SQLite database of scores that sweeps write, stop and resume.

import Foundation
import GRDB

/// An open results file. Several threads and several processes may work on one.
///
/// While it is written, SQLite's write-ahead log lies beside it (`-wal`, `-shm`); the last process to
/// close it leaves a single file. A killed process loses nothing that it had stored, and a failing
/// machine at most the last moments: never the file.
public final class ResultsFile: Sendable {
  public enum Access: Sendable {
    /// Must exist, and is not changed.
    case read
    /// Must exist.
    case write
    /// Is made where it does not exist.
    case create
  }

  public let path: String
  let access: Access
  let queue: DatabaseQueue
  /// Made by this object.
  let isNew: Bool

  /// How long to wait for another process's transaction, in seconds.
  public static let patience = 10.0

  /// - Parameters:
  ///   - path: the file.
  ///   - access: what is going to be done.
  ///   - pageLimit: the file's largest size in pages of 4 KB, so that a full disk can be tried; `nil` for none.
  ///   - patience: seconds to wait for a lock.
  /// - Throws: `ResultsError`.
  public init(
    path: String, access: Access, pageLimit: Int? = nil, patience: Double = ResultsFile.patience
  ) throws {
    self.path = path
    self.access = access
    isNew = !FileManager.default.fileExists(atPath: path)
    if isNew, access != .create { throw ResultsError.missing(path: path) }
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue
    {
      throw ResultsError.failed(path: path, reason: "a directory; give a results file")
    }
    queue = try Self.guarded(path) {
      try Self.open(path, access, pageLimit: pageLimit, patience: patience)
    }
  }

  private static func open(
    _ path: String, _ access: Access, pageLimit: Int?, patience: Double
  ) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.readonly = access == .read
    configuration.label = "results"
    guard access != .read else { return try openToRead(path, configuration) }
    // Taking up the log does not wait for other processes by itself.
    let deadline = Date.now.addingTimeInterval(patience)
    while true {
      do {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { try setUp($0, path: path, pageLimit: pageLimit) }
        return queue
      } catch let error as DatabaseError
        where error.resultCode == .SQLITE_BUSY && Date.now < deadline
      {
        usleep(20_000)
      }
    }
  }

  private static func setUp(_ db: Database, path: String, pageLimit: Int?) throws {
    // Before anything is written: it may be another program's.
    _ = try ResultsSchema.state(of: db, path: path)
    if let pageLimit { try db.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
    try db.execute(sql: "PRAGMA journal_mode = WAL")
    try db.execute(sql: "PRAGMA synchronous = NORMAL")
    try ResultsSchema.prepare(db, path: path)
  }

  /// A log that cannot be opened for want of a writable folder holds nothing where it does not
  /// exist; the file may then be read as it is.
  private static func openToRead(
    _ path: String, _ configuration: GRDB.Configuration
  ) throws -> DatabaseQueue {
    func check(_ queue: DatabaseQueue) throws -> DatabaseQueue {
      let version = try queue.read { try ResultsSchema.state(of: $0, path: path) }
      if version == 0 { throw ResultsError.noRun(path: path, what: "run") }
      // An older file is brought up to date first.
      if version < ResultsSchema.version { try ResultsFile(path: path, access: .write).close() }
      return queue
    }
    do {
      return try check(try DatabaseQueue(path: path, configuration: configuration))
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
      && !FileManager.default.fileExists(atPath: path + "-wal")
      && FileManager.default.isReadableFile(atPath: path)
    {
      let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
      return try check(
        try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration))
    }
  }

  /// Ends the work on the file and leaves it without a log beside it where no other process has it
  /// open.
  public func close() {
    guard access != .read else { return }
    queue.inDatabase { db in
      // Another process may hold the file, which then closes it later.
      try? db.execute(sql: "PRAGMA busy_timeout = 0")
      try? db.execute(sql: "PRAGMA journal_mode = DELETE")
    }
    try? queue.close()
  }

  /// What SQLite says of the whole file: nothing where it is sound.
  package func integrityProblems() throws -> [String] {
    let lines = try read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
    let links = try read { try GRDB.Row.fetchAll($0, sql: "PRAGMA foreign_key_check").count }
    return lines.filter { $0 != "ok" } + (links > 0 ? ["\(links) broken references"] : [])
  }
}

// MARK: - Transactions

extension ResultsFile {
  func read<T>(_ work: (Database) throws -> T) throws -> T {
    try Self.guarded(path) { try queue.read(work) }
  }

  /// One transaction that takes the file's lock first, so that what is read in it stays true.
  func write<T>(_ work: (Database) throws -> T) throws -> T {
    try Self.guarded(path) {
      try queue.inDatabase { db in
        var result: T?
        try db.inTransaction(.immediate) {
          result = try work(db)
          return .commit
        }
        guard let result else { preconditionFailure("a committed transaction has no result") }
        return result
      }
    }
  }

  /// SQLite's errors in this program's words.
  static func guarded<T>(_ path: String, _ work: () throws -> T) throws -> T {
    do { return try work() } catch let error as DatabaseError {
      throw ResultsError(error, path: path)
    }
  }
}

extension ResultsError {
  init(_ error: DatabaseError, path: String) {
    let reason = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
    case .SQLITE_READONLY: self = .readOnly(path: path)
    case .SQLITE_FULL: self = .full(path: path)
    case .SQLITE_NOTADB: self = .noDatabase(path: path)
    case .SQLITE_CORRUPT: self = .damaged(path: path, reason: reason)
    case .SQLITE_CANTOPEN, .SQLITE_PERM:
      self = .failed(path: path, reason: "cannot be opened: \(reason)")
    case .SQLITE_IOERR:
      self = .failed(path: path, reason: "cannot be written or read: \(reason)")
    default: self = .failed(path: path, reason: reason)
    }
  }
}
