// The explanation of an item in the explorer: opening, scrolling, other items, every size.

import Explorer
import GAR
import Testing

@Suite struct PageViewTests {
  let toy = ToyWorkbench()

  private func state(
    _ keys: String, _ size: Size = Size(width: 100, height: 30),
    display: Display = Display(hasColor: false, hasUnicode: true)
  ) throws -> ExplorerState {
    replay(try KeyScript(keys), from: toy.state(size, display: display), workbench: toy)
  }

  @Test func pageOpensOnAKeyAndCloses() throws {
    let page = draw(try state("i")).text
    for word in ["item 0 ", "relational loop", "solver", "prompt and roles", "⇒"] {
      #expect(page.contains(word), "\(word)")
    }
    let before = draw(try state("j")).text
    for close in ["<Esc>", "i", "q", "<Enter>", "1", "<Click 2 1>", ":go-item<Enter>"] {
      #expect(draw(try state("i \(close) j")).text == before, "\(close)")
    }
    #expect(try state("i q").exit == nil)
    #expect(try state("i <C-c>").exit == .interrupted)
    #expect(draw(try state("i ?")).text.contains("┏▸help"))
    #expect(draw(try state("i ? <Esc>")).text == page)
  }

  @Test func pageIsTheSameAsTheOneThatShowPrints() throws {
    let state = try state("i", Size(width: 104, height: 60))
    let page = try #require(state.explanation)
    let options = PageOptions(
      width: 100, showsAllRows: false, allRowsHint: "a", display: state.display)
    let screen = draw(state).text
    for line in itemPageLines(page, options) where !line.isEmpty {
      #expect(screen.contains(plainText([line])), "\(plainText([line]))")
    }
  }

  @Test func otherItemsAreExplainedInTheirTurn() throws {
    let second = try state("i n")
    let opened = try state(":item<Space>1<Enter> i")
    let first = try state("i")
    #expect(second.item == 1 && second.explanation == opened.explanation)
    #expect(second.explanation != first.explanation)
    #expect(draw(second).text.contains("item 1 "))
    #expect(try state("i n p").explanation == first.explanation)
    // A page that was scrolled begins at its top on the next item.
    let next = try state("i j j j n", Size(width: 80, height: 24))
    #expect(next.pages.scroll[.explain]?.row ?? 0 == 0)
  }

  @Test func scrollingStopsAtBothEnds() throws {
    let size = Size(width: 80, height: 24)
    let end = try state("i " + String(repeating: "<PgDn>", count: 9), size)
    #expect(try #require(end.pages.scroll[.explain]?.row) > 0)
    #expect(draw(end).text.contains("counterfactuals"))
    #expect(try state("i " + String(repeating: "j", count: 90), size).scroll == end.scroll)
    #expect(try state("i j j k k k k", size).pages.scroll[.explain]?.row == 0)
    #expect(draw(try state("i <WheelDown 4 4>", size)).text != draw(try state("i", size)).text)
  }

  @Test func demonstrationsComeOnAKey() throws {
    let size = Size(width: 120, height: 90)
    let folded = draw(try state("i", size)).text
    #expect(folded.contains("1 demonstration, ") && folded.contains("; a shows them"))
    let all = draw(try state("i a", size)).text
    #expect(!all.contains("a shows them") && all.contains("\\n"))
    #expect(draw(try state("i a a", size)).text == folded)
  }

  @Test func everySizeIsDrawnInUnicodeAndASCII() throws {
    for width in [1, 20, 39, 40, 60, 80, 100, 200] {
      for height in [1, 3, 12, 24, 60] {
        for hasUnicode in [true, false] {
          let display = Display(hasColor: !hasUnicode, hasUnicode: hasUnicode)
          for keys in ["i", "i a <PgDn>", "w", "w r x"] {
            let size = Size(width: width, height: height)
            let cells = draw(try state(keys, size, display: display))
            for y in 0..<height {
              #expect(displayWidth(cells.rowText(y)) == width, "\(keys) at \(size)")
            }
            if !hasUnicode {
              #expect(cells.text.utf8.allSatisfy { $0 < 128 }, "\(keys) at \(size)")
            }
          }
        }
      }
    }
  }

  @Test func rolesAndTheNegatedEdgeAreStyled() throws {
    let fixture = try PageFixture()
    let negated = try #require(try fixture.pages { $0.count = 40 }.first { $0.task.isNegated })
    let display = Display(hasColor: true, hasUnicode: true)
    let inks = Set(
      itemPageLines(
        negated,
        PageOptions(width: 100, showsAllRows: false, allRowsHint: "a", display: display)
      ).flatMap { $0 }.map(\.style.ink))
    for role in [Role.query, .key, .value, .distractorKeys, .distractorValues, .negation, .end] {
      #expect(inks.contains(.role(role)), "\(role)")
    }
  }
}
