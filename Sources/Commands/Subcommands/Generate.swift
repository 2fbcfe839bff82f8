// `gar generate`: items of the benchmark as JSON Lines.

import ArgumentParser
import Foundation
import GAR

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
      """)

  @OptionGroup var generation: GenerationOptions
  @Option(
    help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var out: String?
  @Flag(help: "Items are JSON in any case; accepted for uniformity.")
  var json = false

  func run() throws {
    Interruption.install()
    let generator = ItemGenerator(
      vocabulary: try generation.loadVocabulary(), settings: try generation.settings(.init()))
    let progress = ProgressBar("generating", unit: "items")
    var done = 0
    var chunk: [Item] = []
    let file = try out.map { try WholeFile($0) }
    func drain() throws {
      let bytes = jsonLines(of: chunk)
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
