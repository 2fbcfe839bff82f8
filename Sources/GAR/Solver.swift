// Answers an item from its structure alone, as a check on whatever made the item.

/// What follows from a row by the vocabulary's facts.
public enum SolverResult: Sendable, Equatable {
  case unique(String)
  /// The answers that are all right, in the order of the context.
  case ambiguous([String])
  case none
}

/// Answers a row by the vocabulary's facts.
///
/// A pair counts if relation 0 leads from the query to its key (in negated tasks: if it does not);
/// relation 1 leads from the answer to the pair's value. Where a value has several synonyms, only
/// those among the row's candidates are answers. In classification this is the answer that a true
/// statement would claim.
public func solve(_ row: Row, vocabulary: Vocabulary, task: GARTask) -> SolverResult {
  let keys = vocabulary[task.keySchema]
  let values = vocabulary[task.valueSchema]
  var answers: [String] = []
  for pair in row.pairs
  where keys.relates(row.query, task.relation0, to: pair.key) != task.isNegated {
    let sources = values.sources(of: pair.value, by: task.relation1)
    for answer in sources where !answers.contains(answer) {
      if task.relation1 != .similar || sources.count == 1 || row.candidates.contains(answer) {
        answers.append(answer)
      }
    }
  }
  switch answers.count {
  case 0: return .none
  case 1: return .unique(answers[0])
  default: return .ambiguous(answers)
  }
}
