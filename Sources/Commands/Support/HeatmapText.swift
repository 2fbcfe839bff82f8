// Head scores as text, layer 0 at the bottom as in the explorer.

import Interpretability

/// Numbers where they fit in 100 columns, otherwise one glyph a head: `░▒▓█` positive, `-=*#`
/// negative, `·` next to nothing.
func heatmap(_ scores: HeadScores) -> String {
  let limit = scores.limit
  let isNarrow = scores.headCount * 7 + 4 <= 100
  var lines: [String] = []
  for layer in (0..<scores.layerCount).reversed() {
    let cells = (0..<scores.headCount).map { head in
      let score = scores[layer, head]
      let glyph = heatGlyph(score, limit: limit)
      return isNarrow ? padded("\(glyph)\(signed(Double(score), 2))", 7) : glyph
    }
    lines.append(padded("L\(layer)", 4) + cells.joined())
  }
  if isNarrow {
    let names = (0..<scores.headCount).map { padded("H\($0)", 7) }
    lines.append("    " + names.joined())
  }
  lines.append("limit ±\(fixed(Double(limit), 2)) logits")
  return lines.map { line in
    String(line.reversed().drop { $0 == " " }.reversed())
  }.joined(separator: "\n")
}

/// The size of a score in four steps, and its sign, readable without colour.
func heatGlyph(_ score: Float, limit: Float) -> String {
  guard score.isFinite else { return "?" }
  let strength = limit > 0 ? abs(score) / limit : 0
  guard strength >= 0.05 else { return "·" }
  let step = min(3, Int(strength * 4))
  return score > 0 ? ["░", "▒", "▓", "█"][step] : ["-", "=", "*", "#"][step]
}

private func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
