// Finds the Yes/No pairs among the lines of a release.

/// Which lines are the two halves of a Yes/No pair: all is equal but the last claim and label.
struct Partners {
  private(set) var partner: [Int?]

  private struct Key: Hashable {
    var task: GARTask
    /// Its entries in alphabetical order: each half shuffles the list anew.
    var listed: [String]
    var demonstrations: [ParsedText.Row]
    var pairs: [ContextPair]
    var query: String
  }

  init(_ lines: [OfficialLine], _ grammar: Grammar) {
    partner = lines.map { _ in nil }
    var single: [Key: [Int]] = [:]
    for (index, line) in lines.enumerated() {
      guard let asked = line.parsed.rows.last, asked.label != nil else { continue }
      let key = Key(
        task: line.task,
        listed: line.parsed.preamble.map { grammar[line.task].entries(ofPreamble: $0).sorted() }
          ?? [],
        demonstrations: line.parsed.rows.dropLast(), pairs: asked.pairs, query: asked.query)
      let waiting = single[key] ?? []
      let match = waiting.firstIndex { lines[$0].parsed.rows.last?.label != asked.label }
      if let match {
        partner[index] = waiting[match]
        partner[waiting[match]] = index
        single[key]?.remove(at: match)
      } else {
        single[key, default: []].append(index)
      }
    }
  }
}
