// What `gar import` says of a file of scored prompts.

import GAR
import JSONText

struct ScoredReport {
  let file: ScoredSet
  let brokenCount: Int

  init(_ file: ScoredSet, brokenCount: Int) {
    self.file = file
    self.brokenCount = brokenCount
  }

  private var rowCount: Int { file.shares.reduce(0) { $0 + $1.rows } }
  private var parsedCount: Int { file.shares.reduce(0) { $0 + $1.parsed } }
  private var scored: [ScoredRow] { file.prompts.flatMap(\.scoredRows) }

  var json: JSONValue {
    let tasks = file.shares.map { share in
      JSONValue.object([
        ("task_id", .string(share.taskID)), ("rows", .int(share.rows)),
        ("parsed", .int(share.parsed)),
      ])
    }
    return .object([
      ("prompts", .int(file.prompts.count)), ("broken", .int(brokenCount)),
      ("rows", .int(rowCount)), ("parsedRows", .int(parsedCount)),
      ("scoredPositions", .int(scored.count)),
      ("withSeveralCandidates", .int(scored.count { $0.candidates.count > 1 })),
      ("tasks", .array(tasks)),
    ])
  }

  var text: String {
    var table = Table(["", ">"])
    table.add(["prompts", "\(file.prompts.count)"])
    table.add(["broken lines", "\(brokenCount)"])
    table.add(["rows", "\(rowCount)"])
    table.add(["rows read into structure", "\(parsedCount)"])
    table.add(["scored positions", "\(scored.count)"])
    table.add([
      "of them with several candidates", "\(scored.count { $0.candidates.count > 1 })",
    ])
    var tasks = Table(["task", ">rows", ">read"])
    for share in file.shares { tasks.add([share.taskID, "\(share.rows)", "\(share.parsed)"]) }
    return table.text + "\n\n" + tasks.text
  }
}
