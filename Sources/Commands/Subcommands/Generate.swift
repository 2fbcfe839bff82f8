// `gar generate`: items of the benchmark as JSON Lines.

import ArgumentParser
import Foundation
import GAR
import Tokenization

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate items as JSON Lines.",
    discussion: """
      Tasks take turns, so that a set is balanced; classification items come as Yes/No pairs. The \
      same options give the same bytes on every machine. The defaults are the paper's setting: \
      three pairs, one demonstration, a line that lists the candidates.

      Examples:
        gar generate --count 1000 --seed 7 --out items.jsonl
        gar generate --count 4 --shots 0 --no-preamble --schemas genders+kinds
        gar generate --pairs 4 --shots 5 --format official --out release.jsonl
      """)

  @OptionGroup var generation: GenerationOptions
  @Option(
    help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var out: String?
  @Option(help: "Ours, items; or official, that of the paper's release.")
  var format = ItemFile.Format.items
  @Option(
    help: ArgumentHelp(
      "Model whose tokenizer counts the ranges of official lines; without one they have none.",
      valueName: "directory"))
  var model: String?
  @Flag(help: "Items are JSON in any case; accepted for uniformity.")
  var json = false

  func validate() throws {
    if format == .scored {
      throw ValidationError("--format is items or official: no items are scored prompts")
    }
    if model != nil, format != .official {
      throw ValidationError("--model is for --format official, whose ranges count tokens")
    }
  }

  func run() throws {
    Interruption.install()
    let tokenizer = try model.map { try Tokenizer.load(path: ModelSource(model: $0).path) }
    let generator = ItemGenerator(
      vocabulary: try generation.loadVocabulary(), settings: try generation.settings(.init()))
    let progress = ProgressBar("generating", unit: "items")
    var done = 0
    var chunk: [Item] = []
    let file = try out.map { try WholeFile($0) }
    func drain() throws {
      let bytes =
        format == .items ? jsonLines(of: chunk) : officialLines(of: chunk, tokenizer: tokenizer)
      chunk.removeAll(keepingCapacity: true)
      if let file { try file.write(bytes) } else { try StandardOutput.bytes(bytes) }
    }
    try generator.generate { item in
      chunk.append(item)
      done += 1
      if chunk.count == 64 {
        try drain()
        progress.update(done, generator.settings.count)
      }
    }
    try drain()
    if let file, let out {
      try file.commit()
      note("\(done) items written to \(out)")
    }
  }
}

extension ItemFile.Format: ExpressibleByArgument {}
