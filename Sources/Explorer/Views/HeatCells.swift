// The cells of a heatmap: which heads are visible and where, and how each one is drawn.

import Engine
import Interpretability

/// How a heatmap lies in its area: which heads are visible, and where.
package struct HeatmapGeometry: Equatable {
  /// The cells, without axes and legend.
  package let grid: Rect
  /// Columns from one head to the next; the last one is the gap where there are two or more.
  package let pitch: Int
  package let rowHeight: Int
  /// 2 where half blocks put two layers into one row.
  package let layersPerRow: Int
  package let layers: Range<Int>
  package let heads: Range<Int>
  package let axisWidth: Int

  /// The heatmap in `area`, a panel's inside.
  package init(area: Rect, facts: ModelFacts, scroll: Scroll, halves: Bool = false) {
    self.init(
      area: area, layerCount: facts.layerCount, headCount: facts.headCount,
      first: HeadIndex(layer: scroll.layer, head: scroll.head), halves: halves)
  }

  /// - Parameters:
  ///   - area: a panel's inside.
  ///   - layerCount: L.
  ///   - headCount: H.
  ///   - first: the lowest layer and the leftmost head to be visible.
  ///   - halves: whether two layers may share a row where they do not all fit.
  package init(area: Rect, layerCount: Int, headCount: Int, first: HeadIndex, halves: Bool = false)
  {
    axisWidth = min(area.width, "L\(max(0, layerCount - 1))".count + 1)
    // A row for the head axis, and a column on either side for the brackets of the selected head.
    let width = area.width - axisWidth - 2
    let height = area.height - 1
    let perHead = headCount > 0 ? width / headCount : 1
    pitch = min(5, max(1, perHead))
    rowHeight = layerCount > 0 && height >= 2 * layerCount ? 2 : 1
    layersPerRow = halves && height < layerCount ? 2 : 1
    let headsShown = max(0, min(headCount, width / pitch))
    let layersShown = max(0, min(layerCount, height / rowHeight * layersPerRow))
    let firstHead = min(max(0, first.head), headCount - headsShown)
    let firstLayer = min(max(0, first.layer), layerCount - layersShown)
    heads = firstHead..<(firstHead + headsShown)
    layers = firstLayer..<(firstLayer + layersShown)
    // One column at the left for the bracket of the first head.
    grid = Rect(
      x: area.x + axisWidth + 1, y: area.y, width: headsShown * pitch,
      height: (layersShown + layersPerRow - 1) / layersPerRow * rowHeight)
  }

  /// Columns that a head's glyphs fill, without the gap.
  package var glyphCount: Int { pitch > 1 ? pitch - 1 : 1 }

  /// A visible head's cells, the gap included; layer 0 is at the bottom.
  package func cell(_ head: HeadIndex) -> Rect? {
    guard layers.contains(head.layer), heads.contains(head.head) else { return nil }
    return Rect(
      x: grid.x + (head.head - heads.lowerBound) * pitch,
      y: grid.y + (layers.upperBound - 1 - head.layer) / layersPerRow * rowHeight, width: pitch,
      height: rowHeight)
  }

  /// The head at a cell of the screen; the upper one of two.
  package func head(atX x: Int, y: Int) -> HeadIndex? {
    guard grid.contains(x: x, y: y) else { return nil }
    return HeadIndex(
      layer: layers.upperBound - 1 - (y - grid.y) / rowHeight * layersPerRow,
      head: heads.lowerBound + (x - grid.x) / pitch)
  }
}

/// What one head of a heatmap shows.
package struct HeatCell {
  package var score: Float?
  package var edit: HeadEdit?
  package var kind = HeadKind.neither
}

