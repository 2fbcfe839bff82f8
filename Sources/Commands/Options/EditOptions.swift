// Which heads are changed while a command runs the model.

import ArgumentParser
import Engine
import Interpretability
import JSONText

struct EditOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Heads whose output is set to zero: 0.1,2.3 (layer.head); true, false or all for those of "
        + "--heads.", valueName: "heads"))
  var ablate: [String] = []

  @Option(
    help: ArgumentHelp(
      "Heads whose output is multiplied: 3.5=2,4.6=0.5, or true=2.", valueName: "heads"))
  var scale: [String] = []

  @Option(
    help: ArgumentHelp(
      "The True and False heads that --ablate true and --scale false=2 mean: a name or file of `gar "
        + "heads --save`, or a list: 3.0,4.6,F2.6.", valueName: "name, file or list"))
  var heads: HeadSelection?

  /// Which heads one edit means.
  private enum Target: Hashable {
    case head(HeadIndex)
    case trueHeads, falseHeads, allHeads

    init?(_ text: String) {
      switch text {
      case "true": self = .trueHeads
      case "false": self = .falseHeads
      case "all": self = .allHeads
      default:
        guard let head = HeadIndex(text) else { return nil }
        self = .head(head)
      }
    }

    var name: String {
      switch self {
      case .head(let head): head.dotted
      case .trueHeads: "true"
      case .falseHeads: "false"
      case .allHeads: "all"
      }
    }

    var title: String { if case .head(let head) = self { head.dotted } else { name + " heads" } }

    /// The heads meant; `set` is what `--heads` names, `nil` without it.
    func heads(in set: HeadSet?) -> [HeadIndex] {
      switch self {
      case .head(let head): [head]
      case .trueHeads: set?.trueHeads ?? []
      case .falseHeads: set?.falseHeads ?? []
      case .allHeads: (set?.trueHeads ?? []) + (set?.falseHeads ?? [])
      }
    }
  }

  private struct Edit {
    var target: Target
    /// `nil`: the output is set to zero.
    var factor: Float?
  }

  func validate() throws {
    do {
      let isSetUsed = try parsed().contains { if case .head = $0.target { false } else { true } }
      if isSetUsed, heads == nil {
        throw CommandError.usage("--ablate and --scale name true, false or all: give --heads too")
      }
      if heads != nil, !isSetUsed {
        throw CommandError.usage("--heads changes nothing by itself: give --ablate true, say")
      }
    } catch { throw ValidationError("\(error)") }
  }

  /// The interventions for a model.
  /// - Throws: `EngineError.headOutOfRange` for a head that the model lacks; `HeadSetError`.
  func interventions(for model: Model) throws -> [Intervention] {
    let set = try heads?.load(for: model)
    var seen: Set<HeadIndex> = []
    return try parsed().flatMap { edit in
      try edit.target.heads(in: set).map { head in
        try model.configuration.check(head)
        guard seen.insert(head).inserted else { throw changedTwice(head.dotted) }
        return Intervention(.head(head), edit.factor.map { .scale($0) } ?? .zero)
      }
    }
  }

  private func changedTwice(_ name: String) -> CommandError {
    .usage("head \(name) is changed twice; give it once")
  }

  /// For titles: `3.0 off, 4.6 ×2`; `nil` without edits.
  var summary: String? {
    guard let edits = try? parsed(), !edits.isEmpty else { return nil }
    return edits.map { edit in
      edit.factor.map { "\(edit.target.title) ×\($0)" } ?? "\(edit.target.title) off"
    }.joined(separator: ", ")
  }

  var json: JSONValue {
    let edits = (try? parsed()) ?? []
    var members: [(String, JSONValue)] = [
      ("ablate", .array(edits.filter { $0.factor == nil }.map { .string($0.target.name) })),
      (
        "scale",
        .object(edits.compactMap { edit in edit.factor.map { (edit.target.name, .float($0)) } })
      ),
    ]
    if let heads { members.append(("heads", .string(heads.text))) }
    return .object(members)
  }

  private func parsed() throws -> [Edit] {
    var edits: [Edit] = []
    for entry in ablate.flatMap(list) {
      edits.append(Edit(target: try target(entry, option: "--ablate")))
    }
    for entry in scale.flatMap(list) {
      let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let factor = Float(parts[1]), factor.isFinite else {
        throw CommandError.usage("--scale: '\(entry)' is not of the form layer.head=factor")
      }
      edits.append(Edit(target: try target(String(parts[0]), option: "--scale"), factor: factor))
    }
    var seen: Set<Target> = []
    for edit in edits where !seen.insert(edit.target).inserted {
      throw changedTwice(edit.target.name)
    }
    return edits
  }

  private func target(_ text: String, option: String) throws -> Target {
    guard let target = Target(text) else {
      throw CommandError.usage("\(option): '\(text)' is no head; write layer.head, such as 3.0")
    }
    return target
  }
}

struct JSONOption: ParsableArguments {
  @Flag(help: "Print the result as JSON.")
  var json = false
}
