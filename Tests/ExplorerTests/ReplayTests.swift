// Key scripts: reading them, and replaying them against the toy model.

import Explorer
import Testing

@Suite struct ReplayTests {
  @Test func scriptReadsKeysNamesTextAndComments() throws {
    let script = try KeyScript("n :q<Enter> # n\n\"a b\" <C-c> wait\n<Click 3 4> <Resize 80x24>")
    #expect(
      script.steps == [
        .event(.key(.char("n"))), .event(.key(.char(":"))), .event(.key(.char("q"))),
        .event(.key(.enter)), .event(.key(.char("a"))), .event(.key(.char(" "))),
        .event(.key(.char("b"))), .event(.interrupt), .wait, .event(.click(x: 3, y: 4)),
        .event(.resize(Size(width: 80, height: 24))),
      ])
  }

  @Test(arguments: [
    ("n\n<Foo>", "key script line 2: no key is called <Foo>"),
    ("<Tab", "key script line 1: “<” without “>”; write <lt> for the key itself"),
    ("\n\n\"abc", "key script line 3: text without a closing quotation mark"),
    ("<Click 3>", "key script line 1: no key is called <Click 3>"),
    ("<Resize 0x9>", "key script line 1: no key is called <Resize 0x9>"),
  ])
  func brokenScriptNamesItsLine(text: String, message: String) {
    #expect {
      try KeyScript(text)
    } throws: {
      "\($0)" == message
    }
  }

  @Test func replayIsTheSameEveryTime() throws {
    let toy = ToyWorkbench()
    let script = try KeyScript("n t <Up> <Right> z a /wrong <Enter> N ?")
    let first = draw(replay(script, from: toy.state(), workbench: toy))
    for _ in 0..<3 {
      #expect(draw(replay(script, from: toy.state(), workbench: toy)) == first)
    }
  }

  @Test func replayStopsWhereTheScriptQuits() throws {
    let toy = ToyWorkbench()
    let end = replay(try KeyScript("n q n n"), from: toy.state(), workbench: toy)
    #expect(end.exit == .quit)
    #expect(end.item == 1)
  }

  @Test func waitMakesUpForNoWait() throws {
    let toy = ToyWorkbench()
    let slow = replay(try KeyScript("t n j wait"), from: toy.state(), workbench: toy)
    let hasty = replay(try KeyScript("nowait t n j wait"), from: toy.state(), workbench: toy)
    #expect(draw(slow) == draw(hasty))
  }

  @Test func everyActionIsHarmlessWithoutItemsHeadsOrRoom() throws {
    let keys =
      "t f z m + - s u U 0 T F <Space> n p N a / neg<Enter> : item 3<Enter> e [ ] $ g G "
      + "h j k l <PgUp> <PgDn> <Tab> <Tab> g G h j k l <Enter> <Tab> j k <Tab> <Tab> j k ? j j <Esc>"
      + " <Click 1 1> <WheelDown 2 2>"
    for (layers, heads, items) in [(0, 0, 0), (1, 1, 0), (1, 12, 3), (0, 0, 4)] {
      let toy = ToyWorkbench(layerCount: layers, headCount: heads, itemCount: items)
      for size in [
        Size(width: 1, height: 1), Size(width: 45, height: 13), Size(width: 100, height: 30),
      ] {
        let end = replay(try KeyScript(keys), from: toy.state(size), workbench: toy)
        #expect(draw(end).width == size.width)
        #expect(end.exit == nil)
      }
    }
  }
}
