// Which heads are changed while a command runs the model.

import ArgumentParser
import Engine
import JSONText

struct EditOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Heads whose output is set to zero: 0.1,2.3 (layer.head).", valueName: "heads"))
  var ablate: [String] = []

  @Option(
    help: ArgumentHelp(
      "Heads whose output is multiplied: 3.5=2,4.6=0.5.", valueName: "heads"))
  var scale: [String] = []

  func validate() throws {
    do { _ = try parsed() } catch { throw ValidationError("\(error)") }
  }

  /// The interventions for a model.
  /// - Throws: `EngineError.headOutOfRange` for a head that the model lacks.
  func interventions(for model: Model) throws -> [Intervention] {
    let edits = try parsed()
    for edit in edits { try model.configuration.check(edit.head) }
    return edits.map { edit in
      Intervention(.head(edit.head), edit.factor.map { .scale($0) } ?? .zero)
    }
  }

  /// For titles: `3.0 off, 4.6 ×2`; `nil` without edits.
  var summary: String? {
    guard let edits = try? parsed(), !edits.isEmpty else { return nil }
    return edits.map { edit in
      edit.factor.map { "\(edit.head.dotted) ×\($0)" } ?? "\(edit.head.dotted) off"
    }.joined(separator: ", ")
  }

  var json: JSONValue {
    let edits = (try? parsed()) ?? []
    return .object([
      ("ablate", .array(edits.filter { $0.factor == nil }.map { .string($0.head.dotted) })),
      (
        "scale",
        .object(edits.compactMap { edit in edit.factor.map { (edit.head.dotted, .float($0)) } })
      ),
    ])
  }

  private func parsed() throws -> [(head: HeadIndex, factor: Float?)] {
    var edits: [(head: HeadIndex, factor: Float?)] = []
    for entry in ablate.flatMap(list) {
      edits.append((try head(entry, option: "--ablate"), nil))
    }
    for entry in scale.flatMap(list) {
      let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let factor = Float(parts[1]), factor.isFinite else {
        throw CommandError.usage("--scale: '\(entry)' is not of the form layer.head=factor")
      }
      edits.append((try head(String(parts[0]), option: "--scale"), factor))
    }
    var seen: Set<HeadIndex> = []
    for edit in edits where !seen.insert(edit.head).inserted {
      throw CommandError.usage("head \(edit.head.dotted) is changed twice; give it once")
    }
    return edits
  }

  private func head(_ text: String, option: String) throws -> HeadIndex {
    guard let head = HeadIndex(text) else {
      throw CommandError.usage("\(option): '\(text)' is no head; write layer.head, such as 3.0")
    }
    return head
  }
}

struct JSONOption: ParsableArguments {
  @Flag(help: "Print the result as JSON.")
  var json = false
}
