// Models in GGUF files: the same numbers as the same weights in a Hugging Face directory, and
// quantised weights the same as what they stand for.

import CKernels
import Checkpoints
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct GGUFModelTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/models")
  private static let tokens = (0..<14).map { Int32(($0 * 7 + 3) % 29) }
  private static let metric = LogitMetric.logitDifference(target: 1, foil: 2)

  static let names = [
    "multihead", "grouped", "llama-linear", "llama-llama3", "llama-yarn", "qwen2", "qwen3",
    "gemma2", "gemma3_text", "phi3", "gpt2", "gpt_neox", "gpt_neox-sequential", "olmo2",
  ]

  /// The prompt is longer than the windows, and than the length that phi3's short factors are for.
  /// Rotary pairs that stand elsewhere in the file change the order of sums, and no more.
  @Test(arguments: names)
  func logitsAndGradientsAreThoseOfTheDirectory(name: String) throws {
    let directory = try Self.directory(name)
    let expected = try Model.load(directory.path)
    let model = try Model.load(Self.folder.appending(path: "gguf/\(name).gguf").path)
    #expect(model.parameterCount == expected.parameterCount)
    let a = try model.forward(Self.tokens, recording: .backward, logits: .all)
    let b = try expected.forward(Self.tokens, recording: .backward, logits: .all)
    expectNear("logits", a.logits, b.logits)
    expectNear(
      "gradient", model.backward(a, of: Self.metric, keeping: .embeddings).gradEmbeddings,
      expected.backward(b, of: Self.metric, keeping: .embeddings).gradEmbeddings)
  }

  /// The files are llama.cpp's; what each weight stands for is held against the gguf package in the
  /// tests of the kernels.
  @Test(arguments: ElementType.allCases.filter(\.isQuantised))
  func quantisedWeightsGiveTheBitsOfWhatTheyStandFor(type: ElementType) throws {
    let path = Self.folder.appending(path: "gguf/quantised/\(type.name).gguf").path
    let checkpoint = try Checkpoint.open(path)
    #expect(checkpoint.tensors["blk.0.attn_q.weight"]?.type == type)
    let folder = try TemporaryDirectory()
    let plain = folder.path + "/plain.gguf"
    try Data(Self.plain(checkpoint)).write(to: URL(filePath: plain))
    let (model, expected) = (try Model.load(path), try Model.load(plain))
    #expect(model.byteCount < expected.byteCount / 2)
    let a = try model.forward(Self.tokens, recording: .backward, logits: .all)
    let b = try expected.forward(Self.tokens, recording: .backward, logits: .all)
    expectSameBits("logits", a.logits, b.logits)
    expectSameBits(
      "gradient", model.backward(a, of: Self.metric, keeping: .embeddings).gradEmbeddings,
      expected.backward(b, of: Self.metric, keeping: .embeddings).gradEmbeddings)
    expectSameBits(
      "one row", try model.forward([5]).logits, try expected.forward([5]).logits)
  }

  @Test func partsOfASplitFileAreOneModel() throws {
    let folder = try TemporaryDirectory()
    for (name, bytes) in try Self.parts(of: "multihead") {
      try Data(bytes).write(to: URL(filePath: "\(folder.path)/\(name)"))
    }
    let first = folder.path + "/tiny-00001-of-00002.gguf"
    let whole = try Model.load(Self.folder.appending(path: "gguf/multihead.gguf").path)
    for path in [first, folder.path] {
      expectSameBits(
        "logits", try Model.load(path).forward(Self.tokens).logits,
        try whole.forward(Self.tokens).logits)
    }
    let second = folder.path + "/tiny-00002-of-00002.gguf"
    #expect(throws: CheckpointError.self) { try Checkpoint.open(second) }
    try FileManager.default.removeItem(atPath: second)
    #expect(throws: CheckpointError.missingShard(name: second, index: first)) {
      try Checkpoint.open(first)
    }
  }

  @Test func whatTheEngineLacksIsNamed() throws {
    func failure(_ change: (inout GGUFBytes) -> Void) throws -> String {
      var bytes = GGUFBytes()
      change(&bytes)
      let folder = try TemporaryDirectory()
      let path = folder.path + "/model.gguf"
      try Data(bytes.bytes).write(to: URL(filePath: path))
      do { _ = try Model.load(path) } catch { return "\(error)" }
      return ""
    }
    let unknown = try failure { $0.add("general.architecture", .text("mamba")) }
    #expect(unknown.contains("'mamba'") && unknown.contains("gptneox"))
    let empty = try failure { $0.add("general.architecture", .text("llama")) }
    #expect(empty.contains("llama.embedding_length"))
    let experts = try failure {
      $0.add("general.architecture", .text("llama"))
      $0.add("llama.expert_count", .uint32(8))
    }
    #expect(experts.contains("llama.expert_count"))
  }
}

