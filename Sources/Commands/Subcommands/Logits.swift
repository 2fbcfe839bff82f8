// `gar logits`: what a model would say next.

import ArgumentParser
import CKernels
import Engine
import Foundation
import JSONText
import Results
import Tokenization

struct Logits: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what the model would say next, best first.",
    discussion: """
      Token ids are taken as given; a text gets BOS by the tokenizer's rule. --npy writes the \
      logits of every position, [T, V], float32.

      Examples:
        gar logits --text "< Mary has dog. >. So Mary owns a kind of"
        gar logits --tokens 0,17,305 --ablate 3.0 --json
        gar logits --model llama-q4.gguf --fast --text "The cat sat on the"
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var speed: FastOption
  @Option(help: ArgumentHelp("The prompt as token ids: 0,17,305.", valueName: "ids"))
  var tokens: String?
  @Option(help: "The prompt as text.")
  var text: String?
  @Option(help: ArgumentHelp("How many tokens to show.", valueName: "count"))
  var top = 10
  @Option(help: ArgumentHelp("Write all logits to this .npy file.", valueName: "file"))
  var npy: String?
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (tokens == nil) != (text == nil) else {
      throw ValidationError("give the prompt either as --tokens or as --text")
    }
    guard top > 0 else { throw ValidationError("--top must be 1 or more, not \(top)") }
    if let tokens { try check { _ = try tokenIDs(tokens, option: "--tokens") } }
  }

  func run() throws {
    Interruption.install()
    let loaded = speed.apply(to: try model.load())
    let trace = try loaded.model.forward(
      try prompt(loaded), interventions: try edits.interventions(for: loaded.model),
      logits: npy == nil ? .last(1) : .all, arithmetic: loaded.arithmetic)
    if let npy {
      try save(NumPyFile.data(trace.logits.values, shape: trace.logits.shape), to: npy)
    }
    var best = Predictions(trace.endLogits, count: top)
    best.arithmetic = trace.arithmetic
    if output.json {
      try StandardOutput.line(best.json(loaded.tokenizer).text)
    } else {
      try StandardOutput.line(best.text(loaded.tokenizer))
    }
  }

  private func prompt(_ loaded: LoadedModel) throws -> [Int32] {
    if let tokens { return try tokenIDs(tokens, option: "--tokens") }
    return try loaded.requireTokenizer().encode(text ?? "").ids
  }
}

/// - Throws: `CommandError.usage` naming the option and the entry.
func tokenIDs(_ text: String, option: String) throws -> [Int32] {
  try list(text).map { entry in
    guard let id = Int32(entry), id >= 0 else {
      throw CommandError.usage("\(option): '\(entry)' is no token id")
    }
    return id
  }
}

/// Turns what `body` throws into an error about usage.
func check(_ body: () throws -> Void) throws {
  do { try body() } catch { throw ValidationError("\(error)") }
}

/// The most probable tokens at END.
struct Predictions {
  struct Entry {
    var id: Int32
    var logit: Float
    var probability: Float
  }

  let entries: [Entry]
  var arithmetic = Arithmetic.float32

  /// Takes the logits at END, `[V]`.
  init(_ logits: UnsafeBufferPointer<Float>, count: Int) {
    let logSum = kernel_log_sum_exp(logits.baseAddress, logits.count)
    entries = largestLogits(logits, count: count).map { index in
      Entry(
        id: Int32(index), logit: logits[index],
        probability: Float(exp(Double(logits[index]) - Double(logSum))))
    }
  }

  func json(_ tokenizer: Tokenizer?) -> JSONValue {
    let top = entries.map { entry in
      JSONValue.object([
        ("id", .int(Int(entry.id))), ("piece", .optional(tokenizer?.piece(entry.id))),
        ("logit", .float(entry.logit)), ("probability", .float(entry.probability)),
      ])
    }
    return .object([("top", .array(top))] + arithmetic.members)
  }

  func text(_ tokenizer: Tokenizer?) -> String {
    ([arithmetic.remark, table(tokenizer)].compactMap { $0 }).joined(separator: "\n\n")
  }

  private func table(_ tokenizer: Tokenizer?) -> String {
    var table = Table([">id", "piece", ">logit", ">probability"])
    for entry in entries {
      let piece = tokenizer?.piece(entry.id).map { JSONValue.string($0).text } ?? "–"
      table.add([
        "\(entry.id)", piece, fixed(Double(entry.logit), 3), fixed(Double(entry.probability), 4),
      ])
    }
    return table.text
  }
}
