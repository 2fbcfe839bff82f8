// Screens as text: every view at several sizes, and what must be readable without colour.

import Engine
import Explorer
import Foundation
import GAR
import Interpretability
import Testing

@Suite struct ViewTests {
  let toy = ToyWorkbench()

  private func screen(
    _ keys: String, _ size: Size, toy: ToyWorkbench? = nil,
    display: Display = Display(hasColor: false, hasUnicode: true)
  ) throws -> CellBuffer {
    let toy = toy ?? self.toy
    return draw(
      replay(try KeyScript(keys), from: toy.state(size, display: display), workbench: toy))
  }

  /// One view alone in a buffer of its own.
  private func panel(
    _ keys: String, _ size: Size, toy: ToyWorkbench? = nil,
    _ view: (ExplorerState, Rect, inout CellBuffer) -> Void
  ) throws -> CellBuffer {
    let toy = toy ?? self.toy
    let state = replay(try KeyScript(keys), from: toy.state(), workbench: toy)
    var cells = CellBuffer(width: size.width, height: size.height)
    view(state, cells.area, &cells)
    return cells
  }

  private static let views: [@Sendable (ExplorerState, Rect, inout CellBuffer) -> Void] = [
    { drawItems($0, in: $1, into: &$2) }, { drawPrompt($0, in: $1, into: &$2) },
    { drawHeatmap($0, in: $1, into: &$2) }, { drawAnswer($0, in: $1, into: &$2) },
    { drawHeadPanel($0, in: $1, into: &$2) }, { drawHeader($0, in: $1, into: &$2) },
    { drawFooter($0, in: $1, into: &$2) },
  ]

  @Test func everyViewStaysInsideItsArea() throws {
    let state = replay(
      try KeyScript("t /e<Enter> [ :head<Space>3.5<Enter>"), from: toy.state(), workbench: toy)
    for size in [(1, 1), (2, 2), (3, 5), (7, 3), (20, 1), (1, 20), (40, 12), (90, 25), (0, 0)] {
      let area = Rect(x: 2, y: 1, width: size.0, height: size.1)
      for (number, view) in Self.views.enumerated() {
        var cells = CellBuffer(width: size.0 + 4, height: size.1 + 2)
        let frame = String(repeating: "#", count: cells.width)
        for y in 0..<cells.height { cells.put(frame, x: 0, y: y, clip: cells.area) }
        view(state, area, &cells)
        for y in 0..<cells.height {
          for x in 0..<cells.width where !area.contains(x: x, y: y) {
            #expect(cells[x, y] == Cell("#"), "view \(number) at \(size) wrote to \(x),\(y)")
          }
        }
      }
    }
  }

  @Test func everyScreenSizeIsDrawn() throws {
    for width in [1, 2, 5, 19, 39, 40, 41, 60, 79, 80, 99, 100, 137, 200, 400] {
      for height in [1, 2, 3, 11, 12, 13, 16, 23, 24, 30, 60, 120] {
        let size = Size(width: width, height: height)
        let state = replay(
          try KeyScript("t n"), from: toy.state(size), workbench: toy)
        for focus in Panel.allCases {
          var state = state
          _ = update(&state, .focus(focus))
          for action: Action in [.zoom, .zoom, .showHelp] {
            _ = update(&state, action)
            let cells = draw(state)
            #expect(cells.width == width && cells.height == height)
            for y in 0..<height {
              #expect(displayWidth(cells.rowText(y)) == width, "row \(y) at \(size)")
            }
          }
        }
      }
    }
  }

  @Test func smallTerminalsAreToldWhatIsNeeded() throws {
    for size in [Size(width: 39, height: 30), Size(width: 100, height: 11)] {
      let words = try screen("", size).text.split(whereSeparator: \.isWhitespace)
      #expect(words.joined(separator: " ").contains("gar needs 40x12 cells; here are \(size)"))
    }
    #expect(!(try screen("", Size(width: 40, height: 12)).text.contains("needs")))
  }

