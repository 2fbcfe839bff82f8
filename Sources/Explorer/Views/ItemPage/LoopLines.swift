// The relational loop of an item as a drawing in text.

import GAR

/// The signs that the loop is drawn with.
private struct LoopSigns {
  let relations: RelationSigns
  /// Along the loop, and beside it.
  let heavy: Character
  let light: Character
  let heavyUp: String
  let lightUp: String
  let arrow: String
  let topRight: String
  let heavyEnd: String
  let lightEnd: String

  static let unicode = LoopSigns(
    relations: .unicode, heavy: "━", light: "┄", heavyUp: "┃", lightUp: "┆", arrow: "▶",
    topRight: "┓", heavyEnd: "┛", lightEnd: "┘")
  static let ascii = LoopSigns(
    relations: .ascii, heavy: "=", light: "-", heavyUp: "|", lightUp: ":", arrow: ">",
    topRight: "+", heavyEnd: "+", lightEnd: "+")

  /// Where a pair branches off the rail at the left.
  func fork(isASCII: Bool, isTarget: Bool, isBelow: Bool, isLast: Bool) -> String {
    if isASCII { return "+" }
    if isTarget { return isLast ? "┗" : "┡" }
    if isBelow { return isLast ? "└" : "├" }
    return "┠"
  }
}

/// Draws the loop: the query above its keys at the left, the answer at the right, one line for each
/// pair of the context. Heavy lines run along the loop; `R` marks the negated edge.
///
/// - Parameters:
///   - loop: of one row.
///   - width: names are clipped where the drawing would be wider.
///   - display: whether signs outside ASCII can be shown.
/// - Returns: the lines, none wider than `width` from 58 on.
package func loopLines(_ loop: RelationalLoop, width: Int, display: Display) -> [Line] {
  let drawing = LoopDrawing(loop, width: width, isASCII: !display.hasUnicode)
  return [drawing.top, drawing.rails] + loop.branches.indices.map(drawing.branch)
    + drawing.legend
}

private struct LoopDrawing {
  let loop: RelationalLoop
  let isASCII: Bool
  let signs: LoopSigns
  private let edgeWidth: Int
  private let relationWidth: Int
  private var keyWidth: Int
  private var valueWidth: Int
  private var leadsWidth: Int
  private let stated: Int?

  init(_ loop: RelationalLoop, width: Int, isASCII: Bool) {
    self.loop = loop
    self.isASCII = isASCII
    signs = isASCII ? .ascii : .unicode
    stated = loop.statedBranch
    let relations = signs.relations
    relationWidth = displayWidth(relations.second(loop.task.relation1))
    func widest(_ texts: [String]) -> Int { texts.map(displayWidth).max() ?? 0 }
    edgeWidth = widest(
      [true, false].map { relations.first(loop.task.relation0, holds: $0) }
        + (loop.task.isNegated ? ["R " + relations.first(loop.task.relation0, holds: false)] : []))
    keyWidth = widest(loop.branches.map(\.key))
    valueWidth = widest(loop.branches.map(\.value))
    leadsWidth = widest(loop.branches.map(\.leadsTo))
    // The widest name gives way first, down to a few letters.
    while totalWidth > width, max(keyWidth, valueWidth, leadsWidth) > 4 {
      if keyWidth >= max(valueWidth, leadsWidth) {
        keyWidth -= 1
      } else if valueWidth >= leadsWidth {
        valueWidth -= 1
      } else {
        leadsWidth -= 1
      }
    }
  }

  /// Fork, edge and arrow; key; context; value; relation; answer; rail.
  private var totalWidth: Int {
    (edgeWidth + 7) + (3 + keyWidth) + 5 + (3 + valueWidth) + (relationWidth + 6) + leadsWidth + 5
  }

  /// `Q Mary ━━ query sentence ━━ A animal ━┓`.
  var top: Line {
    let stated = loop.claim == nil ? "" : " (claimed)"
    let room = max(4, (totalWidth - 14 - displayWidth(stated)) / 2)
    let query: Line = [
      Span("Q ", Style(.role(.query), .bold)),
      Span(clipped(loop.query, to: room), Style(.role(.query))), Span(" "),
    ]
    let answer: Line = [
      Span(" A ", Style(.role(.answer), .bold)),
      Span(clipped(loop.statedAnswer, to: room), Style(.role(.answer))),
      Span(stated + " ", .faint),
    ]
    let bar = totalWidth - 2 - width(query) - width(answer)
    let name = loop.claim == nil ? " query sentence " : " statement "
    return query
      + [Span(Self.centered(name, signs.heavy, width: bar), Style(.border))] + answer
      + [Span(String(signs.heavy) + (self.stated == nil ? "" : signs.topRight), Style(.border))]
  }

  /// The line between the top and the pairs.
  var rails: Line {
    let right = stated == nil ? "" : spaces(totalWidth - 2) + rightRail
    return [Span(signs.heavyUp + right, Style(.border))]
  }

