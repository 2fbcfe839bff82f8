// The wording of bare facts and exclusions, as data. Recall is worded by `Phrasing`, like the items.

/// How the bare facts of one schema are put.
struct FactPhrasing {
  /// What stands before the group where the vocabulary has no member phrase ("a city of"). Groups of
  /// persons need nothing: "Mary is the girl".
  var isOf = ""
  /// Opens the question which of some members is not the query.
  var who: String
  /// The same as a noun.
  var subject: String

  static func of(_ schema: SchemaID) -> FactPhrasing {
    switch schema {
    case .genders: FactPhrasing(who: "Who", subject: "the one who")
    case .occupations: FactPhrasing(who: "Who", subject: "the person who")
    case .cities, .landmarks, .kinds: FactPhrasing(who: "Which", subject: "the one that")
    case .usages:
      FactPhrasing(isOf: "a thing used for ", who: "Which", subject: "the one that")
    case .adjectives: FactPhrasing(isOf: "similar to ", who: "Which", subject: "the one that")
    }
  }

  /// What encloses facts and exclusions.
  enum Frame {
    static let copula = " is "
    static let factQuestion = "Answer with Yes or No. Is it true that "
    static let thereAre = "There are "
    static let namesEnd = "."
    static let queryEnd = "? "
  }
}