  @Test func panelsStackBelowEightyByTwentyFour() throws {
    let size = Size(width: 79, height: 24)
    #expect(Layout(size: size, focus: .heatmap, isZoomed: false).panels.count == 2)
    #expect(
      Layout(size: Size(width: 60, height: 14), focus: .items, isZoomed: false).panels.count == 1)
    #expect(
      Layout(size: Size(width: 80, height: 24), focus: .items, isZoomed: false).panels.count == 5)
    var seen: Set<Panel> = []
    var state = toy.state(Size(width: 60, height: 14))
    for _ in Panel.allCases {
      seen.formUnion(Layout(state).panels.keys)
      _ = update(&state, .focusNext)
    }
    #expect(seen == Set(Panel.allCases))
  }

  @Test func panelsNeverOverlapAndFillTheBody() {
    for width in stride(from: 40, through: 220, by: 9) {
      for height in stride(from: 12, through: 70, by: 7) {
        for focus in Panel.allCases {
          let layout = Layout(
            size: Size(width: width, height: height), focus: focus, isZoomed: false)
          var covered = [Int](repeating: 0, count: width * height)
          for area in Array(layout.panels.values) + [layout.header, layout.tabs, layout.footer] {
            for y in area.y..<area.maxY {
              for x in area.x..<area.maxX { covered[y * width + x] += 1 }
            }
          }
          #expect(covered.allSatisfy { $0 == 1 }, "\(width)x\(height) \(focus)")
        }
      }
    }
  }

  /// Also on the narrowest screen, where most of the first line goes.
  @Test(arguments: [40, 80, 200])
  func roundedAnswersAreSaidOnTheFirstLine(width: Int) throws {
    var rounded = toy
    rounded.facts.answersAreRounded = true
    let size = Size(width: width, height: 12)
    #expect(try screen("", size, toy: rounded).rowText(0).contains("int8 answers"))
    #expect(try !screen("", size).rowText(0).contains("int8"))
  }

  @Test func focusIsVisibleWithoutColour() throws {
    for focus in Panel.allCases {
      var state = toy.state(Size(width: 100, height: 30))
      _ = update(&state, .focus(focus))
      let text = draw(state).text
      #expect(text.components(separatedBy: "┏▸").count == 2, "\(focus)")
    }
  }

  @Test func unknownScoresAreQuestionMarks() throws {
    var broken = toy
    broken.brokenHead = HeadIndex(layer: 2, head: 4)
    let cells = try panel("", Size(width: 44, height: 9), toy: broken) {
      drawHeatmap($0, in: $1, into: &$2)
    }
    #expect(cells.text.filter { $0 == "?" }.count == 1)
    #expect(
      try screen(":head<Space>2.4<Enter>", Size(width: 100, height: 30), toy: broken)
        .text.contains("L2H4 head · ?"))
  }

  @Test func bigModelsScrollToTheSelectedHead() throws {
    let big = ToyWorkbench(layerCount: 80, headCount: 64, itemCount: 3)
    for size in [
      Size(width: 45, height: 14), Size(width: 80, height: 24), Size(width: 200, height: 60),
    ] {
      for head in ["0.0", "79.63", "40.33", "79.0", "0.63"] {
        let state = replay(
          try KeyScript(":head<Space>\(head)<Enter>"), from: big.state(size), workbench: big)
        let area = try #require(Layout(state).panels[.heatmap])
        let geometry = HeatmapGeometry(area: area.inner, facts: big.facts, scroll: state.scroll)
        let cell = try #require(geometry.cell(state.head), "\(head) at \(size)")
        let cells = draw(state)
        #expect(cells[cell.x - 1, cell.y].text == "[")
        #expect(cells[cell.x + geometry.glyphCount, cell.y].text == "]")
        #expect(geometry.head(atX: cell.x, y: cell.y) == state.head)
      }
    }
  }

  @Test func rolesAreNamedWithoutColourAndStyledWithIt() throws {
    let plain = try screen("", Size(width: 100, height: 30))
    for tag in ["Mary(K)", "dog(V)", "John(K')", "apple(V')", "Mary(Q)", "of(END)"] {
      #expect(plain.text.contains(tag), "\(tag)")
    }
    let colored = try screen(
      "", Size(width: 100, height: 30), display: Display(hasColor: true, hasUnicode: true))
    #expect(!colored.text.contains("(K)"))
    let styles = Set(colored.cells.map(\.style.ink))
    for role in [Role.query, .key, .value, .distractorKeys, .distractorValues, .end] {
      #expect(styles.contains(.role(role)), "\(role)")
    }
  }

  @Test func longTokensAreWrappedAndLineBreaksFollowed() {
    let detail = ItemDetail(
      tokens: ["one", " two", " three", "\n", " four", "five", " abcdefghijklmnop"].map {
        PromptToken($0)
      }, candidates: [])
    let display = Display(hasColor: true, hasUnicode: true)
    let lines = promptLines(detail, width: 10, display: display).map {
      $0.map(\.text).joined()
    }
    #expect(lines == ["one two", "three\\n", "fourfive", "abcdefghijklmnop"])
    for width in 1...30 {
      let tokens = promptLines(detail, width: width, display: display).flatMap { $0 }.map(\.token)
      #expect(tokens == Array(0..<7), "width \(width)")
    }
  }

  @Test func attentionStripShowsEveryPromptWhole() {
    let tokens = (0..<50).map { PromptToken(" t\($0)", role: $0 == 3 ? .key : nil) }
    var weights = [Float](repeating: 0, count: 50)
    weights[3] = 1
    weights[20] = 0.5
    let reading = AttentionReading(
      head: HeadIndex(layer: 0, head: 0), query: 49, weights: weights, rolePair: nil)
    let detail = ItemDetail(tokens: tokens, candidates: [])
    let whole = AttentionStrip(detail, reading, width: 50).bars(row: 0, of: 1)
    #expect(whole == "   █                ▄                             ")
    let packed = AttentionStrip(detail, reading, width: 20)
    #expect(packed.tokensPerColumn == 3)
    #expect(packed.bars(row: 0, of: 1) == " █    ▄          ")
    let tall = AttentionStrip(detail, reading, width: 50)
    #expect(tall.bars(row: 0, of: 2) == "   █                                              ")
    #expect(tall.bars(row: 1, of: 2) == "   █                █                             ")
  }

  @Test func tokensOfAllSortsKeepTheScreenWhole() throws {
    struct Odd: Workbench {
      let toy = ToyWorkbench(itemCount: 2)
      var facts: ModelFacts { toy.facts }
      var items: [ItemSummary] { toy.items }
      func perform(
        _ request: Request, ticket: Ticket, report: @Sendable (Finding) -> Void
      ) throws {
        guard case .detail = request else {
          return try toy.perform(request, ticket: ticket, report: report)
        }
        let texts = [
          "\u{1B}[2J", "\t", "東京", "e\u{301}", "\u{301}", "🙂", "\u{202E}x", "\0", "", " ",
        ]
        report(
          .detail(
            ItemDetail(
              tokens: texts.map { PromptToken($0, role: .query) },
              candidates: [Candidate("\u{1B}c", isRight: true), Candidate("東\n京", isFoil: true)])))
      }
    }
    for size in [Size(width: 100, height: 30), Size(width: 43, height: 13)] {
      for focus in Panel.allCases {
        let odd = Odd()
        var state = replay(
          try KeyScript("t"), from: ExplorerState(facts: odd.facts, items: odd.items, size: size),
          workbench: odd)
        _ = update(&state, .focus(focus))
        let cells = draw(state)
        for y in 0..<size.height { #expect(displayWidth(cells.rowText(y)) == size.width) }
        #expect(!cells.text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
      }
    }
  }

  @Test func asciiScreensStillTellSignsApart() throws {
    let keys = "t :head<Space>2.3<Enter> m l + "
    let cells = try screen(
      keys, Size(width: 100, height: 30), display: Display(hasColor: false, hasUnicode: false))
    #expect(cells.text.utf8.allSatisfy { $0 < 128 })
    let positive = Set(["░", "▒", "▓", "█"].map(asciiTwin))
    let negative = Set(["-", "=", "*", "#"])
    let edits = Set(["×", "μ", "↑", "↓"].map(asciiTwin))
    #expect(positive.count == 4 && positive.isDisjoint(with: negative))
    #expect(
      edits.count == 4 && edits.isDisjoint(with: negative) && edits.isDisjoint(with: positive))
  }

  @Test func paletteNeedsFewColoursAndKeepsRolesApart() {
    var inks: [Ink] = [
      .plain, .faint, .border, .focusedBorder, .title, .brand, .key, .message, .problem, .right,
      .wrong, .before, .after, .progress, .ablated, .scaled, .trueHead, .falseHead, .attention,
    ]
    inks += (-31...31).map { .heat($0) } + Role.allCases.map { .role($0) }
    for depth in [ColorDepth.eight, .many] {
      let colors = Set(
        inks.map { ink in
          let look = Style(ink).appearance(depth)
          return [look.foreground, look.background]
        })
      #expect(colors.count <= 64)
      #expect(Set(Role.allCases.map { Style(.role($0)).appearance(depth) }).count == 8)
      #expect(Style(.heat(20)).appearance(depth) != Style(.heat(-20)).appearance(depth))
    }
    for ink in inks {
      let look = Style(ink).appearance(.none)
      #expect(look.foreground == -1 && look.background == -1)
    }
  }
}
