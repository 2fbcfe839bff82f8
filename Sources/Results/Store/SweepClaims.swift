// Who works on what: several processes on one file do not compute the same thing.

import Foundation
import GRDB

/// One prompt of a set and the measures that it lacks.
struct ClaimedPrompt: Sendable, Equatable {
  var place: Int
  var promptID: Int64
  /// Places in `RegisteredSweep.measureIDs`.
  var measures: [Int]
}

extension ResultsFile {
  /// A worker that has not been heard of for so many seconds is taken for dead.
  static let silence = 60.0

  /// Enters this process.
  func addWorker() throws -> Int64 {
    try write { db in
      try db.execute(
        sql: "INSERT INTO worker(host, pid, seen) VALUES (?, ?, ?)",
        arguments: [Self.host, getpid(), Date.now.timeIntervalSince1970])
      return db.lastInsertedRowID
    }
  }

  /// Gives back what the worker has claimed and not done.
  func remove(worker: Int64) throws {
    try write { try $0.execute(sql: "DELETE FROM worker WHERE id = ?", arguments: [worker]) }
  }

  func keepAlive(worker: Int64) throws {
    try write { try Self.keepAlive(worker, $0) }
  }

  /// Claims the next prompts of a set that lack any of the measures and that nobody works on.
  ///
  /// Claims of processes that were killed are given up first.
  /// - Parameters:
  ///   - sweep: the set and the measures.
  ///   - place: where to begin.
  ///   - count: how many prompts.
  ///   - worker: for whom.
  /// - Returns: in the order of their places; empty where nothing is left from `place` on.
  /// - Throws: `ResultsError`.
  func claim(
    _ sweep: RegisteredSweep, from place: Int, count: Int, worker: Int64
  ) throws -> [ClaimedPrompt] {
    try write { db in
      try Self.keepAlive(worker, db)
      try Self.removeDeadWorkers(but: worker, db)
      let claimed = try Self.open(sweep, from: place, count: count, db)
      let insert = try db.cachedStatement(sql: "INSERT INTO claim VALUES (?, ?, ?)")
      for prompt in claimed {
        for measure in prompt.measures {
          try insert.execute(arguments: [sweep.measureIDs[measure], prompt.promptID, worker])
        }
      }
      return claimed
    }
  }

  /// Prompts without result and claim.
  private static func open(
    _ sweep: RegisteredSweep, from place: Int, count: Int, _ db: Database
  ) throws -> [ClaimedPrompt] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT m.place, m.prompt, x.id FROM member m CROSS JOIN measure x
        WHERE m.itemSet = ? AND m.place >= ? AND x.id IN (\(sweep.measureList))
          AND NOT EXISTS (SELECT 1 FROM result r WHERE r.measure = x.id AND r.prompt = m.prompt)
          AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.measure = x.id AND c.prompt = m.prompt)
        ORDER BY m.place
        """)
    var claimed: [ClaimedPrompt] = []
    var seen: Set<Int64> = []
    let rows = try GRDB.Row.fetchCursor(statement, arguments: [sweep.setID, place])
    while let row = try rows.next() {
      let (place, prompt, id): (Int, Int64, Int64) = (row[0], row[1], row[2])
      guard let measure = sweep.measureIDs.firstIndex(of: id) else { continue }
      if claimed.last?.place == place {
        claimed[claimed.count - 1].measures.append(measure)
        continue
      }
      // A set may hold a prompt twice.
      guard seen.insert(prompt).inserted else { continue }
      if claimed.count == count { break }
      claimed.append(ClaimedPrompt(place: place, promptID: prompt, measures: [measure]))
    }
    return claimed
  }

  /// How many results a sweep still lacks; prompts that a set holds twice count twice.
  func missing(_ sweep: RegisteredSweep) throws -> Int {
    try read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT count(*) FROM member m CROSS JOIN measure x
          WHERE m.itemSet = ? AND x.id IN (\(sweep.measureList)) AND NOT EXISTS
            (SELECT 1 FROM result r WHERE r.measure = x.id AND r.prompt = m.prompt)
          """)
      return try Int.fetchOne(statement, arguments: [sweep.setID]) ?? 0
    }
  }

  /// Stores one prompt's results and ends its claim, in one transaction. A result that another
  /// process stored first stays.
  func store(
    _ outcomes: [(measureID: Int64, outcome: Outcome)], promptID: Int64, worker: Int64
  ) throws {
    try write { db in
      let insert = try db.cachedStatement(
        sql: """
          INSERT INTO result(measure, prompt, shape, data, scalars, remark, seconds)
          VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(measure, prompt) DO NOTHING
          """)
      let release = try db.cachedStatement(
        sql: "DELETE FROM claim WHERE measure = ? AND prompt = ?")
      for (measure, outcome) in outcomes {
        try insert.execute(arguments: [
          measure, promptID, outcome.shapeText, outcome.data, outcome.scalarText, outcome.remark,
          outcome.seconds,
        ])
        try release.execute(arguments: [measure, promptID])
      }
      try Self.keepAlive(worker, db)
    }
  }

  /// Another process may have given up a worker that slept; it is then entered again.
  private static func keepAlive(_ worker: Int64, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO worker(id, host, pid, seen) VALUES (?, ?, ?, ?)
        ON CONFLICT(id) DO UPDATE SET seen = excluded.seen
        """)
    try statement.execute(
      arguments: [worker, Self.host, getpid(), Date.now.timeIntervalSince1970])
  }

  private static func removeDeadWorkers(but worker: Int64, _ db: Database) throws {
    let now = Date.now.timeIntervalSince1970
    let rows = try GRDB.Row.fetchAll(
      db, sql: "SELECT id, host, pid, seen FROM worker WHERE id != ?", arguments: [worker])
    for row in rows {
      let (id, host, pid, seen): (Int64, String, Int32, Double) = (row[0], row[1], row[2], row[3])
      let hasEnded = host == Self.host && pid != getpid() && kill(pid, 0) != 0 && errno == ESRCH
      guard hasEnded || now - seen > silence else { continue }
      try db.execute(sql: "DELETE FROM worker WHERE id = ?", arguments: [id])
    }
  }

  static let host = ProcessInfo.processInfo.hostName
}

extension RegisteredSweep {
  fileprivate var measureList: String {
    measureIDs.map(String.init).joined(separator: ", ")
  }
}
