// `gar show`: one item explained.

import ArgumentParser
import Explorer
import GAR
import Interpretability
import Tokenization

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain one item: its relational loop, its roles, its solution and counterfactuals.",
    discussion: """
      Draws the relational loop from the query Q over the key K and its value V to the answer A, with \
      the relation on each edge; in negated items R marks the negated edge, and K', V' hold the \
      answer. Below stand the solver's reasoning in one line, the prompt in the model's tokens with \
      their roles, and the counterfactuals: what each changes, what is right then, and whether its \
      tokens align with the item's. Only --answer runs the model.

      Examples:
        gar show --item 5
        gar show --item 5 --shots 0 --no-preamble --forms class --polarity negated
        gar show --item 1-7-yes --items items.jsonl --answer
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: ArgumentHelp("The item, by id or by index from 0.", valueName: "item"))
  var item: String
  @OptionGroup var itemOptions: ItemOptions
  @Flag(help: "Show the preamble and the demonstrations too.")
  var allRows = false
  @Flag(help: "Run the model and say what it answers.")
  var answer = false
  @OptionGroup var output: JSONOption

  func run() throws {
    Interruption.install()
    let vocabulary = try itemOptions.generation.loadVocabulary()
    let chosen = try chosenItem(item, in: try itemOptions.load(.init(), vocabulary: vocabulary))
    let report = try answer ? answered(chosen, vocabulary) : explained(chosen, vocabulary)
    if output.json {
      try StandardOutput.line(report.json.text)
    } else {
      try StandardOutput.line(report.text(.standardOutput(), showsAllRows: allRows))
    }
  }

  /// Needs no more of the model than its tokenizer.
  private func explained(_ item: Item, _ vocabulary: GAR.Vocabulary) throws -> ShowReport {
    let tokenizer = try Tokenizer.load(path: model.path)
    let tokenized = try TokenizedItem(item, tokenizer: tokenizer)
    return ShowReport(
      page: ItemPage(tokenized, vocabulary: vocabulary, tokenizer: tokenizer), answer: nil)
  }

  private func answered(_ item: Item, _ vocabulary: GAR.Vocabulary) throws -> ShowReport {
    let loaded = try model.load(for: .attribution)
    let tokenizer = try loaded.requireTokenizer()
    let tokenized = try loaded.tokenize([item])[0]
    return ShowReport(
      page: ItemPage(tokenized, vocabulary: vocabulary, tokenizer: tokenizer),
      answer: try ModelAnswer(tokenized, loaded, tokenizer))
  }
}

/// What a model says to one item.
struct ModelAnswer {
  let model: String
  let score: AnswerScore
  /// Its first choice over the whole vocabulary.
  let predicted: String

  init(_ item: TokenizedItem, _ loaded: LoadedModel, _ tokenizer: Tokenizer) throws {
    model = loaded.name
    score = try loaded.model.evaluate([Question(item)])[0]
    predicted = score.predicted.flatMap { tokenizer.piece($0) } ?? "?"
  }
}
