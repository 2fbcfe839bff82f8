// Head features: computed from patterns that torch gave, read from files as they come, refused where
// a file cannot mean what it says.

import Engine
import Foundation
import Interpretability
import TestSupport
import Testing

@Suite struct FeatureTests {
  // MARK: Computing

  @Test(arguments: ["grouped", "gemma2", "gpt2", "llama-dynamic"])
  func featuresAreThoseOfTheReferencePatterns(name: String) throws {
    let fixture = try ReferenceCase.load(name)
    let model = try Model.load(ReferenceCase.directory(name))
    let reference = try ReferenceCase.arrays(name)
    let heads = model.configuration.heads
    let spans = [2..<5, 1..<2, 0..<fixture.tokens.count, 4..<9]
    let questions = spans.map { FeatureQuestion(tokens: fixture.tokens, span: $0) }
    var found: [[Float]] = []
    try model.headFeatures(questions, heads: heads) { index, features in
      #expect(index == found.count)
      found.append(features)
    }
    #expect(found.count == spans.count)
    for (span, features) in zip(spans, found) {
      for (head, feature) in zip(heads, features) {
        let pattern = try reference.array("pattern.\(head.layer)")
        let expected = expectedFeature(pattern, head: head.head, span: span)
        #expect(abs(feature - expected) < 1e-5, "\(name) \(head) \(span)")
      }
    }
  }

  /// max over t of (max over s > 0 of A[t, s] − A[t, 0]), written out.
  private func expectedFeature(_ pattern: ReferenceArray, head: Int, span: Range<Int>) -> Float {
    let (rows, keys) = (pattern.shape[1], pattern.shape[2])
    var best = -Float.infinity
    for t in span {
      func cell(_ s: Int) -> Float { pattern.values[(head * rows + t) * keys + s] }
      for s in 1..<keys { best = max(best, cell(s) - cell(0)) }
    }
    return best
  }

  @Test func manyPromptsGiveWhatEachGivesAlone() throws {
    let fixture = try ReferenceCase.load("multihead")
    let model = try Model.load(ReferenceCase.directory("multihead"))
    let heads = [HeadIndex(layer: 1, head: 4), HeadIndex(layer: 0, head: 2)]
    let questions = (0..<120).map { index in
      let tokens = Array((index.isMultiple(of: 2) ? fixture.tokens : fixture.corrupted))
      return FeatureQuestion(tokens: tokens, span: index % 7..<index % 7 + 3)
    }
    var together: [[Float]] = []
    try model.headFeatures(questions, heads: heads) { together.append($1) }
    for (index, question) in questions.enumerated().prefix(20) {
      try model.headFeatures([question], heads: heads) { #expect($1 == together[index]) }
    }
    #expect(together.count == 120)
  }

  // MARK: Reading

  private func table(_ text: String) throws -> FeatureTable {
    try FeatureTable(csv: Array(text.utf8), file: "f.csv")
  }

  @Test func filesAreReadAsTheReleaseAndOthersWriteThem() throws {
    let expected = FeatureTable(
      file: "f.csv", heads: [HeadIndex(layer: 15, head: 51), HeadIndex(layer: 14, head: 0)],
      values: [-0.25, 0.5, 1, -1e-3], labels: [true, false])
    #expect(
      try table("\"(15,51)\",\"(14,0)\",label\n-0.25,0.5,1\n1,-1e-3,0\n") == expected)
    #expect(try table("15.51,L14H0,label\r\n-0.25, 0.5,True\r\n\r\n1,-1e-3,0.0") == expected)
    let unlabelled = try table("label,15.51,14.0\n1,-0.25,0.5\n0,1,-0.001\n")
    #expect(unlabelled == expected)
    #expect(try table("15.51\n0.5\n").labels == nil)
    let chosen = try expected.selecting([HeadIndex(layer: 14, head: 0)])
    #expect(chosen.values == [0.5, -1e-3] && chosen.labels == expected.labels)
  }

  @Test(arguments: [
    ("", FeatureFileError.empty(file: "f.csv")),
    ("15.51,label\n", .empty(file: "f.csv")),
    ("label\n1\n", .noHeads(file: "f.csv")),
    ("15.51,mood\n1,2\n", .badHeader(file: "f.csv", column: 2, name: "mood")),
    ("(15),label\n1,1\n", .badHeader(file: "f.csv", column: 1, name: "(15)")),
    ("15.51,\"(15,51)\"\n1,2\n", .repeatedColumn(file: "f.csv", column: 2, name: "(15,51)")),
    ("15.51,label\n0.5,1\n0.5\n", .fieldCount(file: "f.csv", line: 3, expected: 2, found: 1)),
    (
      "15.51,label\n0.5,1\n\nx,1\n",
      .badNumber(file: "f.csv", line: 4, column: 1, name: "15.51", text: "x")
    ),
    (
      "label,15.51\n1,nan\n",
      .badNumber(file: "f.csv", line: 2, column: 2, name: "15.51", text: "nan")
    ),
    (
      "15.51,label\n,1\n",
      .badNumber(file: "f.csv", line: 2, column: 1, name: "15.51", text: "")
    ),
    ("15.51,label\n0.5,2\n", .badLabel(file: "f.csv", line: 2, column: 2, text: "2")),
    ("15.51,label\n\"0.5,1\n", .openQuote(file: "f.csv", line: 2)),
  ])
  func faultsAreNamedByLineAndColumn(text: String, error: FeatureFileError) {
    #expect(throws: error) { try table(text) }
  }

