// Enters what a sweep is about: its model, items, set, measures and runs.

import Checkpoints
import Foundation
import GRDB

/// A plan's numbers in one file.
struct RegisteredSweep: Sendable {
  var setID: Int64
  /// In the plan's order.
  var measureIDs: [Int64]
}

extension SweepPlan {
  /// Of the prompts in their order.
  package var setHash: String { SHA256.hex(prompts.map(\.hash).joined(separator: "\n")) }

  func hash(of measure: Measure) -> String {
    SHA256.hex([model.hash, measure.method, measure.settings].joined(separator: "\n"))
  }
}

extension ResultsFile {
  /// Enters a plan; what is there already is left as it is.
  /// - Parameters:
  ///   - plan: what a sweep is about.
  ///   - addsModel: whether a file that holds other models alone takes this one too.
  /// - Returns: the numbers of its rows.
  /// - Throws: `ResultsError.otherModel` where it does not.
  func register(_ plan: SweepPlan, addsModel: Bool) throws -> RegisteredSweep {
    try write { db in
      try checkModel(plan.model, db, addsModel: addsModel)
      let model = try Self.id(of: plan.model, db)
      let set = try Self.setID(of: plan, db)
      let now = Date.now.formatted(.iso8601)
      let measures = try plan.measures.map { measure in
        let id = try Self.id(
          in: "measure", hash: plan.hash(of: measure),
          columns: "model, method, settings", values: [model, measure.method, measure.settings],
          db)
        try db.execute(
          sql: """
            INSERT INTO run(measure, itemSet, command, program, created)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT(measure, itemSet) DO NOTHING
            """, arguments: [id, set, plan.command, plan.program, now])
        return id
      }
      return RegisteredSweep(setID: set, measureIDs: measures)
    }
  }

  private func checkModel(_ model: ModelRecord, _ db: Database, addsModel: Bool) throws {
    let stored = try GRDB.Row.fetchAll(db, sql: "SELECT hash, name FROM model ORDER BY id")
    let isKnown = stored.contains { $0["hash"] == model.hash }
    guard !stored.isEmpty, !isKnown, !addsModel else { return }
    throw ResultsError.otherModel(
      path: path, stored: stored.map { ModelRecord.label(name: $0["name"], hash: $0["hash"]) },
      given: model.label)
  }

  private static func id(of model: ModelRecord, _ db: Database) throws -> Int64 {
    try id(
      in: "model", hash: model.hash, columns: "name, path, layers, heads, facts",
      values: [model.name, model.path, model.layerCount, model.headCount, model.facts], db)
  }

  private static func setID(of plan: SweepPlan, _ db: Database) throws -> Int64 {
    let hash = plan.setHash
    if let known = try Int64.fetchOne(
      db, sql: "SELECT id FROM itemSet WHERE hash = ?", arguments: [hash])
    {
      return known
    }
    let set = try id(
      in: "itemSet", hash: hash, columns: "title, count",
      values: [plan.title, plan.prompts.count], db)
    let member = try db.makeStatement(sql: "INSERT INTO member VALUES (?, ?, ?)")
    for (place, prompt) in plan.prompts.enumerated() {
      let item = try id(
        in: "item", hash: prompt.itemHash, columns: "name, json",
        values: [prompt.name, prompt.json], db)
      let id = try id(
        in: "prompt", hash: prompt.hash, columns: "item, facts", values: [item, prompt.facts], db)
      try member.execute(arguments: [set, place, id])
    }
    return set
  }

  /// The id of the row with that hash, which is entered where it is not there.
  private static func id(
    in table: String, hash: String, columns: String, values: [any DatabaseValueConvertible],
    _ db: Database
  ) throws -> Int64 {
    let find = try db.cachedStatement(sql: "SELECT id FROM \(table) WHERE hash = ?")
    if let id = try Int64.fetchOne(find, arguments: [hash]) { return id }
    let marks = values.map { _ in ", ?" }.joined()
    let insert = try db.cachedStatement(
      sql: "INSERT INTO \(table)(hash, \(columns)) VALUES (?\(marks))")
    let all: [(any DatabaseValueConvertible)?] = [hash] + values
    try insert.execute(arguments: StatementArguments(all))
    return db.lastInsertedRowID
  }
}
