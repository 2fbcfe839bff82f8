// `gar attribute`: which heads carry an answer.

import ArgumentParser
import Engine
import Foundation
import GAR
import Interpretability
import Results

extension AttributionMethod: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }
  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

extension PatchingDirection: ExpressibleByArgument {}
extension CounterfactualKind: ExpressibleByArgument {}

struct Attribute: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score every head for one item, for a pair of prompts, or for a set of items.",
    discussion: """
      Scores are effects on the logit difference between the answer and its foil, [L, H]. The \
      corrupted prompt differs from the clean one in the query or the claim alone and has as many \
      tokens; an item without one is attributed with zeroBaseline, unless another method is asked \
      for. Estimates: attributionPatching, integratedGradients, zeroBaseline. Exact, a run for each \
      head: activationPatching, ablation. What a head adds to the logits by itself, with no layer in \
      between: directLogitAttribution. --compare gives the correlation with a second method.

      Examples:
        gar attribute --item 5
        gar attribute --item 5 --method ablation --svg scores.svg
        gar attribute --all --compare activationPatching --count 100
        gar attribute --tokens 0,5,9 --corrupted 0,6,9 --target 12 --foil 13
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var question: AttributionQuestion
  @Option(help: ArgumentHelp("How heads are scored.", valueName: "method"))
  var method: AttributionMethod?
  @Option(help: "Put clean activations into the corrupted run, or the reverse.")
  var direction: PatchingDirection = .denoising
  @Option(help: ArgumentHelp("Steps of integrated gradients.", valueName: "count"))
  var steps = 5
  @Option(help: ArgumentHelp("Correlate with another method.", valueName: "method"))
  var compare: AttributionMethod?
  @Option(help: ArgumentHelp("Write the scores as .npy, [L, H].", valueName: "file"))
  var npy: String?
  @Option(help: ArgumentHelp("Write the scores as CSV.", valueName: "file"))
  var csv: String?
  @Option(help: ArgumentHelp("Write the scores as an SVG heatmap.", valueName: "file"))
  var svg: String?
  @OptionGroup(title: "Changes to heads") var edits: EditOptions
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard (1...10_000).contains(steps) else {
      throw ValidationError("--steps must be 1 to 10000, not \(steps)")
    }
    if let compare, compare == method ?? .attributionPatching {
      throw ValidationError("--compare must name another method than --method")
    }
  }

  func run() throws {
    Interruption.install()
    let loaded = try model.load()
    let settings = AttributionSettings(direction: direction, steps: steps)
    let interventions = try edits.interventions(for: loaded.model)
    var subjects = try question.subjects(loaded)
    for index in subjects.indices { subjects[index].pair.interventions = interventions }
    let scorer = HeadScorer(
      model: loaded.model, method: method, compare: compare, settings: settings)
    let report = try scorer.report(subjects)
    try write(report)
    try StandardOutput.line(output.json ? report.json.text : report.text)
  }

  private func write(_ report: AttributionReport) throws {
    let scores = report.scores
    if let npy {
      try save(
        NumPyFile.data(scores.values, shape: [scores.layerCount, scores.headCount]), to: npy)
    }
    if let csv { try save(scores.csv, to: csv) }
    if let svg { try save(scores.svg(title: report.title), to: svg) }
  }
}
