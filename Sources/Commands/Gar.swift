// The root of the command line: what `gar` is, and its commands.

import ArgumentParser

/// To add a command: a file in `Commands/` with a `ParsableCommand`, listed here, and a test in
/// `Tests/CommandTests`.
struct Gar: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gar",
    abstract: "Explore how transformers reason, one attention head at a time.",
    discussion: """
      gar loads a language model with its own engine, steps it through items of the GAR benchmark \
      (generalized associative recall), shows which attention heads carry the answer, and lets you \
      switch heads off and see what the model then says. Without a command it opens the explorer, \
      on the model and the items that come with it.

      Results go to standard output, progress and errors to standard error. Every command takes \
      --json. Exit status: 0 done, 1 failed, 2 wrong usage, 3 unusable input or model, \
      130 interrupted.

      Examples:
        gar                         open the explorer
        gar heads                   find the True and False heads
        gar attribute --item 5      see which heads carry the answer of item 5
        gar evaluate --ablate 3.0   measure accuracy with head 3.0 off
        gar sweep --results a.sqlite    score every head on a whole set, resumably
      """,
    version: version,
    subcommands: [
      Explore.self, Models.self, Inspect.self, Tokenize.self, Logits.self, Generate.self,
      Import.self, Check.self, Evaluate.self, Attribute.self, Lens.self, Heads.self,
      Intervene.self, CircuitCommand.self, Features.self, Probe.self, SweepCommand.self,
      ResultsCommand.self, Show.self, Quiz.self, Bench.self,
    ],
    defaultSubcommand: Explore.self)

  static let version = "0.1.0"
}
