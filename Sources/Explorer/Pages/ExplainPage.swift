// The explain page: the open item's loop, roles, solution, sub-questions and counterfactuals.

extension PageDefinition {
  static let explain = PageDefinition(
    title: "explain", help: "the item explained: loop, roles, solution, counterfactuals",
    keys: [.char("i")], names: ["explain"], hint: "explain", takesEdits: false,
    question: { $0.item.map { .explanation(item: $0) } },
    caption: { [Span(" · item \($0.item ?? 0)")] },
    body: .lines(explainLines), bindings: Binding.explain)
}

extension Binding {
  fileprivate static let explain: [Binding] = [
    Binding(
      [.char("i"), .enter], ["explain-close"], .on(.explain), "back to the item page", .closePage),
    Binding(
      [.char("a")], ["explain-rows"], .on(.explain), "demonstrations too, or not",
      hint: "demonstrations", .toggleAllRows),
    Binding(
      [.char(" ")], ["explain-down"], .on(.explain), "a page down", .page(.down)),
  ]
}

extension ExplorerState {
  /// The open item explained, if the explain page has been answered.
  package var explanation: ItemPage? {
    if case .explanation(let page)? = finding(.explain) { page } else { nil }
  }
}

/// Wider pages are harder to read.
package let widestPage = 120

/// Every line of the explanation, or why there is none; one column is free on either side.
private func explainLines(_ state: ExplorerState, width: Int) -> PageLines {
  guard let page = state.explanation else {
    return PageLines([[Span(" ")] + state.waitingLine(.explain, "reading the item…")])
  }
  let options = PageOptions(
    width: min(widestPage, width - 2), showsAllRows: state.showsAllRows, allRowsHint: "a",
    display: state.display)
  return PageLines(itemPageLines(page, options).map { [Span(" ")] + $0 })
}
