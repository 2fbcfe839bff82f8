// Every head's score as a grid: one row for each layer, layer 0 at the bottom.

import Engine
import Interpretability

/// Draws the heatmap panel.
///
/// Positive scores are `░▒▓█`, negative ones `-=*#`, unknown ones `?`; edited heads show `×`
/// (zero), `μ` (mean), `↑` or `↓` (scaled); `T` and `F` stand at True and False heads, and
/// brackets around the selected one, so that all of it survives without colour.
package func drawHeatmap(
  _ state: ExplorerState, in area: Rect, into cells: inout CellBuffer
) {
  if state.isAnswerHidden {
    return drawHidden("heatmap", isFocused: state.focus == .heatmap, in: area, into: &cells)
  }
  let geometry = HeatmapGeometry(area: area.inner, facts: state.facts, scroll: state.scroll)
  let inner = drawPanel(
    heatmapTitle(state, geometry, width: area.width - 4),
    foot: state.failures[.scores].map { [Span($0, Style(.problem))] }
      ?? firstFitting(heatmapLegends, width: area.width - 4),
    isFocused: state.focus == .heatmap, in: area, into: &cells)
  guard !geometry.layers.isEmpty, !geometry.heads.isEmpty else {
    if state.facts.headCount == 0 || state.facts.layerCount == 0 {
      cells.put("no attention heads", x: inner.x, y: inner.y, style: .faint, clip: inner)
    }
    return
  }
  for layer in geometry.layers {
    for head in geometry.heads {
      drawHead(HeadIndex(layer: layer, head: head), state, geometry, clip: inner, into: &cells)
    }
  }
  drawAxes(state, geometry, in: inner, into: &cells)
  drawCursor(state, geometry, clip: inner, into: &cells)
}

private func heatmapTitle(
  _ state: ExplorerState, _ geometry: HeatmapGeometry, width: Int
) -> Line {
  var rest: Line = []
  if let work = state.live[.scores], work.progress > 0, work.progress < 1 {
    rest.append(Span(" · \(Int(work.progress * 100))%", Style(.progress)))
  }
  if geometry.layers.count < state.facts.layerCount, let last = geometry.layers.last {
    rest.append(Span(" · L\(geometry.layers.lowerBound)–L\(last)", .faint))
  }
  let limit = "±\(decimal(state.heatLimit.value))"
  let bold = Style(.title, .bold)
  if let source = state.scoreSource {
    let what = state.shownMean.map { "mean of \($0.itemCount)" } ?? "stored"
    return firstFitting(
      [
        [Span(state.method.longName, bold), Span(" · \(what) in \(source) · \(limit)")],
        [Span(state.method.shortName, bold), Span(" · \(what) in \(source) · \(limit)")],
        [Span(state.method.shortName, bold), Span(" · \(what) \(limit)")],
        [Span(state.method.shortName, bold), Span(" \(limit)")],
      ], width: width)
  }
  return firstFitting(
    [
      [Span(state.method.longName, bold), Span(" · logit diff · \(limit)")] + rest,
      [Span(state.method.shortName, bold), Span(" · logit diff \(limit)")] + rest,
      [Span(state.method.shortName, bold), Span(" \(limit)")] + rest,
    ], width: width)
}

/// Score, edit and kind of one head, drawn into its cell.
private func drawHead(
  _ head: HeadIndex, _ state: ExplorerState, _ geometry: HeatmapGeometry, clip: Rect,
  into cells: inout CellBuffer
) {
  guard let cell = geometry.cell(head) else { return }
  let score = state.scores.flatMap { scores in
    head.layer < scores.layerCount && head.head < scores.headCount ? scores[head] : nil
  }
  let face = heatGlyph(score, limit: state.heatLimit.value)
  let edit = state.edits[head]
  let glyph = edit?.glyph ?? face.glyph
  let isScaled = if case .scale = edit?.kind { true } else { false }
  let style = edit == nil ? face.style : isScaled ? Style(.scaled, .bold) : .ablated
  let count = geometry.glyphCount
  let text =
    face.isEmpty && edit == nil
    ? padded(String(repeating: " ", count: (count - 1) / 2) + glyph, to: count)
    : String(repeating: glyph, count: count)
  for row in 0..<cell.height {
    cells.put(text, x: cell.x, y: cell.y + row, style: style, clip: clip)
  }
  let kind = state.kind(of: head)
  guard let letter = kind.letter else { return }
  let letterStyle = Style(kind == .trueHead ? .trueHead : .falseHead, .bold)
  switch geometry.pitch {
  case 1: if edit == nil { cells.put(letter, x: cell.x, y: cell.y, style: letterStyle, clip: clip) }
  case 2: cells.put(letter, x: cell.x + 1, y: cell.y, style: letterStyle, clip: clip)
  default:
    cells.put(letter, x: cell.x + count - 1, y: cell.y, style: letterStyle, clip: clip)
  }
}

