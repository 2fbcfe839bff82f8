// The heads page: every head with the evidence for what it is, ranked, with the same selected head as
// the heatmap.

import Engine
import Interpretability
import Results

/// By what the heads are ordered, and the titles of the columns that show it.
public enum HeadOrder: String, CaseIterable, Codable, Sendable {
  case rank, score, d, auroc, attribution, drop, layer

  package var title: String {
    switch self {
    case .rank: "rank"
    case .score: "score on this item"
    case .d: "|d|"
    case .auroc: "AUROC"
    case .attribution: "attribution"
    case .drop: "accuracy lost when zeroed"
    case .layer: "layer"
    }
  }
}

extension PageDefinition {
  static let heads = PageDefinition(
    title: "heads", help: "every head, ranked: evidence, attribution, accuracy without it",
    isAboutItem: false, caption: headsCaption, body: .lines(headLines), move: moveInHeads,
    click: clickHead, files: { [ExportFile(".csv", .text(headsCSV($0)))] },
    bindings: Binding.headsPage)
}

extension Binding {
  fileprivate static let headsPage: [Binding] = [
    Binding(
      [.char("o")], ["order"], .on(.heads), "order by the next column", hint: "order",
      .orderHeads(by: 1)),
    Binding(
      [.char("O")], ["order-back"], .on(.heads), "order by the column before", .orderHeads(by: -1)),
  ]
}

extension ExplorerState {
  mutating func orderHeads(by offset: Int) {
    let all = HeadOrder.allCases
    let here = all.firstIndex(of: headOrder) ?? 0
    headOrder = all[(here + offset + all.count) % all.count]
    revealInPage()
  }

  /// Every head in the order of the heads page.
  package var orderedHeads: [HeadIndex] {
    let heads = (0..<facts.layerCount).flatMap { layer in
      (0..<facts.headCount).map { HeadIndex(layer: layer, head: $0) }
    }
    if headOrder == .layer { return heads }
    // Larger goes first; what is not known, last.
    let keys = heads.map { head in
      let key = orderKey(head)
      return key.isNaN ? -Double.infinity : key
    }
    return heads.indices.sorted { (-keys[$0], heads[$0]) < (-keys[$1], heads[$1]) }
      .map { heads[$0] }
  }

  private func orderKey(_ head: HeadIndex) -> Double {
    let found = evidence[head]
    switch headOrder {
    case .layer: return 0
    case .score: return score(head).map { Double(abs($0)) } ?? .nan
    case .d: return found.map { abs($0.d) } ?? .nan
    case .auroc: return found.map { abs($0.auroc - 0.5) } ?? .nan
    case .attribution: return found?.leastAttribution ?? .nan
    case .drop: return found.flatMap(accuracyLost) ?? .nan
    case .rank:
      let bonus = kind(of: head) == .neither ? 0 : 1e6
      guard let least = found?.leastAttribution else {
        return bonus + (score(head).map { Double(abs($0)) } ?? 0) * 1e-6
      }
      return bonus + least
    }
  }

  /// The larger loss of the two halves.
  private func accuracyLost(_ found: KindEvidence) -> Double? {
    guard let base = evidenceBase, let yes = found.ablatedAccuracyWhenTrue,
      let no = found.ablatedAccuracyWhenFalse
    else { return nil }
    return max(base.accuracyWhenTrue - yes, base.accuracyWhenFalse - no)
  }

  /// A head's score on the open item, if it is known and may be shown.
  func score(_ head: HeadIndex) -> Float? {
    guard !isAnswerHidden, let scores, head.layer < scores.layerCount,
      head.head < scores.headCount
    else { return nil }
    return scores[head]
  }
}

private func headsCaption(_ state: ExplorerState) -> Line {
  let count = state.facts.layerCount * state.facts.headCount
  let known =
    state.evidence.isEmpty
    ? state.live[.headClasses].map { "looking, \(Int($0.progress * 100))%" }
      ?? "not measured; :find-heads measures all"
    : "\(state.heads(of: .trueHead).count) True, \(state.heads(of: .falseHead).count) False of "
      + "\(count)"
  var line: Line = [Span(" · " + known), Span(" · by \(state.headOrder.title)", Style(.key))]
  if let base = state.evidenceBase {
    line.append(
      Span(
        " · \(base.pairCount) pairs, right on Yes \(percent(Float(base.accuracyWhenTrue))), "
          + "on No \(percent(Float(base.accuracyWhenFalse)))", .faint))
  }
  return line
}

/// One column of the table; where it is narrow those with the least need go first.
private struct HeadColumn: Sendable {
  var title: String
  var width: Int
  var need: Int
  var order: HeadOrder?
  var isText = false
  var text: @Sendable (ExplorerState, HeadIndex, KindEvidence?) -> Span
}

private func number(_ value: Double?, _ places: Int, signed: Bool = false) -> Span {
  value.map { Span(decimal(Float($0), places, signed: signed)) } ?? Span("–", .faint)
}

