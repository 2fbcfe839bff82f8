// The table of keys and commands: dispatch, footer, help and `:` are all made from it.

import Engine
import Interpretability

/// One thing a person can ask for, with its keys, its command name and its help.
///
/// To add one: write it in its group below; help, footer, completion and the tests find it here.
package struct Binding: Sendable {
  package enum Context: Sendable { case browse, help, line }
  package enum Group: Hashable, Sendable {
    case moving, pages, heads, items, program, line, help
    /// Keys of one page alone.
    case on(Page)

    /// In the order of the help screen.
    package static let all: [Group] =
      [.heads, .items, .pages, .moving, .program] + Page.allCases.map { .on($0) } + [.line, .help]

    package var title: String {
      switch self {
      case .moving: "Moving"
      case .pages: "Pages"
      case .heads: "Heads"
      case .items: "Items and scores"
      case .program: "Screen and program"
      case .on(let page): "On the \(page.definition.title) page"
      case .line: "In a filter or command line"
      case .help: "In this help"
      }
    }
  }

  package var keys: [Key]
  /// What `:` calls it, then other names.
  package var names: [String]
  package var group: Group
  package var help: String
  /// A word for the footer, shown while one of `panels` has the focus.
  package var hint: String?
  package var panels: Set<Panel> = Set(Panel.allCases)
  /// The pages on which its keys mean this.
  package var pages: Set<Page>
  package var action: Action?
  /// What a command takes, such as `N`.
  package var argument: String?
  /// Reads the argument; `nil` where it cannot be read.
  package var parse: (@Sendable (String, ExplorerState) -> Action?)?
  package var disabledReason: @Sendable (ExplorerState) -> String? = { _ in nil }

  package var context: Context {
    switch group {
    case .line: .line
    case .help: .help
    default: .browse
    }
  }

  /// Whether it goes before what a key means on every page.
  package var isOfOnePage: Bool { if case .on = group { true } else { false } }

  init(
    _ keys: [Key], _ names: [String], _ group: Group, _ help: String, hint: String? = nil,
    in panels: Set<Panel> = Set(Panel.allCases), on pages: Set<Page>? = nil, _ action: Action,
    unless disabledReason: @escaping @Sendable (ExplorerState) -> String? = { _ in nil }
  ) {
    self.keys = keys
    self.names = names
    self.group = group
    self.help = help
    self.hint = hint
    self.panels = panels
    self.pages = pages ?? group.pages
    self.action = action
    self.disabledReason = disabledReason
  }

  init(
    command names: [String], _ argument: String, _ group: Group, _ help: String,
    parse: @escaping @Sendable (String, ExplorerState) -> Action?
  ) {
    keys = []
    self.names = names
    self.group = group
    self.help = help
    self.argument = argument
    self.parse = parse
    pages = Set(Page.allCases)
  }
}

extension Binding.Group {
  /// Where the keys of a group mean something unless a binding says otherwise.
  fileprivate var pages: Set<Page> {
    switch self {
    case .on(let page): [page]
    case .heads: Set(Page.allCases.filter(\.definition.takesEdits))
    default: Set(Page.allCases)
    }
  }
}

extension Binding {
  package static let all: [Binding] =
    selfTest + pages + moving + heads + items + program
    + Page.allCases.flatMap(\.definition.bindings) + line + helpScreen

  private static let noHead: @Sendable (ExplorerState) -> String? = {
    $0.facts.layerCount * $0.facts.headCount == 0 ? "the model has no attention heads" : nil
  }
  static let noItem: @Sendable (ExplorerState) -> String? = {
    $0.items.isEmpty ? "no items loaded" : nil
  }

