// Reads items from JSONL and checks everything a later step relies on.

import Foundation
import JSONText

/// What is wrong with a file of items.
public enum ItemFileError: Error, Equatable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case unwritable(file: String, reason: String)
  case empty(file: String)
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

/// Reads a JSONL file of items.
///
/// - Throws: `ItemFileError`, for the first line found wrong, with line and column.
public func readItems(path: String) throws -> [Item] {
  let data: Data
  do {
    data = try Data(contentsOf: URL(filePath: path))
  } catch {
    let reason =
      FileManager.default.fileExists(atPath: path)
      ? error.localizedDescription : "there is no such file"
    throw ItemFileError.unreadable(file: path, reason: reason)
  }
  return try readItems(jsonLines: [UInt8](data), file: path)
}

/// Reads items from JSONL text; `file` names it in errors. Empty lines are passed over.
public func readItems(jsonLines: [UInt8], file: String) throws -> [Item] {
  var items: [Item] = []
  var ids: Set<String> = []
  let lines = jsonLines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) {
    let reader = ItemReader(file: file, bytes: Array(line), line: index + 1)
    let item = try reader.read()
    guard ids.insert(item.id).inserted else {
      throw ItemFileError.duplicateID(
        file: file, at: TextPosition(line: index + 1, column: 1), id: item.id)
    }
    items.append(item)
  }
  if items.isEmpty { throw ItemFileError.empty(file: file) }
  return items
}

private struct ItemReader {
  let file: String
  let bytes: [UInt8]
  let line: Int

  func read() throws -> Item {
    let root: JSONValue
    do {
      root = try JSONValue.read(bytes, rules: .strict, firstLine: line)
    } catch {
      throw ItemFileError.syntax(file: file, at: error.position, problem: error.problem)
    }
    let task = try self.task(try member("task", of: root, "the item"))
    let rowsValue = try member("rows", of: root, "the item")
    let rows = try array(rowsValue, "\"rows\"").map { try row($0, task: task) }
    let text = try string("text", of: root, "the item")
    let rolesValue = try member("roles", of: root, "the item")
    let scalarCount = text.unicodeScalars.count
    let item = Item(
      id: try string("id", of: root, "the item"), task: task, rows: rows,
      preamble: try optionalString("preamble", of: root, "the item"), text: text,
      prompt: try string("prompt", of: root, "the item"),
      answer: try string("answer", of: root, "the item"),
      foil: try string("foil", of: root, "the item"),
      roles: try array(rolesValue, "\"roles\"").map { try roles($0, scalarCount: scalarCount) },
      partnerID: try optionalString("partner", of: root, "the item"),
      partnerClaim: try optionalString("partnerClaim", of: root, "the item"))
    try check(item, root)
    return item
  }

  /// What tokenizing and metrics take for granted.
  private func check(_ item: Item, _ root: JSONValue) throws {
    if item.rows.isEmpty { throw inconsistent(root, "the item has no rows") }
    guard item.roles.count == item.rows.count else {
      throw inconsistent(
        root, "\"roles\" has \(item.roles.count) entries for \(item.rows.count) rows")
    }
    guard item.text == item.prompt + " " + item.answer + "\n" else {
      throw inconsistent(
        root, "\"text\" is not \"prompt\", a space, \"answer\" and a line break")
    }
    for (key, part) in [("prompt", item.prompt), ("answer", item.answer), ("foil", item.foil)]
    where part.isEmpty || part.hasSuffix(" ") {
      throw inconsistent(root, "\"\(key)\" is empty or ends with a space")
    }
    if item.answer == item.foil { throw inconsistent(root, "\"answer\" and \"foil\" are equal") }
  }

  private func task(_ value: JSONValue) throws -> GARTask {
    let schemas = try strings("schemas", of: value).map { name in
      guard let schema = SchemaID(rawValue: name) else {
        throw inconsistent(value, "no schema is called \"\(name)\"")
      }
      return schema
    }
    let relations = try strings("relations", of: value).map { name in
      guard let relation = Relation(rawValue: name) else {
        throw inconsistent(value, "no relation is called \"\(name)\"")
      }
      return relation
    }
    let polarityName = try string("polarity", of: value, "the task")
    let formName = try string("form", of: value, "the task")
    guard let polarity = Polarity(rawValue: polarityName) else {
      throw inconsistent(value, "\"polarity\" is neither affirmative nor negated")
    }
    guard let form = TaskForm(rawValue: formName) else {
      throw inconsistent(value, "\"form\" is neither generation nor classification")
    }
    let exchanged = try member("exchanged", of: value, "the task")
    guard let isExchanged = exchanged.bool else {
      throw wrongType(exchanged, "\"exchanged\"", "true or false")
    }
    guard
      let task = GARTask(
        schemas: schemas, relations: relations, isNegated: polarity == .negated, form: form,
        isExchanged: isExchanged)
    else { throw inconsistent(value, "the benchmark has no task with these properties") }
    return task
  }

