// What stands in place of the answer until the person has given theirs.

/// Draws a panel whose content would tell the answer.
func drawHidden(
  _ name: String, isFocused: Bool, in area: Rect, into cells: inout CellBuffer
) {
  let inner = drawPanel(
    [Span(name, Style(.title, .bold))], isFocused: isFocused, in: area, into: &cells)
  cells.put("hidden until you answer", x: inner.x, y: inner.y, style: .faint, clip: inner)
}

/// The answer panel before the person has answered.
func ownQuestionLines(_ state: ExplorerState, width: Int) -> [Line] {
  guard let item = state.item else { return [] }
  let isYesNo = state.items[item].form == .classification
  let text =
    (isYesNo ? "Yes or No?" : "What comes next?")
    + " Press r, type your answer and Enter. Then the model's is shown, its heads and the roles."
  return wrapped(text, width: width).map { [Span($0)] }
    + [[]] + wrapped("w shows everything at once.", width: width).map { [Span($0, .faint)] }
}

/// What the person said, above what the model says.
func ownAnswerLines(_ state: ExplorerState, width: Int) -> [Line] {
  guard state.selfTest.isOn, let item = state.item, let own = state.selfTest.answers[item] else {
    return []
  }
  let mark = own.isRight ? Span("✓ ", Style(.right, .bold)) : Span("✗ ", Style(.wrong, .bold))
  return [
    [mark, Span("you: ", .faint), Span(clipped(own.text, to: max(1, width - 8)))], [],
  ]
}

/// `you 3/5 · model 4/5`, over the items that the person has answered.
func selfTestTally(_ state: ExplorerState) -> Line {
  let (person, model) = state.selfTestTallies
  return [
    Span("you ", .faint), Span("\(person.right)/\(person.total)", Style(.after, .bold)),
    Span(" · model ", .faint), Span("\(model.right)/\(model.total)", Style(.before, .bold)),
  ]
}
