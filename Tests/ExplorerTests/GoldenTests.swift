// Golden screens: what each view draws, to the character.

import Explorer
import Testing

@Suite struct GoldenTests {
  let toy = ToyWorkbench()

  private func state(_ keys: String, _ size: Size) throws -> ExplorerState {
    replay(try KeyScript(keys), from: toy.state(size), workbench: toy)
  }

  /// One view alone in a buffer of its own.
  private func panel(
    _ keys: String, _ width: Int, _ height: Int,
    _ view: (ExplorerState, Rect, inout CellBuffer) -> Void
  ) throws -> String {
    var cells = CellBuffer(width: width, height: height)
    view(try state(keys, Size(width: 100, height: 30)), cells.area, &cells)
    return cells.text
  }

  @Test func heatmapShowsSignSizeEditsAndKinds() throws {
    let text = try panel("t :head<Space>2.3<Enter> m l - G + :head<Space>0.1<Enter>", 38, 9) {
      drawHeatmap($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┏▸attribution · logit diff ±0.80 ━━━━┓
        ┃L5  ░░ ·  -- ██ ·  ·  -- ▓▓         ┃
        ┃L4  ·  == ▒▒ ·  ·  == ▒▒ ·          ┃
        ┃L3  ** ░░ ·  ·  ## ×T ·  --         ┃
        ┃L2  ·F ·  -- μμ ↓↓ ·  == ↑↑         ┃
        ┃L1  ·  == ×T ·  ·  ** ░░ ·          ┃
        ┃L0  ##[░░]·  -- ██ ·  ·  --         ┃
        ┃ H  0  1  2  3  4  5  6  7          ┃
        ┗━━━━━ ░▒▓█ + -=*# − × off T F heads ┛
        """)
  }

  @Test func kindsStandBesideNarrowCells() throws {
    let text = try panel("T l l T l F t k", 26, 9) {
      drawHeatmap($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┏▸attribution ±0.80 ━━━━━┓
        ┃L5  ░ · - █ · · - ▓     ┃
        ┃L4  · = ▒ · · = ▒ ·     ┃
        ┃L3  * ░ · · # ×T· -     ┃
        ┃L2  ·F· - ▓ · · = ▒     ┃
        ┃L1  · = ×[·]· * ░ ·     ┃
        ┃L0  ×T░ ×T-F█ · · -     ┃
        ┃ H  0 1 2 3 4 5 6 7     ┃
        ┗━━━━━━ ░▒▓█+ -=*#− ×off ┛
        """)
  }

  @Test func oneColumnAHeadShowsEditsAndKindsInItsCell() throws {
    let text = try panel("T l l T l F t k", 15, 5) {
      drawHeatmap($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┏▸attribution…┓
        ┃L1  ·=[·]*░· ┃
        ┃L0  ×░×F█··- ┃
        ┃ H  0 2 4 6  ┃
        ┗━━━━━━━━━━━━━┛
        """)
  }

  @Test func answerShowsCandidatesDifferenceAndSet() throws {
    let text = try panel("n", 34, 10) {
      drawAnswer($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┌ answer ────────────────────────┐
        │✓ Yes 0.62 ▇▇▇▇▇▇▇▇▇▇▇▇▇        │
        │  No  0.38 ▇▇▇▇▇▇▇▇             │
        │                                │
        │diff +1.20                      │
        │top  ✓ Yes 0.62                 │
        │                                │
        │set  57.5% 23/40                │
        │Yes  70.0%                      │
        └────────────────────────────────┘
        """)
  }

  @Test func answerIsAskedForAndThenComparedWithTheModels() throws {
    let asked = try panel("w", 34, 8) { drawAnswer($0, in: $1, into: &$2) }
    #expect(
      asked == """
        ┌ answer ────────────────────────┐
        │What comes next? Press r, type  │
        │your answer and Enter. Then the │
        │model's is shown, its heads and │
        │the roles.                      │
        │                                │
        │w shows everything at once.     │
        └────────────────────────────────┘
        """)
    let answered = try panel("w r fruit<Enter>", 34, 10) { drawAnswer($0, in: $1, into: &$2) }
    #expect(
      answered == """
        ┌ answer ────────────────────────┐
        │✗ you: fruit                    │
        │                                │
        │✓ animal 0.32 ▇▇▇▇▇▇            │
        │  fruit  0.54 ▇▇▇▇▇▇▇▇▇▇        │
        │  drink  0.14 ▇▇                │
        │                                │
        │diff -0.80                      │
        │top  ✗ fruit 0.54               │
        └────────────────────────────────┘
        """)
  }

