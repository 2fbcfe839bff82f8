// The keys of an item's explanation, and of answering an item oneself.

extension Binding {
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
    Binding(
      [.char("i")], ["explain"], .items, "explain the item: loop, roles, solution, counterfactuals",
      hint: "explain", in: [.items, .prompt], .showPage,
      unless: { $0.isAnswerHidden ? "first answer the item: r" : noItem($0) }),
  ]

  static let itemPage: [Binding] = [
    Binding(
      [.escape, .char("i"), .char("q"), .enter], ["page-close"], .page, "back to the explorer",
      .closePage),
    Binding([.char("a")], ["page-rows"], .page, "demonstrations too, or not", .toggleAllRows),
    Binding([.char("n")], ["page-next"], .page, "next item", .nextItem),
    Binding([.char("p")], ["page-previous"], .page, "item before", .previousItem),
    Binding([.up, .char("k")], ["page-line-up"], .page, "scroll up", .move(.up)),
    Binding([.down, .char("j")], ["page-line-down"], .page, "scroll down", .move(.down)),
    Binding([.pageUp, .control("b")], ["page-screen-up"], .page, "a page up", .page(.up)),
    Binding(
      [.pageDown, .control("f"), .char(" ")], ["page-screen-down"], .page, "a page down",
      .page(.down)),
    Binding([.home, .char("g")], ["page-start"], .page, "to the start", .jumpToStart),
    Binding([.end, .char("G")], ["page-end"], .page, "to the end", .jumpToEnd),
    Binding([.char("?")], ["page-help"], .page, "help", .showHelp),
    Binding([.control("c")], ["page-interrupt"], .page, "quit with status 130", .interrupt),
  ]
}
