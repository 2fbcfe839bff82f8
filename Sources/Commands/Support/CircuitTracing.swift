// The work of `gar circuit`: traces one item or a set, and measures faithfulness.

import Engine
import GAR
import Interpretability
import Results

struct CircuitTracing {
  let loaded: LoadedModel
  let question: AttributionQuestion
  let tracing: CircuitOptions
  let measuring: FaithfulnessOptions
  /// How many edges to patch exactly.
  let exact: Int
  let interventions: [Intervention]

  private var model: Model { loaded.model }

  /// - Throws: `ItemError` for an item without a corrupted prompt; `CommandError.unusable` where no item
  ///   of a set has one.
  func report() throws -> CircuitReport {
    let subjects = try question.subjects(loaded)
    let usable = subjects.filter { $0.pair.corrupted != nil || !needsCorrupted }
    guard let first = usable.first else {
      if subjects.count == 1, let id = subjects[0].id {
        throw ItemError(item: id, cause: AttributionError.noCorruptedPrompt)
      }
      throw CommandError.unusable(
        "no item has a corrupted prompt of the same length; use --reference mean or zero")
    }
    let items = usable.map(labeled)
    let means = try means(items)
    let settings = tracing.settings(try reference(means))
    var search = CircuitSearch(model, method: tracing.method.method, settings: settings)
    let progress = ProgressBar("tracing", unit: items.count == 1 ? "nodes" : "items")
    for (index, item) in items.enumerated() {
      if items.count > 1 { progress.update(index, items.count) }
      do {
        try search.add(item, of: model) { done, total in
          if items.count == 1 { progress.update(done, total) }
        }
      } catch {
        throw usable[index].id.map { ItemError(item: $0, cause: error) } ?? error
      }
    }
    let isSet = question.all
    let title = isSet ? "mean of \(items.count) items" : first.id.map { "item \($0)" } ?? "prompt"
    var report = CircuitReport(
      file: CircuitFile(
        model: loaded.name, subject: title, words: isSet ? [:] : first.item?.roleWords ?? [:],
        circuit: search.circuit()),
      detail: isSet ? nil : "answer \(first.answer), against \(first.foil)")
    if exact > 0 { report.exact = try patched(items[0], search.meanEdgeScores) }
    if measuring.faithfulness {
      report.ablation = ablationTitle
      report.curves = try curves(items, settings, means)
    }
    return report
  }

  private var needsCorrupted: Bool {
    tracing.reference == .corrupted || exact > 0
      || measuring.faithfulness && measuring.ablation == .patch
  }

  private func labeled(_ subject: AttributionSubject) -> LabeledPair {
    var pair = subject.pair
    pair.interventions = interventions
    return LabeledPair(pair, labels: subject.item?.circuitLabels ?? [])
  }

  // MARK: References

  /// Means over the set, where something asks for them. For one item the set is the one that it is of.
  private func means(_ items: [LabeledPair]) throws -> PositionMeans? {
    let isWanted =
      tracing.reference == .mean || measuring.faithfulness && measuring.ablation == .mean
    guard isWanted else { return nil }
    var set = items
    if !question.all {
      var whole = question
      (whole.item, whole.all) = (nil, true)
      set = try whole.subjects(loaded).prefix(400).map(labeled)
    }
    let progress = ProgressBar("averaging", unit: "items")
    return try PositionMeans(model, over: set, grouping: measuring.means) { done, total in
      progress.update(done, total)
    }
  }

  private func reference(_ means: PositionMeans?) throws -> CircuitReference {
    switch tracing.reference {
    case .corrupted: .corrupted
    case .zero: .zero
    case .mean: means.map { .mean($0) } ?? .corrupted
    }
  }

  // MARK: Measures

  private func patched(
    _ item: LabeledPair, _ scores: EdgeScores
  ) throws -> [(edge: CircuitEdge, effect: Float)] {
    let edges = scores.strongest(exact)
    let progress = ProgressBar("patching", unit: "edges")
    let effects = try model.edgePatching(
      item.pair, edges: edges.map { ($0.sender.site, $0.receiver.site, $0.input) }
    ) { done, total in progress.update(done, total) }
    return zip(edges, effects).map { ($0, $1) }
  }

  private var ablationTitle: String {
    switch measuring.ablation {
    case .mean: "at their means by \(measuring.means.rawValue)"
    case .zero: "at zero"
    case .patch: "from the corrupted run"
    }
  }

  private func curves(
    _ items: [LabeledPair], _ settings: CircuitSettings, _ means: PositionMeans?
  ) throws -> [FaithfulnessCurve] {
    var matched = settings
    let ablation: CircuitAblation
    switch measuring.ablation {
    case .mean:
      ablation = means.map { .mean($0) } ?? .zero
      matched.reference = means.map { .mean($0) } ?? .zero
    case .zero: (ablation, matched.reference) = (.zero, .zero)
    case .patch: (ablation, matched.reference) = (.patch, .corrupted)
    }
    let ranking = ProgressBar("ranking heads", unit: "items")
    let orders = try HeadOrdering(
      model: model, settings: matched, ablation: ablation, draws: measuring.draws
    ).orders(try measuring.chosenOrders(), items) { ranking.update($0, $1) }
    var measure = FaithfulnessMeasure(
      model, orders: orders,
      sizes: try measuring.chosenSizes(headCount: model.configuration.heads.count),
      ablation: ablation)
    let progress = ProgressBar("ablating", unit: "items")
    for (index, item) in items.enumerated() {
      progress.update(index, items.count)
      try measure.add(item, of: model)
    }
    return measure.curves()
  }
}
