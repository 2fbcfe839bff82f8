// The compare page: two methods, two items or two models side by side, on one scale.

import Engine
import Interpretability
import Results

/// What the scores on the screen are held against.
public enum CompareSide: Equatable, Sendable {
  /// The same item by another method.
  case method(AttributionMethod)
  /// Another item by the same method.
  case item(Int)
  /// Another model on the same item, without the edits.
  case model(String)

  package var name: String {
    switch self {
    case .method(let method): method.title
    case .item(let item): "item \(item)"
    case .model(let name): name
    }
  }
}

/// Two models', items' or methods' scores.
public struct Comparison: Equatable, Sendable {
  public var left: HeadScores
  public var right: HeadScores

  public init(left: HeadScores, right: HeadScores) {
    self.left = left
    self.right = right
  }

  /// Whether both have the same heads.
  package var isAligned: Bool {
    left.layerCount == right.layerCount && left.headCount == right.headCount
  }

  /// Left minus right; `nil` where the heads differ.
  package var difference: HeadScores? {
    guard isAligned else { return nil }
    return HeadScores(
      layerCount: left.layerCount, headCount: left.headCount,
      values: zip(left.values, right.values).map { $0 - $1 })
  }

  /// The scale of all maps.
  package var limit: Float {
    (left.values + right.values).reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
  }

  /// Over all heads, and over those of each layer.
  package var correlations: (all: Correlation, layers: [Correlation])? {
    guard isAligned else { return nil }
    let layers = (0..<left.layerCount).map { layer in
      let range = layer * left.headCount..<(layer + 1) * left.headCount
      return Correlation(left.values[range], right.values[range])
    }
    return (Correlation(left.values[...], right.values[...]), layers)
  }
}

/// How two sets of scores agree; `nil` where one side does not vary.
package struct Correlation: Equatable, Sendable {
  package var pearson: Double?
  package var spearman: Double?

  init(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) {
    let known = zip(left, right).filter { $0.isFinite && $1.isFinite }
    let (x, y) = (known.map { Double($0.0) }, known.map { Double($0.1) })
    guard Set(x).count > 1, Set(y).count > 1 else { return }
    pearson = Statistics.correlation(x, y)
    spearman = Statistics.rankCorrelation(x, y)
  }
}

extension PageDefinition {
  static let compare = PageDefinition(
    title: "compare", help: "two methods, items or models side by side, with their correlation",
    names: ["versus"],
    question: { state in
      guard let item = state.item, state.facts.layerCount * state.facts.headCount > 0 else {
        return nil
      }
      return .comparison(
        item: item, method: state.method, edits: state.edits, with: state.compareSide)
    },
    caption: { state in
      var line: Line = [
        Span(" · "), Span(state.leftName, Style(.before, .bold)), Span(" against ", .faint),
        Span(state.compareSide.name, Style(.after, .bold)),
      ]
      if let comparison = state.comparison {
        line.append(Span(" · logit diff ±\(decimal(comparison.limit))"))
      }
      return line
    },
    body: .drawn(drawCompare),
    move: { state, direction, count in state.moveHead(direction, by: count) },
    files: compareFiles,
    bindings: [
      Binding(
        [.char("b")], ["compare-method"], .on(.compare), "against the next method",
        hint: "against", .nextCompareMethod),
      Binding(
        command: ["compare"], "METHOD | item N | model NAME", .pages,
        "compare with another method, item or model", parse: compareAction),
    ])
}

extension ExplorerState {
  package var comparison: Comparison? {
    if case .comparison(let found)? = finding(.compare) { found } else { nil }
  }

  /// What stands at the left, told apart from the right by what differs.
  package var leftName: String {
    switch compareSide {
    case .method: method.title
    case .item: "item \(item ?? 0)"
    case .model: facts.name
    }
  }

  mutating func nextCompareMethod() {
    let all = AttributionMethod.allCases
    guard case .method(let now) = compareSide else {
      compareSide = .method(.activationPatching)
      return
    }
    compareSide = .method(all[((all.firstIndex(of: now) ?? 0) + 1) % all.count])
  }
}

/// Reads `integrated`, `item 12`, `model org/name`; alone it opens the page.
private let compareAction: @Sendable (String, ExplorerState) -> Action? = { text, state in
  guard !text.isEmpty else { return .openPage(.compare) }
  let words = text.split(separator: " ", maxSplits: 1).map(String.init)
  if words.count == 2, words[0] == "item" {
    return Int(words[1]).flatMap { state.items.indices.contains($0) ? .compare(.item($0)) : nil }
  }
  if words.count == 2, words[0] == "model" { return .compare(.model(words[1])) }
  let methods = AttributionMethod.allCases.filter { $0.shortName.hasPrefix(text.lowercased()) }
  return methods.count == 1 ? .compare(.method(methods[0])) : nil
}

