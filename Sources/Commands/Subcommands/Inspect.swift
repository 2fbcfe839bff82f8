// `gar inspect`: what a model's files hold and what running it will take.

import ArgumentParser
import Checkpoints
import Engine
import Foundation
import Tokenization

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe a model: configuration, tensors, memory, tokenizer.",
    discussion: """
      Examples:
        gar inspect
        gar inspect --model ~/models/TinyLlama --tensors --length 512
      """)

  @OptionGroup var model: ModelOptions
  @Flag(help: "List every tensor.")
  var tensors = false
  @Option(
    help: ArgumentHelp(
      "Tokens of the prompt that memory is estimated for; 256, or the context if shorter.",
      valueName: "tokens"))
  var length: Int?
  @OptionGroup var output: JSONOption

  func validate() throws {
    if let length, length < 1 {
      throw ValidationError("--length must be 1 or more, not \(length)")
    }
  }

  func run() throws {
    Interruption.install()
    let checkpoint = try Checkpoint.open(model.path)
    let loaded = try model.load(checkpoint)
    let configuration = loaded.model.configuration
    let length = length ?? min(256, configuration.contextLength)
    guard length <= configuration.contextLength else {
      throw EngineError.promptTooLong(tokens: length, contextLength: configuration.contextLength)
    }
    let report = ModelReport(
      loaded: loaded, checkpoint: checkpoint,
      memory: MemoryEstimate(loaded.model, tokenCount: length))
    try StandardOutput.line(
      output.json ? report.json(listingTensors: tensors).text : report.text(listingTensors: tensors)
    )
  }
}
