// One item as the workbench holds it: its tokens, candidates and plain run, and a closer look at its
// attention.

import Engine
import GAR
import Interpretability
import Tokenization

/// An item with its plain run, from which runs under edits start.
struct OpenedItem: Sendable {
  let item: TokenizedItem
  let corrupted: CorruptedPrompt?
  let question: Question
  /// Over the prompt and the answer (teacher forcing).
  let plain: Trace
  private let configuration: ModelConfiguration

  init(
    _ item: TokenizedItem, corrupted: CorruptedPrompt?, model: Model, arithmetic: Arithmetic
  ) throws {
    self.item = item
    self.corrupted = corrupted
    configuration = model.configuration
    var question = Question(item)
    question.foil = corrupted?.foilToken ?? question.foil
    if !question.candidates.contains(question.foil) { question.candidates.append(question.foil) }
    self.question = question
    plain = try model.forward(
      question.forced, recording: .rerun, logits: .last(question.scoredCount),
      arithmetic: arithmetic)
  }

  /// The position of END.
  var end: Int { item.tokens.count - 1 }

  /// The run under further interventions; only what they change is computed.
  func rerun(_ model: Model, adding interventions: [Intervention]) throws -> Trace {
    guard !interventions.isEmpty else { return plain }
    return try model.forward(
      .rerun(plain, adding: interventions), logits: .last(question.scoredCount),
      arithmetic: plain.arithmetic)
  }

  /// Scores that are not known yet.
  var unknownScores: HeadScores {
    HeadScores(
      layerCount: configuration.layerCount, headCount: configuration.headCount,
      values: [Float](
        repeating: .nan, count: configuration.layerCount * configuration.headCount))
  }

  func detail(_ tokenizer: Tokenizer) -> ItemDetail {
    let texts = item.promptTexts(tokenizer)
    let tokens = item.tokens.indices.map { PromptToken(texts[$0], role: role(at: $0)) }
    return ItemDetail(tokens: tokens, candidates: candidates(tokenizer), answer: item.item.answer)
  }

  private func role(at position: Int) -> Role? {
    item.labels[position].flatMap(Role.init(rawValue:))
  }

  private func candidates(_ tokenizer: Tokenizer) -> [Candidate] {
    let texts = item.item.candidates
    let isOneEach = texts.count == item.candidateTokens.count
    return question.candidates.enumerated().map { index, token in
      let text =
        isOneEach && index < texts.count
        ? texts[index] : tokenizer.piece(token)?.trimmed ?? "?"
      return Candidate(
        text, isRight: token == question.answer[0], isFoil: token == question.foil)
    }
  }
}

/// A run of one item with every pattern and what it does for the metric.
struct AttentionStudy: Sendable {
  private let attribution: PatternAttribution
  private let labels: [String?]

  init(_ opened: OpenedItem, interventions: [Intervention], model: Model) throws {
    labels = opened.item.labels
    attribution = try model.patternAttribution(
      PromptPair(
        opened.item, corrupted: opened.corrupted, interventions: interventions))
  }

  /// Where a head attends from one position. `query` `nil` is END.
  func reading(_ head: HeadIndex, query: Int?) -> AttentionReading {
    let position = min(query ?? labels.count - 1, labels.count - 1)
    let cells = attribution.patterns[head.layer].row(head.head)
    let row = cells[position * labels.count..<(position + 1) * labels.count]
    return AttentionReading(
      head: head, query: position, weights: Array(row),
      rolePair: rolePair(head))
  }
}

extension AttentionStudy {
  /// A head's whole pattern, `[T, S]`.
  func pattern(_ head: HeadIndex) -> [Float] {
    Array(attribution.patterns[head.layer].row(head.head))
  }

  func rolePair(_ head: HeadIndex) -> RolePair? {
    attribution.rolePairs(head, labels: labels).first
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " })
  }
}
