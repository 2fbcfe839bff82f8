// The circuit page: opening, walking along edges, the link with the selected head, export.

import Engine
import Explorer
import Interpretability
import Results
import Testing

@Suite struct CircuitPageTests {
  let toy = ToyWorkbench()

  private func state(
    _ keys: String, _ size: Size = Size(width: 100, height: 30),
    display: Display = Display(hasColor: false, hasUnicode: true)
  ) throws -> ExplorerState {
    replay(try KeyScript(keys), from: toy.state(size, display: display), workbench: toy)
  }

  @Test func pageShowsLayersRolesAndTheLoop() throws {
    let screen = draw(try state("c")).text
    for word in ["step-wise tracing", "logits", "L3", "L1", "embedding", "H5 Rel.²°", "loop°"] {
      #expect(screen.contains(word), "\(word)\n\(screen)")
    }
    #expect(draw(try state("c v")).text.contains("edge attribution"))
    let before = draw(try state("j")).text
    for close in ["<Esc>", "c", "1"] { #expect(draw(try state("c \(close) j")).text == before) }
  }

  @Test func arrowsWalkAlongEdgesAndSelectTheHead() throws {
    let start = try state("c")
    let circuit = try #require(start.circuit?.circuit)
    func node(_ keys: String) throws -> String {
      let state = try state(keys)
      return circuit.nodes[try #require(state.circuitNode)].id.site.name
    }
    #expect(try node("c") == "logits")
    #expect(try node("c j") == "3.5")
    #expect(try state("c j").head == HeadIndex(layer: 3, head: 5))
    #expect(try node("c j j") == "1.2")
    // The second edge into the head comes from the embeddings; beyond the last there is none.
    #expect(try node("c j l j") == "embedding")
    #expect(try node("c j l l l h h j") == "1.2")
    #expect(try node("c j j k") == "3.5" && node("c k k") == "logits")
    // At the embeddings the way ends.
    #expect(try node("c j l j j j") == "embedding")
    // The head that was selected elsewhere is where the page begins.
    #expect(try node(":head<Space>1.2<Enter> c") == "1.2")
    #expect(try node("c j :head<Space>1.2<Enter>") == "1.2")
  }

  @Test func circuitIsTracedAnewForItemsAndEdits() throws {
    #expect(try state("c n").circuit?.subject == "item 1")
    #expect(try state("c n p").circuit?.subject == "item 0")
    let asked = try state("c").pages.answers[.circuit]?.question
    #expect(try state(":head<Space>1.2<Enter> c z").pages.answers[.circuit]?.question != asked)
  }

  @Test func everySizeIsDrawnInUnicodeAndASCII() throws {
    for width in [1, 39, 40, 80, 100, 200] {
      for height in [1, 12, 24, 60] {
        for hasUnicode in [true, false] {
          let size = Size(width: width, height: height)
          let display = Display(hasColor: !hasUnicode, hasUnicode: hasUnicode)
          for keys in ["c", "c j j", "c v l"] {
            let cells = draw(try state(keys, size, display: display))
            for y in 0..<height { #expect(displayWidth(cells.rowText(y)) == width) }
            if !hasUnicode { #expect(cells.text.utf8.allSatisfy { $0 < 128 }, "\(keys) \(size)") }
          }
        }
      }
    }
  }
}