  @Test func answerComparesBeforeAndAfter() throws {
    let text = try panel("n t", 34, 13) {
      drawAnswer($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┌ answer · before → after ───────┐
        │✓ Yes   0.62 ▇▇▇▇▇▇▇▇▇▇▇▇       │
        │      → 0.67 ▇▇▇▇▇▇▇▇▇▇▇▇▇      │
        │  No    0.38 ▇▇▇▇▇▇▇            │
        │      → 0.33 ▇▇▇▇▇▇             │
        │                                │
        │diff +1.20 → +2.11 (+0.91)      │
        │top  ✓ Yes 0.62 → ✓ Yes 0.67    │
        │                                │
        │set  57.5% → 60.0% 24/40        │
        │Yes  70.0% → 70.0%              │
        │No   50.0% → 40.0%              │
        └────────────────────────────────┘
        """)
  }

  @Test func wideAnswersStandSideBySide() throws {
    let text = try panel("n t", 70, 9) {
      drawAnswer($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┌ answer · before → after ───────────────────────────────────────────┐
        │✓ Yes 0.62 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇          → 0.67 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇         │
        │  No  0.38 ▇▇▇▇▇▇▇▇▇                → 0.33 ▇▇▇▇▇▇▇▇                 │
        │                                                                    │
        │diff +1.20 → +2.11 (+0.91)                                          │
        │top  ✓ Yes 0.62 → ✓ Yes 0.67                                        │
        │                                                                    │
        │set  57.5% → 60.0% 24/40                                            │
        └────────────────────────────────────────────────────────────────────┘
        """)
  }

  @Test func headPanelShowsKindJobEditAndAttention() throws {
    let text = try panel("n :head<Space>3.5<Enter> z", 60, 7) {
      drawHeadPanel($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┌ L3H5 True head · +0.00 · A attends to Q 0.83 · zero-abla…┐
        │from END “:” to 12 “.” 0.63 · 0 “<s>” 0.25 · END “:” 0.13 │
        │            ▂                                             │
        │▄           █                       ▂                     │
        │···K··V·k··v···············Q····AA··^                     │
        │d +0.420 in [+0.310, +0.530] · AUROC 0.81                 │
        └──────────────────────────────────────────────────────────┘
        """)
  }

  @Test func itemsShowVerdictsAndTheFilteredAccuracy() throws {
    let text = try panel("t f <S-Tab> <S-Tab> /cls<Enter>", 24, 8) {
      drawItems($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┏▸items 20 of 40 ━━━━━━┓
        ┃▸✓  1 Gende∋,Kinds cls┃
        ┃ ✗  3 Gende∋,Citie cls┃
        ┃ ✓  5 Gen∋,Kin neg cls┃
        ┃ ✗  7 Gende∋,Kinds cls┃
        ┃ ✓  9 Gende∋,Citie cls┃
        ┃ ✓ 11 Gen∋,Kin neg cls┃
        ┗━━━━━━━━━ 60.0%→65.0% ┛
        """)
  }

  @Test func promptNamesRoles() throws {
    let text = try panel("n", 50, 6) {
      drawPrompt($0, in: $1, into: &$2)
    }
    #expect(
      text == """
        ┌ prompt · roles Q K V A K' V' R END ────────────┐
        │<s>Premise: < Mary(K) has a dog(V). John(K') has│
        │an apple(V'). >. Answer with Yes or No. Can it  │
        │be inferred from the premise that Mary(Q) owns a│
        │kind of animal(A)? Answer:(END)                 │
        └────────────────────────────────────────────────┘
        """)
  }

  @Test(arguments: [
    (
      100,
      "gar  toy · 6L×8H · item 1/40 · set acc 57.5% → 60.0% with 2 heads off                         ? help"
    ),
    (80, "gar  toy · 6L×8H · item 1/40 · set acc 57.5% → 60.0% with 2 heads off     ? help"),
    (60, "gar  toy · item 1/40 · set acc 57.5% → 60.0%          ? help"),
    (40, "gar  set acc 57.5% → 60.0%        ? help"),
  ])
  func headerDropsItsLeastNeededParts(width: Int, text: String) throws {
    #expect(try panel("t n", width, 1) { drawHeader($0, in: $1, into: &$2) } == text)
  }

  @Test func wholeScreenAtEightyByTwentyFour() throws {
    let screen = draw(try state("t :head<Space>3.5<Enter> n", Size(width: 80, height: 24)))
    #expect(
      screen.trimmedText == """
        gar  toy · 6L×8H · item 1/40 · set acc 57.5% → 60.0% with 2 heads off     ? help
        [1 item]2 explain 3 heads 4 attention 5 lens 6 circuit 7 compare 8 models
        ┌ items 40 ─────────┐┌ prompt · roles Q K V A K' V' R END ─────────────────────┐
        │ ✗  0 Gen∋,Kin gen ││apple(V'). >. Answer with Yes or No. Can it be inferred  │
        │▸✓  1 Gen∋,Kin cls ││from the premise that Mary(Q) owns a kind of animal(A)?  │
        │ ✓  2 G∋K neg gen  ││Answer:(END)                                             │
        │ ✗  3 Gen∋,Cit cls │└─────────────────────────────────────────────────────────┘
        │ ✓  4 Gen∋,Cit gen │┏▸attribution ±0.80 ━━━━━━━━━━━┓┌ answer · before → after ┐
        │ ✓  5 G∋K neg cls  │┃L5  ** ░░ ·  ·  ## ░░ ·  --   ┃│✓ Yes   0.62 ▇▇▇▇▇▇▇     │
        │ ✗  6 Gen∋,Kin gen │┃L4  ·  ·  -- ▓▓ ·  ·  == ▒▒   ┃│      → 0.67 ▇▇▇▇▇▇▇▇    │
        │ ✗  7 Gen∋,Kin cls │┃L3  ·  == ▒▒ ·  · [×T]░░ ·    ┃│  No    0.38 ▇▇▇▇▇       │
        │ ✓  8 G∋C neg gen  │┃L2  #F ░░ ·  -- ██ ·  ·  --   ┃│      → 0.33 ▇▇▇▇        │
        │ ✓  9 Gen∋,Cit cls │┃L1  ·  ·  ×T ▒▒ ·  ·  == ▒▒   ┃│                         │
        │ ✗ 10 Gen∋,Kin gen │┃L0  ·  ** ░░ ·  ·  ## ░░ ·    ┃│diff +1.20 → +2.11       │
        │ ✓ 11 G∋K neg cls  │┃ H  0  1  2  3  4  5  6  7    ┃│top  ✓ Yes 0.62          │
        │ ✓ 12 Gen∋,Kin gen │┃                              ┃│   → ✓ Yes 0.67          │
        │ ✗ 13 Gen∋,Cit cls │┗━━ ░▒▓█+ -=*#− ×off T F heads ┛└─────────────────────────┘
        │ ✗✓14 G∋C neg gen  │┌ L3H5 True head · +0.00 · A attends to Q 0.83 · zero-abl…┐
        │ ✓ 15 Gen∋,Kin cls ││from END “:” to 12 “.” 0.63 · 0 “<s>” 0.25 · END “:” 0.13│
        │ ✓ 16 Gen∋,Kin gen ││▂           ▅                       ▁                    │
        │ ✗ 17 G∋K neg cls  ││···K··V·k··v···············Q····AA··^                    │
        │ ✓ 18 Gen∋,Cit gen ││d +0.420 in [+0.310, +0.530] · AUROC 0.81                │
        └───────────────────┘└─────────────────────────────────────────────────────────┘
        Tab panel  space on/off  t True heads  f False heads  + stronger  - weaker
        """)
  }

  @Test func stackedScreenShowsTheFocusedPanel() throws {
    let screen = draw(try state("f <Tab>", Size(width: 44, height: 13)))
    #expect(
      screen.trimmedText == """
        gar  set acc 57.5% → 60.0%            ? help
        ┏▸answer · before → after ━━━━━━━━━━━━━━━━━┓
        ┃✓ animal   0.32 ▇▇▇▇▇▇▇▇                  ┃
        ┃         → 0.31 ▇▇▇▇▇▇▇                   ┃
        ┃  fruit    0.54 ▇▇▇▇▇▇▇▇▇▇▇▇▇             ┃
        ┃         → 0.55 ▇▇▇▇▇▇▇▇▇▇▇▇▇             ┃
        ┃  drink    0.14 ▇▇▇                       ┃
        ┃         → 0.14 ▇▇▇                       ┃
        ┃                                          ┃
        ┃diff -0.80 → -0.88 (-0.08)                ┃
        ┃top  ✗ fruit 0.54 → ✗ fruit 0.55          ┃
        ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
        Tab panel  Enter zoom  space on/off
        """)
  }
}