  private func row(_ value: JSONValue, task: GARTask) throws -> Row {
    let pairsValue = try member("pairs", of: value, "the row")
    let pairs = try array(pairsValue, "\"pairs\"").map { pair in
      let names = try array(pair, "a pair").map { try string($0, "an entity") }
      guard names.count == 2 else { throw inconsistent(pair, "a pair needs two entities") }
      return ContextPair(key: names[0], value: names[1])
    }
    let target = try integer(try member("target", of: value, "the row"), "\"target\"")
    guard pairs.indices.contains(target) else {
      throw inconsistent(value, "\"target\" is \(target) of \(pairs.count) pairs")
    }
    let candidates = try strings("candidates", of: value)
    guard candidates.count == pairs.count else {
      throw inconsistent(
        value, "\(candidates.count) \"candidates\" for \(pairs.count) pairs")
    }
    let row = Row(
      pairs: pairs, target: target, query: try string("query", of: value, "the row"),
      candidates: candidates, claim: try optionalString("claim", of: value, "the row"))
    guard try string("answer", of: value, "the row") == row.answer else {
      throw inconsistent(value, "\"answer\" is not the candidate of the pair \"target\" names")
    }
    guard try optionalString("label", of: value, "the row") == row.label else {
      throw inconsistent(value, "\"label\" does not fit \"claim\" and \"answer\"")
    }
    guard (row.claim != nil) == (task.form == .classification) else {
      throw inconsistent(value, "a row has a \"claim\" if and only if the form is classification")
    }
    return row
  }

  private func roles(_ value: JSONValue, scalarCount: Int) throws -> [Role: [Range<Int>]] {
    guard let object = value.object else {
      throw wrongType(value, "the roles of a row", "an object")
    }
    var roles: [Role: [Range<Int>]] = [:]
    for member in object.members {
      let (name, list) = (member.key, member.value)
      guard let role = Role(rawValue: name) else {
        throw inconsistent(list, "no role is called \"\(name)\"")
      }
      roles[role] = try array(list, "a role").map { bounds in
        let numbers = try array(bounds, "a range").map { try integer($0, "the end of a range") }
        guard numbers.count == 2, numbers[0] >= 0, numbers[0] < numbers[1],
          numbers[1] <= scalarCount
        else {
          throw inconsistent(bounds, "not a range within the text's \(scalarCount) characters")
        }
        return numbers[0]..<numbers[1]
      }
    }
    return roles
  }
}

extension ItemReader {
  private func place(_ value: JSONValue) -> TextPosition {
    TextPosition(offset: value.offset, in: bytes, firstLine: line)
  }

  private func inconsistent(_ value: JSONValue, _ problem: String) -> ItemFileError {
    .inconsistent(file: file, at: place(value), problem: problem)
  }

  private func wrongType(_ value: JSONValue, _ what: String, _ expected: String) -> ItemFileError {
    .wrongType(
      file: file, at: place(value), what: what, expected: expected, found: value.typeName)
  }

  private func member(_ key: String, of value: JSONValue, _ what: String) throws -> JSONValue {
    guard let object = value.object else { throw wrongType(value, what, "an object") }
    guard let member = object[key] else {
      throw ItemFileError.missingKey(file: file, at: place(value), key: key, of: what)
    }
    return member
  }

  private func array(_ value: JSONValue, _ what: String) throws -> [JSONValue] {
    guard let values = value.array else { throw wrongType(value, what, "a list") }
    return values
  }

  private func string(_ value: JSONValue, _ what: String) throws -> String {
    guard let text = value.string else { throw wrongType(value, what, "a string") }
    return text
  }

  private func string(_ key: String, of value: JSONValue, _ what: String) throws -> String {
    try string(try member(key, of: value, what), "\"\(key)\"")
  }

  private func optionalString(
    _ key: String, of value: JSONValue, _ what: String
  ) throws -> String? {
    guard let member = value[key], !member.isNull else { return nil }
    return try string(member, "\"\(key)\"")
  }

  private func strings(_ key: String, of value: JSONValue) throws -> [String] {
    let list = try member(key, of: value, "the object")
    return try array(list, "\"\(key)\"").map { try string($0, "an entry of \"\(key)\"") }
  }

  private func integer(_ value: JSONValue, _ what: String) throws -> Int {
    guard let integer = value.wholeNumber else {
      throw wrongType(value, what, "a whole number")
    }
    return integer
  }
}
