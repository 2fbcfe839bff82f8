// Reads items from JSONL and checks everything a later step relies on.

import Foundation
import JSONText

/// What is wrong with a file of items.
public enum ItemFileError: Error, Equatable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case unwritable(file: String, reason: String)
  case empty(file: String)
  /// The file holds prompts with scored answers, which are not items.
  case noItems(file: String)
  case syntax(file: String, at: TextPosition, problem: String)
  case missingKey(file: String, at: TextPosition, key: String, of: String)
  case wrongType(file: String, at: TextPosition, what: String, expected: String, found: String)
  case inconsistent(file: String, at: TextPosition, problem: String)
  case duplicateID(file: String, at: TextPosition, id: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason): "\(file): cannot be written: \(reason)"
    case .empty(let file): "\(file): holds no items: generate some with gar generate"
    case .noItems(let file):
      "\(file): holds prompts with scored answers, not items: gar evaluate, gar import and gar check take it"
    case .syntax(let file, let at, let problem): "\(file), \(at): not valid JSON: \(problem)"
    case .missingKey(let file, let at, let key, let owner):
      "\(file), \(at): \(owner) lacks \"\(key)\""
    case .wrongType(let file, let at, let what, let expected, let found):
      "\(file), \(at): \(what) must be \(expected), not \(found)"
    case .inconsistent(let file, let at, let problem): "\(file), \(at): \(problem)"
    case .duplicateID(let file, let at, let id):
      "\(file), \(at): the id \"\(id)\" stands here a second time"
    }
  }
}

extension ItemFileError {
  /// Where in the file it is, if it is at one place.
  public var position: TextPosition? {
    switch self {
    case .unreadable, .unwritable, .empty, .noItems: nil
    case .syntax(_, let at, _), .missingKey(_, let at, _, _), .wrongType(_, let at, _, _, _),
      .inconsistent(_, let at, _), .duplicateID(_, let at, _):
      at
    }
  }
}

/// Reads a JSONL file of items.
///
/// - Throws: `ItemFileError`, for the first line found wrong, with line and column.
public func readItems(path: String) throws -> [Item] {
  try readItems(jsonLines: try contents(ofItemFile: path), file: path)
}

/// Reads items from JSONL text; `file` names it in errors. Empty lines are passed over.
public func readItems(jsonLines: [UInt8], file: String) throws -> [Item] {
  var items: [Item] = []
  var ids: Set<String> = []
  for line in filledLines(of: jsonLines, file: file) {
    let item = try readItem(line)
    guard ids.insert(item.id).inserted else {
      throw ItemFileError.duplicateID(
        file: file, at: TextPosition(line: line.number, column: 1), id: item.id)
    }
    items.append(item)
  }
  if items.isEmpty { throw ItemFileError.empty(file: file) }
  return items
}

/// - Throws: `ItemFileError`.
func readItem(_ line: JSONLine) throws -> Item { try ItemReader(line: line).read() }

private struct ItemReader {
  let line: JSONLine

  func read() throws -> Item {
    let root = try line.root()
    let task = try self.task(try line.member("task", of: root, "the item"))
    let rowsValue = try line.member("rows", of: root, "the item")
    let rows = try line.array(rowsValue, "\"rows\"").map { try row($0, task: task) }
    let text = try line.string("text", of: root, "the item")
    let rolesValue = try line.member("roles", of: root, "the item")
    let scalarCount = text.unicodeScalars.count
    let item = Item(
      id: try line.string("id", of: root, "the item"), task: task, rows: rows,
      preamble: try line.optionalString("preamble", of: root, "the item"), text: text,
      prompt: try line.string("prompt", of: root, "the item"),
      answer: try line.string("answer", of: root, "the item"),
      foil: try line.string("foil", of: root, "the item"),
      roles: try line.array(rolesValue, "\"roles\"").map {
        try roles($0, scalarCount: scalarCount)
      },
      partnerID: try line.optionalString("partner", of: root, "the item"),
      partnerClaim: try line.optionalString("partnerClaim", of: root, "the item"))
    try check(item, root)
    return item
  }

  /// What tokenizing and metrics take for granted.
  private func check(_ item: Item, _ root: JSONValue) throws {
    if item.rows.isEmpty { throw line.inconsistent(root, "the item has no rows") }
    guard item.roles.count == item.rows.count else {
      throw line.inconsistent(
        root, "\"roles\" has \(item.roles.count) entries for \(item.rows.count) rows")
    }
    guard item.text == item.prompt + " " + item.answer + "\n" else {
      throw line.inconsistent(
        root, "\"text\" is not \"prompt\", a space, \"answer\" and a line break")
    }
    for (key, part) in [("prompt", item.prompt), ("answer", item.answer), ("foil", item.foil)]
    where part.isEmpty || part.hasSuffix(" ") {
      throw line.inconsistent(root, "\"\(key)\" is empty or ends with a space")
    }
    if item.answer == item.foil {
      throw line.inconsistent(root, "\"answer\" and \"foil\" are equal")
    }
  }

