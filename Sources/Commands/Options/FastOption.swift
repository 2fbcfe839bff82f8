// `--fast`: answers from activations rounded to int8, for the commands whose result they may be.

import ArgumentParser
import Engine
import JSONText

struct FastOption: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Answer quicker and a little less exactly: activations are rounded to int8 wherever weights "
        + "are quantised, and the result says so."))
  var fast = false

  /// Why other commands do not have it.
  static let refusal =
    "--fast is not for this command: activations are rounded to int8 only where the answers are the "
    + "result (evaluate, logits, quiz, explore), never under an attribution or a patching effect; "
    + "leave it out"

  /// The model with the arithmetic that was asked for. Without quantised weights nothing would be
  /// rounded, which is noted, and the result is then not marked.
  func apply(to loaded: LoadedModel) -> LoadedModel {
    guard fast else { return loaded }
    guard loaded.model.hasQuantisedWeights else {
      note("--fast makes no difference: \(loaded.name) has no quantised weights")
      return loaded
    }
    var loaded = loaded
    loaded.arithmetic = .int8
    return loaded
  }
}

extension Arithmetic {
  /// What JSON says of results that are not the usual ones.
  var members: [(String, JSONValue)] {
    self == .int8 ? [("arithmetic", .string(rawValue))] : []
  }

  /// What a table's title says of results that are not the usual ones.
  var remark: String? { self == .int8 ? "int8 activations (--fast)" : nil }

  /// The model's name where nothing but a name says what the results are of.
  func label(_ model: String) -> String { self == .int8 ? "\(model) (int8)" : model }
}