extension GGUFModelTests {
  /// A GGUF fixture split in two, each part by its file's name.
  static func parts(of name: String) throws -> [String: [UInt8]] {
    let checkpoint = try Checkpoint.open(folder.appending(path: "gguf/\(name).gguf").path)
    let names = checkpoint.tensors.keys.sorted()
    var parts: [String: [UInt8]] = [:]
    for part in 0..<2 {
      let own = names.enumerated().filter { $0.offset % 2 == part }.map(\.element)
      parts["tiny-0000\(part + 1)-of-00002.gguf"] = plain(
        checkpoint, names: own, part: part, of: 2)
    }
    return parts
  }

  /// A model's weights with the configuration that its GGUF file can express.
  private static func directory(_ name: String) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try FileManager.default.copyItem(
      atPath: folder.appending(path: "\(name)/model.safetensors").path,
      toPath: directory.path + "/model.safetensors")
    try FileManager.default.copyItem(
      atPath: folder.appending(path: "gguf/\(name).json").path,
      toPath: directory.path + "/config.json")
    return directory
  }

  /// A GGUF file with the same metadata and tensors, as floats.
  private static func plain(
    _ checkpoint: Checkpoint, names: [String]? = nil, part: Int = 0, of parts: Int = 1
  ) -> [UInt8] {
    var file = GGUFBytes()
    if part == 0 { addMetadata(of: checkpoint.configuration, to: &file) }
    if parts > 1 {
      file.add("split.no", .uint16(UInt16(part)))
      file.add("split.count", .uint16(UInt16(parts)))
    }
    for name in names ?? checkpoint.tensors.keys.sorted() {
      guard let tensor = checkpoint.tensors[name] else { continue }
      let count = tensor.shape.reduce(1, *)
      var values = [Float](repeating: 0, count: count)
      kernel_to_f32(&values, tensor.bytes.baseAddress, kernelType(tensor.type), count)
      file.data += [UInt8](repeating: 0, count: (32 - file.data.count % 32) % 32)
      file.addTensor(
        name, sizes: tensor.shape.reversed().map(UInt64.init), offset: UInt64(file.data.count))
      file.data += values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    }
    return file.bytes
  }

  private static func addMetadata(of source: ConfigurationFile, to file: inout GGUFBytes) {
    for key in source.keys {
      if let text = try? source.string(key) {
        file.add(key, .text(text))
      } else if let number = try? source.int(key) {
        file.add(key, .uint32(UInt32(number)))
      } else if let number = try? source.double(key) {
        file.add(key, .float32(Float(number)))
      }
    }
  }

  private static func kernelType(_ type: ElementType) -> kernel_type {
    let all = (0..<KERNEL_TYPE_COUNT.rawValue).map { kernel_type(rawValue: $0) }
    let name = type.name.lowercased()
    return all.first { String(cString: kernel_type_name($0)) == name } ?? KERNEL_F32
  }
}

private func expectNear(
  _ what: String, _ found: Tensor?, _ expected: Tensor?,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let found, let expected, found.shape == expected.shape else {
    Issue.record("\(what): shapes differ", sourceLocation: sourceLocation)
    return
  }
  let largest = expected.values.reduce(0) { max($0, abs($1)) }
  let error = zip(found.values, expected.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  #expect(largest > 0 && error <= 1e-5 * largest, "\(what)", sourceLocation: sourceLocation)
}