  @Test func dataWithoutBothLabelsIsRefused() throws {
    let head = [HeadIndex(layer: 0, head: 0)]
    #expect(throws: FeatureFileError.noLabels(file: "f.csv")) {
      try ProbeRows(try table("0.0\n1\n"))
    }
    #expect(throws: FeatureFileError.oneClass(file: "f.csv", label: true)) {
      try ProbeRows(try table("0.0,label\n1,1\n2,1\n"))
    }
    let few = "0.0,label\n" + (0..<20).map { "\($0),\($0 < 4 ? 1 : 0)\n" }.joined()
    #expect(
      throws: FeatureFileError.tooFewRows(file: "f.csv", label: true, count: 4, needed: 5)
    ) { try ProbeData.sets([try table(few)], heads: head, folds: 5) }
    #expect(
      throws: FeatureFileError.missingHead(
        HeadIndex(layer: 9, head: 9), file: "f.csv", known: head)
    ) {
      try ProbeData.sets(
        [try table(few)], heads: [HeadIndex(layer: 9, head: 9)], folds: 3)
    }
  }

  // MARK: Data sets

  private func named(_ file: String) throws -> FeatureTable {
    var result = try table("0.0,label\n" + (0..<12).map { "\($0),\($0 % 2)\n" }.joined())
    result.file = file
    return result
  }

  @Test func threeFilesThatDifferInTheirPartAreOneDataSet() throws {
    let files = ["d/snli_x_train_zero.csv", "cities.csv", "d/snli_x_test_zero.csv"]
    let tables = try (files + ["d/snli_x_validation_zero.csv"]).map(named)
    let sets = try ProbeData.sets(tables, heads: nil, folds: 5)
    #expect(sets.map(\.name) == ["snli_x_zero", "cities"])
    guard case .given = sets[0].division, case .folds = sets[1].division else {
      Issue.record("divided wrongly")
      return
    }
    let alone = try ProbeData.sets([try named("my_test.csv")], heads: nil, folds: 5)
    #expect(alone.map(\.name) == ["my_test"])
    #expect(
      throws: ProbeDataError.missingPart(name: "snli_x_zero", part: "validation", count: 0)
    ) { try ProbeData.sets(Array(tables.prefix(3)), heads: nil, folds: 5) }
  }

  // MARK: Saved probes

  @Test func aSavedProbeGivesTheSameAnswers() throws {
    let folder = try TemporaryDirectory()
    let data = try ProbeData.sets([try named("cities.csv")], heads: nil, folds: 5)[0]
    let probe = ProbeProtocol().probe(on: data, seed: 4)
    let path = folder.path + "/probe.json"
    try probe.fileData().write(to: URL(filePath: path))
    let loaded = try TrainedProbe(path: path)
    #expect(loaded == probe)
    #expect(loaded.network.scores(data.targetRows) == probe.network.scores(data.targetRows))
  }

  @Test func damagedProbesAreRefused() throws {
    let folder = try TemporaryDirectory()
    let data = try ProbeData.sets([try named("cities.csv")], heads: nil, folds: 5)[0]
    let saved = try ProbeProtocol().probe(on: data, seed: 4).fileData()
    let text = String(decoding: saved, as: UTF8.self)
    func load(_ text: String) throws {
      try folder.write(text, to: "probe.json")
      _ = try TrainedProbe(path: folder.path + "/probe.json")
    }
    let path = folder.path + "/probe.json"
    #expect(throws: TrainedProbeError.notAProbe(path)) { try load("{}") }
    #expect(throws: TrainedProbeError.badHead("x", file: path)) {
      try load(text.replacing("\"0.0\"", with: "\"x\""))
    }
    #expect(throws: TrainedProbeError.sizesDiffer(path)) {
      try load(text.replacing("\"0.0\"", with: "\"0.0\", \"0.1\""))
    }
    #expect(throws: TrainedProbeError.unreadable("/nowhere/p.json")) {
      try TrainedProbe(path: "/nowhere/p.json")
    }
  }
}
