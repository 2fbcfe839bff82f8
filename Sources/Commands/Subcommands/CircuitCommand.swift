// `gar circuit`: the heads and MLPs that carry an answer, and what passes between them.

import ArgumentParser
import Engine
import Foundation
import GAR
import Interpretability
import Results

struct CircuitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "circuit",
    abstract: "Trace the circuit behind an answer, measure its faithfulness, compare circuits.",
    discussion: """
      Nodes are heads and MLPs, edges what one gives to the query, key or value of another, in \
      logits of the metric. --method stepwise goes from the logits backwards, hop by hop, all else \
      frozen; --method edges scores every edge at once (EAP-IG) and grows the circuit from the \
      logits. Outputs are compared with the corrupted prompt's, which shows what carries the \
      query; --reference mean, with means over the set, shows the links within the context too.

      Heads are named by the roles that carry most of their attribution-weighted attention and \
      classed as in the paper: local (K to V, Q to A), relating (K to Q, V to A), induction (V to \
      Q), negative relating (K' to Q), predicting (V or A to END), pre-predicting (read by \
      predicting heads); ² where what they read was written by such a head, so that Q to A is \
      relating². Loops are closed cycles of attention and the item's own links (K and V, Q and A).

      --faithfulness runs the model with all heads outside the first k ablated, for several orders \
      of the heads, and gives (m - m0)/(m1 - m0) of the means over the set: m1 of the full model, \
      m0 with every head ablated. Means are by role, words without a role by token; MLPs stay. Each \
      order ranks heads against the outputs that the ablation puts in.

      Examples:
        gar circuit --item 5 --svg circuit.svg
        gar circuit --all --count 100 --method edges --dot circuit.dot --save circuit.json
        gar circuit --all --count 100 --faithfulness --curve-svg curve.svg
        gar circuit --intersect kinds.json cities.json
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var question: AttributionQuestion
  @OptionGroup(title: "Tracing") var tracing: CircuitOptions
  @OptionGroup(title: "Faithfulness") var measuring: FaithfulnessOptions
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Two circuits that --save wrote: what they share.", valueName: "files"))
  var intersect: [String] = []
  @Option(
    help: ArgumentHelp(
      "Patch so many of the strongest edges exactly, too, and correlate.", valueName: "count"))
  var exact: Int?
  @Option(help: ArgumentHelp("Write the circuit as JSON.", valueName: "file"))
  var save: String?
  @Option(help: ArgumentHelp("Write the circuit for Graphviz.", valueName: "file"))
  var dot: String?
  @Option(help: ArgumentHelp("Write the circuit as SVG.", valueName: "file"))
  var svg: String?
  @Option(help: ArgumentHelp("Write the edges as CSV.", valueName: "file"))
  var csv: String?
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard intersect.isEmpty || intersect.count == 2 else {
      throw ValidationError("--intersect takes two files, not \(intersect.count)")
    }
    if intersect.isEmpty {
      try question.requireOne()
    } else if question.item != nil || question.all || question.tokens != nil {
      throw ValidationError("--intersect reads circuits and traces none: leave the items out")
    }
    if measuring.faithfulness, !question.all {
      throw ValidationError("--faithfulness is of a set: give --all")
    }
    if let exact, exact < 1 { throw ValidationError("--exact must be 1 or more, not \(exact)") }
    if exact != nil, question.all || tracing.method != .edges {
      throw ValidationError("--exact is for one item and --method edges")
    }
    if exact != nil, tracing.reference != .corrupted {
      throw ValidationError("--exact patches from the corrupted run: leave --reference out")
    }
    if tracing.reference == .mean, question.tokens != nil {
      throw ValidationError("--reference mean needs a set of items")
    }
  }

  func run() throws {
    Interruption.install()
    guard intersect.isEmpty else { return try runIntersection() }
    let loaded = try model.load()
    let report = try CircuitTracing(
      loaded: loaded, question: question, tracing: tracing, measuring: measuring,
      exact: exact ?? 0, interventions: try edits.interventions(for: loaded.model)
    ).report()
    try write(report.file)
    try write(report.curves, title: report.file.subject)
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func runIntersection() throws {
    let files = try intersect.map { try CircuitFile(path: $0) }
    let (first, second) = (files[0], files[1])
    guard first.model == second.model, first.circuit.layerCount == second.circuit.layerCount,
      first.circuit.headCount == second.circuit.headCount
    else {
      throw CommandError.unusable(
        "\(intersect[1]): a circuit of \(second.model) (\(second.circuit.layerCount)×"
          + "\(second.circuit.headCount) heads), and \(intersect[0]) is of \(first.model) "
          + "(\(first.circuit.layerCount)×\(first.circuit.headCount)); give two of one model")
    }
    let report = IntersectionReport(
      names: intersect.map { URL(filePath: $0).deletingPathExtension().lastPathComponent },
      intersection: CircuitIntersection(first.circuit, second.circuit))
    try write(
      CircuitFile(
        model: first.model, subject: report.names.joined(separator: " ∩ "),
        circuit: report.intersection.core))
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func write(_ file: CircuitFile) throws {
    if let save { try Commands.save(file.jsonText, to: save) }
    if let dot { try Commands.save(file.dot, to: dot) }
    if let svg { try Commands.save(file.svg, to: svg) }
    if let csv { try Commands.save(file.circuit.csv, to: csv) }
  }

  private func write(_ curves: [FaithfulnessCurve], title: String) throws {
    if let path = measuring.curveCsv { try Commands.save(curves.csv, to: path) }
    if let path = measuring.curveSvg { try Commands.save(curves.svg(title: title), to: path) }
  }
}
