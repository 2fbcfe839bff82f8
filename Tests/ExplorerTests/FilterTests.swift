// The words of the item filter.

import Explorer
import GAR
import Testing

@Suite struct FilterTests {
  let items = (0..<30).map(ToyWorkbench.summary)

  private func passing(_ text: String) -> [Int] {
    let filter = ItemFilter(text)
    return items.indices.filter {
      filter.passes(items[$0], plain: $0 % 4 == 0 ? nil : $0 % 4 == 1, edited: $0 % 3 == 0)
    }
  }

  @Test func wordsChooseByWhatTheyMean() {
    #expect(passing("").count == 30)
    #expect(passing("neg") == items.indices.filter { items[$0].isNegated })
    #expect(passing("aff") == items.indices.filter { !items[$0].isNegated })
    #expect(passing("gen") == items.indices.filter { items[$0].form == .generation })
    #expect(passing("cls") == items.indices.filter { items[$0].form == .classification })
    #expect(passing("2") == items.indices.filter { items[$0].relationCount == 2 })
    #expect(passing("yes") == items.indices.filter { items[$0].label == .yes })
    #expect(passing("no") == items.indices.filter { items[$0].label == .no })
    #expect(passing("kinds") == items.indices.filter { items[$0].schemas.contains("Kinds") })
    #expect(passing("toy-29") == [29])
    #expect(passing("nothing-like-it") == [])
  }

  @Test func verdictWordsNeedAVerdict() {
    #expect(passing("right") == items.indices.filter { $0 % 4 == 1 })
    #expect(passing("wrong") == items.indices.filter { $0 % 4 > 1 })
    #expect(passing("fixed") == items.indices.filter { $0 % 4 > 1 && $0 % 3 == 0 })
    #expect(passing("broken") == items.indices.filter { $0 % 4 == 1 && $0 % 3 != 0 })
    #expect(ItemFilter("neg wrong").needsVerdicts && !ItemFilter("neg cls").needsVerdicts)
  }

  @Test func allWordsMustHoldInAnyCase() {
    #expect(passing("NEG cls  2") == passing("neg").filter(Set(passing("cls 2")).contains))
    #expect(passing("yes no") == [])
  }
}
