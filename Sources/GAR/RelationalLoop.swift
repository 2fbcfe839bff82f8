// A row as the loop that it composes: query to key, key to value, value to answer.

/// The relational loop of one row, with every pair of its context.
///
/// Relation 0 leads from the query to a key, the context sentence from the key to its value,
/// relation 1 from the value to the answer, and the query sentence closes the loop.
public struct RelationalLoop: Sendable, Equatable {
  /// One pair of the context and what it leads to.
  public struct Branch: Sendable, Equatable {
    public var key: String
    public var value: String
    /// What the value leads to by relation 1.
    public var leadsTo: String
    /// K or K', V or V': in negated items the pair that answers bears the primed names.
    public var keyRole: Role
    public var valueRole: Role
    /// Whether relation 0 holds between query and key; `nil` where the vocabulary lacks one of them.
    public var matches: Bool?
    /// Whether the loop runs through this pair.
    public var isTarget: Bool
  }

  public var task: GARTask
  public var query: String
  /// The right answer, in classification too.
  public var answer: String
  /// What the statement of a classification claims, and whether that is right.
  public var claim: String?
  public var label: String?
  /// In the order of the context.
  public var branches: [Branch]
  /// What a member is to its group, of either schema: "a kind of", "used for", "one of".
  public var memberPhrases: [String]

  /// The loop of a row of `task`.
  public init(_ row: Row, task: GARTask, vocabulary: Vocabulary) {
    self.task = task
    query = row.query
    answer = row.answer
    claim = row.claim
    label = row.label
    let keys = vocabulary[task.keySchema]
    memberPhrases = [keys, vocabulary[task.valueSchema]].map { schema in
      // The usages' phrase stands in the sentence's verb ("owns a thing used for").
      !schema.memberPhrase.isEmpty
        ? schema.memberPhrase : schema.id == .usages ? "used for" : "one of"
    }
    branches = row.pairs.indices.map { index in
      let pair = row.pairs[index]
      let isPrimed = (index == row.target) == task.isNegated
      return Branch(
        key: pair.key, value: pair.value, leadsTo: row.candidates[index],
        keyRole: isPrimed ? .distractorKeys : .key,
        valueRole: isPrimed ? .distractorValues : .value,
        matches: keys.knows(row.query, task.relation0, pair.key)
          ? keys.relates(row.query, task.relation0, to: pair.key) : nil,
        isTarget: index == row.target)
    }
  }

  /// The pair that the answer belongs to.
  public var target: Branch? { branches.first(where: \.isTarget) }

  /// The answer that stands in the query sentence: the claimed one in classification.
  public var statedAnswer: String { claim ?? answer }

  /// The pair whose value leads to what the query sentence states; another than `target` where a
  /// statement is false, `nil` where no pair does.
  public var statedBranch: Int? {
    if claim == nil || claim == answer { return branches.firstIndex(where: \.isTarget) }
    return branches.firstIndex { $0.leadsTo == claim }
  }

  /// What relation 0 says, for people: `K is the same as Q`.
  public var firstRelationText: String {
    let key = task.isNegated ? "K'" : "K"
    let verb = task.isNegated ? "is not" : "is"
    switch task.relation0 {
    case .equal: return "\(key) \(verb) Q"
    case .child: return "\(key) \(verb) \(memberPhrases[0]) Q"
    case .similar: return "\(key) \(verb) another word for Q"
    }
  }

  /// What relation 1 says: `V is a kind of A`.
  public var secondRelationText: String {
    let value = task.isNegated ? "V'" : "V"
    switch task.relation1 {
    case .equal: return "A is \(value)"
    case .child: return "\(value) is \(memberPhrases[1]) A"
    case .similar: return "A is another word for \(value)"
    }
  }
}

extension Schema {
  /// Whether the facts can tell if a relation holds between two entities.
  fileprivate func knows(_ source: String, _ relation: Relation, _ target: String) -> Bool {
    switch relation {
    case .equal: true
    case .child: group(named: source) != nil && group(of: target) != nil
    case .similar: group(of: source) != nil && group(of: target) != nil
    }
  }
}
