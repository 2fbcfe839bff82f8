// One run, or one item of it, at length.

import Engine
import Interpretability
import JSONText
import Results

extension StoredRun {
  /// Mean, interval and sign of the heads with the largest means.
  func headTable(_ count: Int? = nil) -> Table? {
    guard let heads else { return nil }
    var table = Table(["head", ">mean", ">95 %", ">positive"])
    for head in heads.ranked.prefix(count ?? heads.ranked.count) {
      let interval = head.mean.interval
      table.add([
        head.head.dotted, signed(head.mean.mean, 3),
        head.mean.count > 1 ? "\(signed(interval.low, 3)) to \(signed(interval.high, 3))" : "–",
        percent(head.positive.value),
      ])
    }
    return table
  }

  /// Everything about the run, for a terminal.
  func text(in file: ResultsFile) throws -> String {
    var blocks = [
      "run \(record.id): \(fullTitle) · \(record.model.name) · \(record.setTitle) · \(progress)",
      "model    \(record.model.hash) (\(record.model.path))\nitems    \(record.setHash)\n"
        + "command  \(record.command)\nby       \(record.program), \(record.created)",
    ]
    if let heads, let table = headTable(12) {
      blocks += ["means of \(heads.itemCount) items", heatmap(heads.mean), table.text]
    }
    if let report = try evaluation(in: file) { blocks.append(report.text(edits: nil)) }
    return blocks.joined(separator: "\n\n")
  }

  /// The result of an item, by its id or its place.
  /// - Throws: `ResultsError.noRun` where the run's set lacks it.
  func result(of name: String, in file: ResultsFile) throws -> StoredResult {
    let place = Int(name)
    guard
      let result = results.first(where: { $0.item == name })
        ?? results.first(where: { $0.place == place })
    else { throw ResultsError.noRun(path: file.path, what: "item '\(name)' in run \(record.id)") }
    return result
  }

  func itemText(_ result: StoredResult) -> String {
    let title = "run \(record.id): \(fullTitle) · item \(result.item)"
    guard let outcome = result.outcome else { return title + "\n\nnot computed yet" }
    if let remark = outcome.remark { return title + "\n\n\(remark)" }
    var blocks = [title]
    if let scores = outcome.headScores { blocks.append(heatmap(scores)) }
    if !outcome.scalars.isEmpty {
      var table = Table(["", ">"])
      for (name, value) in outcome.scalars.sorted(by: { $0.key < $1.key }) {
        table.add([name, fixed(value, value == value.rounded() ? 0 : 4)])
      }
      blocks.append(table.text)
    }
    return blocks.joined(separator: "\n\n")
  }

  func itemJSON(_ result: StoredResult) -> JSONValue {
    let outcome = result.outcome
    let scalars = outcome?.scalars.sorted { $0.key < $1.key } ?? []
    return .object([
      ("run", .int(Int(record.id))), ("item", .string(result.item)),
      ("place", .int(result.place)), ("done", .bool(outcome != nil)),
      ("remark", .optional(outcome?.remark)),
      ("shape", .array((outcome?.shape ?? []).map { .int($0) })),
      ("values", .array((outcome?.values ?? []).map { .float($0) })),
      ("scalars", .object(scalars.map { ($0.key, .double($0.value)) })),
    ])
  }
}