/// A heatmap to be drawn: its cells, axes and the brackets of the selected head.
package struct HeatCells {
  package var geometry: HeatmapGeometry
  /// The score at which a cell is full.
  package var limit: Float
  package var selected: HeadIndex
  package var isFocused: Bool
  /// The inside of the panel.
  package var inner: Rect
  package var content: (HeadIndex) -> HeatCell

  package func draw(into cells: inout CellBuffer) {
    for layer in geometry.layers {
      for head in geometry.heads {
        let head = HeadIndex(layer: layer, head: head)
        if geometry.layersPerRow == 1 { drawCell(head, into: &cells) }
      }
    }
    if geometry.layersPerRow == 2 { drawHalves(into: &cells) }
    drawAxes(into: &cells)
    if geometry.layersPerRow == 1 { drawCursor(into: &cells) }
  }

  /// Score, edit and kind of one head.
  private func drawCell(_ head: HeadIndex, into cells: inout CellBuffer) {
    guard let cell = geometry.cell(head) else { return }
    let content = content(head)
    let face = heatGlyph(content.score, limit: limit)
    let edit = content.edit
    let glyph = edit?.glyph ?? face.glyph
    let style = edit.map(\.style) ?? face.style
    let count = geometry.glyphCount
    let text =
      face.isEmpty && edit == nil
      ? padded(String(repeating: " ", count: (count - 1) / 2) + glyph, to: count)
      : String(repeating: glyph, count: count)
    for row in 0..<cell.height {
      cells.put(text, x: cell.x, y: cell.y + row, style: style, clip: inner)
    }
    guard let letter = content.kind.letter else { return }
    let letterStyle = Style(content.kind == .trueHead ? .trueHead : .falseHead, .bold)
    switch geometry.pitch {
    case 1:
      if edit == nil { cells.put(letter, x: cell.x, y: cell.y, style: letterStyle, clip: inner) }
    case 2: cells.put(letter, x: cell.x + 1, y: cell.y, style: letterStyle, clip: inner)
    default: cells.put(letter, x: cell.x + count - 1, y: cell.y, style: letterStyle, clip: inner)
    }
  }

  /// Two layers in each row: the upper one colours the upper half of a cell.
  private func drawHalves(into cells: inout CellBuffer) {
    for upper in stride(
      from: geometry.layers.upperBound - 1, through: geometry.layers.lowerBound, by: -2)
    {
      for head in geometry.heads {
        let top = HeadIndex(layer: upper, head: head)
        guard let cell = geometry.cell(top) else { continue }
        let low = HeadIndex(layer: upper - 1, head: head)
        let lower = geometry.layers.contains(low.layer) ? shade(low) : nil
        let text = String(repeating: "▀", count: geometry.glyphCount)
        cells.put(
          text, x: cell.x, y: cell.y, style: Style(.halves(upper: shade(top), lower: lower)),
          clip: inner)
      }
    }
  }

  private func shade(_ head: HeadIndex) -> Ink.Shade {
    if head == selected { return .selected }
    let content = content(head)
    if content.edit != nil { return .edited }
    switch content.kind {
    case .trueHead: return .trueHead
    case .falseHead: return .falseHead
    case .neither: break
    }
    guard case .heat(let level) = heatGlyph(content.score, limit: limit).style.ink else {
      return .empty
    }
    return .heat(level)
  }

  private func drawAxes(into cells: inout CellBuffer) {
    func style(_ isHere: Bool) -> Style { isHere && isFocused ? Style(.key, .bold) : .faint }
    for layer in geometry.layers {
      // Two layers of one row share a name: that of the selected one, or of the upper one.
      let pair = (geometry.layers.upperBound - 1 - layer) % geometry.layersPerRow
      let isHere = layer == selected.layer
      guard pair == 0 || isHere,
        let cell = geometry.cell(HeadIndex(layer: layer, head: geometry.heads.lowerBound))
      else { continue }
      cells.put(
        padded("L\(layer)", to: geometry.axisWidth - 1, right: true), x: inner.x, y: cell.y,
        style: style(isHere), clip: inner)
    }
    let digits = "\(max(0, geometry.heads.upperBound - 1))".count
    let stride = [1, 2, 5, 10, 20, 50].first { $0 * geometry.pitch > digits } ?? 100
    cells.put(
      "H", x: inner.x + geometry.axisWidth - 2, y: geometry.grid.maxY, style: .faint, clip: inner)
    for head in geometry.heads where head % stride == 0 {
      guard let cell = geometry.cell(HeadIndex(layer: geometry.layers.lowerBound, head: head))
      else { continue }
      cells.put(
        "\(head)", x: cell.x + (geometry.glyphCount - 1) / 2, y: geometry.grid.maxY,
        style: style(head == selected.head), clip: inner)
    }
  }

  private func drawCursor(into cells: inout CellBuffer) {
    guard let cell = geometry.cell(selected) else { return }
    let style = Style(.key, .bold)
    for row in 0..<cell.height {
      cells.put("[", x: cell.x - 1, y: cell.y + row, style: style, clip: inner)
      cells.put("]", x: cell.x + geometry.glyphCount, y: cell.y + row, style: style, clip: inner)
    }
  }
}

/// Draws scores alone, as on the compare page: the part around the selected head.
func drawScores(
  _ scores: HeadScores, limit: Float, selected: HeadIndex, display: Display, in area: Rect,
  into cells: inout CellBuffer
) {
  func geometry(_ first: HeadIndex) -> HeatmapGeometry {
    HeatmapGeometry(
      area: area, layerCount: scores.layerCount, headCount: scores.headCount, first: first,
      halves: display.hasHalves)
  }
  let size = geometry(HeadIndex(layer: 0, head: 0))
  let first = HeadIndex(
    layer: max(0, selected.layer - size.layers.count / 2),
    head: max(0, selected.head - size.heads.count / 2))
  HeatCells(
    geometry: geometry(first), limit: limit, selected: selected, isFocused: true, inner: area
  ) { HeatCell(score: scores[$0]) }.draw(into: &cells)
}

extension HeadEdit {
  fileprivate var style: Style {
    isOff ? .ablated : Style(.scaled, .bold)
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

/// The glyph and style of a share in 0...1, where small ones matter: of attention and probability.
package func shareGlyph(_ share: Float) -> (glyph: String, style: Style, isEmpty: Bool) {
  guard share.isFinite else { return ("?", .faint, true) }
  guard share >= 0.02 else { return ("·", .faint, true) }
  let style = Style(.heat(max(1, min(31, Int((share * 31).rounded())))))
  return (share < 0.15 ? "░" : share < 0.4 ? "▒" : share < 0.7 ? "▓" : "█", style, false)
}