private func drawCompare(_ state: ExplorerState, _ inner: Rect, _ cells: inout CellBuffer) {
  guard let comparison = state.comparison else {
    let line = state.waitingLine(.compare, "scoring both sides…")
    cells.put(fitted(line, to: inner.width), x: inner.x, y: inner.y, clip: inner)
    return
  }
  let summary = summaryLines(state, comparison, width: inner.width)
  let mapHeight = max(0, inner.height - summary.count - 1)
  let maps: [(name: String, scores: HeadScores?, ink: Ink)] = [
    (state.leftName, comparison.left, .before), (state.compareSide.name, comparison.right, .after),
    ("difference", comparison.difference, .plain),
  ]
  // One gap between maps; a map is no wider than it has use for.
  let width = (inner.width - 2) / 3
  for (place, map) in maps.enumerated() {
    let area = Rect(
      x: inner.x + place * (width + 1), y: inner.y, width: width, height: mapHeight)
    cells.put(
      clipped(map.name, to: width), x: area.x, y: area.y, style: Style(map.ink, .bold), clip: inner)
    let body = Rect(x: area.x, y: area.y + 1, width: width, height: area.height - 1)
    guard let scores = map.scores else {
      cells.put("the models' heads differ", x: body.x, y: body.y, style: .faint, clip: body)
      continue
    }
    drawScores(
      scores, limit: comparison.limit, selected: state.head, display: state.display, in: body,
      into: &cells)
  }
  for (row, line) in summary.enumerated() {
    cells.put(
      fitted(line, to: inner.width), x: inner.x, y: inner.y + mapHeight + 1 + row, clip: inner)
  }
}

/// The selected head on both sides, and the correlations.
private func summaryLines(
  _ state: ExplorerState, _ comparison: Comparison, width: Int
) -> [Line] {
  func value(_ scores: HeadScores) -> String {
    let head = state.head
    return head.layer < scores.layerCount && head.head < scores.headCount
      ? decimal(scores[head], 3, signed: true) : "no such head"
  }
  var head: Line = [
    Span("\(state.head)  ", Style(.plain, .bold)), Span(state.leftName + " ", .faint),
    Span(value(comparison.left), Style(.before, .bold)),
    Span("  \(state.compareSide.name) ", .faint),
    Span(value(comparison.right), Style(.after, .bold)),
  ]
  if let difference = comparison.difference {
    head += [Span("  difference ", .faint), Span(value(difference))]
  }
  guard let (all, layers) = comparison.correlations else { return [head] }
  let total: Line = [
    Span("all heads: Pearson ", .faint), Span(text(all.pearson), Style(.plain, .bold)),
    Span("  Spearman ", .faint), Span(text(all.spearman), Style(.plain, .bold)),
  ]
  return [head, total]
    + layerLines("Pearson", layers.map(\.pearson), width: width)
    + layerLines("Spearman", layers.map(\.spearman), width: width)
}

private func text(_ correlation: Double?) -> String {
  correlation.map { decimal(Float($0), 2, signed: true) } ?? "–"
}

/// One number a layer; where not all fit, as many as do, the last layers first.
private func layerLines(_ name: String, _ values: [Double?], width: Int) -> [Line] {
  let entries = values.enumerated().map { "L\($0.offset) \(text($0.element))" }
  let title = padded(name, to: 9)
  var room = width - 9
  var kept: [String] = []
  for entry in entries.reversed() {
    room -= entry.count + 2
    if room < 0 { break }
    kept.insert(entry, at: 0)
  }
  let cut = kept.count < entries.count ? "… " : ""
  return [[Span(title, .faint), Span(cut + kept.joined(separator: "  "))]]
}

private func compareFiles(_ state: ExplorerState) -> [ExportFile] {
  guard let comparison = state.comparison else { return [] }
  let names = "\(state.leftName) against \(state.compareSide.name)"
  var files =
    comparison.left.files(title: state.leftName, name: "-left")
    + comparison.right.files(title: state.compareSide.name, name: "-right")
  if let difference = comparison.difference {
    files += difference.files(title: names, name: "-difference")
  }
  guard let (all, layers) = comparison.correlations else { return files }
  var csv = CSVText()
  csv.add(["layer", "pearson", "spearman"])
  func fields(_ found: Correlation) -> [String] {
    [found.pearson, found.spearman].map { $0.map { "\($0)" } ?? "" }
  }
  csv.add(["all"] + fields(all))
  for (layer, found) in layers.enumerated() { csv.add(["\(layer)"] + fields(found)) }
  return files + [ExportFile("-correlation.csv", .text(csv.text))]
}
