// The program on a tiny model of every family, and on the shape of a large one.

import Foundation
import TestSupport
import Testing

@Suite struct FamilyCommandTests {
  /// Σ z · dm/dz by head, from the activations and gradients of transformers.
  @Test(arguments: ReferenceCase.families)
  func attributionRunsOnEveryFamily(model: String) throws {
    let run = try ReferenceRun(model)
    let reference = fixture("EngineTests", "reference/\(model).safetensors")
    let folder = try TemporaryDirectory()
    func scores(_ method: String) throws -> Floats {
      let path = folder.path + "/scores.npy"
      let finished = try gar(
        "attribute", "--model", tinyModel(model), "--tokens", run.tokens, "--corrupted",
        run.corrupted, "--target", run.target, "--foil", run.foil, "--method", method, "--npy",
        path)
      #expect(finished.status == 0, "\(finished.errors)")
      return try readNumPy(path)
    }
    let baseline = try scores("zeroBaseline")
    let (layers, heads) = (baseline.shape[0], baseline.shape[1])
    var expected = [Float](repeating: 0, count: layers * heads)
    for layer in 0..<layers {
      let z = try readReference(reference, "z.\(layer)")
      let grad = try readReference(reference, "grad_z.\(layer)")
      #expect(z.shape[1] == heads)
      for (index, (a, b)) in zip(z.values, grad.values).enumerated() {
        expected[layer * heads + index / z.shape[2] % heads] += a * b
      }
    }
    expectEqual(baseline, Floats(shape: [layers, heads], values: expected), tolerance: 3e-5)

    // The exact effect of zeroing one head, from transformers' logits without it.
    let exact = try scores("ablation")
    let plain = try readReference(reference, "logits")
    let without = try readReference(reference, "logits.zero_head")
    func metric(_ logits: Floats) throws -> Float {
      let row = logits.values.suffix(logits.shape[1]).map { $0 }
      return row[try #require(Int(run.target))] - row[try #require(Int(run.foil))]
    }
    let effect = try metric(without) - metric(plain)
    #expect(abs(exact.values[heads + heads - 2] - effect) < 1e-4)
    for method in ["attributionPatching", "integratedGradients", "activationPatching"] {
      let found = try scores(method)
      #expect(found.shape == [layers, heads] && found.values.contains { $0 != 0 }, "\(method)")
    }
  }

  /// Whether files may have holes here, so that a large one takes no room.
  private static let largeFilesAreFree: Bool = {
    guard let folder = try? TemporaryDirectory() else { return false }
    return (try? makeFile(folder.path + "/hole", byteCount: 70_000_000_000)) != nil
  }()

  private static func makeFile(_ path: String, start: Data = Data(), byteCount: UInt64) throws {
    try start.write(to: URL(filePath: path))
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.truncate(atOffset: byteCount)
    try file.close()
  }

  @Test(.enabled(if: largeFilesAreFree, "this file system has no files of 65 GB"))
  func theShapeOfVicuna33BIsInspected() throws {
    let (d, m, v, layers) = (6656, 17920, 32000, 60)
    var shapes = [
      "model.embed_tokens.weight": [v, d], "lm_head.weight": [v, d], "model.norm.weight": [d],
    ]
    for layer in 0..<layers {
      let name = "model.layers.\(layer)."
      for part in ["q", "k", "v", "o"] { shapes[name + "self_attn.\(part)_proj.weight"] = [d, d] }
      for part in ["gate", "up"] { shapes[name + "mlp.\(part)_proj.weight"] = [m, d] }
      shapes[name + "mlp.down_proj.weight"] = [d, m]
      for part in ["input", "post_attention"] { shapes[name + "\(part)_layernorm.weight"] = [d] }
    }
    var (entries, end) = ([String: Any](), 0)
    for (name, shape) in shapes {
      let next = end + 2 * shape.reduce(1, *)
      entries[name] = ["dtype": "F16", "shape": shape, "data_offsets": [end, next]]
      end = next
    }
    let header = try JSONSerialization.data(withJSONObject: entries)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    let folder = try TemporaryDirectory()
    try folder.write(
      """
      {"model_type": "llama", "hidden_size": \(d), "intermediate_size": \(m),
       "max_position_embeddings": 2048, "num_attention_heads": 52, "num_hidden_layers": \(layers),
       "num_key_value_heads": 52, "rms_norm_eps": 1e-06, "vocab_size": \(v)}
      """, to: "config.json")
    try Self.makeFile(
      folder.path + "/model.safetensors", start: length + header,
      byteCount: UInt64(8 + header.count + end))

    let finished = try gar("inspect", "--model", folder.path, "--length", "120", "--json")
    #expect(finished.status == 0, "\(finished.errors)")
    let object = try finished.object()
    #expect(object["parameters"] as? Int == 32_528_943_616)
    #expect(object["mappedBytes"] as? Int == 8 + header.count + 2 * 32_528_943_616)
    let bytes = try #require(object["expectedBytes"] as? [String: Any])
    // By layer: 120·(6·6656 + 2·17920) + 52·120² recorded, 120·3·6656 of the other run, 120·6656 of
    // gradients; once: 120·(7·6656 + 2·17920) + 2·52·120². Floats of 4 bytes.
    #expect(bytes["attribution"] as? Int == 3_174_389_760)
    let configuration = try #require(object["configuration"] as? [String: Any])
    #expect(configuration["dHead"] as? Int == 128)
  }
}
