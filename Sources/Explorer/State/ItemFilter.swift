// The small language that chooses items: words that must all hold, `neg cls 2 kinds wrong`.

import GAR

/// A filter over items; the empty one lets everything through.
package struct ItemFilter: Equatable, Sendable {
  package let text: String
  private let words: [Word]

  private enum Word: Equatable, Sendable {
    case negated(Bool)
    case form(TaskForm)
    case relations(Int)
    case label(ItemSummary.Label)
    case verdict(Bool)
    /// Wrong before and right under the edits, or the other way round.
    case changed(to: Bool)
    case text(String)
  }

  /// The words with a meaning, for help.
  package static let vocabulary: [(words: String, meaning: String)] = [
    ("neg aff", "negated, affirmative"), ("gen cls", "generation, classification"),
    ("0 1 2", "number of relations n_r"), ("yes no", "label of a classification item"),
    ("right wrong", "in the plain run"),
    ("fixed broken", "made right, made wrong by the edits"),
    ("other words", "part of a schema, the task or the id"),
  ]

  package init(_ text: String) {
    self.text = text
    words = text.lowercased().split(separator: " ").map { Self.word(String($0)) }
  }

  private static func word(_ text: String) -> Word {
    switch text {
    case "neg": .negated(true)
    case "aff", "pos": .negated(false)
    case "gen": .form(.generation)
    case "cls": .form(.classification)
    case "0", "1", "2": .relations(Int(text) ?? 0)
    case "yes": .label(.yes)
    case "no": .label(.no)
    case "right": .verdict(true)
    case "wrong": .verdict(false)
    case "fixed": .changed(to: true)
    case "broken": .changed(to: false)
    default: .text(text)
    }
  }

  package var isEmpty: Bool { words.isEmpty }

  /// Whether what passes depends on verdicts, which arrive while the explorer runs.
  package var needsVerdicts: Bool {
    words.contains {
      switch $0 {
      case .verdict, .changed: true
      default: false
      }
    }
  }

  /// Whether an item passes; an unknown verdict passes neither `right` nor `wrong`.
  ///
  /// - Parameters:
  ///   - item: its line in the list.
  ///   - plain: whether the model is right.
  ///   - edited: the same under the edits.
  ///   - isHidden: nothing may tell the item's answer: neither label nor verdicts count.
  /// - Returns: whether all words hold.
  package func passes(
    _ item: ItemSummary, plain: Bool?, edited: Bool?, isHidden: Bool = false
  ) -> Bool {
    words.allSatisfy { word in
      switch word {
      case .negated(let isNegated): item.isNegated == isNegated
      case .form(let form): item.form == form
      case .relations(let count): item.relationCount == count
      case .label(let label): !isHidden && item.label == label
      case .verdict(let isRight): !isHidden && plain == isRight
      case .changed(let isRight): !isHidden && plain == !isRight && edited == isRight
      case .text(let text):
        item.schemas.contains { $0.lowercased().contains(text) }
          || item.task.lowercased().contains(text)
          || (isHidden ? item.idWithoutLabel : item.id).lowercased().contains(text)
      }
    }
  }
}

extension ItemSummary {
  /// Generated items of a Yes/No pair are named by their labels.
  fileprivate var idWithoutLabel: String {
    for ending in ["-yes", "-no"] where id.hasSuffix(ending) {
      return String(id.dropLast(ending.count))
    }
    return id
  }
}
