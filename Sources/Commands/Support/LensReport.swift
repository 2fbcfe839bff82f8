// What `gar lens` prints and writes.

import Explorer
import Interpretability
import JSONText
import Results
import Tokenization

struct LensReport {
  let lens: LogitLens
  let subject: LensSubject
  let tokenizer: Tokenizer?
  /// Of the table by layer.
  let position: Int
  /// Boundaries of the table by position; `nil` for as many as fit.
  let columns: [Int]?

  private static let tableWidth = 100
  private static let pieceWidth = 9

  private var last: Int { lens.boundaryCount - 1 }

  var title: String {
    let names = subject.tracked.map(\.name)
    let answer = names.isEmpty ? "" : " · answer \(names[0])"
    return "logit lens · \(subject.title)\(answer)"
      + (names.count == 2 ? ", against \(names[1])" : "")
  }

  /// The value asked for, or the most telling one that there is.
  /// - Throws: `CommandError.usage` for a value that needs an answer or a foil that is not given.
  func usable(_ value: LensValue?) throws -> LensValue {
    let needed = value?.trackedCount ?? 0
    guard subject.tracked.count >= needed else {
      throw CommandError.usage(
        "--value \(value?.rawValue ?? "") needs \(needed == 2 ? "--target and --foil" : "--target")")
    }
    return value ?? [.topProbability, .probability, .logitDifference][subject.tracked.count]
  }

  /// A token's text, or its id where there is no tokenizer.
  func piece(_ token: Int32) -> String { tokenizer?.piece(token) ?? "\(token)" }

  // MARK: Text

  var text: String {
    [
      title, "", "position \(position), \(quoted(subject.tokens[position])); L\(last) is after the "
        + "last layer", layerTable, "", "the most probable token, with its probability in percent",
      positionTable,
    ].joined(separator: "\n")
  }

  private func quoted(_ token: Int32) -> String { JSONValue.string(piece(token)).text }

  private var layerTable: String {
    var names = ["layer", "most probable", ">probability"]
    for tracked in subject.tracked { names += [">\(cut(tracked.name, 12))", ">rank"] }
    if subject.metric != nil { names.append(">logit diff") }
    var table = Table(names)
    let column = lens.positions.firstIndex(of: position) ?? 0
    for (boundary, row) in lens.cells.enumerated() {
      let cell = row[column]
      let others = cell.top.dropFirst().map {
        "\(quoted($0.token)) \(fixed(Double($0.probability), 3))"
      }
      var cells = [
        "L\(boundary)", quoted(cell.top[0].token), fixed(Double(cell.top[0].probability), 3),
      ]
      for tracked in cell.tracked {
        cells += [fixed(Double(tracked.probability), 3), "\(tracked.rank)"]
      }
      if let metric = cell.metric { cells.append(signed(Double(metric), 2)) }
      table.add(cells)
      for other in others {
        table.add(["", other] + Array(repeating: "", count: names.count - 2))
      }
    }
    return table.text
  }

  private var positionTable: String {
    let boundaries = columns ?? shownBoundaries
    var table = Table([">", "token"] + boundaries.map { "L\($0)" })
    for (column, position) in lens.positions.enumerated() {
      let cells = boundaries.map { boundary in
        let best = lens.cells[boundary][column].top[0]
        let percent = Int((100 * best.probability).rounded())
        return "\(cut(piece(best.token), Self.pieceWidth)) \(percent)"
      }
      table.add(["\(position)", cut(piece(subject.tokens[position]), 12)] + cells)
    }
    return table.text
  }

  /// The last boundary and others at equal distances, as many as fit beside each other.
  private var shownBoundaries: [Int] {
    let count = max(2, (Self.tableWidth - 20) / (Self.pieceWidth + 6))
    guard last >= count else { return Array(0...last) }
    return (0..<count).map { ($0 * last + (count - 1) / 2) / (count - 1) }
  }

  /// At most `width` cells of a text, without the space that a piece begins with.
  private func cut(_ text: String, _ width: Int) -> String {
    let shown = clusters(text.hasPrefix(" ") && text.count > 1 ? String(text.dropFirst()) : text)
    var result = "", used = 0
    for cluster in shown {
      guard used + cluster.width <= width else { return result.dropLast() + "…" }
      result += cluster.text
      used += cluster.width
    }
    return result
  }

  // MARK: Files

  /// `layer,position,token,top,topProbability` and for the answer and the foil token, logit,
  /// probability and rank, and `logitDifference`.
  var csv: String {
    var csv = CSVText()
    let kinds = ["answer", "foil"].prefix(subject.tracked.count)
    csv.add(
      ["layer", "position", "token", "top", "topProbability"]
        + kinds.flatMap { kind in ["Logit", "Probability", "Rank"].map { kind + $0 } }
        + (subject.metric == nil ? [] : ["logitDifference"]))
    for (boundary, row) in lens.cells.enumerated() {
      for (position, cell) in zip(lens.positions, row) {
        csv.add(
          [
            "\(boundary)", "\(position)", piece(subject.tokens[position]),
            piece(cell.top[0].token), "\(cell.top[0].probability)",
          ] + cell.tracked.flatMap { ["\($0.logit)", "\($0.probability)", "\($0.rank)"] }
            + (cell.metric.map { ["\($0)"] } ?? []))
      }
    }
    return csv.text
  }

  var json: JSONValue {
    .object([
      ("subject", .string(subject.title)),
      ("tokens", .array(subject.tokens.map { .int(Int($0)) })),
      ("pieces", .array(subject.tokens.map { .optional(tokenizer?.piece($0)) })),
      ("answer", subject.tracked.first.map(trackedJSON) ?? .null),
      ("foil", subject.tracked.dropFirst().first.map(trackedJSON) ?? .null),
      ("positions", .array(lens.positions.map { .int($0) })),
      ("layers", .array(lens.cells.map { row in .array(row.map(cellJSON)) })),
    ])
  }

  private func trackedJSON(_ tracked: LensSubject.Tracked) -> JSONValue {
    .object([("text", .string(tracked.name)), ("id", .int(Int(tracked.token)))])
  }

  private func cellJSON(_ cell: LensCell) -> JSONValue {
    var members: [(String, JSONValue)] = [("top", .array(cell.top.map(tokenJSON)))]
    for (name, token) in zip(["answer", "foil"], cell.tracked) {
      members.append((name, tokenJSON(token)))
    }
    if let metric = cell.metric { members.append(("logitDifference", .float(metric))) }
    return .object(members)
  }

  private func tokenJSON(_ token: LensToken) -> JSONValue {
    .object([
      ("id", .int(Int(token.token))), ("piece", .optional(tokenizer?.piece(token.token))),
      ("logit", .float(token.logit)), ("probability", .float(token.probability)),
      ("rank", .int(token.rank)),
    ])
  }
}
