// Which items to generate, and what can be wrong with the request.

public enum Polarity: String, CaseIterable, Sendable, Codable {
  case affirmative, negated
}

/// What `ItemGenerator` is to draw. The defaults are the paper's setting.
public struct GenerationSettings: Sendable, Equatable {
  /// How many items. Yes/No partners count as two.
  public var count = 384
  public var seed: UInt64 = 1
  /// Numbers of pairs in a context, of which each item draws one; a number may be listed more
  /// often to come more often. `[3]` is the paper's, `[2, 3, 3, 3, 4]` the built-in model's card's.
  public var pairs = [3]
  /// Demonstrations before the asked row. Without any, "So who owns pig?" has two right answers in
  /// English, "Mary" and "the girl"; the solver and the metrics know only the task's own.
  public var shots = 1
  /// Whether a line lists the answer candidates where the task has such a line.
  public var hasPreamble = true
  /// Tasks that involve every schema of at least one entry; empty: all.
  public var schemas: [[SchemaID]] = []
  public var forms: [TaskForm] = TaskForm.allCases
  public var polarities: [Polarity] = Polarity.allCases
  /// Task numbers (0 to 383), official identifiers, or parts of an identifier or of a summary
  /// such as `Genders∋`; `paper`: those on which the paper finds True and False heads; empty: all.
  public var tasks: [String] = []

  public init() {}

  /// More would not fit any model's context.
  static let shotLimit = 64

  /// The tasks that pass all filters, in the order of `GARTask.all`.
  ///
  /// - Throws: `GenerationError.unknownTask` for an entry of `tasks` that names nothing,
  ///   `.noTasks` if nothing passes.
  public func selectedTasks() throws -> [GARTask] {
    for entry in tasks where !GARTask.all.contains(where: { Self.names(entry, $0) }) {
      throw GenerationError.unknownTask(entry)
    }
    let selected = GARTask.all.filter { task in
      forms.contains(task.form)
        && polarities.contains(task.isNegated ? .negated : .affirmative)
        && (schemas.isEmpty || schemas.contains { $0.allSatisfy(task.schemas.contains) })
        && (tasks.isEmpty || tasks.contains { Self.names($0, task) })
    }
    guard !selected.isEmpty else { throw GenerationError.noTasks }
    return selected
  }

  /// Reads a list of tasks. Identifiers hold commas themselves, so that a comma within brackets, or
  /// in a text that names tasks as a whole, separates nothing.
  public static func tasks(from text: String) -> [String] {
    if GARTask.all.contains(where: { names(text, $0) }) { return [text] }
    var entries = [""]
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == ",", depth <= 0 {
        entries.append("")
      } else {
        entries[entries.count - 1].append(character)
      }
    }
    return entries.map { entry in
      let tail = entry.drop { $0 == " " }
      return String(tail.prefix(tail.count - tail.reversed().prefix { $0 == " " }.count))
    }.filter { !$0.isEmpty }
  }

  private static func names(_ entry: String, _ task: GARTask) -> Bool {
    if entry == "paper" { return isOfPaper(task) }
    if let number = Int(entry) { return number == task.index }
    // An identifier is also a part of longer ones, and then means itself.
    if let exact = GARTask.parse(officialID: entry) { return exact.task == task }
    return !entry.isEmpty
      && (task.officialID.contains(entry) || task.summary.contains(entry))
  }

  /// The three pairs of schemas on which the paper finds True and False heads: GendersOfPersons with
  /// CountriesOfCities, KindsOfThings and UsagesOfThings.
  private static func isOfPaper(_ task: GARTask) -> Bool {
    task.schemas.contains(.genders)
      && !Set(task.schemas).isDisjoint(with: [.cities, .kinds, .usages])
  }

  /// Reads a list such as `genders+kinds,adjectives`: tasks on both, or on adjectives.
  ///
  /// - Throws: `GenerationError.unknownSchema`.
  public static func schemas(from text: String) throws -> [[SchemaID]] {
    try text.split(separator: ",").map { entry in
      try entry.split(separator: "+").map { name in
        guard let schema = SchemaID(rawValue: name.lowercased()) else {
          throw GenerationError.unknownSchema(String(name))
        }
        return schema
      }
    }
  }
}

/// Why items cannot be generated as asked.
public enum GenerationError: Error, Equatable, CustomStringConvertible {
  case badCount(Int)
  case oddCount(Int)
  case badPairs([Int])
  case badShots(Int)
  case unknownTask(String)
  case unknownSchema(String)
  case noTasks
  case tooFewEntities(schema: SchemaID, needed: Int, found: Int)
  /// The vocabulary is too small for rows that differ.
  case rowsRepeat(task: String, rowCount: Int)

  public var description: String {
    switch self {
    case .badCount(let count): "the number of items must be 1 or more, not \(count)"
    case .oddCount(let count):
      "Yes/No items come in pairs, so \(count) of them cannot be made: ask for an even number"
    case .badPairs(let pairs):
      "contexts need 2 pairs or more, not "
        + (pairs.isEmpty ? "an empty list" : pairs.map(String.init).joined(separator: ","))
    case .badShots(let shots):
      "demonstrations must be 0 to \(GenerationSettings.shotLimit), not \(shots)"
    case .unknownTask(let entry):
      "no task is called \"\(entry)\": give a number from 0 to 383, an identifier, or a part of one"
    case .unknownSchema(let name):
      "no schema is called \"\(name)\"; known are "
        + SchemaID.allCases.map(\.rawValue).joined(separator: ", ")
    case .noTasks: "no task passes all the filters: widen schemas, forms, polarities or tasks"
    case .tooFewEntities(let schema, let needed, let found):
      "schema \(schema.rawValue) has \(found) entities to choose from where a context needs "
        + "\(needed): ask for fewer pairs or add entities to the vocabulary"
    case .rowsRepeat(let task, let rowCount):
      "the vocabulary is too small for \(rowCount) different rows of \(task): "
        + "ask for fewer demonstrations or add entities"
    }
  }
}
