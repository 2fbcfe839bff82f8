// Loads a tiny model into the engine, and puts the fixtures' interventions in the engine's words.

import Engine
import TestSupport
import Testing

/// A tiny model, its prompts, and the values it must give.
struct EngineFixture {
  let name: String
  let model: Model
  let fixture: ReferenceCase
  let arrays: ReferenceArrays

  /// By name: those of the fixture, and those on attention rows where it has any.
  let edits: [String: [ReferenceCase.Edit]]
  private let rowArrays: ReferenceArrays?

  init(_ name: String) throws {
    self.name = name
    model = try Model.load(ReferenceCase.directory(name))
    fixture = try ReferenceCase.load(name)
    arrays = try ReferenceCase.arrays(name)
    let hasRows = ReferenceCase.intervened.contains(name)
    rowArrays = hasRows ? try ReferenceCase.rowArrays(name) : nil
    edits = fixture.interventions.merging(hasRows ? try ReferenceCase.rows(name) : [:]) { $1 }
  }

  /// What `logits` or `grad_embeddings` become under an intervention; `nil` if not given.
  func reference(_ value: String, under intervention: String) -> ReferenceArray? {
    let name = "\(value).\(intervention)"
    return arrays.arrays[name] ?? rowArrays?.arrays[name]
  }

  var metric: LogitMetric { .logitDifference(target: fixture.target, foil: fixture.foil) }
  var end: Int { fixture.tokens.count - 1 }

  var interventionNames: [String] { edits.keys.sorted() }

  /// Everything that `replace` edits take, of the corrupted prompt.
  func corruptedRun() throws -> Trace {
    try model.forward(fixture.corrupted, recording: [.residualStream, .headZ, .mlpOutput])
  }

  /// The interventions of one name. `corrupted` is what `corruptedRun` gave.
  func interventions(_ name: String, corrupted: Trace) throws -> [Intervention] {
    try #require(edits[name]).map { edit in
      let positions = edit.positions.map { Intervention.Positions.only($0) } ?? .all
      return Intervention(
        try site(edit), try effect(edit, corrupted: corrupted), at: positions)
    }
  }

  private func site(_ edit: ReferenceCase.Edit) throws -> Intervention.Site {
    switch edit.site {
    case "z", "pattern": .head(HeadIndex(layer: edit.layer, head: try #require(edit.head)))
    case "mlp": .mlp(layer: edit.layer)
    case "resid_pre": .residual(layer: edit.layer)
    default: throw ReferenceError.missing(name: edit.site, file: "the engine's sites")
    }
  }

  private func effect(
    _ edit: ReferenceCase.Edit, corrupted: Trace
  ) throws -> Intervention.Effect {
    switch edit.action {
    case "zero": .zero
    case "scale": .scale(try #require(edit.factor))
    case "corrupted": .replace(with: corrupted)
    case "vector": .mean(of: try means())
    case "one_hot":
      .patternRow(oneHot: try #require(edit.key), strength: edit.strength ?? 1)
    case "from_head":
      .patternRow(
        fromHead: HeadIndex(
          layer: try #require(edit.from?.first), head: try #require(edit.from?.last)),
        strength: edit.strength ?? 1)
    default: throw ReferenceError.missing(name: edit.action, file: "the engine's effects")
    }
  }

  /// The fixture's vector as the mean of every head.
  private func means() throws -> MeanActivations {
    let heads = model.configuration.heads.count
    let vector = try arrays.values("mean_vector")
    let values = Array(repeatElement(vector, count: heads).joined())
    let (layers, headCount) = (model.configuration.layerCount, model.configuration.headCount)
    return MeanActivations(
      headZ: Tensor(values, shape: [layers, headCount, vector.count]))
  }
}

/// Expects an engine's array to be the reference, within `relative` of the reference's largest value.
///
/// The reference is exact to float32; the engine sums in float32, a few tens of roundings of 6e-8
/// deep. A wrong term in any equation is orders of magnitude above 1e-5.
func expectMatches(
  _ name: String, _ found: Tensor?, _ expected: ReferenceArray, relative: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found?.shape == expected.shape, "\(name)", sourceLocation: sourceLocation)
  guard let found, found.shape == expected.shape else { return }
  let scale = Double(expected.values.map { abs($0) }.max() ?? 0)
  #expect(scale > 0, "\(name): the reference is zero", sourceLocation: sourceLocation)
  expectClose(
    name, found.values, expected.values.map { Double($0) }, bound: { _ in relative * scale },
    sourceLocation: sourceLocation)
}

extension Tensor {
  /// The elements' bit patterns: equal only if no rounding differs.
  var bits: [UInt32] { values.map(\.bitPattern) }
}

/// Expects two arrays to agree in every bit; reports the first element that does not.
func expectSameBits(
  _ name: String, _ found: Tensor?, _ expected: Tensor?, fromRow first: Int = 0,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let found, let expected else {
    Issue.record("\(name): not recorded", sourceLocation: sourceLocation)
    return
  }
  let a = found.bits
  let b = Array(expected.bits.dropFirst(first * expected.rowWidth))
  #expect(a.count == b.count, "\(name)", sourceLocation: sourceLocation)
  guard let index = zip(a, b).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return }
  let (x, y) = (Float(bitPattern: a[index]), Float(bitPattern: b[index]))
  Issue.record("\(name)[\(index)]: \(x), expected \(y)", sourceLocation: sourceLocation)
}
