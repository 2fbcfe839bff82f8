// What `gar attribute` prints.

import Engine
import Interpretability
import JSONText

/// How far two methods agree.
struct Comparison {
  let method: AttributionMethod
  /// Pearson's correlation over all heads of all items.
  let overall: Double
  /// The same by layer.
  let layers: [Double]
  /// The median over items of the correlation over one item's heads.
  let byItem: Double

  /// Takes scores by the first and by the second method, one pair for each item.
  init(with method: AttributionMethod, pairs: [(HeadScores, HeadScores)]) {
    self.method = method
    func correlation(_ isIncluded: (HeadIndex) -> Bool) -> Double {
      var x: [Double] = []
      var y: [Double] = []
      for (a, b) in pairs {
        for head in a.heads where isIncluded(head) {
          x.append(Double(a[head]))
          y.append(Double(b[head]))
        }
      }
      return Statistics.correlation(x, y)
    }
    overall = correlation { _ in true }
    byItem = median(
      pairs.map { a, b in
        Statistics.correlation(a.values.map(Double.init), b.values.map(Double.init))
      })
    layers = (0..<(pairs.first?.0.layerCount ?? 0)).map { layer in
      correlation { $0.layer == layer }
    }
  }
}

struct AttributionReport {
  /// What is known of a single prompt pair.
  struct Detail {
    let subject: AttributionSubject
    let cleanMetric: Float
    let corruptedMetric: Float?
    let rolePairs: [HeadIndex: RolePair]
  }

  struct Counts {
    let used: Int
    let all: Int
  }

  let method: AttributionMethod
  let direction: PatchingDirection
  let scores: HeadScores
  let subjectTitle: String
  let detail: Detail?
  /// Items of a set that were used.
  let counts: Counts?
  let comparison: Comparison?

  private static let shownHeads = 10

  /// Heads by the size of their score, largest first.
  private var ranked: [HeadIndex] {
    scores.heads.sorted { (abs(scores[$1]), $0) < (abs(scores[$0]), $1) }
  }

  var title: String {
    let way = method.needsCorruptedPrompt ? ", \(direction.rawValue)" : ""
    return "\(method.title)\(way) · \(subjectTitle)"
  }

  // MARK: Text

  var text: String {
    var parts = [title]
    if let detail { parts.append(detailText(detail)) }
    if let counts, counts.used < counts.all {
      parts.append(
        "\(counts.all - counts.used) of \(counts.all) items have no corrupted prompt of the same "
          + "length and are left out")
    }
    parts += ["", heatmap(scores), "", headTable]
    if let comparison { parts += ["", comparisonText(comparison)] }
    return parts.joined(separator: "\n")
  }

  private func detailText(_ detail: Detail) -> String {
    var text =
      "answer \(detail.subject.answer), against \(detail.subject.foil): logit difference "
      + signed(Double(detail.cleanMetric), 2)
    if let corrupted = detail.corruptedMetric {
      text += ", corrupted \(signed(Double(corrupted), 2))"
    }
    if let corrupted = detail.subject.corrupted {
      text += " (\(corrupted.kind.rawValue): \(corrupted.change))"
    }
    return text
  }

  private var headTable: String {
    var table = Table(["head", ">score", "role pair"])
    for head in ranked.prefix(Self.shownHeads) {
      let role = detail?.rolePairs[head]?.summary ?? ""
      table.add([head.dotted, signed(Double(scores[head]), 3), role])
    }
    return table.text
  }

  private func comparisonText(_ comparison: Comparison) -> String {
    let layers = comparison.layers.enumerated().map { "L\($0) \(fixed($1, 2))" }
    let median = counts == nil ? "" : ", median by item \(fixed(comparison.byItem, 3))"
    let overall = fixed(comparison.overall, 3)
    return "correlation with \(comparison.method.title): \(overall)\(median)\n"
      + "by layer: " + layers.joined(separator: "  ")
  }

  // MARK: JSON

  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("method", .string(method.rawValue)), ("direction", .string(direction.rawValue)),
    ]
    if let detail { members += detailJSON(detail) }
    if let counts {
      members += [("items", .int(counts.all)), ("itemsUsed", .int(counts.used))]
    }
    members.append(("scores", .array((0..<scores.layerCount).map(layerJSON))))
    members.append(("top", .array(ranked.prefix(Self.shownHeads).map(headJSON))))
    if let comparison {
      members.append(
        (
          "correlation",
          .object([
            ("method", .string(comparison.method.rawValue)),
            ("overall", .double(comparison.overall)),
            ("layers", .array(comparison.layers.map { .double($0) })),
            ("medianByItem", .double(comparison.byItem)),
          ])
        ))
    }
    return .object(members)
  }

  private func detailJSON(_ detail: Detail) -> [(String, JSONValue)] {
    let corrupted = detail.subject.corrupted.map { corrupted in
      JSONValue.object([
        ("kind", .string(corrupted.kind.rawValue)), ("change", .string(corrupted.change)),
        ("tokens", .array(corrupted.tokens.map { .int(Int($0)) })),
      ])
    }
    let metric: [(String, JSONValue)] = [
      ("answer", .string(detail.subject.answer)), ("foil", .string(detail.subject.foil)),
      ("clean", .float(detail.cleanMetric)),
      ("corrupted", detail.corruptedMetric.map { .float($0) } ?? .null),
    ]
    return [
      ("item", .optional(detail.subject.id)), ("counterfactual", corrupted ?? .null),
      ("logitDifference", .object(metric)),
    ]
  }

  private func layerJSON(_ layer: Int) -> JSONValue {
    .array((0..<scores.headCount).map { .float(scores[layer, $0]) })
  }

  private func headJSON(_ head: HeadIndex) -> JSONValue {
    .object([
      ("head", .string(head.dotted)), ("score", .float(scores[head])),
      ("rolePair", detail?.rolePairs[head].map(rolePairJSON) ?? .null),
    ])
  }
}

func rolePairJSON(_ pair: RolePair) -> JSONValue {
  .object([
    ("query", .string(pair.query)), ("key", .string(pair.key)),
    ("attribution", .float(pair.attribution)), ("attention", .float(pair.attention)),
  ])
}
