// What the explorer shows of an item: its line in the list, its prompt and its candidates.

import GAR

/// One item in the list.
public struct ItemSummary: Equatable, Sendable {
  /// What a classification item's statement is.
  public enum Label: Sendable { case yes, no }

  public var id: String
  /// Such as `Genders∋,Kinds∋ neg cls`.
  public var task: String
  public var form: TaskForm
  public var isNegated: Bool
  /// n_r: relations that are not "same", 0...2.
  public var relationCount: Int
  public var schemas: [String]
  /// `nil` for generation items.
  public var label: Label?

  public init(
    id: String, task: String, form: TaskForm, isNegated: Bool, relationCount: Int,
    schemas: [String],
    label: Label?
  ) {
    self.id = id
    self.task = task
    self.form = form
    self.isNegated = isNegated
    self.relationCount = relationCount
    self.schemas = schemas
    self.label = label
  }
}

/// One token of a prompt.
public struct PromptToken: Equatable, Sendable {
  /// As it stands in the prompt, its leading space included.
  public var text: String
  public var role: Role?

  public init(_ text: String, role: Role? = nil) {
    self.text = text
    self.role = role
  }
}

/// One possible answer.
public struct Candidate: Equatable, Sendable {
  public var text: String
  public var isRight: Bool
  /// The answer that the logit difference is held against.
  public var isFoil: Bool

  public init(_ text: String, isRight: Bool = false, isFoil: Bool = false) {
    self.text = text
    self.isRight = isRight
    self.isFoil = isFoil
  }
}

/// One item opened: the prompt up to END, token by token, and the candidates.
public struct ItemDetail: Equatable, Sendable {
  public var tokens: [PromptToken]
  public var candidates: [Candidate]
  /// What follows the prompt, in full; `nil` where the right candidate's text is all of it.
  public var answer: String?

  public init(tokens: [PromptToken], candidates: [Candidate], answer: String? = nil) {
    self.tokens = tokens
    self.candidates = candidates
    self.answer = answer
  }

  package var rightAnswer: String { answer ?? candidates.first(where: \.isRight)?.text ?? "" }

  /// The prompt alone: roles would tell which pair is asked for.
  var withoutRoles: ItemDetail {
    ItemDetail(
      tokens: tokens.map { PromptToken($0.text) }, candidates: candidates, answer: answer)
  }
}
