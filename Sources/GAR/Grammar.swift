// Turns the phrasing of each task into pieces: fixed words and slots for entities.

import Foundation

/// A part of a sentence.
package enum Piece: Sendable, Equatable {
  case literal(String)
  /// The word "not".
  case negation
  case slot(Slot, SlotStyle)

  package enum Slot: Sendable, Equatable { case person, other, query, answer }
}

/// How a name is put into its slot.
package enum SlotStyle: Sendable, Equatable {
  case plain
  /// With a capital first letter.
  case capitalised
  /// With an s.
  case plural
  case capitalisedPlural
  /// "The" before a common noun; a name with a capital letter stays as it is.
  case article

  package var isCapitalised: Bool { self == .capitalised || self == .capitalisedPlural }
  package var isPlural: Bool { self == .plural || self == .capitalisedPlural }
}

/// The sentences of one task.
package struct TaskGrammar: Sendable {
  package var task: GARTask
  /// One pair of the context.
  package var context: [Piece]
  /// The query sentence; in classification the statement.
  package var query: [Piece]
  /// How a preamble begins, where the task has one.
  package var preambleStart: String?
}

/// The sentences of all tasks, for one vocabulary.
package struct Grammar: Sendable {
  private let tasks: [TaskGrammar]

  package init(vocabulary: Vocabulary) {
    tasks = GARTask.all.map { TaskGrammar($0, vocabulary) }
  }

  package subscript(task: GARTask) -> TaskGrammar { tasks[task.index] }
}

extension TaskGrammar {
  package init(_ task: GARTask, _ vocabulary: Vocabulary) {
    guard let phrasing = Phrasing.all.first(where: { $0.pair == task.schemaPair }) else {
      preconditionFailure("no phrasing for \(task.officialID)")
    }
    func member(_ schema: SchemaID, _ relation: Relation) -> String {
      let phrase = vocabulary[schema].memberPhrase
      return relation == .child && !phrase.isEmpty ? phrase + " " : ""
    }
    let fixed = [
      "member0": member(task.keySchema, task.relation0),
      "member1": member(task.valueSchema, task.relation1),
    ]
    let context = task.isExchanged ? phrasing.exchanged : phrasing.context
    let name = task.relation1 == .equal ? nil : vocabulary[task.valueSchema].preamble
    self.init(
      task: task, context: Self.pieces(of: context, fixed: fixed),
      query: Self.pieces(of: phrasing.query(task), fixed: fixed),
      preambleStart: name.map { $0 + Phrasing.Frame.include })
  }

  /// Splits a template at its braces.
  private static func pieces(of template: String, fixed: [String: String]) -> [Piece] {
    var pieces: [Piece] = []
    func append(_ text: some StringProtocol) {
      if text.isEmpty { return }
      if case .literal(let before) = pieces.last {
        pieces[pieces.count - 1] = .literal(before + text)
      } else {
        pieces.append(.literal(String(text)))
      }
    }
    for (index, part) in template.split(
      separator: "{", omittingEmptySubsequences: false
    ).enumerated() {
      guard index > 0, let end = part.firstIndex(of: "}") else {
        append(part)
        continue
      }
      let name = String(part[..<end])
      if let text = fixed[name] {
        append(text)
      } else {
        pieces.append(piece(named: name))
      }
      append(part[part.index(after: end)...])
    }
    return pieces
  }

  private static func piece(named name: String) -> Piece {
    switch name {
    case "person": return .slot(.person, .plain)
    case "other": return .slot(.other, .plain)
    case "Other": return .slot(.other, .capitalised)
    case "The other": return .slot(.other, .article)
    case "query": return .slot(.query, .plain)
    case "Query": return .slot(.query, .capitalised)
    case "queries": return .slot(.query, .plural)
    case "Queries": return .slot(.query, .capitalisedPlural)
    case "answer": return .slot(.answer, .plain)
    case "not": return .negation
    default: preconditionFailure("a phrasing has the unknown slot {\(name)}")
    }
  }
}

/// The article that belongs to a person group's name.
package let article = "the "

/// The word of negated relations, role R.
package let negationWord = "not"
