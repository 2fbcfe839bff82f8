// The sentences of the DCFormer paper's synthetic set as data: contexts, verbs and phrases.

import Foundation

/// Reads one row, brackets removed.
enum ScoredSentence {
  struct Reading {
    var structure: ScoredStructure
    var answer: String
  }

  /// To add a verb: a line here; a negated one has "not" in it.
  private static let verbs = [
    "has", "owns", "possesses", "does not have", "does not own", "does not possess",
    "wants to go to", "wants to visit", "longs for", "yearns for", "does not want to go to",
    "does not want to visit", "does not long for", "does not yearn for", "is", "is not", "arrived",
    "appeared", "showed up", "did not arrive", "did not appear", "did not show up",
  ].sorted { $0.count > $1.count }

  /// To add a relation: a case of `ScoredRelation` and the words before what it leads to.
  private static let phrases: [(words: String, relation: ScoredRelation)] =
    [
      ("a kind of ", .kind), ("the city in ", .city), ("the thing that can ", .usage),
      ("the opposite of ", .opposite),
    ]
    + Calendar.units.flatMap {
      [("the \($0) just before ", .before), ("the \($0) just after ", .after)]
    }

  static func read(_ row: String) -> Reading? {
    guard row.hasPrefix("< "), let end = row.firstRange(of: " >. ") else { return readList(row) }
    let context = row[row.index(row.startIndex, offsetBy: 2)..<end.lowerBound]
    guard let pairs = ScoredContext.pairs(String(context)) else { return nil }
    let sentence = row[end.upperBound...]
    return sentence.hasPrefix("Who ")
      ? readQuestion(sentence.dropFirst(4), pairs) : readStatement(sentence, pairs)
  }

  /// "Who does not own the thing that can cook? Lisa".
  private static func readQuestion(_ sentence: Substring, _ pairs: [ContextPair]) -> Reading? {
    guard let mark = sentence.ranges(of: "? ").last,
      let (isNegated, rest) = verb(sentence[..<mark.lowerBound])
    else { return nil }
    let answer = String(sentence[mark.upperBound...])
    let (relation, query) = phrase(rest)
    let targets = pairs.indices.filter { pairs[$0].key == answer }
    guard targets.count == 1, !query.isEmpty else { return nil }
    // A thing named as it is must be the target's, or in a negated question must not.
    if relation == .same, (pairs[targets[0]].value == query) == isNegated { return nil }
    return Reading(
      structure: ScoredStructure(
        pairs: pairs, target: targets[0], query: query, relation: relation, isNegated: isNegated,
        asksForPerson: true), answer: answer)
  }

  /// "Ronald does not own lime".
  private static func readStatement(_ sentence: Substring, _ pairs: [ContextPair]) -> Reading? {
    guard let person = pairs.map(\.key).first(where: { sentence.hasPrefix($0 + " ") }),
      let (isNegated, rest) = verb(sentence.dropFirst(person.count + 1))
    else { return nil }
    let (relation, answer) = phrase(rest)
    let targets = pairs.indices.filter { (pairs[$0].key == person) != isNegated }
    guard targets.count == 1, !answer.isEmpty else { return nil }
    if relation == .same, pairs[targets[0]].value != answer { return nil }
    return Reading(
      structure: ScoredStructure(
        pairs: pairs, target: targets[0], query: person, relation: relation, isNegated: isNegated,
        asksForPerson: false), answer: answer)
  }

  /// "There are a bicycle, a telephone, a telephone. Which is different? The bicycle".
  private static func readList(_ row: String) -> Reading? {
    guard row.hasPrefix("There are "), let end = row.firstRange(of: ". Which is "),
      let mark = row.ranges(of: "? ").last, end.upperBound <= mark.lowerBound
    else { return nil }
    let list = row[row.index(row.startIndex, offsetBy: 10)..<end.lowerBound]
    let pairs = ScoredContext.entries(list).map { ContextPair(key: "", value: $0) }
    let words = row[end.upperBound..<mark.lowerBound]
    let query = words.hasPrefix("not ") ? String(words.dropFirst(4)) : nil
    guard query != nil || words == "different" else { return nil }
    let said = row[mark.upperBound...]
    var (relation, answer) = phrase(said.prefix(1).lowercased() + said.dropFirst())
    if relation == .same {
      answer = said.hasPrefix("The ") ? String(said.dropFirst(4)) : String(said)
    }
    let targets = pairs.indices.filter { index in
      pairs.count { $0.value == pairs[index].value } == 1 && pairs[index].value != query
    }
    guard targets.count == 1, !answer.isEmpty else { return nil }
    // One thing is listed in the plural and answered in the singular: "pencils".
    let thing = pairs[targets[0]].value
    if relation == .same, thing != answer, thing != answer + "s" { return nil }
    return Reading(
      structure: ScoredStructure(
        pairs: pairs, target: targets[0], query: query, relation: relation, isNegated: true,
        asksForPerson: false), answer: answer)
  }

