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
  let geometry = HeatmapGeometry(
    area: area.inner, facts: state.facts, scroll: state.scroll,
    halves: state.display.hasHalves)
  let inner = drawPanel(
    heatmapTitle(state, geometry, width: area.width - 4),
    foot: state.failures[.scores].map { [Span($0, Style(.problem))] }
      ?? firstFitting(
        geometry.layersPerRow == 2 ? halvesLegends : heatmapLegends, width: area.width - 4),
    isFocused: state.focus == .heatmap, in: area, into: &cells)
  guard !geometry.layers.isEmpty, !geometry.heads.isEmpty else {
    if state.facts.headCount == 0 || state.facts.layerCount == 0 {
      cells.put("no attention heads", x: inner.x, y: inner.y, style: .faint, clip: inner)
    }
    return
  }
  HeatCells(
    geometry: geometry, limit: state.heatLimit.value, selected: state.head,
    isFocused: state.focus == .heatmap, inner: inner
  ) { head in
    HeatCell(
      score: state.score(head), edit: state.edits[head], kind: state.kind(of: head))
  }.draw(into: &cells)
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
    Span(" scaled ", .faint), Span("→", Style(.scaled, .bold)), Span(" row", .faint),
  ]
  let short: Line = [
    Span("░▒▓█", Style(.heat(24))), Span("+ ", .faint), Span("-=*#", Style(.heat(-24))),
    Span("− ", .faint), Span("×", .ablated), Span("off", .faint),
  ]
  return [signs + kinds + others, signs + kinds, short + kinds, short, []]
}()

/// The same where half blocks say it by colour.
private let halvesLegends: [Line] = {
  let signs: Line = [
    Span("▀ two layers", .faint), Span(" ▀", Style(.heat(31))), Span(" + ", .faint),
    Span("▀", Style(.heat(-31))), Span(" − ", .faint), Span("▀", .ablated), Span(" edited", .faint),
  ]
  let kinds: Line = [
    Span(" ▀", Style(.halves(upper: .trueHead, lower: nil))), Span(" True", .faint),
    Span(" ▀", Style(.halves(upper: .falseHead, lower: nil))), Span(" False", .faint),
  ]
  return [signs + kinds, signs, []]
}()
