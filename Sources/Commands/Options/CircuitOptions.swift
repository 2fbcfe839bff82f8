// How circuits are traced and measured.

import ArgumentParser
import Interpretability

extension PositionMeans.Grouping: ExpressibleByArgument {}

/// How a circuit is found.
struct CircuitOptions: ParsableArguments {
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case stepwise, edges

    var method: CircuitMethod { self == .stepwise ? .stepwise : .edgeAttribution }
  }

  enum Reference: String, CaseIterable, ExpressibleByArgument {
    case corrupted, mean, zero
  }

  @Option(
    help: ArgumentHelp(
      "stepwise: the paper's tracing, hop by hop; edges: EAP-IG over all edges.",
      valueName: "method"))
  var method: Method = .stepwise
  @Option(
    help: ArgumentHelp(
      "What outputs are compared with: the corrupted prompt's, means over the set, or zero.",
      valueName: "run"))
  var reference: Reference = .corrupted
  @Option(help: ArgumentHelp("Points of the integrated gradient.", valueName: "count"))
  var steps = 5
  @Option(help: ArgumentHelp("Step-wise: senders followed from one input.", valueName: "count"))
  var width = 4
  @Option(
    help: ArgumentHelp(
      "Step-wise: and at least that share of the input's best sender.", valueName: "share"))
  var share: Float = 0.25
  @Option(
    help: ArgumentHelp(
      "Step-wise: and at least that share of the best sender to the logits.", valueName: "share"))
  var floor: Float = 0.05
  @Option(help: ArgumentHelp("Edges of a circuit by --method edges.", valueName: "count"))
  var edges = 40

  func validate() throws {
    for (name, value, range) in [
      ("--steps", steps, 1...10_000), ("--width", width, 1...1000), ("--edges", edges, 1...100_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    for (name, value) in [("--share", share), ("--floor", floor)]
    where !(0...1).contains(value) {
      throw ValidationError("\(name) must be 0 to 1, not \(value)")
    }
  }

  func settings(_ reference: CircuitReference) -> CircuitSettings {
    CircuitSettings(
      reference: reference, steps: steps, width: width, share: share, floor: floor,
      edgeLimit: edges)
  }
}

/// How faithfulness is measured.
struct FaithfulnessOptions: ParsableArguments {
  enum Ablation: String, CaseIterable, ExpressibleByArgument {
    case mean, zero, patch
  }

  @Flag(help: "Measure what circuits of growing size keep of the metric; needs --all.")
  var faithfulness = false
  @Option(
    help: ArgumentHelp(
      "What stands in for the heads outside: means over the set, zero, or the corrupted run's.",
      valueName: "kind"))
  var ablation: Ablation = .mean
  @Option(
    help: ArgumentHelp(
      "Means by role (words without one by token), or position from the end.",
      valueName: "kind"))
  var means: PositionMeans.Grouping = .role
  @Option(
    help: ArgumentHelp(
      "Orders of heads: attribution, integrated, exact, edges, stepwise, random; all if not given.",
      valueName: "list"))
  var orders: String?
  @Option(help: ArgumentHelp("Sizes of circuits, in heads.", valueName: "list"))
  var sizes: String?
  @Option(help: ArgumentHelp("Draws of the random order.", valueName: "count"))
  var draws = 10
  @Option(help: ArgumentHelp("Write the curves as CSV.", valueName: "file"))
  var curveCsv: String?
  @Option(help: ArgumentHelp("Write the curves as an SVG chart.", valueName: "file"))
  var curveSvg: String?

  func validate() throws {
    guard (1...1000).contains(draws) else {
      throw ValidationError("--draws must be 1 to 1000, not \(draws)")
    }
    do {
      _ = try chosenOrders()
      _ = try chosenSizes(headCount: 1)
    } catch { throw ValidationError("\(error)") }
    if !faithfulness, curveCsv != nil || curveSvg != nil || orders != nil || sizes != nil {
      throw ValidationError("curves and orders belong to --faithfulness")
    }
  }

  func chosenOrders() throws -> [HeadOrdering.Kind] {
    guard let orders else { return HeadOrdering.Kind.allCases }
    return try list(orders).map { entry in
      guard let kind = HeadOrdering.Kind(rawValue: entry) else {
        let known = HeadOrdering.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandError.usage("--orders: '\(entry)' is not one of \(known)")
      }
      return kind
    }
  }

  func chosenSizes(headCount: Int) throws -> [Int] {
    guard let sizes else { return FaithfulnessMeasure.usualSizes(headCount: headCount) }
    return try integers(sizes, option: "--sizes").map { size in
      guard size >= 0 else { throw CommandError.usage("--sizes: \(size) is below 0") }
      return size
    }
  }
}
