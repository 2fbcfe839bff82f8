// `gar features`: the paper's head feature of texts or items, as CSV.

import ArgumentParser
import Engine
import Foundation
import GAR
import Interpretability
import JSONText
import Results
import Tokenization

struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write head features of texts or items, as `gar probe` reads them.",
    discussion: """
      A feature is the maximum, over the positions of a marked stretch of the text, of (largest \
      attention to a token other than BOS, minus attention to BOS); where the tokenizer adds no BOS, \
      the first token stands for it. The output is CSV as the paper's authors released it: a column \
      "(layer,head)" for each head, and label, 1 for true.

      --texts reads JSONL, one object a line: text, the whole prompt, with the stretch between [[ \
      and ]] or given as "span": [start, end] in Unicode scalars, half-open; label, 1 or 0; and \
      perhaps id. Otherwise classification items are used: the claimed statement is the stretch, and \
      the label says whether it is true; without --items, 300 Yes/No pairs are generated. The file is \
      written whole or not at all.

      Examples:
        gar features --count 600 --heads 3.0,4.6 --out features.csv
        gar features --texts cities.jsonl --head-set heads.json --out cities.csv
        {"text": "Is it true that [[Paris is in France]]? Answer:", "label": 1}
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: ArgumentHelp("Texts as JSONL, each with a marked stretch.", valueName: "file"))
  var texts: String?
  @OptionGroup var itemOptions: ItemOptions
  @Option(
    help: ArgumentHelp(
      "Heads: 15.51,14.0 (layer.head); all of the model if not given.", valueName: "heads"))
  var heads: String?
  @Option(
    help: ArgumentHelp(
      "The True and False heads that `gar heads --save` wrote.", valueName: "file"))
  var headSet: String?
  @Option(
    name: [.customLong("out"), .customShort("o")],
    help: ArgumentHelp("Write the CSV here; standard output if not given.", valueName: "file"))
  var out: String?
  @OptionGroup var output: JSONOption

  func validate() throws {
    if heads != nil, headSet != nil {
      throw ValidationError("give the heads as --heads or as --head-set")
    }
    if let heads { try check { _ = try headList(heads, option: "--heads") } }
    if texts != nil,
      let other = itemOptions.items.map({ _ in "--items" })
        ?? itemOptions.generation.given.first?[0]
    {
      throw ValidationError("\(other) is for items and --texts reads a file of texts: give one")
    }
  }

  func run() throws {
    Interruption.install()
    let loaded = try model.load()
    let chosen = try chosenHeads(loaded.model.configuration)
    let subjects = try texts.map { try textSubjects($0, loaded) } ?? itemSubjects(loaded)
    let writer = try FeatureWriter(
      heads: chosen, hasLabels: subjects.labels != nil, path: out, isJSON: output.json)
    let progress = ProgressBar("computing features", unit: "texts")
    try loaded.model.headFeatures(subjects.questions, heads: chosen) { index, features in
      try writer.add(
        id: subjects.ids[index], features: features, label: subjects.labels?[index])
      progress.update(index + 1, subjects.questions.count)
    }
    try writer.finish()
  }

  private func chosenHeads(_ configuration: ModelConfiguration) throws -> [HeadIndex] {
    var chosen = configuration.heads
    if let heads { chosen = try headList(heads, option: "--heads") }
    if let headSet {
      let set = try HeadSet(path: headSet, configuration: configuration)
      chosen = set.trueHeads + set.falseHeads
      guard !chosen.isEmpty else {
        throw CommandError.unusable("\(headSet): names no heads; give them as --heads")
      }
    }
    for head in chosen { try configuration.check(head) }
    return chosen
  }

  // MARK: Subjects

  private struct Subjects {
    var ids: [String] = []
    var questions: [FeatureQuestion] = []
    var labels: [Bool]?
  }

  private func textSubjects(_ path: String, _ loaded: LoadedModel) throws -> Subjects {
    let tokenizer = try loaded.requireTokenizer()
    let texts = try readMarkedTexts(path: path)
    var subjects = Subjects()
    for text in texts {
      let encoding = tokenizer.encode(text.text)
      let span = tokens(covering: text.span, in: encoding.ranges)
      guard !span.isEmpty else {
        throw CommandError.unusable("\(path), text \(text.id): the marked stretch has no token")
      }
      do { try loaded.model.check(encoding.ids) } catch {
        throw ItemError(item: text.id, cause: error)
      }
      subjects.ids.append(text.id)
      subjects.questions.append(FeatureQuestion(tokens: encoding.ids, span: span))
    }
    subjects.labels = texts[0].label == nil ? nil : texts.compactMap(\.label)
    return subjects
  }

  private func itemSubjects(_ loaded: LoadedModel) throws -> Subjects {
    let items = try loaded.tokenize(
      try itemOptions.load(
        Heads.defaults, vocabulary: try itemOptions.generation.loadVocabulary()))
    var subjects = Subjects(labels: [])
    for item in items {
      guard let statement = item.statement, !statement.isEmpty else {
        throw CommandError.unusable(
          "item \(item.item.id): makes no statement; use classification items "
            + "(--forms classification)")
      }
      subjects.ids.append(item.item.id)
      subjects.questions.append(FeatureQuestion(tokens: item.tokens, span: statement))
      subjects.labels?.append(item.item.isTrueStatement)
    }
    return subjects
  }
}

/// Writes features as they are computed: CSV to a file or to standard output, or JSON.
private final class FeatureWriter {
  private let heads: [HeadIndex]
  private let path: String?
  private let file: WholeFile?
  private let isJSON: Bool
  private var rows: [JSONValue] = []
  private var count = 0

  init(heads: [HeadIndex], hasLabels: Bool, path: String?, isJSON: Bool) throws {
    (self.heads, self.path, self.isJSON) = (heads, path, isJSON)
    file = try path.map { try WholeFile($0) }
    try write(heads.map(\.columnName) + (hasLabels ? ["label"] : []))
  }

  func add(id: String, features: [Float], label: Bool?) throws {
    count += 1
    try write(features.map { "\($0)" } + (label.map { [$0 ? "1" : "0"] } ?? []))
    guard isJSON, path == nil else { return }
    var members: [(String, JSONValue)] = [
      ("id", .string(id)), ("features", .array(features.map { .float($0) })),
    ]
    if let label { members.append(("label", .int(label ? 1 : 0))) }
    rows.append(.object(members))
  }

  private func write(_ fields: [String]) throws {
    var line = CSVText()
    line.add(fields)
    if let file {
      try file.write(Array(line.text.utf8))
    } else if !isJSON {
      try StandardOutput.bytes(Array(line.text.utf8))
    }
  }

  func finish() throws {
    try file?.commit()
    if let path { note("\(count) texts, \(heads.count) heads written to \(path)") }
    guard isJSON else { return }
    var members: [(String, JSONValue)] = [
      ("heads", .array(heads.map { .string($0.dotted) })), ("count", .int(count)),
    ]
    if let path { members.append(("file", .string(path))) }
    if path == nil { members.append(("rows", .array(rows))) }
    try StandardOutput.line(JSONValue.object(members).text)
  }
}
