// What a results file holds.

import Foundation
import GRDB

extension ResultsFile {
  /// Every run in the order in which they were asked for.
  public func runs() throws -> [RunRecord] {
    try read { db in
      let rows = try GRDB.Row.fetchAll(
        db,
        sql: """
          SELECT r.id, r.measure, r.itemSet, r.command, r.program, r.created,
            x.method, x.settings, s.title, s.hash AS setHash, s.count,
            m.hash, m.name, m.path, m.layers, m.heads, m.facts
          FROM run r JOIN measure x ON x.id = r.measure JOIN model m ON m.id = x.model
            JOIN itemSet s ON s.id = r.itemSet
          ORDER BY r.id
          """)
      return try rows.map { try Self.run($0, db) }
    }
  }

  private static func run(_ row: GRDB.Row, _ db: Database) throws -> RunRecord {
    let progress = try GRDB.Row.fetchOne(
      db,
      sql: """
        SELECT count(*), count(r.remark), total(r.seconds)
        FROM member m JOIN result r ON r.measure = ? AND r.prompt = m.prompt
        WHERE m.itemSet = ?
        """, arguments: [row["measure"] as Int64, row["itemSet"] as Int64])
    return RunRecord(
      id: row["id"], measureID: row["measure"], setID: row["itemSet"],
      model: ModelRecord(
        hash: row["hash"], name: row["name"], path: row["path"], layerCount: row["layers"],
        headCount: row["heads"], facts: row["facts"]),
      measure: Measure(method: row["method"], settings: row["settings"]),
      setTitle: row["title"], setHash: row["setHash"], count: row["count"],
      done: progress?[0] ?? 0, unusable: progress?[1] ?? 0, seconds: progress?[2] ?? 0,
      command: row["command"], program: row["program"], created: row["created"])
  }

  /// A run's results in the order of its set, one for every item of it.
  /// - Throws: `ResultsError.damaged` where a row contradicts itself.
  public func results(of run: RunRecord) throws -> [StoredResult] {
    try read { db in
      let rows = try GRDB.Row.fetchCursor(
        db,
        sql: """
          SELECT m.place, m.prompt, i.name, r.shape, r.data, r.scalars, r.remark, r.seconds
          FROM member m JOIN prompt p ON p.id = m.prompt JOIN item i ON i.id = p.item
            LEFT JOIN result r ON r.measure = ? AND r.prompt = m.prompt
          WHERE m.itemSet = ? ORDER BY m.place
          """, arguments: [run.measureID, run.setID])
      var results: [StoredResult] = []
      while let row = try rows.next() { results.append(try result(row)) }
      return results
    }
  }

  private func result(_ row: GRDB.Row) throws -> StoredResult {
    var result = StoredResult(place: row[0], promptID: row[1], item: row[2], outcome: nil)
    guard let shape = row[3] as String? else { return result }
    result.outcome = Outcome(
      shape: shape, data: row[4], scalars: row[5], remark: row[6], seconds: row[7])
    guard result.outcome != nil else {
      throw ResultsError.damaged(
        path: path, reason: "the result of item \(result.item) contradicts its shape \(shape)")
    }
    return result
  }

  /// The prompts of a run's set in their order.
  public func prompts(of run: RunRecord) throws -> [PromptRecord] {
    try read { db in
      let rows = try GRDB.Row.fetchCursor(
        db,
        sql: """
          SELECT p.hash, i.hash, i.name, i.json, p.facts
          FROM member m JOIN prompt p ON p.id = m.prompt JOIN item i ON i.id = p.item
          WHERE m.itemSet = ? ORDER BY m.place
          """, arguments: [run.setID])
      var prompts: [PromptRecord] = []
      while let row = try rows.next() {
        prompts.append(
          PromptRecord(
            hash: row[0], itemHash: row[1], name: row[2], json: row[3], facts: row[4]))
      }
      return prompts
    }
  }
}
