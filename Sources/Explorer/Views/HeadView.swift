// The selected head: its score, its kind and why, and where it attends.

import Engine
import GAR
import Interpretability

/// Draws the panel of the selected head.
package func drawHeadPanel(_ state: ExplorerState, in area: Rect, into cells: inout CellBuffer) {
  if state.isAnswerHidden {
    return drawHidden("head", isFocused: state.focus == .head, in: area, into: &cells)
  }
  let inner = drawPanel(
    headTitle(state), isFocused: state.focus == .head, in: area, into: &cells)
  guard let detail = state.detail, let reading = state.attention, reading.head == state.head,
    !detail.tokens.isEmpty
  else {
    let waiting = state.item == nil ? "no item is open" : "reading the head's attention…"
    let text = state.failures[.attention] ?? waiting
    cells.put(text, x: inner.x, y: inner.y, style: .faint, clip: inner)
    return
  }
  cells.put(
    fitted(attentionLine(detail, reading), to: inner.width), x: inner.x, y: inner.y, clip: inner)
  let strip = AttentionStrip(detail, reading, width: inner.width)
  let barRows = max(1, min(3, inner.height - 3))
  for row in 0..<barRows {
    cells.put(
      strip.bars(row: row, of: barRows), x: inner.x, y: inner.y + 1 + row,
      style: Style(.attention), clip: inner)
  }
  strip.drawRoles(x: inner.x, y: inner.y + 1 + barRows, clip: inner, into: &cells)
  cells.put(
    fitted(evidenceLine(state), to: inner.width), x: inner.x, y: inner.y + 2 + barRows,
    clip: inner)
}

private func headTitle(_ state: ExplorerState) -> Line {
  let head = state.head
  guard state.facts.holds(head) else { return [Span("head", Style(.title, .bold))] }
  let kind = state.kind(of: head)
  let ink: Ink =
    switch kind {
    case .trueHead: .trueHead
    case .falseHead: .falseHead
    case .neither: .plain
    }
  var title: Line = [Span("\(head) ", Style(.title, .bold)), Span(kind.name, Style(ink))]
  if let scores = state.scores, head.layer < scores.layerCount, head.head < scores.headCount {
    title.append(Span(" · \(decimal(scores[head], signed: true))"))
  }
  if let reading = state.attention, reading.head == head, let pair = reading.rolePair {
    title.append(Span(" · " + pair.summary))
  }
  if let edit = state.edits[head] { title.append(Span(" · " + edit.name, .ablated)) }
  return title
}

/// The query position and the keys it attends to most.
private func attentionLine(_ detail: ItemDetail, _ reading: AttentionReading) -> Line {
  var line: Line = [Span("from ", .faint)] + tokenSpans(detail, reading.query)
  line.append(Span(" to ", .faint))
  let order = reading.weights.indices.filter { reading.weights[$0] >= 0.01 }
    .sorted { (reading.weights[$1], $0) < (reading.weights[$0], $1) }
  for (rank, key) in order.prefix(8).enumerated() where key < detail.tokens.count {
    if rank > 0 { line.append(Span(" · ", .faint)) }
    line += tokenSpans(detail, key)
    line.append(Span(" " + decimal(reading.weights[key]), Style(.attention)))
  }
  if order.isEmpty { line.append(Span("nothing above 0.01", .faint)) }
  return line
}

func tokenSpans(_ detail: ItemDetail, _ position: Int) -> Line {
  guard detail.tokens.indices.contains(position) else { return [Span("?")] }
  let token = detail.tokens[position]
  let text = String(token.text.drop { $0 == " " })
  let name = Span("“\(clipped(text, to: 14))”")
  guard let role = token.role else { return [Span("\(position) ", .faint), name] }
  return [Span(role.rawValue + " ", Style(.role(role), .bold)), name]
}

/// d, its interval and AUROC, or what stands in their place.
private func evidenceLine(_ state: ExplorerState) -> Line {
  let isMarked = state.marks[state.head] != nil
  guard let evidence = state.evidence[state.head] else {
    if isMarked { return [Span("marked by hand", .faint)] }
    let text =
      if state.live[.headClasses] != nil {
        "its kind is not yet known"
      } else if state.evidence.isEmpty {
        "not measured; :find-heads measures all"
      } else {
        "neither a True nor a False head"
      }
    return [Span(text, .faint)]
  }
  let interval = evidence.interval
  let text =
    "d \(decimal(Float(evidence.d), 3, signed: true)) in "
    + "[\(decimal(Float(interval.low), 3, signed: true)), "
    + "\(decimal(Float(interval.high), 3, signed: true))] · AUROC \(decimal(Float(evidence.auroc)))"
  return [Span(text, .plain), Span(isMarked ? " · kind marked by hand" : "", .faint)]
}

/// Attention over the whole prompt, at least one token for each column.
package struct AttentionStrip: Equatable {
  /// Tokens that share a column: 1 where the prompt fits.
  package let tokensPerColumn: Int
  /// Columns for each token where it fits more than once.
  package let pitch: Int
  private let weights: [Float]
  private let roles: [Role?]
  private let query: Int

  package init(_ detail: ItemDetail, _ reading: AttentionReading, width: Int) {
    let count = detail.tokens.count
    let width = max(1, width)
    tokensPerColumn = max(1, (count + width - 1) / width)
    pitch = count > 0 ? max(1, min(3, width / count)) : 1
    weights = reading.weights
    roles = detail.tokens.map(\.role)
    query = reading.query
  }

  private var columnCount: Int { (roles.count + tokensPerColumn - 1) / tokensPerColumn }

  private func tokens(_ column: Int) -> Range<Int> {
    (column * tokensPerColumn)..<min(roles.count, (column + 1) * tokensPerColumn)
  }

  /// One row of bars, row 0 at the top. A bar is the largest weight of its column.
  package func bars(row: Int, of rowCount: Int) -> String {
    let glyphs = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return (0..<columnCount).map { column in
      let known = tokens(column).filter { weights.indices.contains($0) }
      let weight = known.map { weights[$0] }.max() ?? 0
      guard !weight.isNaN else { return String(repeating: "?", count: pitch) }
      let steps = Float(8 * rowCount)
      let height = weight < 0.01 ? 0 : max(1, Int((min(1, weight) * steps).rounded()))
      let level = min(8, max(0, height - 8 * (rowCount - 1 - row)))
      return String(repeating: glyphs[level], count: pitch)
    }.joined()
  }

  /// Role letters under the bars (k and v are K' and V'), and `^` at the query position.
  package func drawRoles(x: Int, y: Int, clip: Rect, into cells: inout CellBuffer) {
    for column in 0..<columnCount {
      let here = tokens(column)
      let left = x + column * pitch
      if here.contains(query) {
        cells.put("^", x: left, y: y, style: Style(.key, .bold), clip: clip)
      } else if let role = here.compactMap({ roles[$0] }).first {
        cells.put(role.letter, x: left, y: y, style: Style(.role(role), .bold), clip: clip)
      } else {
        cells.put("·", x: left, y: y, style: .faint, clip: clip)
      }
    }
  }
}

extension Role {
  /// One letter for a column of the strip.
  package var letter: String {
    switch self {
    case .distractorKeys: "k"
    case .distractorValues: "v"
    case .end: "E"
    default: rawValue
    }
  }
}
