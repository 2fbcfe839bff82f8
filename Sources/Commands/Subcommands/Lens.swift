// `gar lens`: what the residual stream would say if the model ended at each layer.

import ArgumentParser
import Engine
import Foundation
import Interpretability
import JSONText
import Results

extension LensValue: ExpressibleByArgument {}

struct Lens: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read the residual stream of every layer as if the model ended there (logit lens).",
    discussion: """
      The stream before each layer, and after the last, goes through the model's own final norm and \
      unembedding. L0 is the stream before layer 0: the embeddings; the last column is the model's \
      prediction. The first table is for one position, END if not given: the most probable tokens, \
      the answer with its probability and its rank among all tokens (1 is first), its foil, and the \
      logit difference of the two. The second shows the most probable token of every position with \
      its probability in percent. --npy and --svg take one number for each place, chosen by --value; \
      --csv and --json have them all.

      Examples:
        gar lens --item 5
        gar lens --item 5 --position 12 --top 3 --svg lens.svg
        gar lens --tokens 0,5,9 --target 12 --foil 13 --npy lens.npy
        gar lens --text "< Mary has a dog. >. So Mary owns a kind of" --target animal --foil fruit
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var question: LensQuestion
  @Option(help: "The position of the first table, from 0; END if not given.")
  var position: Int?
  @Option(help: ArgumentHelp("How many of the most probable tokens.", valueName: "count"))
  var top = 1
  @Option(
    help: ArgumentHelp(
      "Columns of the second table, 0 up to the number of layers; as many as fit if not given.",
      valueName: "list"))
  var layers: String?
  @Option(
    help: ArgumentHelp(
      "What --npy and --svg take: \(LensValue.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "value"))
  var value: LensValue?
  @Option(help: ArgumentHelp("Write the values as .npy, [L + 1, T].", valueName: "file"))
  var npy: String?
  @Option(help: ArgumentHelp("Write a line for every layer and position.", valueName: "file"))
  var csv: String?
  @Option(help: ArgumentHelp("Write the values as an SVG heatmap with tokens.", valueName: "file"))
  var svg: String?
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (1...100).contains(top) else {
      throw ValidationError("--top must be 1 to 100, not \(top)")
    }
    if let layers { try check { _ = try integers(layers, option: "--layers") } }
  }

  func run() throws {
    Interruption.install()
    let loaded = try model.load()
    let subject = try question.subject(loaded)
    let shown = try position.map { try checked($0, in: 0..<subject.tokens.count, "--position") }
    let columns = try layers.map {
      try integers($0, option: "--layers").map {
        try checked($0, in: 0..<loaded.model.configuration.layerCount + 1, "--layers")
      }
    }
    let trace = try loaded.model.forward(
      subject.tokens, interventions: try edits.interventions(for: loaded.model),
      recording: .residualStream, logits: .all)
    let progress = ProgressBar("unembedding", unit: "rows")
    let lens = try loaded.model.logitLens(
      trace,
      settings: LensSettings(
        topCount: top, tracked: subject.tracked.map(\.token), metric: subject.metric)
    ) { done, total in progress.update(done, total) }
    let report = LensReport(
      lens: lens, subject: subject, tokenizer: loaded.tokenizer,
      position: shown ?? subject.tokens.count - 1, columns: columns)
    try write(report)
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func checked(_ number: Int, in range: Range<Int>, _ option: String) throws -> Int {
    guard range.contains(number) else {
      throw CommandError.usage("\(option): \(number) is not from 0 to \(range.upperBound - 1)")
    }
    return number
  }

  private func write(_ report: LensReport) throws {
    let value = try report.usable(value)
    let grid = LensGrid(report.lens, value: value)
    if let npy {
      try save(NumPyFile.data(grid.values.flatMap { $0 }, shape: grid.shape), to: npy)
    }
    if let csv { try save(report.csv, to: csv) }
    if let svg {
      let names = report.lens.positions.map { report.piece(report.subject.tokens[$0]) }
      let tops = report.lens.cells.map { $0.map { report.piece($0.top[0].token) } }
      try save(
        grid.svg(title: "\(report.title) · \(value.title)", positions: names, cells: tops), to: svg)
    }
  }
}

/// What `gar lens` is asked about: an item, or a prompt.
struct LensQuestion: ParsableArguments {
  @Option(help: ArgumentHelp("The item, by id or by index from 0.", valueName: "item"))
  var item: String?
  @Option(help: ArgumentHelp("The prompt as token ids: 0,17,305.", valueName: "ids"))
  var tokens: String?
  @Option(help: "The prompt as text.")
  var text: String?
  @Option(
    help: ArgumentHelp(
      "The answer of a prompt, whose first token is followed: an id, or text.", valueName: "token"))
  var target: String?
  @Option(help: ArgumentHelp("What the answer is set against.", valueName: "token"))
  var foil: String?
  @OptionGroup var itemOptions: ItemOptions

  func validate() throws {
    guard [item != nil, tokens != nil, text != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("give one of --item, --tokens and --text")
    }
    if item != nil, target != nil || foil != nil {
      throw ValidationError("--target and --foil belong to --tokens and --text")
    }
    if foil != nil, target == nil { throw ValidationError("--foil needs --target") }
    if let tokens { try check { _ = try tokenIDs(tokens, option: "--tokens") } }
  }

  func subject(_ loaded: LoadedModel) throws -> LensSubject {
    if let item { return try subject(ofItem: item, loaded) }
    let prompt: [Int32]
    if let tokens {
      prompt = try tokenIDs(tokens, option: "--tokens")
    } else {
      prompt = try loaded.requireTokenizer().encode(text ?? "").ids
    }
    try loaded.model.check(prompt)
    let answers = try [(target, "--target"), (foil, "--foil")].compactMap { answer, option in
      try answer.map { try followed($0, option: option, behind: prompt, loaded) }
    }
    return LensSubject(title: "prompt", tokens: prompt, tracked: answers)
  }

  private func subject(ofItem name: String, _ loaded: LoadedModel) throws -> LensSubject {
    let items = try itemOptions.load(
      .init(), vocabulary: try itemOptions.generation.loadVocabulary())
    let item = try loaded.tokenize([try chosenItem(name, in: items)])[0]
    return LensSubject(
      title: "item \(item.item.id)", tokens: item.tokens,
      tracked: [
        .init(name: item.item.answer, token: item.answerTokens[0]),
        .init(name: item.item.foil, token: item.foilTokens[0]),
      ])
  }

  /// A token by its id, or the first token that a text adds to the prompt.
  private func followed(
    _ answer: String, option: String, behind prompt: [Int32], _ loaded: LoadedModel
  ) throws -> LensSubject.Tracked {
    if let id = Int32(answer) {
      try loaded.model.checkVocabulary([id])
      return .init(name: loaded.tokenizer?.piece(id) ?? answer, token: id)
    }
    guard let text else {
      throw CommandError.usage("\(option): '\(answer)' is no token id; text goes with --text")
    }
    let whole = try loaded.requireTokenizer().encode("\(text) \(answer)").ids
    guard whole.count > prompt.count, whole.starts(with: prompt) else {
      throw CommandError.usage(
        "\(option): '\(answer)' does not begin with a token of its own behind the prompt; "
          + "give a token id")
    }
    return .init(name: answer, token: whole[prompt.count])
  }
}

/// A prompt and the tokens that are followed through the layers.
struct LensSubject {
  struct Tracked {
    var name: String
    var token: Int32
  }

  var title: String
  var tokens: [Int32]
  /// The answer and its foil; the answer alone, or nothing.
  var tracked: [Tracked]

  var metric: LogitMetric? {
    tracked.count == 2
      ? .logitDifference(target: tracked[0].token, foil: tracked[1].token) : nil
  }
}