/// The glyph and style of a score; `isEmpty` where it is too small to show.
package func heatGlyph(
  _ score: Float?, limit: Float
) -> (glyph: String, style: Style, isEmpty: Bool) {
  guard let score else { return ("·", .faint, true) }
  guard !score.isNaN else { return ("?", .faint, true) }
  let share = limit > 0 ? min(1, abs(score) / limit) : 0
  let level = Int((share * 4).rounded())
  guard level > 0 else { return ("·", .faint, true) }
  let glyphs = score > 0 ? ["░", "▒", "▓", "█"] : ["-", "=", "*", "#"]
  let heat = max(1, Int((share * 31).rounded()))
  return (glyphs[level - 1], Style(.heat(score > 0 ? heat : -heat)), false)
}

private func drawAxes(
  _ state: ExplorerState, _ geometry: HeatmapGeometry, in inner: Rect,
  into cells: inout CellBuffer
) {
  let isFocused = state.focus == .heatmap
  func style(_ isHere: Bool) -> Style { isHere && isFocused ? Style(.key, .bold) : .faint }
  for layer in geometry.layers {
    guard let cell = geometry.cell(HeadIndex(layer: layer, head: geometry.heads.lowerBound))
    else { continue }
    cells.put(
      padded("L\(layer)", to: geometry.axisWidth - 1, right: true), x: inner.x, y: cell.y,
      style: style(layer == state.head.layer), clip: inner)
  }
  let digits = "\(max(0, state.facts.headCount - 1))".count
  let strides = [1, 2, 5, 10, 20, 50]
  let stride = strides.first { $0 * geometry.pitch > digits } ?? 100
  cells.put(
    "H", x: inner.x + geometry.axisWidth - 2, y: geometry.grid.maxY, style: .faint, clip: inner)
  for head in geometry.heads where head % stride == 0 {
    guard let cell = geometry.cell(HeadIndex(layer: geometry.layers.lowerBound, head: head))
    else { continue }
    cells.put(
      "\(head)", x: cell.x + (geometry.glyphCount - 1) / 2, y: geometry.grid.maxY,
      style: style(head == state.head.head), clip: inner)
  }
}

private func drawCursor(
  _ state: ExplorerState, _ geometry: HeatmapGeometry, clip: Rect, into cells: inout CellBuffer
) {
  guard let cell = geometry.cell(state.head) else { return }
  let style = Style(.key, .bold)
  for row in 0..<cell.height {
    cells.put("[", x: cell.x - 1, y: cell.y + row, style: style, clip: clip)
    cells.put("]", x: cell.x + geometry.glyphCount, y: cell.y + row, style: style, clip: clip)
  }
}

/// What the signs mean, the fullest legend first.
private let heatmapLegends: [Line] = {
  let signs: Line = [
    Span("░▒▓█", Style(.heat(24))), Span(" + ", .faint),
    Span("-=*#", Style(.heat(-24))), Span(" − ", .faint),
    Span("×", .ablated), Span(" off", .faint),
  ]
  let kinds: Line = [
    Span(" "), Span("T", Style(.trueHead, .bold)), Span(" "),
    Span("F", Style(.falseHead, .bold)), Span(" heads", .faint),
  ]
  let others: Line = [
    Span(" μ", .ablated), Span(" mean ", .faint), Span("↑↓", Style(.scaled, .bold)),
    Span(" scaled", .faint),
  ]
  let short: Line = [
    Span("░▒▓█", Style(.heat(24))), Span("+ ", .faint), Span("-=*#", Style(.heat(-24))),
    Span("− ", .faint), Span("×", .ablated), Span("off", .faint),
  ]
  return [signs + kinds + others, signs + kinds, short + kinds, short, []]
}()