  private static let moving: [Binding] = [
    Binding([.up, .char("k")], ["up"], .moving, "up in the focused panel", .move(.up)),
    Binding([.down, .char("j")], ["down"], .moving, "down in the focused panel", .move(.down)),
    Binding(
      [.left, .char("h")], ["left"], .moving, "left; in prompt and head: query position",
      .move(.left)),
    Binding(
      [.right, .char("l")], ["right"], .moving, "right; in prompt and head: query position",
      .move(.right)),
    Binding([.pageUp, .control("b")], ["page-up"], .moving, "a page up", .page(.up)),
    Binding([.pageDown, .control("f")], ["page-down"], .moving, "a page down", .page(.down)),
    Binding([.home, .char("g")], ["start"], .moving, "to the start of the panel", .jumpToStart),
    Binding([.end, .char("G")], ["end"], .moving, "to the end of the panel", .jumpToEnd),
    Binding(
      [.tab], ["next-panel"], .moving, "focus the next panel", hint: "panel", on: [.item],
      .focusNext),
    Binding(
      [.backTab], ["previous-panel"], .moving, "focus the panel before", on: [.item],
      .focusPrevious),
    Binding(
      [.enter], ["zoom"], .moving, "let the focused panel fill the screen, and back",
      hint: "zoom", in: [.prompt, .answer, .head], on: [.item], .zoom),
    Binding(
      [.char("]")], ["query-next"], .moving, "next query position", hint: "query",
      in: [.prompt, .head], on: [.item], .moveQuery(by: 1), unless: noItem),
    Binding(
      [.char("[")], ["query-previous"], .moving, "query position before",
      on: [.item], .moveQuery(by: -1), unless: noItem),
    Binding(
      [.char("$")], ["query-end"], .moving, "query position END", on: [.item],
      .queryAtEnd, unless: noItem),
    Binding(command: ["head"], "L.H", .moving, "select a head, such as 3.0") { text, state in
      HeadIndex(text).flatMap { state.facts.holds($0) ? .select($0) : nil }
    },
  ]

  private static let heads: [Binding] = [
    Binding(
      [.char(" ")], ["toggle"], .heads, "switch the head off (zero), or restore it",
      hint: "on/off", in: [.heatmap, .answer, .head], .toggleHead, unless: noHead),
    Binding(
      [.char("t")], ["true-heads"], .heads, "switch all True heads off or on",
      hint: "True heads", in: [.heatmap, .answer, .head], .toggleKind(.trueHead), unless: noHead),
    Binding(
      [.char("f")], ["false-heads"], .heads, "switch all False heads off or on",
      hint: "False heads", in: [.heatmap, .answer, .head], .toggleKind(.falseHead),
      unless: noHead),
    Binding([.char("z")], ["zero"], .heads, "zero the head's output", .edit(.zero), unless: noHead),
    Binding(
      [.char("m")], ["mean"], .heads, "replace the head's output by its mean", .edit(.mean),
      unless: noHead),
    Binding(
      [.char("+"), .char("=")], ["stronger"], .heads, "scale the head up a step",
      hint: "stronger", in: [.heatmap, .head], .stronger, unless: noHead),
    Binding(
      [.char("-")], ["weaker"], .heads, "scale the head down a step",
      hint: "weaker", in: [.heatmap, .head], .weaker, unless: noHead),
    Binding(
      [.char("s")], ["scope"], .heads, "let the head's edit hold at END only, or everywhere",
      .toggleScope, unless: { $0.edits[$0.head] == nil ? "\($0.head) is not edited" : nil }),
    Binding(
      [.char("u")], ["undo"], .heads, "undo an edit", hint: "undo",
      in: [.heatmap, .answer, .head], .undo,
      unless: { $0.undoStack.isEmpty ? "nothing to undo" : nil }),
    Binding(
      [.char("U")], ["redo"], .heads, "redo it", .redo,
      unless: { $0.redoStack.isEmpty ? "nothing to redo" : nil }),
    Binding(
      [.char("0")], ["clear"], .heads, "clear all edits", .clearEdits,
      unless: { $0.edits.isEmpty ? "no head is edited" : nil }),
    Binding(
      [.char("T")], ["mark-true"], .heads, "mark the head as a True head by hand, or unmark",
      .mark(.trueHead), unless: noHead),
    Binding(
      [.char("F")], ["mark-false"], .heads, "mark the head as a False head, or unmark",
      .mark(.falseHead), unless: noHead),
    Binding(command: ["scale"], "X", .heads, "scale the selected head, such as 2 or 0.5") {
      text, _ in
      Float(text).flatMap { $0.isFinite ? .edit(.scale($0)) : nil }
    },
    Binding(
      command: ["row"], "HOW", .heads,
      "the head's attention at A: one-hot [ROLE], from L.H, off; a strength may follow"
    ) { text, state in
      HeadEdit.Kind.row(text, of: state.head, state.facts).map(Action.edit)
    },
    Binding(
      [], ["find-heads"], .heads, "look for True and False heads, and measure what they do",
      .findHeads, unless: noHead),
    Binding(command: ["heads"], "FILE", .heads, "mark True and False heads from a head set file") {
      path, _ in path.isEmpty ? nil : .loadHeadSet(path)
    },
  ]

