// Text becomes cells: widths, clipping, unprintable characters, ASCII.

import Explorer
import Testing

@Suite struct CellBufferTests {
  private func drawn(_ text: String, width: Int, at x: Int = 0) -> CellBuffer {
    var cells = CellBuffer(width: width, height: 1)
    cells.put(text, x: x, y: 0, clip: cells.area)
    return cells
  }

  @Test(arguments: [
    ("a\tb", "a\\tb"), ("a\nb", "a\\nb"), ("\u{1B}[31m", "^[[31m"), ("x\u{7F}", "x^?"),
    ("\u{202E}abc", "<202E>abc"), ("\u{E000}", "<E000>"), ("a\u{200D}b", "ab"),
    ("\u{301}x", "\u{25CC}\u{301}x"), ("e\u{301}", "e\u{301}"),
  ])
  func unprintableCharactersAreMadeVisible(text: String, shown: String) {
    #expect(drawn(text, width: 20).trimmedText.unicodeScalars.elementsEqual(shown.unicodeScalars))
  }

  @Test(arguments: [
    ("dog", 3), ("", 0), ("東京", 4), ("e\u{301}", 1), ("🙂", 2), ("▁the", 4), ("ﾊ", 1), ("ж", 1),
    ("한국", 4), ("\u{1B}", 2),
  ])
  func widthIsInCells(text: String, width: Int) {
    #expect(displayWidth(text) == width)
  }

  @Test func wideCharactersFillTwoCellsAndAreNeverHalved() {
    #expect(drawn("a東b", width: 5).text == "a東b ")
    #expect(drawn("a東", width: 2).text == "a ")
    #expect(drawn("東b", width: 3, at: -1).text == " b ")
    var cells = drawn("東京", width: 4)
    cells.put("x", x: 1, y: 0, clip: cells.area)
    #expect(cells.text == " x京")
    cells = drawn("東京", width: 4)
    cells.put("x", x: 0, y: 0, clip: cells.area)
    #expect(cells.text == "x 京")
    cells = drawn("a東京", width: 5)
    cells.put("語", x: 0, y: 0, clip: cells.area)
    #expect(cells.text == "語 京")
    cells = drawn("東京", width: 4)
    cells.put("語", x: 1, y: 0, clip: cells.area)
    #expect(cells.text == " 語 ")
  }

  @Test func everyRowKeepsItsWidthUnderRandomWriting() {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var cells = CellBuffer(width: 11, height: 3)
    let texts = ["東", "a", "ab京", "e\u{301}x", "🙂🙂", "\u{1B}", "日本語"]
    for step in 0..<2000 {
      cells.put(
        texts[next(texts.count)], x: next(15) - 2, y: next(4), clip: cells.area)
      for y in 0..<3 {
        #expect(displayWidth(cells.rowText(y)) == 11, "step \(step), row \(y)")
      }
    }
  }

  @Test func writingStaysInsideItsClip() {
    var cells = CellBuffer(width: 6, height: 3)
    cells.put("abcdefgh", x: -2, y: 1, clip: Rect(x: 1, y: 1, width: 3, height: 1))
    cells.put("zzz", x: 0, y: 0, clip: Rect(x: 1, y: 1, width: 3, height: 1))
    cells.put("zzz", x: 0, y: 9, clip: Rect(x: 0, y: 0, width: 60, height: 60))
    #expect(cells.text == "      \n def  \n      ")
  }

  @Test func asciiScreensHoldNothingElse() {
    var cells = drawn("┌─東é│ ✓×", width: 12)
    cells = cells.ascii
    #expect(cells.text == "+-? ?| +x   ")
    #expect(cells.text.utf8.allSatisfy { $0 < 128 })
  }

  @Test(arguments: [
    (Float(0.125), 2, "0.13"), (-0.125, 2, "-0.13"), (-0.001, 2, "0.00"), (12, 0, "12"),
    (.nan, 2, "?"), (.infinity, 2, "+inf"), (0.999, 2, "1.00"), (1e20, 2, "1e+20"),
  ])
  func numbersHaveFixedDecimals(value: Float, places: Int, text: String) {
    #expect(decimal(value, places) == text)
  }

  @Test func clippedTextSaysSo() {
    #expect(clipped("abcdef", to: 4) == "abc…")
    #expect(clipped("日本語", to: 4) == "日…")
    #expect(clipped("abc", to: 3) == "abc")
    #expect(clipped("abc", to: 0) == "")
  }

  @Test func wideRangesAreSortedAndApart() {
    for (a, b) in zip(wideRanges, wideRanges.dropFirst()) {
      #expect(a.upperBound < b.lowerBound)
    }
  }
}