  /// A statement that is false hangs on a broken line.
  private var rightRail: String { isClosed ? signs.heavyUp : signs.lightUp }
  private var isClosed: Bool { loop.claim == nil || loop.claim == loop.answer }

  func branch(_ index: Int) -> Line {
    let branch = loop.branches[index]
    let rail: Character = branch.isTarget ? signs.heavy : signs.light
    let ink: Style = branch.isTarget ? Style(.plain, .bold) : .faint
    var line = edge(index, rail)
    line += name(branch.keyRole, branch.key, rail, to: keyWidth + 5)
    line += name(branch.valueRole, branch.value, rail, to: valueWidth + 3)
    let relation = padded(
      signs.relations.second(loop.task.relation1), to: relationWidth)
    line += [
      Span(relation, ink), Span(" \(rail) ", Style(.border)),
      Span(clipped(branch.leadsTo, to: leadsWidth), leadsStyle(branch)),
    ]
    return line + end(index, from: width(line))
  }

  /// `┡━ = ━▶`, `├┄ ≠ ┄┄`, and `┡━ R ≠ ━▶` where the relation is negated.
  private func edge(_ index: Int, _ rail: Character) -> Line {
    let branch = loop.branches[index]
    let below = loop.branches.firstIndex(where: \.isTarget).map { index > $0 } ?? true
    let fork = signs.fork(
      isASCII: isASCII, isTarget: branch.isTarget, isBelow: below,
      isLast: index == loop.branches.count - 1)
    let relation =
      branch.matches.map { signs.relations.first(loop.task.relation0, holds: $0) } ?? "?"
    let isNegatedEdge = branch.isTarget && loop.task.isNegated
    var line: Line = [Span("\(fork)\(rail) ", Style(.border))]
    if isNegatedEdge { line.append(Span("R ", Style(.role(.negation), .bold))) }
    let style: Style =
      isNegatedEdge
      ? Style(.role(.negation), .bold) : branch.isTarget ? Style(.plain, .bold) : .faint
    line.append(Span(padded(relation, to: edgeWidth - (isNegatedEdge ? 2 : 0)), style))
    let head = branch.isTarget ? signs.arrow : String(signs.light)
    line.append(Span(" \(rail)\(head) ", Style(.border)))
    return line
  }

  /// A name and the line that leads on from it, up to a space at `end`.
  private func name(_ role: Role, _ text: String, _ rail: Character, to end: Int) -> Line {
    let shown = clipped(text, to: role.isKey ? keyWidth : valueWidth)
    let stroke = String(repeating: rail, count: max(1, end - displayWidth(shown) - 2))
    return [
      Span(padded(role.rawValue, to: 3), Style(.role(role), .bold)),
      Span(shown, Style(.role(role))), Span(" \(stroke) ", Style(.border)),
    ]
  }

  private func leadsStyle(_ branch: RelationalLoop.Branch) -> Style {
    branch.isTarget ? Style(.right, .bold) : .faint
  }

  /// Where the line of a pair meets the rail at the right, if it does.
  private func end(_ index: Int, from column: Int) -> Line {
    guard let stated, index <= stated else { return [] }
    let room = totalWidth - 1 - column
    guard index == stated else { return [Span(spaces(room) + rightRail, Style(.border))] }
    let rail = isClosed ? signs.heavy : signs.light
    let corner = isClosed ? signs.heavyEnd : signs.lightEnd
    return [Span(" " + String(repeating: rail, count: max(0, room - 1)) + corner, Style(.border))]
  }

  /// What the two relations say, and how the claim fares.
  var legend: [Line] {
    var lines: [Line] = [[], [Span("from Q: ", .faint), Span(loop.firstRelationText)]]
    if loop.task.isNegated {
      lines.append([
        Span("R:      ", Style(.role(.negation), .bold)),
        Span("negated: K matches Q, and K' answers"),
      ])
    }
    lines.append([Span("to A:   ", .faint), Span(loop.secondRelationText)])
    if loop.branches.contains(where: { $0.matches == nil }) {
      lines.append([
        Span("?:      ", .faint), Span("the vocabulary does not know whether the relation holds"),
      ])
    }
    if let label = loop.label {
      let isTrue = loop.claim == loop.answer
      let closing =
        isTrue ? "the loop closes at what is claimed" : "it leads to \(loop.answer) instead"
      lines.append([
        Span("so:     ", .faint), Span(label, Style(isTrue ? .right : .wrong, .bold)),
        Span(", \(closing)"),
      ])
    }
    return lines
  }

  private func width(_ line: Line) -> Int { line.reduce(0) { $0 + $1.width } }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

  private static func centered(_ text: String, _ fill: Character, width: Int) -> String {
    guard displayWidth(text) + 2 <= width else {
      return String(repeating: fill, count: max(0, width))
    }
    let left = (width - displayWidth(text)) / 2
    let right = width - displayWidth(text) - left
    return String(repeating: fill, count: left) + text + String(repeating: fill, count: right)
  }
}

extension Role {
  fileprivate var isKey: Bool { self == .key || self == .distractorKeys }
}
