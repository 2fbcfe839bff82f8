// Turns the phrasing of each task into pieces: fixed words and slots for entities.

import Foundation

/// A part of a sentence.
package enum Piece: Sendable, Equatable {
  case literal(String)
  /// The word "not".
  case negation
  case slot(Slot, capitalised: Bool = false, plural: Bool = false)

  package enum Slot: Sendable, Equatable { case person, other, query, answer }
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
  /// Whether the article of the answer ("the boy") belongs to what precedes the answer.
  package var articlePrecedesAnswer: Bool
}

/// The sentences of all tasks, for one vocabulary.
package struct Grammar: Sendable {
  private let tasks: [TaskGrammar]

  package init(vocabulary: Vocabulary) {
    tasks = GARTask.all.map { Self.compile($0, vocabulary) }
  }

  package subscript(task: GARTask) -> TaskGrammar { tasks[task.index] }

  private static func compile(_ task: GARTask, _ vocabulary: Vocabulary) -> TaskGrammar {
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
    return TaskGrammar(
      task: task, context: pieces(of: context, fixed: fixed),
      query: pieces(of: phrasing.query(task), fixed: fixed),
      preambleStart: name.map { $0 + Phrasing.Frame.include },
      articlePrecedesAnswer: task.form == .generation && task.valueSchema.isOfPersons
        && task.relation1 == .child)
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
    let capitalised = name.first?.isUppercase ?? false
    switch name.lowercased() {
    case "person": return .slot(.person, capitalised: capitalised)
    case "other": return .slot(.other, capitalised: capitalised)
    case "query": return .slot(.query, capitalised: capitalised)
    case "queries": return .slot(.query, capitalised: capitalised, plural: true)
    case "answer": return .slot(.answer, capitalised: capitalised)
    case "not": return .negation
    default: preconditionFailure("a phrasing has the unknown slot {\(name)}")
    }
  }
}

/// The article that belongs to a person group's name.
package let article = "the "
