// What `gar attribute` is asked about: one item, a pair of prompts, or every item of a set.

import ArgumentParser
import Engine
import GAR
import Interpretability

/// A prompt pair and what is known of it.
struct AttributionSubject {
  /// The item's id; `nil` for prompts given as tokens.
  var id: String?
  var pair: PromptPair
  /// How the corrupted prompt differs, if there is one.
  var corrupted: CorruptedPrompt?
  /// Roles of the clean prompt's positions, `[T]`; empty where they are not known.
  var labels: [String?]
  /// The item, where there is one.
  var item: TokenizedItem?
  /// As they are shown: `Yes` and `No`, or token ids.
  var answer: String
  var foil: String
}

struct AttributionQuestion: ParsableArguments {
  @Option(help: ArgumentHelp("The item, by id or by index from 0.", valueName: "item"))
  var item: String?
  @Flag(help: "Every item of the set: the mean of the scores.")
  var all = false
  @Option(help: ArgumentHelp("The clean prompt as token ids.", valueName: "ids"))
  var tokens: String?
  @Option(help: ArgumentHelp("The corrupted prompt, as many tokens.", valueName: "ids"))
  var corrupted: String?
  @Option(help: ArgumentHelp("The right answer's first token.", valueName: "id"))
  var target: Int32?
  @Option(help: ArgumentHelp("The token it is set against.", valueName: "id"))
  var foil: Int32?
  @Option(
    help: ArgumentHelp(
      "What the corrupted prompt changes; the first kind that aligns if not given.",
      valueName: "kind"))
  var counterfactual: CounterfactualKind?
  @OptionGroup var itemOptions: ItemOptions

  /// - Throws: unless one question is asked.
  func requireOne() throws {
    guard [item != nil, all, tokens != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("give one of --item, --all and --tokens")
    }
  }

  func validate() throws {
    let forTokens: [(String, Bool)] = [
      ("--corrupted", corrupted != nil), ("--target", target != nil), ("--foil", foil != nil),
    ]
    if tokens == nil, let extra = forTokens.first(where: \.1) {
      throw ValidationError("\(extra.0) belongs to --tokens")
    }
    if tokens != nil, target == nil || foil == nil {
      throw ValidationError("--tokens needs --target and --foil")
    }
    if tokens != nil, counterfactual != nil {
      throw ValidationError("--counterfactual is for items; give --corrupted")
    }
    try check {
      for (text, option) in [(tokens, "--tokens"), (corrupted, "--corrupted")] {
        if let text { _ = try tokenIDs(text, option: option) }
      }
    }
  }

  /// The prompt pairs, at least one.
  func subjects(_ loaded: LoadedModel) throws -> [AttributionSubject] {
    if let tokens, let target, let foil {
      return [try subject(tokens: tokens, target: target, foil: foil, loaded.model)]
    }
    let (items, vocabulary) = try itemOptions.loadWithFacts(
      .init(), vocabulary: try itemOptions.generation.loadVocabulary())
    let chosen = try item.map { [try chosenItem($0, in: items)] } ?? items
    let tokenizer = try loaded.requireTokenizer()
    return try loaded.tokenize(chosen).map { item in
      let corrupted = item.corrupted(
        kind: counterfactual, vocabulary: vocabulary, tokenizer: tokenizer)
      if counterfactual != nil, corrupted == nil, !all {
        throw ItemError(item: item.item.id, cause: AttributionError.noCorruptedPrompt)
      }
      return AttributionSubject(
        id: item.item.id, pair: PromptPair(item, corrupted: corrupted), corrupted: corrupted,
        labels: item.labels, item: item, answer: item.item.answer,
        foil: corrupted?.foil ?? item.item.foil)
    }
  }

  private func subject(
    tokens: String, target: Int32, foil: Int32, _ model: Model
  ) throws -> AttributionSubject {
    try model.check([target, foil])
    let clean = try tokenIDs(tokens, option: "--tokens")
    let other = try corrupted.map { try tokenIDs($0, option: "--corrupted") }
    if let other, other.count != clean.count {
      throw AttributionError.lengthMismatch(clean: clean.count, corrupted: other.count)
    }
    return AttributionSubject(
      pair: PromptPair(
        clean: clean, corrupted: other, metric: .logitDifference(target: target, foil: foil)),
      labels: [], answer: "\(target)", foil: "\(foil)")
  }
}