  private func task(_ value: JSONValue) throws -> GARTask {
    let schemas = try line.strings("schemas", of: value).map { name in
      guard let schema = SchemaID(rawValue: name) else {
        throw line.inconsistent(value, "no schema is called \"\(name)\"")
      }
      return schema
    }
    let relations = try line.strings("relations", of: value).map { name in
      guard let relation = Relation(rawValue: name) else {
        throw line.inconsistent(value, "no relation is called \"\(name)\"")
      }
      return relation
    }
    let polarityName = try line.string("polarity", of: value, "the task")
    let formName = try line.string("form", of: value, "the task")
    guard let polarity = Polarity(rawValue: polarityName) else {
      throw line.inconsistent(value, "\"polarity\" is neither affirmative nor negated")
    }
    guard let form = TaskForm(rawValue: formName) else {
      throw line.inconsistent(value, "\"form\" is neither generation nor classification")
    }
    let exchanged = try line.member("exchanged", of: value, "the task")
    guard let isExchanged = exchanged.bool else {
      throw line.wrongType(exchanged, "\"exchanged\"", "true or false")
    }
    guard
      let task = GARTask(
        schemas: schemas, relations: relations, isNegated: polarity == .negated, form: form,
        isExchanged: isExchanged)
    else { throw line.inconsistent(value, "the benchmark has no task with these properties") }
    return task
  }

  private func row(_ value: JSONValue, task: GARTask) throws -> Row {
    let pairsValue = try line.member("pairs", of: value, "the row")
    let pairs = try line.array(pairsValue, "\"pairs\"").map { pair in
      let names = try line.array(pair, "a pair").map { try line.string($0, "an entity") }
      guard names.count == 2 else { throw line.inconsistent(pair, "a pair needs two entities") }
      return ContextPair(key: names[0], value: names[1])
    }
    let target = try line.integer(try line.member("target", of: value, "the row"), "\"target\"")
    guard pairs.indices.contains(target) else {
      throw line.inconsistent(value, "\"target\" is \(target) of \(pairs.count) pairs")
    }
    let candidates = try line.array(
      try line.member("candidates", of: value, "the row"), "\"candidates\""
    ).map { $0.isNull ? "" : try line.string($0, "an entry of \"candidates\"") }
    guard candidates.count == pairs.count else {
      throw line.inconsistent(
        value, "\(candidates.count) \"candidates\" for \(pairs.count) pairs")
    }
    let row = Row(
      pairs: pairs, target: target, query: try line.string("query", of: value, "the row"),
      candidates: candidates, claim: try line.optionalString("claim", of: value, "the row"))
    let answer = try line.member("answer", of: value, "the row")
    guard try (answer.isNull ? "" : line.string(answer, "\"answer\"")) == row.answer else {
      throw line.inconsistent(value, "\"answer\" is not the candidate of the pair \"target\" names")
    }
    guard !row.answer.isEmpty || row.claim != nil else {
      throw line.inconsistent(value, "a row that claims nothing has no \"answer\"")
    }
    guard try line.optionalString("label", of: value, "the row") == row.label else {
      throw line.inconsistent(value, "\"label\" does not fit \"claim\" and \"answer\"")
    }
    guard (row.claim != nil) == (task.form == .classification) else {
      throw line.inconsistent(
        value, "a row has a \"claim\" if and only if the form is classification")
    }
    return row
  }

  private func roles(_ value: JSONValue, scalarCount: Int) throws -> [Role: [Range<Int>]] {
    guard let object = value.object else {
      throw line.wrongType(value, "the roles of a row", "an object")
    }
    var roles: [Role: [Range<Int>]] = [:]
    for member in object.members {
      let (name, list) = (member.key, member.value)
      guard let role = Role(rawValue: name) else {
        throw line.inconsistent(list, "no role is called \"\(name)\"")
      }
      roles[role] = try line.array(list, "a role").map { bounds in
        let numbers = try line.array(bounds, "a range").map {
          try line.integer($0, "the end of a range")
        }
        guard numbers.count == 2, numbers[0] >= 0, numbers[0] < numbers[1],
          numbers[1] <= scalarCount
        else {
          throw line.inconsistent(bounds, "not a range within the text's \(scalarCount) characters")
        }
        return numbers[0]..<numbers[1]
      }
    }
    return roles
  }
}
