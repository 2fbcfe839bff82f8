// What there is to understand of one item: its loop, its tokens with their roles, how it is solved,
// and what it is set against.

import GAR

/// One item explained. `gar show` prints it, the explorer shows it on a key.
public struct ItemPage: Equatable, Sendable {
  public var id: String
  public var task: GARTask
  public var shotCount: Int
  public var reasoning: SolverReasoning
  /// The prompt up to END; BOS, if the tokenizer has it, first.
  public var tokens: [PageToken]
  /// What follows the prompt, and its tokens.
  public var answer: String
  public var answerTokens: [String]
  /// What a model must know and do to answer it; none where the item is itself a recall.
  public var subQuestions: [SubQuestion]
  /// In the order in which attribution tries them.
  public var counterfactuals: [CounterfactualAlignment]

  public init(
    id: String, task: GARTask, shotCount: Int, reasoning: SolverReasoning, tokens: [PageToken],
    answer: String, answerTokens: [String], subQuestions: [SubQuestion],
    counterfactuals: [CounterfactualAlignment]
  ) {
    self.id = id
    self.task = task
    self.shotCount = shotCount
    self.reasoning = reasoning
    self.tokens = tokens
    self.answer = answer
    self.answerTokens = answerTokens
    self.subQuestions = subQuestions
    self.counterfactuals = counterfactuals
  }

  public var loop: RelationalLoop { reasoning.loop }
}

/// One token of a prompt with the role of its word.
public struct PageToken: Equatable, Sendable {
  /// As it stands in the prompt, its leading space included.
  public var text: String
  public var id: Int32
  /// Whether it belongs to what is asked, rather than to a demonstration or the preamble.
  public var isAsked: Bool
  /// One, or two where a word has two, as the "not" that ends a prompt.
  public var roles: [Role]
  /// Whether it goes on with the word that the token before began.
  public var continuesRole: Bool

  public init(
    _ text: String, id: Int32, isAsked: Bool, roles: [Role] = [], continuesRole: Bool = false
  ) {
    self.text = text
    self.id = id
    self.isAsked = isAsked
    self.roles = roles
    self.continuesRole = continuesRole
  }
}
