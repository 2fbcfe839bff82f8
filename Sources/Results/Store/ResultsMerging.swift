// Takes the results of other files into one.

import Foundation
import GRDB

/// What a merge found.
public struct MergeCounts: Sendable, Equatable {
  public var added = 0
  /// Of the other file's results, those that were there.
  public var known = 0
  /// Of these, those with other numbers: the ones that were there stay.
  public var differing = 0

  public init(added: Int = 0, known: Int = 0, differing: Int = 0) {
    self.added = added
    self.known = known
    self.differing = differing
  }
}

extension ResultsFile {
  /// Adds everything that another file holds, in one transaction. Rows are told apart by their
  /// hashes, so that files of one sweep in parts, and of many sweeps, come together alike.
  /// - Throws: `ResultsError` of either file; this one is then as it was.
  public func merge(_ other: String) throws -> MergeCounts {
    // Whatever is wrong with it is found under its own name.
    let source = try ResultsFile(path: other, access: .read)
    defer { source.close() }
    return try Self.guarded(path) {
      try queue.inDatabase { db in
        try db.execute(sql: "ATTACH DATABASE ? AS other", arguments: [other])
        defer { try? db.execute(sql: "DETACH DATABASE other") }
        var counts = MergeCounts()
        try db.inTransaction(.immediate) {
          for statement in Self.mergeSteps { try db.execute(sql: statement) }
          let all = try Int.fetchOne(db, sql: "SELECT count(*) FROM other.result") ?? 0
          let both = try GRDB.Row.fetchOne(db, sql: Self.mergedTwice)
          counts.known = both?[0] ?? 0
          counts.differing = both?[1] ?? 0
          try db.execute(sql: Self.mergeResults)
          counts.added = all - counts.known
          return .commit
        }
        return counts
      }
    }
  }

  /// In the order of their references.
  private static let mergeSteps = [
    """
    INSERT INTO main.model(hash, name, path, layers, heads, facts)
    SELECT hash, name, path, layers, heads, facts FROM other.model WHERE true
    ON CONFLICT(hash) DO NOTHING
    """,
    """
    INSERT INTO main.item(hash, name, json) SELECT hash, name, json FROM other.item WHERE true
    ON CONFLICT(hash) DO NOTHING
    """,
    """
    INSERT INTO main.prompt(hash, item, facts)
    SELECT p.hash, mine.id, p.facts FROM other.prompt p JOIN other.item i ON i.id = p.item
      JOIN main.item mine ON mine.hash = i.hash WHERE true
    ON CONFLICT(hash) DO NOTHING
    """,
    """
    INSERT INTO main.itemSet(hash, title, count)
    SELECT hash, title, count FROM other.itemSet WHERE true ON CONFLICT(hash) DO NOTHING
    """,
    """
    INSERT INTO main.member(itemSet, place, prompt)
    SELECT mine.id, m.place, q.id FROM other.member m
      JOIN other.itemSet s ON s.id = m.itemSet JOIN main.itemSet mine ON mine.hash = s.hash
      JOIN other.prompt p ON p.id = m.prompt JOIN main.prompt q ON q.hash = p.hash WHERE true
    ON CONFLICT(itemSet, place) DO NOTHING
    """,
    """
    INSERT INTO main.measure(hash, model, method, settings)
    SELECT x.hash, mine.id, x.method, x.settings FROM other.measure x
      JOIN other.model m ON m.id = x.model JOIN main.model mine ON mine.hash = m.hash WHERE true
    ON CONFLICT(hash) DO NOTHING
    """,
    """
    INSERT INTO main.run(measure, itemSet, command, program, created)
    SELECT y.id, t.id, r.command, r.program, r.created FROM other.run r
      JOIN other.measure x ON x.id = r.measure JOIN main.measure y ON y.hash = x.hash
      JOIN other.itemSet s ON s.id = r.itemSet JOIN main.itemSet t ON t.hash = s.hash
    WHERE true ORDER BY r.id
    ON CONFLICT(measure, itemSet) DO NOTHING
    """,
  ]

  /// The other file's results with the numbers that their rows have here.
  private static let theirs = """
    FROM other.result r
      JOIN other.measure x ON x.id = r.measure JOIN main.measure y ON y.hash = x.hash
      JOIN other.prompt p ON p.id = r.prompt JOIN main.prompt q ON q.hash = p.hash
    """

  private static let mergedTwice = """
    SELECT count(*), total(mine.data IS NOT r.data OR mine.scalars IS NOT r.scalars
      OR mine.shape IS NOT r.shape OR mine.remark IS NOT r.remark)
    \(theirs) JOIN main.result mine ON mine.measure = y.id AND mine.prompt = q.id
    """

  private static let mergeResults = """
    INSERT INTO main.result(measure, prompt, shape, data, scalars, remark, seconds)
    SELECT y.id, q.id, r.shape, r.data, r.scalars, r.remark, r.seconds \(theirs) WHERE true
    ON CONFLICT(measure, prompt) DO NOTHING
    """
}
