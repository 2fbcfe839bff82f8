// The keys that every page shares, made from the table of pages.

extension Binding {
  static let pages: [Binding] =
    Page.allCases.map(opening) + [
      Binding([.char(">")], ["next-page"], .pages, "the next page", .nextPage),
      Binding([.char("<")], ["previous-page"], .pages, "the page before", .previousPage),
      Binding(
        [.escape, .char("q")], ["back"], .pages, "back to the item page", hint: "back",
        on: others, .closePage),
    ]

  /// Every page but the item page.
  private static let others = Set(Page.allCases).subtracting([.item])

  /// The number key of a page.
  private static func opening(_ page: Page) -> Binding {
    let definition = page.definition
    return Binding(
      definition.keys + [.char(Character("\(page.number)"))],
      ["go-" + definition.title] + definition.names, .pages, definition.help,
      hint: definition.hint, in: [.items, .prompt], .openPage(page),
      unless: {
        $0.isAnswerHidden && page.definition.isAboutItem
          ? "first answer the item: r" : nil
      })
  }

  static let selfTest: [Binding] = [
    Binding(
      [.char("r")], ["answer"], .items, "answer the item yourself, where that comes first",
      hint: "your answer", .openLine(.answer),
      unless: { state in
        state.isAnswerHidden
          ? nil : state.selfTest.isOn ? "this item is answered" : "w lets you answer items first"
      }),
    Binding(
      [.char("w")], ["answer-first"], .items, "hide every answer until you give yours, or show all",
      .toggleSelfTest, unless: noItem),
  ]
}