  private static func verb(_ words: Substring) -> (isNegated: Bool, rest: Substring)? {
    guard let verb = verbs.first(where: { words.hasPrefix($0 + " ") }) else { return nil }
    return (verb.contains(" not"), words.dropFirst(verb.count + 1))
  }

  private static func phrase(_ words: some StringProtocol) -> (ScoredRelation, String) {
    for (start, relation) in phrases where words.hasPrefix(start) {
      return (relation, String(words.dropFirst(start.count)))
    }
    return (.same, String(words))
  }
}

/// The contexts of the set: one kind of sentence, said of each pair.
enum ScoredContext {
  private struct Form {
    /// What only this kind of context holds; as many as there are pairs.
    var mark: String
    var pieces: [Piece]
  }

  private static let person = Piece.slot(.person, .plain)
  private static let thing = Piece.slot(.other, .plain)

  /// To add a sentence: a line here.
  private static let forms: [Form] =
    arrivals + [
      Form(mark: " has ", pieces: [person, .literal(" has "), thing, .literal(".")]),
      Form(mark: " likes ", pieces: [person, .literal(" likes "), thing, .literal(".")]),
      Form(mark: " attracts ", pieces: [thing, .literal(" attracts "), person, .literal(".")]),
      Form(
        mark: "'s.", pieces: [thing, .literal(" is "), person, .literal("'s.")]),
      Form(mark: " is ", pieces: [person, .literal(" is "), thing, .literal(".")]),
    ]

  private static let arrivals: [Form] = ["in", "on", "at"].flatMap { word -> [Form] in
    let plain = " arrived \(word) "
    let exchanged = word.capitalized + " "
    let stop = Piece.literal(".")
    return [
      Form(mark: plain, pieces: [person, .literal(plain), thing, stop]),
      Form(
        mark: exchanged, pieces: [.literal(exchanged), thing, .literal(" arrived "), person, stop]),
    ]
  }

  private static let attribute = [
    Piece.slot(.other, .capitalised), .literal(" "), person, .literal("."),
  ]

  static func pairs(_ context: String) -> [ContextPair]? {
    // "The jeans are Ann's" is read as the others of its kind.
    let text = context.hasSuffix("'s.") ? context.replacing(" are ", with: " is ") : context
    for form in forms {
      let count = text.ranges(of: form.mark).count
      if count > 0, let pairs = pairs(text, form.pieces, count: count) { return pairs }
    }
    return pairs(text, attribute, count: text.count { $0 == "." })
  }

  private static func pairs(_ text: String, _ form: [Piece], count: Int) -> [ContextPair]? {
    let sentences = Array(repeating: form, count: count).joined(separator: [.literal(" ")])
    var matcher = TemplateMatcher(pieces: Array(sentences), bytes: Array(text.utf8))
    guard let captures = matcher.match(), captures.count == 2 * count else { return nil }
    return stride(from: 0, to: captures.count, by: 2).map { index in
      let (one, other) = (captures[index], captures[index + 1])
      let (person, thing) = one.slot == .person ? (one, other) : (other, one)
      let name = thing.style == .capitalised ? thing.text.lowercased() : thing.text
      return ContextPair(key: person.text, value: bare(name))
    }
  }

  /// The things of "a fox, Washington, D.C, jeans": a part of initials belongs to the one before.
  static func entries(_ list: some StringProtocol) -> [String] {
    var entries: [String] = []
    for part in String(list).split(separator: ", ") {
      if part.contains("."), let last = entries.popLast() {
        entries.append(last + ", " + part)
      } else {
        entries.append(bare(String(part)))
      }
    }
    return entries
  }

  private static func bare(_ name: String) -> String {
    for word in ["a ", "an ", "The "] where name.hasPrefix(word) {
      return String(name.dropFirst(word.count))
    }
    return name
  }
}

/// What comes just before and just after a time.
enum Calendar {
  static let units = ["time", "day", "month", "season", "year"]

  private static let cycles = [
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    [
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December",
    ],
    ["spring", "summer", "autumn", "winter"],
  ]

  /// The time that stands `step` places on; `nil` for what is no time.
  static func shifted(_ time: String, by step: Int) -> String? {
    for cycle in cycles {
      if let place = cycle.firstIndex(of: time) {
        return cycle[(place + step + cycle.count) % cycle.count]
      }
    }
    let digits = time.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    return "\(number + step)" + time.dropFirst(digits.count)
  }
}
