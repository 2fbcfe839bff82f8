// Circuits as files: JSON there and back, what is wrong with a broken one, DOT, SVG and CSV.

import Engine
import Foundation
import Interpretability
import Results
import TestSupport
import Testing

@Suite struct CircuitFileTests {
  private var file: CircuitFile {
    func id(_ name: String, _ role: String?) -> CircuitNode.ID {
      .init(CircuitSite(name: name) ?? .logits, role: role)
    }
    func head(_ name: String, _ key: String, _ query: String) -> CircuitNode {
      CircuitNode(
        id: id(name, query), score: 1.25,
        rolePair: RolePair(query: query, key: key, attribution: 0.5, attention: 0.75))
    }
    var circuit = Circuit(
      method: .stepwise, layerCount: 4, headCount: 8,
      nodes: [
        CircuitNode(id: id("embedding", "K"), score: 0.5), head("0.7", "K", "V"),
        head("1.2", "K", "Q"), head("2.0", "V", "A"), head("3.5", "Q", "A"),
        CircuitNode(id: id("mlp.3", "END"), score: -0.5),
        CircuitNode(id: id("logits", nil), score: 2),
      ],
      edges: [
        CircuitEdge(
          sender: id("3.5", "A"), receiver: id("logits", nil), input: .stream, score: 2),
        CircuitEdge(sender: id("1.2", "Q"), receiver: id("3.5", "A"), input: .key, score: -1),
        CircuitEdge(sender: id("2.0", "A"), receiver: id("3.5", "A"), input: .query, score: 0.25),
        CircuitEdge(
          sender: id("embedding", "K"), receiver: id("1.2", "Q"), input: .value, score: 0.125),
      ], itemCount: 3, cleanMetric: 4.5, referenceMetric: -2)
    circuit.assignJobs()
    circuit.cycles = circuit.roleCycles()
    return CircuitFile(
      model: "tiny \"one\"", subject: "item 5", words: ["Q": "<Mary> & co", "A": "dog"],
      circuit: circuit)
  }

  @Test func circuitsComeBackFromTheirFiles() throws {
    let folder = try TemporaryDirectory()
    try folder.write(file.jsonText, to: "circuit.json")
    let read = try CircuitFile(path: folder.path + "/circuit.json")
    #expect(read == file)
    #expect(!read.circuit.cycles.isEmpty)
  }

  @Test(arguments: [
    ("{", "line 1"),
    ("[]", "format"),
    (#"{"format":"gar-circuit/2"}"#, "gar-circuit/1"),
    ("\"layers\":4→\"layers\":\"x\"", "layers"),
    ("\"layers\":4→\"layers\":3", "3.5 is not in a model of 3 layers"),
    ("\"site\":\"mlp.3\"→\"site\":\"mlp.x\"", "site"),
    ("\"input\":\"key\"→\"input\":\"keys\"", "query, key, value, stream"),
    ("\"score\":-1.0→\"score\":null", "score"),
  ])
  func brokenFilesAreRefusedByWhatIsWrong(change: String, part: String) throws {
    let folder = try TemporaryDirectory()
    let parts = change.split(separator: "→").map(String.init)
    let text = parts.count == 2 ? file.jsonText.replacing(parts[0], with: parts[1]) : change
    #expect(parts.count == 1 || text != file.jsonText, "nothing was changed")
    try folder.write(text, to: "bad.json")
    let path = folder.path + "/bad.json"
    let error = try #require(throws: CircuitFileError.self) { try CircuitFile(path: path) }
    let reason = "\(error)"
    #expect(reason.contains("bad.json") && reason.contains(part), "\(reason)")
    #expect(throws: CircuitFileError.unreadable("/nowhere")) { try CircuitFile(path: "/nowhere") }
  }

  @Test func layoutPutsLayersUpwardAndRolesInTheOrderOfThePrompt() {
    let layout = CircuitLayout(file.circuit)
    #expect(layout.columns == ["K", "V", "Q", "A", "END"])
    #expect(layout.rows == ["embedding", "L0", "L1", "L2", "L3", "MLP 3", "logits"])
    for (node, place) in zip(file.circuit.nodes, layout.places) {
      #expect(layout.columns[place.column] == CircuitLayout.column(node))
      #expect(place.slots == 1 && place.slot == 0)
    }
  }

  /// Parsed by the system's reader: well formed, with a box for each node and a path for each edge.
  @Test func drawingsAreWellFormedAndWhole() throws {
    let parser = XMLCounter()
    #expect(parser.read(file.svg))
    #expect(parser.counts["g"] == file.circuit.nodes.count)
    let links = try #require(file.circuit.cycles.first).links.count
    #expect(parser.counts["path"] == file.circuit.edges.count + links)
    #expect(parser.text.contains("<Mary> & co") && parser.text.contains("L3H5 · Rel.²"))
    let curve = FaithfulnessCurve(
      name: "a & b", headCount: 4, itemCount: 2, fullMetric: 1, ablatedMetric: 0,
      points: [0, 1, 4].map {
        FaithfulnessPoint(
          size: $0, metric: 0, faithfulness: Double($0) / 4, interval: Interval(low: 0, high: 1))
      })
    let chart = XMLCounter()
    #expect(chart.read([curve, curve].svg(title: "<t>")))
    #expect(chart.counts["polyline"] == 2 && chart.counts["polygon"] == 1)
    #expect([curve].csv.split(separator: "\n").count == 4)
  }

  @Test func graphvizGetsEveryNodeAndEdge() {
    let lines = file.dot.split(separator: "\n")
    #expect(lines.first == "digraph circuit {" && lines.last == "}")
    #expect(lines.count { $0.contains(" -> ") } == file.circuit.edges.count)
    #expect(lines.count { $0.contains("[label=") } == file.circuit.nodes.count)
    #expect(file.dot.contains("tiny \\\"one\\\""))
    #expect(file.dot.contains("style=dashed"))
    #expect(file.circuit.csv.contains("1.2,Q,3.5,A,key,-1.0"))
  }
}

/// Counts elements and collects text.
private final class XMLCounter {
  private(set) var counts: [String: Int] = [:]
  private(set) var text = ""

  /// Whether every element is closed in its turn, by a reader of the little that our SVG uses.
  func read(_ source: String) -> Bool {
    var open: [String] = []
    var rest = Substring(source)
    while let start = rest.firstIndex(of: "<") {
      text += decoded(rest[..<start])
      guard let end = rest[start...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.first == "/" {
        guard open.popLast() == String(tag.dropFirst()) else { return false }
        continue
      }
      let name = String(tag.prefix { !$0.isWhitespace && $0 != "/" })
      guard !name.isEmpty, tag.count(where: { $0 == "\"" }).isMultiple(of: 2) else { return false }
      counts[name, default: 0] += 1
      if tag.last != "/" { open.append(name) }
    }
    return open.isEmpty
  }

  private func decoded(_ text: Substring) -> String {
    String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
  }
}
