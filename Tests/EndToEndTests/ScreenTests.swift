// Tests of the terminal model itself, on sequences whose effect xterm's documentation gives.

import Testing

@Suite struct ScreenTests {
  /// A small screen after some output.
  private func screen(_ output: String, columns: Int = 10, rows: Int = 4) -> Screen {
    var parser = VTParser(ScreenSize(columns: columns, rows: rows))
    parser.feed(output.utf8)
    #expect(parser.unknown == [])
    return parser.screen
  }

  @Test func textWrapsAtTheMarginOnlyWhenMoreFollows() {
    let full = screen("0123456789")
    #expect((full.row, full.column) == (0, 9))
    #expect(screen("0123456789a").text == "0123456789\na\n\n")
    #expect(screen("0123456789\r\nb").text == "0123456789\nb\n\n")
  }

  @Test func theLastRowScrolls() {
    #expect(screen("1\r\n2\r\n3\r\n4\r\n5").text == "2\n3\n4\n5")
  }

  @Test func onlyTheScrollRegionScrolls() {
    let region = "1\r\n2\r\n3\r\n4\u{1B}[2;3r"
    #expect(screen(region + "\u{1B}[3;1H\n").text == "1\n3\n\n4")
    #expect(screen(region + "\u{1B}[2;1H\u{1B}M").text == "1\n\n2\n4")
    #expect(screen(region + "\u{1B}[2;1H\u{1B}[L").text == "1\n\n2\n4")
    #expect(screen(region + "\u{1B}[2;1H\u{1B}[9M").text == "1\n\n\n4")
    #expect(screen(region).leftovers == ["scroll region 1...2"])
  }

  @Test func cursorMovesAreClipped() {
    #expect(screen("\u{1B}[99;99Hx").text == "\n\n\n         x")
    #expect(screen("\u{1B}[3;5H\u{1B}[2A\u{1B}[3Da").text == " a\n\n\n")
    #expect(screen("\u{1B}[2dab\u{1B}[6Gc\tz").text == "\nab   c  z\n\n")
    #expect(screen("ab\u{8}c").text == "ac\n\n\n")
  }

  @Test func erasingTakesTheRightCells() {
    let letters = "abcdefghij\u{1B}[2;1Habcdefghij\u{1B}[3;1Habcdefghij\u{1B}[2;4H"
    #expect(screen(letters + "\u{1B}[K").text == "abcdefghij\nabc\nabcdefghij\n")
    #expect(screen(letters + "\u{1B}[1K").text == "abcdefghij\n    efghij\nabcdefghij\n")
    #expect(screen(letters + "\u{1B}[J").text == "abcdefghij\nabc\n\n")
    #expect(screen(letters + "\u{1B}[1J").text == "\n    efghij\nabcdefghij\n")
    #expect(screen(letters + "\u{1B}[3X").text == "abcdefghij\nabc   ghij\nabcdefghij\n")
    #expect(screen(letters + "\u{1B}[2P").text == "abcdefghij\nabcfghij\nabcdefghij\n")
    #expect(screen(letters + "\u{1B}[2@").text == "abcdefghij\nabc  defgh\nabcdefghij\n")
    #expect(screen(letters + "\u{1B}[4h--\u{1B}[4l+").text.contains("abc--+efgh"))
  }

  @Test func stylesAreKeptWithTheCells() {
    let styled = screen("\u{1B}[1;31ma\u{1B}[0;7mb\u{1B}[38;5;200;48;5;17mc\u{1B}[m\u{1B}[97md")
    #expect(styled.rows[0][0].style == Style(foreground: 1, isBold: true))
    #expect(styled.rows[0][1].style == Style(isReversed: true))
    #expect(styled.rows[0][2].style == Style(foreground: 200, background: 17, isReversed: true))
    #expect(styled.rows[0][3].style == Style(foreground: 15))
    let erased = screen("\u{1B}[44m\u{1B}[K")
    #expect(erased.rows[0][9].style == Style(background: 4))
  }

  @Test func lineDrawingWorksThroughBothCharacterSets() {
    #expect(screen("\u{1B}(0lqk\u{1B}(Bq").line(0) == "┌─┐q")
    #expect(screen("\u{1B})0\u{0E}x\u{0F}x").line(0) == "│x")
    #expect(screen("\u{1B}(0q\u{1B}[4b").line(0) == "─────")
  }

  @Test func wideAndCombiningCharactersTakeTheirCells() {
    let text = screen("日a\u{65}\u{301}b")
    #expect(text.rows[0].prefix(5).map(\.text) == ["日", "", "a", "e\u{301}", "b"])
    #expect(text.column == 5)
    #expect(screen("012345678日").text == "012345678\n日\n\n")
  }

  @Test func theAlternateScreenGivesTheMainOneBack() {
    let during = screen("ab\u{1B}[?1049h\u{1B}[?25l\u{1B}=\u{1B}[2J\u{1B}[Hxyz")
    #expect(during.text == "xyz\n\n\n")
    #expect(during.leftovers == ["alternate screen", "hidden cursor", "keypad mode"])
    let after = screen("ab\u{1B}[?1049hxyz\u{1B}[?1049lc")
    #expect(after.text == "abc\n\n\n")
    #expect(after.leftovers == [])
  }

  @Test func leftoversNameWhatAShellWouldSuffer() {
    #expect(screen("\u{1B}[?1000h\u{1B}[?1006h").leftovers == ["private modes [1000, 1006]"])
    #expect(screen("\u{1B}[4h\u{1B}[?7l").leftovers == ["no wrapping", "insert mode"])
    #expect(screen("\u{1B}(0").leftovers == ["line-drawing characters"])
    #expect(screen("\u{1B}[31m").leftovers.count == 1)
  }

  @Test func sequencesMayBeSplitAnywhere() {
    let output = "\u{1B}]0;title\u{7}é日\u{1B}[1;31mx\u{1B}P1$r\u{1B}\\\u{1B}[2;2Hy"
    var parser = VTParser(ScreenSize(columns: 10, rows: 4))
    for byte in output.utf8 { parser.feed([byte]) }
    #expect(parser.screen.text == "é日x\n y\n\n")
    #expect(parser.unknown == [])
  }

  @Test func unknownSequencesAreReported() {
    var parser = VTParser(ScreenSize(columns: 10, rows: 4))
    parser.feed("\u{1B}[5~a\u{1B}#8\u{1B}[>4;1mb".utf8)
    #expect(parser.unknown == ["CSI 5~", "ESC #8", "CSI >4;1m"])
    #expect(parser.screen.line(0) == "ab")
  }

  @Test func resizingKeepsTheTopLeft() {
    var grown = screen("abc\r\ndef")
    grown.resize(ScreenSize(columns: 2, rows: 3))
    #expect(grown.text == "ab\nde\n")
    grown.resize(ScreenSize(columns: 4, rows: 2))
    #expect(grown.text == "ab\nde")
    #expect((grown.row, grown.column) == (1, 1))
  }
}
