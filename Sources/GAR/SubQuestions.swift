// The simpler questions that an item is composed of: what a model must know and do to answer it.

/// What a sub-question asks.
public enum SubQuestionKind: Sendable, Hashable, CaseIterable {
  /// Copy the value of the target pair's key out of the same context: both relations "same".
  case recall
  /// The bare fact behind relation 0 or 1, where that relation is not "same".
  case knowledge(relation: Int)
  /// Of the named keys, the one that does not match the query; for negated items.
  case exclusion

  public static let allCases: [SubQuestionKind] = [
    .recall, .knowledge(relation: 0), .knowledge(relation: 1), .exclusion,
  ]

  /// `recall`, `knowledge0`, `knowledge1`, `exclusion`.
  public var name: String {
    switch self {
    case .recall: "recall"
    case .knowledge(let relation): "knowledge\(relation)"
    case .exclusion: "exclusion"
    }
  }
}

/// One simpler question, with as many demonstrations as its item has and in the same form.
public struct SubQuestion: Sendable, Equatable, Identifiable {
  /// The item's id, a slash and the kind's name.
  public var id: String
  public var kind: SubQuestionKind
  public var form: TaskForm
  /// The whole prompt with demonstrations, the last answer and a line break.
  public var text: String
  /// Up to END, without a space at its end: the answer follows after one space.
  public var prompt: String
  /// What follows the prompt; in classification `Yes` or `No`, as the item's own answer.
  public var answer: String
  /// Another answer, or the other label.
  public var foil: String
  /// Distinct answers that are offered, as they would follow the prompt, the right one included.
  public var candidates: [String]
  /// For each row, ranges in Unicode scalars of `text`. In a fact the member is K or V and the
  /// group, where it is given and not asked for, Q or A.
  public var roles: [[Role: [Range<Int>]]]

  /// Where the article of the answer stands, which ends the prompt, in Unicode scalars of `text`.
  package var article: Range<Int>? {
    let word = GAR.article.dropLast()
    guard form == .generation, prompt.hasSuffix(" " + word) else { return nil }
    let end = prompt.unicodeScalars.count
    return (end - word.unicodeScalars.count)..<end
  }
}

/// Takes an item apart (`gar/SPEC`, section 7).
///
/// There are none where both relations are "same" and nothing is negated: such an item is itself a
/// recall. Facts are those of the item's own rows; the vocabulary gives distractors, and facts for
/// demonstrations that would otherwise give the asked one away.
///
/// - Parameters:
///   - item: of any source; its entities need not be in the vocabulary.
///   - vocabulary: facts and wording.
/// - Returns: in the order of `SubQuestionKind.allCases`; the same for the same item.
public func subQuestions(of item: Item, vocabulary: Vocabulary) -> [SubQuestion] {
  let task = item.task
  guard task.relationCount > 0 || task.isNegated else { return [] }
  let maker = SubQuestionMaker(item: item, vocabulary: vocabulary)
  var questions = [maker.recall()]
  for relation in 0...1 where task.relations[relation] != .equal {
    questions.append(maker.knowledge(relation))
  }
  if task.isNegated { questions.append(maker.exclusion()) }
  return questions
}
