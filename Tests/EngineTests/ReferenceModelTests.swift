// The reference operations, composed to a whole model in Double, against values from transformers.

import TestSupport
import Testing

@Suite struct ReferenceModelTests {
  /// The stored values are rounded once to float32: half a unit in the last place, 6e-8 of each.
  static let rounding = 6e-8

  @Test(arguments: ["multihead", "grouped"])
  func referenceOperationsGiveTheActivationsOfTransformers(name: String) throws {
    let model = try ReferenceModel<Double>(directory: ReferenceCase.directory(name))
    let fixture = try ReferenceCase.load(name)
    let expected = try ReferenceCase.arrays(name)
    var found: [String: Grid<Double>] = [:]
    let embeddings = try model.embed(fixture.tokens.map { Int($0) })
    let logits = try model.logits(embeddings) { site, value in found[site.arrayName] = value }
    found["logits"] = logits
    found["embeddings"] = embeddings
    #expect(found.count == 3 + 8 * model.config.layers)
    for (array, value) in found.sorted(by: { $0.key < $1.key }) {
      let reference = try expected.array(array)
      #expect(value.shape == reference.shape, "\(array)")
      let scale = reference.values.map { abs($0) }.max() ?? 0
      expectClose("\(name) \(array)", reference.values, value.values) { _ in
        Self.rounding * Double(scale)
      }
    }
  }

  @Test(arguments: ["multihead", "grouped"])
  func differenceQuotientsGiveTheGradientsOfTransformers(name: String) throws {
    let model = try ReferenceModel<Double>(directory: ReferenceCase.directory(name))
    let fixture = try ReferenceCase.load(name)
    let expected = try ReferenceCase.arrays(name)
    let embeddings = try model.embed(fixture.tokens.map { Int($0) })
    let layers = 0..<model.config.layers
    var clean: [Site: Grid<Double>] = [:]
    _ = try model.logits(embeddings) { site, value in clean[site] = value }
    for site in layers.flatMap({ [Site.z($0), .residPre($0), .residMid($0)] }) {
      let gradient = Grid<Double>(try expected.array("grad_" + site.arrayName))
      let value = try #require(clean[site])
      // The stored gradient is float32. Every 17th element meets all axes: no size divides by 17.
      try expectGradient(
        "\(name) \(site)", gradient, at: value, bound: 1e-6, every: 17
      ) { changed in
        try metric(model, fixture, embeddings) { if $0 == site { $1 = changed } }
      }
    }
    for layer in layers {
      // Cells that are not visible are 0 in the stored gradient, and held at 0 here.
      let gradient = Grid<Double>(try expected.array("grad_pattern.\(layer)"))
      let value = try #require(clean[.pattern(layer)])
      try expectGradient("pattern.\(layer)", gradient, at: value, bound: 1e-6, every: 17) {
        changed in
        try metric(model, fixture, embeddings) {
          if $0 == .pattern(layer) { $1 = lowerTriangle(changed) }
        }
      }
    }
    let gradient = Grid<Double>(try expected.array("grad_embeddings"))
    try expectGradient("\(name) embeddings", gradient, at: embeddings, bound: 1e-6, every: 17) {
      try metric(model, fixture, $0) { _, _ in }
    }
  }

  private func lowerTriangle(_ pattern: Grid<Double>) -> Grid<Double> {
    var masked = pattern
    for h in 0..<pattern.shape[0] {
      for t in 0..<pattern.shape[1] {
        for s in (t + 1)..<max(t + 1, pattern.shape[2]) { masked[h, t, s] = 0 }
      }
    }
    return masked
  }

  private func metric(
    _ model: ReferenceModel<Double>, _ fixture: ReferenceCase, _ embeddings: Grid<Double>,
    visit: ReferenceModel<Double>.Visit
  ) throws -> Double {
    let logits = try model.logits(embeddings, visit: visit)
    let end = logits.shape[0] - 1
    return logits[end, Int(fixture.target)] - logits[end, Int(fixture.foil)]
  }

  @Test func interleavedPairsAreHalvesReordered() {
    var generator = SeededGenerator(seed: 8)
    let x = Grid<Double>.random(5, 3, 6, using: &generator)
    let halves = Reference.rope(x, base: 50, rotary: 6, pairing: .halves)
    // Element i of halves is element 2i of interleaved for i < K/2, else 2(i − K/2) + 1.
    var reordered = x
    for t in 0..<5 {
      for h in 0..<3 {
        for i in 0..<6 { reordered[t, h, i < 3 ? 2 * i : 2 * (i - 3) + 1] = x[t, h, i] }
      }
    }
    let interleaved = Reference.rope(reordered, base: 50, rotary: 6, pairing: .interleaved)
    for t in 0..<5 {
      for h in 0..<3 {
        for i in 0..<6 {
          #expect(interleaved[t, h, i < 3 ? 2 * i : 2 * (i - 3) + 1] == halves[t, h, i])
        }
      }
    }
  }
}

extension Site {
  /// The name of this value in the reference arrays.
  var arrayName: String {
    switch self {
    case .residPre(let layer): "resid_pre.\(layer)"
    case .residMid(let layer): "resid_mid.\(layer)"
    case .mlpOutput(let layer): "mlp_output.\(layer)"
    case .q(let layer): "q.\(layer)"
    case .k(let layer): "k.\(layer)"
    case .v(let layer): "v.\(layer)"
    case .pattern(let layer): "pattern.\(layer)"
    case .z(let layer): "z.\(layer)"
    case .residFinal: "resid_final"
    }
  }
}
