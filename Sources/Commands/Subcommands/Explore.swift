// `gar explore`: the explorer, or a replay of it.

import ArgumentParser
import Explorer
import Foundation

struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explore a model's heads on items, on the whole screen (the default command).",
    discussion: """
      Press ? in the explorer for its keys. With --script, keys are replayed without a terminal, and \
      --dump prints the final screen. With --fast the first line says `int8 answers`: answers and \
      accuracies are rounded then, scores of heads and attention are not.

      Examples:
        gar
        gar explore --model ~/models/TinyLlama --items items.jsonl
        gar explore --results genders.sqlite
        gar explore --session monday
        gar explore --script keys.txt --size 100x30 --dump
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var speed: FastOption
  @OptionGroup var itemOptions: ItemOptions
  @Option(
    help: ArgumentHelp(
      "True and False heads, instead of looking for them: a name or file of `gar heads --save`, or a "
        + "list: 3.0,4.6,F2.6.", valueName: "name, file or list"))
  var heads: HeadSelection?
  @Option(
    help: ArgumentHelp(
      "Open a results file of `gar sweep`: its items, if --items names no others, its scores and its "
        + "means, without computing them again.", valueName: "file"))
  var results: String?
  @Option(
    help: ArgumentHelp(
      "Go on with a session that was saved with :w NAME: its model, items, place and edits.",
      valueName: "name"))
  var session: String?
  @Option(
    help: ArgumentHelp("Replay the keys of this file without a terminal.", valueName: "file"))
  var script: String?
  @Option(help: ArgumentHelp("Size of the replayed screen in cells.", valueName: "columns x rows"))
  var size: Size?
  @Flag(help: "Print the final screen of the replay.")
  var dump = false
  @Flag(help: "With --dump: print the screen as JSON.")
  var json = false

  func validate() throws {
    if script == nil, size != nil || dump || json {
      throw ValidationError("--size, --dump and --json belong to --script")
    }
    if session != nil, let other = givenBesideSession {
      throw ValidationError("a session has its own model, items and heads: leave out \(other)")
    }
    if json, !dump { throw ValidationError("--json belongs to --dump") }
  }

  private var givenBesideSession: String? {
    if model.model != nil { return "--model" }
    if heads != nil { return "--heads" }
    if speed.fast { return "--fast" }
    return itemOptions.arguments.first
  }

  func run() throws { try openExplorer(self) }
}

extension Size: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
