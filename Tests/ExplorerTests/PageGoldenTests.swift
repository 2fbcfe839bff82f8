// Golden screens of every page at three sizes, kept as files beside this one.

import Explorer
import Foundation
import Testing

@Suite struct PageGoldenTests {
  private static let screens: [(name: String, keys: String)] = [
    ("item", "t :head<Space>3.5<Enter> n 1"),
    ("explain", "n i"),
    ("heads", "n f :go-heads<Enter> j"),
    ("attention", "n t :head<Space>2.3<Enter> :go-attention<Enter> k"),
    ("lens", "n :lens<Enter> j h"),
    ("circuit", "n c j"),
    ("compare", "n :head<Space>3.5<Enter> :compare<Space>integrated<Enter>"),
    ("models", ":models<Enter> j j"),
  ]

  @Test(
    arguments: screens.map(\.name),
    [Size(width: 80, height: 24), Size(width: 100, height: 30), Size(width: 200, height: 60)])
  func pagesAreDrawnAsExpected(name: String, size: Size) throws {
    let toy = ToyWorkbench()
    let keys = try #require(Self.screens.first { $0.name == name }).keys
    let state = replay(try KeyScript(keys), from: toy.state(size), workbench: toy)
    #expect(state.message?.isProblem != true, "\(state.message?.text ?? "")")
    try compare(draw(state).trimmedText + "\n", with: "\(name)-\(size).txt")
  }

  /// A missing file is written, and the test fails.
  private func compare(_ screen: String, with name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
      .appending(path: name)
    guard let expected = try? String(contentsOf: file, encoding: .utf8) else {
      try Data(screen.utf8).write(to: file)
      Issue.record("Golden/\(name) was missing and is written now; read it")
      return
    }
    #expect(screen == expected, "Golden/\(name)")
  }
}
