// The benchmark's English as data: one template for each sentence, from which texts are written
// (Renderer) and read back (SentenceParser).
//
// The wording is the release's, errors included ("The boys is not altruistic"), so that results
// compare. To mend or add a sentence, change it here alone.

/// How the sentences of one schema pair are put.
package struct Phrasing: Sendable {
  package var pair: [SchemaID]
  /// One pair of the context; `{Other}` is capitalised, `{The other}` has an article where it is
  /// no name.
  var context: String
  /// The same with the things first.
  var exchanged: String
  /// What opens the query sentence. "So " is dropped where the sentence is no conclusion in the
  /// present tense: in negated ones and inside the statement of a classification.
  var opening: Opening
  var verb: Verb
  /// Before the thing itself, where `verb` goes on to its use.
  var plainVerb: Verb
  /// The swapped subject: `the one who`, `the person who`.
  var subject: String

  enum Opening: String {
    case so = "So "
    case inOtherWords = "In other words, "
  }

  struct Verb {
    var affirmed: String
    var negated: String
    /// Negated, after a group in the plural.
    var negatedPlural: String
    /// Behind "the one who".
    var relative: String

    static let go = Verb(
      affirmed: "wants to go to", negated: "does {not} want to go to",
      negatedPlural: "do {not} want to go to", relative: " wants to go to")
    static let own = Verb(
      affirmed: "owns", negated: "does {not} own", negatedPlural: "do {not} own",
      relative: " owns")
    static let have = Verb(
      affirmed: "has", negated: "does {not} have", negatedPlural: "do {not} have",
      relative: " has")
    static let ownUsed = Verb(
      affirmed: "owns a thing used for", negated: "does {not} own a thing used for",
      negatedPlural: "do {not} own a thing used for", relative: " owns a thing used for")
    static let haveUsed = Verb(
      affirmed: "has a thing used for", negated: "does {not} have a thing used for",
      negatedPlural: "do {not} have a thing used for", relative: " has a thing used for")
    static let be = Verb(
      affirmed: "is", negated: "is {not}", negatedPlural: "is {not}", relative: "'s")
  }

  private init(
    _ persons: SchemaID, _ other: SchemaID, _ context: String, _ exchanged: String, _ verb: Verb,
    opening: Opening = .so, plain: Verb? = nil
  ) {
    pair = [persons, other]
    self.context = context
    self.exchanged = exchanged
    self.verb = verb
    plainVerb = plain ?? verb
    self.opening = opening
    subject = persons == .genders ? "the one who" : "the person who"
  }

  package static let all: [Phrasing] = [
    Phrasing(.genders, .cities, likes, attracts, .go),
    Phrasing(.genders, .landmarks, likes, attracts, .go),
    Phrasing(.genders, .kinds, has, belongs, .own),
    Phrasing(.genders, .usages, has, belongs, .ownUsed, plain: .own),
    Phrasing(.occupations, .cities, likes, attracts, .go),
    Phrasing(.occupations, .landmarks, likes, attracts, .go),
    Phrasing(.occupations, .kinds, has, belongs, .own),
    Phrasing(.occupations, .usages, has, belongs, .haveUsed, plain: .have),
    Phrasing(.genders, .adjectives, described, attribute, .be),
    Phrasing(.occupations, .adjectives, described, attribute, .be, opening: .inOtherWords),
  ]

  private static let likes = "{person} likes {other}."
  private static let attracts = "{other} attracts {person}."
  private static let has = "{person} has {other}."
  private static let belongs = "{The other} is {person}'s."
  private static let described = "{person} is {other}."
  private static let attribute = "{Other} {person}."

  /// The query sentence of a task; `{member0}` and `{member1}` stand for the phrases of
  /// membership ("a kind of ").
  func query(_ task: GARTask) -> String {
    let otherRelation = task.isSwapped ? task.relation0 : task.relation1
    let verb = otherRelation == .equal ? plainVerb : self.verb
    let isPlural = task.isNegated && task.relation0 == .child && task.keySchema == .genders
    let keepsOpening =
      opening == .inOtherWords || (task.form == .generation && !task.isNegated)
    let isFirst = task.form == .generation && !keepsOpening
    let start = keepsOpening ? opening.rawValue : ""
    guard task.isSwapped else {
      let slot =
        isPlural ? (isFirst ? "{Queries}" : "{queries}") : (isFirst ? "{Query}" : "{query}")
      let action =
        task.isNegated ? (isPlural ? verb.negatedPlural : verb.negated) : verb.affirmed
      return "\(start)\(slot) \(action) {member1}{answer}"
    }
    if task.form == .generation && !task.isNegated {
      return "\(start)who \(verb.affirmed) {member0}{query}? {answer}"
    }
    let who = isFirst ? "T" + subject.dropFirst() : subject
    let copula = task.isNegated ? "is {not}" : "is"
    return "\(start)\(who)\(verb.relative) {member0}{query} \(copula) {answer}"
  }

  /// What encloses contexts, rows and statements.
  package enum Frame {
    static let premise = "Premise: "
    static let contextStart = "< "
    static let contextEnd = " >. "
    static let question =
      "Answer with Yes or No. Can it be inferred from the premise that "
    static let questionEnd = "? Answer:"
    static let rowSeparator = "\n "
    static let include = " include "
    static let and = " and "
    static let comma = ", "
    package static let yes = "Yes"
    package static let no = "No"
  }
}
