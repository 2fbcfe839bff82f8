// `gar tokenize`: a text as token ids, their texts and their places.

import ArgumentParser
import Foundation
import JSONText
import Tokenization

struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a text into token ids, as JSON.",
    discussion: """
      Prints one JSON object: "ids", "pieces" (the text of each token) and "ranges" (start and end \
      of each in the text, in Unicode scalars; an inserted BOS has [0,0]).

      A tokenizer is enough of a model here: --model also takes a GGUF file, even one without \
      weights, a tokenizer.json or a SentencePiece tokenizer.model.

      Examples:
        gar tokenize --text "Mary has a dog."
        gar tokenize --model vicuna-7b.gguf --no-bos --text "Mary has a dog."
        gar generate --count 1 | jq -j .prompt | gar tokenize
      """)

  @OptionGroup var model: ModelOptions
  @Option(help: "The text; standard input, as it stands, if not given.")
  var text: String?
  @Flag(name: .customLong("no-bos"), help: "Leave out BOS, even where the tokenizer adds it.")
  var noBOS = false
  @Flag(help: "Read the names of special tokens in the text as those tokens.")
  var parseSpecial = false
  @OptionGroup var output: JSONOption

  func run() throws {
    Interruption.install()
    let tokenizer = try Tokenizer.load(path: model.path)
    let encoding = tokenizer.encode(
      try text ?? standardInput(), addBOS: !noBOS, parseSpecial: parseSpecial)
    try StandardOutput.line(tokenizationJSON(encoding, tokenizer).text)
  }
}

func tokenizationJSON(_ encoding: Encoding, _ tokenizer: Tokenizer) -> JSONValue {
  .object([
    ("ids", .array(encoding.ids.map { .int(Int($0)) })),
    ("pieces", .array(encoding.ids.map { .optional(tokenizer.piece($0)) })),
    (
      "ranges",
      .array(encoding.ranges.map { .array([.int($0.lowerBound), .int($0.upperBound)]) })
    ),
  ])
}

/// All of standard input.
/// - Throws: `CommandError.unusable` unless it is UTF-8.
func standardInput() throws -> String {
  let data = FileHandle.standardInput.readDataToEndOfFile()
  guard let text = String(data: data, encoding: .utf8) else {
    throw CommandError.unusable("standard input is not UTF-8 text")
  }
  return text
}
