// A task: which two schemas are composed, by which relations, and how the question is put.

/// What the model must produce.
public enum TaskForm: String, CaseIterable, Sendable, Codable {
  /// The answer itself.
  case generation
  /// Yes or No to a statement that claims an answer.
  case classification
}

/// One of the 384 tasks of the benchmark.
///
/// The query leads to a key K by `relation0` within the first schema; the value V that stands
/// beside K in the context belongs to the second schema and leads to the answer by `relation1`.
public struct GARTask: Sendable, Hashable {
  /// The schema of the query and the keys.
  public let keySchema: SchemaID
  /// The schema of the values and the answer.
  public let valueSchema: SchemaID
  /// From the query to the key.
  public let relation0: Relation
  /// From the answer to the value.
  public let relation1: Relation
  /// The answer belongs to the one pair whose key does not match the query.
  public let isNegated: Bool
  public let form: TaskForm
  /// The context sentence is put with the things before the persons.
  public let isExchanged: Bool

  /// The schemas of the query and of the answer.
  public var schemas: [SchemaID] { [keySchema, valueSchema] }
  public var relations: [Relation] { [relation0, relation1] }
  /// The persons are asked for, and the query is what the context says of them.
  public var isSwapped: Bool { !keySchema.isOfPersons }
  /// The difficulty n_r: how many of the two relations are not "same"; 0, 1 or 2.
  public var relationCount: Int {
    (relation0 == .equal ? 0 : 1) + (relation1 == .equal ? 0 : 1)
  }
  /// The schema pair, whichever way round: persons first.
  public var schemaPair: [SchemaID] {
    isSwapped ? [valueSchema, keySchema] : [keySchema, valueSchema]
  }

  /// A short text for lists, such as `Genders∋,Kinds= neg cls`; the query's schema comes first.
  public var summary: String {
    let parts =
      "\(keySchema.shortName)\(relation0.symbol),"
      + "\(valueSchema.shortName)\(relation1.symbol)"
    return parts + (isNegated ? " neg" : "") + (isExchanged ? " rev" : "")
      + (form == .generation ? " gen" : " cls")
  }

  /// All 384 tasks, in the order of the paper's release.
  public static let all: [GARTask] = SchemaPair.all.flatMap(tasks(of:))

  /// Where each task stands in `all`.
  package static let indices: [GARTask: Int] = Dictionary(
    uniqueKeysWithValues: all.enumerated().map { ($1, $0) })

  /// The task's place in `all`, 0 to 383.
  public var index: Int { Self.indices[self] ?? 0 }

  /// The task with these properties, or `nil` where the benchmark has no such task.
  public init?(
    schemas: [SchemaID], relations: [Relation], isNegated: Bool, form: TaskForm, isExchanged: Bool
  ) {
    guard schemas.count == 2, relations.count == 2 else { return nil }
    self.init(
      keySchema: schemas[0], valueSchema: schemas[1], relation0: relations[0],
      relation1: relations[1], isNegated: isNegated, form: form, isExchanged: isExchanged)
    guard Self.indices[self] != nil else { return nil }
  }

  /// The question that copies a value out of the same kind of context: both relations "same",
  /// affirmative. On usages and adjectives it is none of `all`, and only `TaskGrammar` knows it.
  package var recall: GARTask {
    GARTask(
      keySchema: keySchema, valueSchema: valueSchema, relation0: .equal, relation1: .equal,
      isNegated: false, form: form, isExchanged: isExchanged)
  }

  private init(
    keySchema: SchemaID, valueSchema: SchemaID, relation0: Relation, relation1: Relation,
    isNegated: Bool, form: TaskForm, isExchanged: Bool
  ) {
    self.keySchema = keySchema
    self.valueSchema = valueSchema
    self.relation0 = relation0
    self.relation1 = relation1
    self.isNegated = isNegated
    self.form = form
    self.isExchanged = isExchanged
  }

  private static func tasks(of pair: SchemaPair) -> [GARTask] {
    var tasks: [GARTask] = []
    for personRelation in pair.personRelations {
      for otherRelation in pair.otherRelations {
        for isSwapped in [false, true] {
          for isNegated in [false, true] {
            for isExchanged in [false, true] {
              for form in TaskForm.allCases {
                tasks.append(
                  GARTask(
                    keySchema: isSwapped ? pair.other : pair.persons,
                    valueSchema: isSwapped ? pair.persons : pair.other,
                    relation0: isSwapped ? otherRelation : personRelation,
                    relation1: isSwapped ? personRelation : otherRelation,
                    isNegated: isNegated, form: form, isExchanged: isExchanged))
              }
            }
          }
        }
      }
    }
    return tasks
  }
}
