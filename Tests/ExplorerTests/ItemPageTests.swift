// The page of an item: the drawn loop, the roles under the tokens, the counterfactuals.

import Assets
import Explorer
import GAR
import Testing
import Tokenization

/// Pages of generated items under the built-in tokenizer.
struct PageFixture {
  let vocabulary: GAR.Vocabulary
  let tokenizer: Tokenizer

  init() throws {
    vocabulary = try GAR.Vocabulary(path: Assets.vocabulary)
    tokenizer = try Tokenizer.load(path: Assets.model)
  }

  func pages(_ change: (inout GenerationSettings) -> Void = { _ in }) throws -> [ItemPage] {
    var settings = GenerationSettings()
    change(&settings)
    return try ItemGenerator(vocabulary: vocabulary, settings: settings).items().map {
      ItemPage(
        try TokenizedItem($0, tokenizer: tokenizer), vocabulary: vocabulary, tokenizer: tokenizer)
    }
  }

  func loop(
    _ pairs: [(String, String)], target: Int, query: String, candidates: [String],
    claim: String? = nil, relations: [Relation], isNegated: Bool = false
  ) throws -> RelationalLoop {
    let task = try #require(
      GARTask(
        schemas: [.genders, .kinds], relations: relations, isNegated: isNegated,
        form: claim == nil ? .generation : .classification, isExchanged: false))
    let row = Row(
      pairs: pairs.map { ContextPair(key: $0.0, value: $0.1) }, target: target, query: query,
      candidates: candidates, claim: claim)
    return RelationalLoop(row, task: task, vocabulary: vocabulary)
  }
}

func plainText(_ lines: [Line]) -> String {
  lines.map { $0.map(\.text).joined() }.joined(separator: "\n")
}

private let unicode = Display(hasColor: false, hasUnicode: true)
private let ascii = Display(hasColor: false, hasUnicode: false)

@Suite struct LoopDrawingTests {
  let fixture: PageFixture

  init() throws { fixture = try PageFixture() }

  @Test func anEntityThatNobodyKnowsIsExplained() throws {
    let loop = try fixture.loop(
      [("Zorblax", "apple"), ("Mary", "dog")], target: 1, query: "the girl",
      candidates: ["fruit", "animal"], relations: [.child, .child])
    let text = plainText(loopLines(loop, width: 80, display: unicode))
    #expect(text.contains(" ? ") && text.contains("?:      the vocabulary does not know"))
    #expect(!plainText(loopLines(try threePairs(), width: 80, display: unicode)).contains("?:"))
  }

  private func threePairs() throws -> RelationalLoop {
    try fixture.loop(
      [("John", "apple"), ("Mary", "dog"), ("Anna", "tea")], target: 1, query: "Mary",
      candidates: ["fruit", "animal", "drink"], relations: [.equal, .child])
  }

  @Test func loopRunsHeavilyFromQueryToAnswer() throws {
    #expect(
      plainText(loopLines(try threePairs(), width: 80, display: unicode)) == """
        Q Mary ━━━━━ query sentence ━━━━━━ A animal ━┓
        ┃                                            ┃
        ┠┄ ≠ ┄┄ K' John ┄┄┄ V' apple ┄ ∈ ┄ fruit     ┃
        ┡━ = ━▶ K  Mary ━━━ V  dog ━━━ ∈ ━ animal ━━━┛
        └┄ ≠ ┄┄ K' Anna ┄┄┄ V' tea ┄┄┄ ∈ ┄ drink

        from Q: K is Q
        to A:   V is a kind of A
        """)
  }

  @Test func loopIsReadableInASCII() throws {
    #expect(
      plainText(loopLines(try threePairs(), width: 80, display: ascii)) == """
        Q Mary ======== query sentence ========= A animal =+
        |                                                  |
        +- is not -- K' John --- V' apple - in - fruit     |
        += is     => K  Mary === V  dog === in = animal ===+
        +- is not -- K' Anna --- V' tea --- in - drink

        from Q: K is Q
        to A:   V is a kind of A
        """)
  }

  @Test func negatedEdgeIsMarkedAndFalseClaimLeavesTheLoopOpen() throws {
    let loop = try fixture.loop(
      [("John", "apple"), ("Mary", "dog")], target: 1, query: "the boy",
      candidates: ["fruit", "animal"], claim: "fruit", relations: [.child, .child],
      isNegated: true)
    #expect(
      plainText(loopLines(loop, width: 80, display: unicode)) == """
        Q the boy ━━━ statement ━━━ A fruit (claimed) ━┓
        ┃                                              ┆
        ┠┄ ∋   ┄┄ K  John ┄┄┄ V  apple ┄ ∈ ┄ fruit ┄┄┄┄┘
        ┗━ R ∌ ━▶ K' Mary ━━━ V' dog ━━━ ∈ ━ animal

        from Q: K' is not one of Q
        R:      negated: K matches Q, and K' answers
        to A:   V' is a kind of A
        so:     No, it leads to animal instead
        """)
  }

  @Test func claimNobodyOffersHasNoRail() throws {
    let loop = try fixture.loop(
      [("John", "apple"), ("Mary", "dog")], target: 1, query: "Mary",
      candidates: ["fruit", "animal"], claim: "drink", relations: [.equal, .child])
    let text = plainText(loopLines(loop, width: 80, display: unicode))
    #expect(!text.contains("┓") && !text.contains("┛") && !text.contains("┘"))
    #expect(text.contains("A drink (claimed)"))
  }
}