private let headColumns: [HeadColumn] = [
  HeadColumn(title: "head", width: 6, need: 9, order: .layer, isText: true) { state, head, _ in
    Span("\(head)", Style(.plain, .bold))
  },
  HeadColumn(title: "kind", width: 7, need: 9, order: .rank, isText: true) { state, head, found in
    switch state.kind(of: head) {
    case .trueHead: Span("True", Style(.trueHead, .bold))
    case .falseHead: Span("False", Style(.falseHead, .bold))
    case .neither: Span(found?.isCandidate == true ? "neither" : "", .faint)
    }
  },
  HeadColumn(title: "edit", width: 5, need: 8) { state, head, _ in
    Span(state.edits[head]?.glyph ?? "", .ablated)
  },
  HeadColumn(title: "score", width: 7, need: 5, order: .score) { state, head, _ in
    number(state.score(head).map(Double.init), 2, signed: true)
  },
  HeadColumn(title: "d", width: 7, need: 7, order: .d) { _, _, found in
    number(found?.d, 3, signed: true)
  },
  HeadColumn(title: "99.9 %", width: 15, need: 3) { _, _, found in
    guard let interval = found?.interval else { return Span("–", .faint) }
    return Span(
      decimal(Float(interval.low), 3, signed: true) + "…"
        + decimal(Float(interval.high), 3, signed: true))
  },
  HeadColumn(title: "AUROC", width: 6, need: 6, order: .auroc) { _, _, found in
    number(found?.auroc, 3)
  },
  HeadColumn(title: "attr Yes", width: 9, need: 4, order: .attribution) { _, _, found in
    number(found?.attributionWhenTrue, 2, signed: true)
  },
  HeadColumn(title: "attr No", width: 8, need: 4, order: .attribution) { _, _, found in
    number(found?.attributionWhenFalse, 2, signed: true)
  },
  HeadColumn(title: "Yes off", width: 8, need: 2, order: .drop) { _, _, found in
    found?.ablatedAccuracyWhenTrue.map { Span(percent(Float($0))) } ?? Span("–", .faint)
  },
  HeadColumn(title: "No off", width: 8, need: 2, order: .drop) { _, _, found in
    found?.ablatedAccuracyWhenFalse.map { Span(percent(Float($0))) } ?? Span("–", .faint)
  },
  HeadColumn(title: "role pair", width: 26, need: 1, isText: true) { _, _, found in
    Span(found?.rolePair?.summary ?? "", .plain)
  },
]

/// The columns that fit, with a space before each.
private func columns(width: Int) -> [HeadColumn] {
  var columns = headColumns
  while columns.reduce(2, { $0 + $1.width + 1 }) > width, columns.count > 2,
    let least = columns.map(\.need).min(),
    let index = columns.lastIndex(where: { $0.need == least })
  {
    columns.remove(at: index)
  }
  return columns
}

private func headLines(_ state: ExplorerState, width: Int) -> PageLines {
  let columns = columns(width: width)
  let heads = state.orderedHeads
  let title: Line =
    [Span("  ")]
    + columns.map { column in
      let isOrder = column.order == state.headOrder
      return Span(
        padded(column.title, to: column.width, right: !column.isText) + " ",
        isOrder ? Style(.key, [.bold, .underline]) : .faint)
    }
  guard !heads.isEmpty else { return PageLines([[Span("no attention heads", .faint)]]) }
  return PageLines(
    pinned: [title], count: heads.count, selected: heads.firstIndex(of: state.head)
  ) { row in
    let head = heads[row]
    let isHere = head == state.head
    let found = state.evidence[head]
    return [Span(isHere ? "▸ " : "  ", Style(.key, .bold))]
      + columns.map { column in
        let span = column.text(state, head, found)
        let text = padded(span.text, to: column.width, right: !column.isText)
        return Span(text + " ", isHere ? span.style.with([.reverse]) : span.style)
      }
  }
}

private func moveInHeads(
  _ state: inout ExplorerState, _ direction: Direction, _ count: Int
) -> [Effect] {
  let heads = state.orderedHeads
  let down = direction == .down ? count : direction == .up ? -count : 0
  guard down != 0, let here = heads.firstIndex(of: state.head) else { return [] }
  return state.select(heads[min(max(0, here + down), heads.count - 1)])
}

/// A click selects a head; another one switches it off or on.
private func clickHead(_ state: inout ExplorerState, _ place: PageCursor) -> [Effect] {
  let heads = state.orderedHeads
  guard heads.indices.contains(place.row) else { return [] }
  if heads[place.row] == state.head { return state.setEdits { $0.toggle([$1.head]) } }
  return state.select(heads[place.row])
}

private func headsCSV(_ state: ExplorerState) -> String {
  func field(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
  var csv = CSVText()
  csv.add([
    "layer", "head", "kind", "edit", "score", "d", "d_low", "d_high", "auroc", "attribution_true",
    "attribution_false", "accuracy_yes_zeroed", "accuracy_no_zeroed", "query_role", "key_role",
    "attention",
  ])
  for head in state.orderedHeads {
    let found = state.evidence[head]
    csv.add([
      "\(head.layer)", "\(head.head)", state.kind(of: head).rawValue,
      state.edits[head]?.name ?? "", field(state.score(head).map(Double.init)), field(found?.d),
      field(found?.interval.low), field(found?.interval.high), field(found?.auroc),
      field(found?.attributionWhenTrue), field(found?.attributionWhenFalse),
      field(found?.ablatedAccuracyWhenTrue), field(found?.ablatedAccuracyWhenFalse),
      found?.rolePair?.query ?? "", found?.rolePair?.key ?? "",
      field(found?.rolePair.map { Double($0.attention) }),
    ])
  }
  return csv.text
}