  private static let items: [Binding] = [
    Binding(
      [.char("n")], ["next"], .items, "next item", hint: "next",
      in: [.items, .prompt, .heatmap, .answer], .nextItem, unless: noItem),
    Binding(
      [.char("p")], ["previous"], .items, "item before", hint: "before",
      in: [.items, .prompt], .previousItem, unless: noItem),
    Binding(
      [.char("N")], ["next-wrong"], .items, "next item answered wrong", hint: "next wrong",
      in: [.items, .prompt, .answer], .nextWrong,
      unless: { $0.selfTest.isOn ? "hidden while you answer first" : noItem($0) }),
    Binding(
      [.char("/")], ["filter"], .items, "filter the items while you type", hint: "filter",
      in: [.items], .openLine(.filter), unless: noItem),
    Binding(
      [.char("a")], ["method"], .items, "next method of scoring heads", hint: "method",
      in: [.heatmap], on: [.item], .cycleMethod, unless: noItem),
    Binding(
      [.char("M")], ["set-mean"], .items, "the set's mean from the results file, and back",
      hint: "set mean", in: [.heatmap], on: [.item], .toggleSetMean,
      unless: { $0.showsSetMean ? nil : $0.meanIsMissing }),
    Binding(command: ["item"], "N", .items, "open an item by number, from 0") { text, state in
      Int(text).flatMap { state.items.indices.contains($0) ? .goToItem($0) : nil }
    },
    Binding(command: ["show"], "WORDS", .items, "filter the items; without words, show all") {
      text, _ in .setFilter(text)
    },
    Binding(command: ["score"], "METHOD", .items, methodHelp) { text, _ in
      let methods = AttributionMethod.allCases.filter {
        !text.isEmpty && $0.shortName.hasPrefix(text.lowercased())
      }
      return methods.count == 1 ? .setMethod(methods[0]) : nil
    },
  ]

  private static let methodHelp =
    "score heads by " + AttributionMethod.allCases.map(\.shortName).joined(separator: ", ")

  private static let program: [Binding] = [
    Binding([.char("e")], ["export"], .program, "write screen and scores to files", .export),
    Binding(
      [.char(":")], ["command"], .program, "any command by name; Tab completes",
      .openLine(.command)),
    Binding(command: ["w"], "NAME", .program, "save the session: model, items, place and edits") {
      name, _ in .saveSession(name)
    },
    Binding(command: ["session"], "NAME", .program, "go to a saved session") {
      name, _ in name.isEmpty ? nil : .openSession(name)
    },
    Binding([.char("?")], ["help"], .program, "this help", hint: "help", .showHelp),
    Binding([.char("q")], ["quit", "q"], .program, "quit", hint: "quit", on: [.item], .quit),
    Binding([.control("c")], ["interrupt"], .program, "quit with status 130", .interrupt),
  ]

  private static let line: [Binding] = [
    Binding([.enter], ["accept"], .line, "accept the line", .acceptLine),
    Binding([.escape, .control("g")], ["cancel"], .line, "give the line up", .cancelLine),
    Binding([.tab], ["complete"], .line, "complete a command", .completeLine),
    Binding([.control("c")], ["line-interrupt"], .line, "quit with status 130", .interrupt),
  ]

  private static let helpScreen: [Binding] = [
    Binding(
      [.escape, .char("q"), .char("?"), .enter], ["close"], .help, "back to the explorer",
      .closeHelp),
    Binding([.up, .char("k")], ["help-up"], .help, "scroll up", .move(.up)),
    Binding([.down, .char("j")], ["help-down"], .help, "scroll down", .move(.down)),
    Binding([.pageUp, .control("b")], ["help-page-up"], .help, "a page up", .page(.up)),
    Binding(
      [.pageDown, .control("f"), .char(" ")], ["help-page-down"], .help, "a page down",
      .page(.down)),
    Binding([.home, .char("g")], ["help-start"], .help, "to the start", .jumpToStart),
    Binding([.end, .char("G")], ["help-end"], .help, "to the end", .jumpToEnd),
    Binding([.control("c")], ["help-interrupt"], .help, "quit with status 130", .interrupt),
  ]
}