@Suite struct TokenLineTests {
  private func page(_ tokens: [PageToken]) throws -> ItemPage {
    let fixture = try PageFixture()
    var page = try fixture.pages { $0.count = 2 }[0]
    page.tokens = tokens
    return page
  }

  @Test func rolesStandUnderAllTokensOfTheirWord() throws {
    let tokens = [
      PageToken("So", id: 1, isAsked: true),
      PageToken(" ani", id: 2, isAsked: true, roles: [.answer]),
      PageToken("mal", id: 3, isAsked: true, roles: [.answer], continuesRole: true),
      PageToken(".", id: 4, isAsked: true), PageToken(" a", id: 5, isAsked: true, roles: [.end]),
    ]
    let page = try page(tokens)
    #expect(
      plainText(tokenLines(page, width: 80, showsAllRows: false, display: unicode))
        == "So ani|mal|. a\n   A── ───   END")
    // A word moves to the next line whole.
    #expect(
      plainText(tokenLines(page, width: 11, showsAllRows: false, display: ascii))
        == "So\nani|mal|.\nA-- ---  \na\nEND")
  }

  @Test func demonstrationsAreFoldedAndDimmed() throws {
    let tokens = [
      PageToken("Mary", id: 1, isAsked: false, roles: [.key]),
      PageToken("\n", id: 2, isAsked: false),
      PageToken("John", id: 3, isAsked: true, roles: [.key]),
    ]
    let page = try page(tokens)
    let folded = tokenLines(page, width: 40, showsAllRows: false, display: unicode)
    #expect(plainText(folded) == "John\nK───")
    #expect(foldedTokenCount(page) == 2)
    let all = tokenLines(page, width: 40, showsAllRows: true, display: unicode)
    #expect(plainText(all) == "Mary|\\n\nK───   \nJohn\nK───")
    #expect(all[0].allSatisfy { $0.style.ink == .faint || $0.style == .plain })
    #expect(all[2].contains { $0.style.ink == .role(.key) })
  }
}

@Suite struct ItemPageTests {
  let fixture: PageFixture

  init() throws { fixture = try PageFixture() }

  private static let sizes = [2, 3, 4, 5, 6]

  /// Every kind of item at every number of pairs, narrow and wide, with and without Unicode.
  @Test func noLineIsWiderThanThePage() throws {
    for page in try fixture.pages({
      $0.count = 480; $0.pairs = Self.sizes
    }) {
      for (width, display) in [
        (60, unicode), (60, ascii), (80, unicode), (80, ascii), (120, ascii),
      ] {
        let options = PageOptions(
          width: width, showsAllRows: true, allRowsHint: "a", display: display)
        for line in itemPageLines(page, options) {
          let shown = line.reduce(0) { $0 + $1.width }
          #expect(shown <= width, "\(page.id): \(plainText([line]))")
          if !display.hasUnicode {
            #expect(line.allSatisfy { $0.text.allSatisfy { $0.isASCII || $0 == "…" } })
          }
        }
      }
    }
  }

  @Test func askedTokensBeginWithTheLastRow() throws {
    for page in try fixture.pages({
      $0.count = 96; $0.shots = 2
    }) {
      let asked = page.tokens.filter(\.isAsked).map(\.text).joined()
      let start = page.task.form == .generation ? " <" : " Premise"
      #expect(asked.hasPrefix(start), "\(asked)")
      #expect(!asked.contains("\n"))
      #expect(page.tokens.last?.roles.contains(.end) == true)
    }
  }

  /// Each role of the asked row is drawn as often as the item has it.
  @Test func everyRoleOfTheItemIsDrawn() throws {
    for page in try fixture.pages({
      $0.count = 96; $0.pairs = Self.sizes
    }) {
      let starts = page.tokens.filter { $0.isAsked && !$0.continuesRole }
      for branch in page.loop.branches {
        #expect(starts.contains { $0.roles.contains(branch.keyRole) }, "\(page.id)")
      }
      let keys = starts.filter { !Set($0.roles).isDisjoint(with: [.key, .distractorKeys]) }
      #expect(keys.count == page.loop.branches.count, "\(page.id)")
      #expect(starts.contains { $0.roles.contains(.negation) } == page.task.isNegated, "\(page.id)")
    }
  }

  /// What is called aligned is what attribution takes, and has as many tokens.
  @Test func alignmentIsTheOneThatAttributionUses() throws {
    var settings = GenerationSettings()
    settings.count = 192
    var alignedCount = 0
    for item in try ItemGenerator(vocabulary: fixture.vocabulary, settings: settings).items() {
      let tokenized = try TokenizedItem(item, tokenizer: fixture.tokenizer)
      let page = ItemPage(
        tokenized, vocabulary: fixture.vocabulary, tokenizer: fixture.tokenizer)
      for row in counterfactualRows(page) {
        let taken = tokenized.corrupted(
          kind: row.shown.kind, vocabulary: fixture.vocabulary, tokenizer: fixture.tokenizer)
        #expect((taken != nil) == row.shown.isAligned, "\(item.id)")
        #expect(row.alignedCount <= row.count)
        alignedCount += row.alignedCount
      }
      for one in page.counterfactuals where one.isAligned { #expect(one.addedTokens == 0) }
    }
    #expect(alignedCount > 192)
  }
}
