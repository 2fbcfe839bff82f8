// Any file of items: our JSONL or the paper's release, told apart by the keys of a line.

import JSONText

/// What a file of items holds, and every line of it that is wrong.
public struct ItemFile: Sendable {
  public enum Format: String, CaseIterable, Sendable {
    /// As `gar generate` writes it.
    case items
    /// As the paper's authors released it.
    case official
    /// Prompts of many rows whose answers stand in brackets.
    case scored
  }

  public var format: Format
  /// Of the lines that are right, in the order of the file.
  public var items: [Item]
  /// In the order of the file.
  public var problems: [ItemFileError]
  /// Lines that hold anything.
  public var lineCount: Int
  /// `nil` for our own format.
  public var official: OfficialImport?
  /// `nil` for all but scored prompts.
  public var scored: ScoredSet?

  /// Reads a file whole, and goes on behind a line that is wrong.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - vocabulary: gives the sentences and the facts.
  ///   - given: more facts, for the release's format.
  ///   - isStrict: our own items must also be what their rows give when they are written again.
  /// - Throws: `ItemFileError` for a file that cannot be read, is empty, or is of no known format.
  public init(
    path: String, vocabulary: Vocabulary, given: GivenFacts = GivenFacts(), isStrict: Bool = false
  ) throws {
    try self.init(
      bytes: try contents(ofItemFile: path), file: path, vocabulary: vocabulary, given: given,
      isStrict: isStrict)
  }

  /// The same of bytes at hand; `file` names them in errors.
  public init(
    bytes: [UInt8], file: String, vocabulary: Vocabulary, given: GivenFacts = GivenFacts(),
    isStrict: Bool = false
  ) throws {
    let lines = filledLines(of: bytes, file: file)
    guard !lines.isEmpty else { throw ItemFileError.empty(file: file) }
    format = try Self.format(of: lines)
    lineCount = lines.count
    items = []
    problems = []
    let grammar = Grammar(vocabulary: vocabulary)
    switch format {
    case .items: try readItems(lines, grammar: isStrict ? grammar : nil)
    case .scored: scored = ScoredSet(try collect(lines) { try ScoredPrompt($0) })
    case .official:
      let reader = OfficialReader(grammar: grammar)
      let read = try collect(lines) { try reader.read($0) }
      var importer = OfficialImporter(
        lines: read, vocabulary: vocabulary, given: given, grammar: grammar)
      let found = importer.run()
      items = found.items
      official = found
    }
  }

  private mutating func readItems(_ lines: [JSONLine], grammar: Grammar?) throws {
    var ids: Set<String> = []
    items = try collect(lines) { line in
      let item = try readItem(line)
      if let grammar { try line.check(item, grammar[item.task]) }
      guard ids.insert(item.id).inserted else {
        throw ItemFileError.duplicateID(
          file: line.file, at: TextPosition(line: line.number, column: 1), id: item.id)
      }
      return item
    }
  }

  private mutating func collect<Value>(
    _ lines: [JSONLine], _ read: (JSONLine) throws -> Value
  ) throws -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(lines.count)
    for line in lines {
      do {
        values.append(try read(line))
      } catch let error as ItemFileError {
        problems.append(error)
      }
    }
    return values
  }

  /// Tasks of scored prompts have bare numbers, and their rows answers in brackets.
  private static func isScored(_ root: JSONValue) -> Bool {
    guard let id = root["task_id"]?.string, !id.contains("rlr_gen") else { return false }
    return id.hasPrefix("task") || root["texts"]?.string?.contains("[ ") == true
  }

  /// The format of most of the first lines that are objects with the keys of one: a single line may
  /// be damaged, the first one too.
  private static func format(of lines: [JSONLine]) throws -> Format {
    var counts: [Format: Int] = [:]
    var unknown: ItemFileError?
    for line in lines {
      if counts.values.reduce(0, +) == 16 { break }
      // A line that is no JSON is named when the lines are read.
      guard let root = try? line.root(), root.object != nil else { continue }
      if let format = format(of: root) {
        counts[format, default: 0] += 1
      } else {
        unknown =
          unknown
          ?? line.inconsistent(
            root,
            "neither an item (\"task\", \"rows\", …) nor a line of the paper's release "
              + "(\"task_id\", \"texts\")")
      }
    }
    if let most = counts.values.max() {
      return Format.allCases.first { counts[$0] == most } ?? .items
    }
    if let unknown { throw unknown }
    // No line can be read at all: say of each why.
    return .items
  }

  private static func format(of root: JSONValue) -> Format? {
    if root["task_id"] != nil || root["texts"] != nil {
      return isScored(root) ? .scored : .official
    }
    return root["task"] != nil || root["rows"] != nil || root["prompt"] != nil ? .items : nil
  }
}

extension ItemFile {
  /// Whether a file holds scored prompts, by its first lines.
  ///
  /// - Parameter path: the file.
  /// - Returns: whether `scored` would not be `nil`.
  /// - Throws: `ItemFileError` for a file that cannot be read or is of no known format.
  public static func isScored(path: String) throws -> Bool {
    let lines = filledLines(of: try contents(ofItemFile: path), file: path)
    return try !lines.isEmpty && format(of: lines) == .scored
  }

  /// Reads a file of which every line must be right.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - vocabulary: gives the sentences and the facts.
  /// - Returns: its items, and the vocabulary with what is known of their entities.
  /// - Throws: `ItemFileError`, for the first line found wrong, with line and column.
  public static func load(
    path: String, vocabulary: Vocabulary
  ) throws -> (items: [Item], vocabulary: Vocabulary) {
    let file = try ItemFile(path: path, vocabulary: vocabulary)
    if let problem = file.problems.first { throw problem }
    guard !file.items.isEmpty else { throw ItemFileError.noItems(file: path) }
    return (file.items, file.official?.vocabulary ?? vocabulary)
  }
}

extension JSONLine {
  /// An item's text and roles must be those that its rows give.
  fileprivate func check(_ item: Item, _ grammar: TaskGrammar) throws {
    let root = try root()
    let written = grammar.render(rows: item.rows, preamble: item.preamble)
    guard written.text == item.text else {
      let same = zip(written.text.unicodeScalars, item.text.unicodeScalars).prefix { $0 == $1 }
        .count
      let text = root["text"] ?? root
      throw ItemFileError.inconsistent(
        file: file, at: place(ofScalar: same, in: text),
        problem: "\"text\" does not fit its rows and task: at its character \(same + 1) expected "
          + TextMismatch.excerpt(of: written.text, from: same).debugDescription + ", found "
          + TextMismatch.excerpt(of: item.text, from: same).debugDescription)
    }
    guard written.prompt == item.prompt else {
      throw inconsistent(root["prompt"] ?? root, "\"prompt\" does not end where the answer begins")
    }
    let list = root["roles"]?.array ?? []
    for (index, roles) in written.roles.enumerated() where roles != item.roles[index] {
      let role = Role.allCases.first { roles[$0] != item.roles[index][$0] }
      throw inconsistent(
        list.indices.contains(index) ? list[index] : root,
        "the ranges of role \(role?.rawValue ?? "") of row \(index) are not where its words stand")
    }
  }
}
