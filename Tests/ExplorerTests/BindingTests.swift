// The binding table and what is made from it: dispatch, help, footer, commands.

import Engine
import Explorer
import Foundation
import Testing

@Suite struct BindingTests {
  @Test func noTwoBindingsShareAKeyInOneContext() {
    for context in [Binding.Context.browse, .help, .line] {
      for page in Page.allCases {
        let here = Binding.all.filter { $0.context == context && $0.pages.contains(page) }
        for bindings in [here.filter(\.isOfOnePage), here.filter { !$0.isOfOnePage }] {
          let keys = bindings.flatMap(\.keys)
          #expect(Set(keys).count == keys.count, "\(context) on the \(page) page")
        }
      }
    }
  }

  @Test func noTwoBindingsShareAName() {
    let names = Binding.all.flatMap(\.names)
    #expect(Set(names).count == names.count)
  }

  @Test func helpListsEveryBindingWithKeysNameAndText() {
    let lines = helpLines(width: 120).map { $0.map(\.text).joined() }
    for binding in Binding.all {
      #expect(
        lines.contains { line in
          line.contains(binding.help) && binding.keys.allSatisfy { line.contains($0.name) }
            && (binding.context != .browse || line.contains(":" + binding.names[0]))
        }, "\(binding.names[0])")
    }
  }

  @Test func theDesignsKeysAreBound() throws {
    let state = ToyWorkbench().state()
    let expected: [(Key, Action)] = [
      (.char(" "), .toggleHead), (.char("t"), .toggleKind(.trueHead)),
      (.char("f"), .toggleKind(.falseHead)), (.char("z"), .edit(.zero)),
      (.char("m"), .edit(.mean)), (.char("+"), .stronger), (.char("-"), .weaker),
      (.char("a"), .cycleMethod), (.char("/"), .openLine(.filter)), (.char("n"), .nextItem),
      (.char("p"), .previousItem), (.char("N"), .nextWrong), (.char("e"), .export),
      (.char(":"), .openLine(.command)), (.char("?"), .showHelp), (.char("q"), .quit),
      (.tab, .focusNext), (.backTab, .focusPrevious), (.up, .move(.up)), (.char("k"), .move(.up)),
      (.char("j"), .move(.down)), (.char("h"), .move(.left)), (.char("l"), .move(.right)),
    ]
    for (key, wanted) in expected {
      #expect(action(for: .key(key), in: state) == wanted, "\(key)")
    }
    // Nothing to undo and nothing to clear: the keys say why they do nothing.
    #expect(action(for: .key(.char("u")), in: state) == .problem("nothing to undo"))
    #expect(action(for: .key(.char("0")), in: state) == .problem("no head is edited"))
  }

  @Test(arguments: [
    ("item 7", Action.goToItem(7)), ("head 3.5", .select(HeadIndex(layer: 3, head: 5))),
    ("head L3H5", .select(HeadIndex(layer: 3, head: 5))), ("q", .quit), ("quit", .quit),
    ("qui", .quit), ("score abl", .setMethod(.ablation)), ("show neg cls", .setFilter("neg cls")),
    ("scale 0.5", .edit(.scale(0.5))), ("heads a b.json", .loadHeadSet("a b.json")),
  ])
  func commandsAreReadByName(line: String, wanted: Action) {
    #expect(action(forCommand: line, in: ToyWorkbench().state()) == wanted)
  }

  @Test(arguments: [
    "item 40", "item", "item x", "head 9.0", "nonsense", "quit now", "score z y", "n",
  ])
  func wrongCommandsSayWhatIsWrong(line: String) {
    let found = action(forCommand: line, in: ToyWorkbench().state())
    guard case .problem(let text)? = found else {
      Issue.record("\(line) became \(String(describing: found))")
      return
    }
    #expect(!text.isEmpty)
  }

  @Test func completionExtendsToTheCommonBeginning() {
    #expect(completed("und").text == "undo ")
    #expect(completed("pa").text == "page-")
    #expect(completed("pa").names == ["page-up", "page-down"])
    #expect(completed("item 3").text == "item 3")
    #expect(completed("zzz").text == "zzz")
  }

  @Test func footerShowsOnlyBoundKeys() {
    let names = Set(Binding.all.filter { $0.hint != nil }.compactMap(\.keys.first?.name))
    for panel in Panel.allCases {
      var state = ToyWorkbench().state(Size(width: 200, height: 40))
      _ = update(&state, .focus(panel))
      let footer = draw(state).rowText(39)
      #expect(footer.contains("? help") && footer.contains("q quit"), "\(panel)")
      for hint in footer.components(separatedBy: "  ") where hint.contains(where: \.isLetter) {
        let key = hint.split(separator: " ").first.map(String.init) ?? ""
        #expect(names.contains(key), "\(panel): \(hint)")
      }
    }
  }
}
