// Good checkpoints: every tensor is found with its type, shape and bytes.

import Checkpoints
import TestSupport
import Testing

/// A directory with `config.json` and whatever a test adds.
func modelDirectory(configuration: String = "{}") throws -> TemporaryDirectory {
  let directory = try TemporaryDirectory()
  try directory.write(configuration, to: "config.json")
  return directory
}

@Test func tensorsKeepTypeShapeAndBytes() throws {
  let directory = try modelDirectory()
  let written = [
    TestTensor("a", .f32, shape: [2, 3], values: [1, -2, 3.5, 0, 1e-8, 1e30]),
    TestTensor("b", .f16, shape: [5], values: [1, -0.5, 65504, 0, 6e-8]),
    TestTensor("c", .bf16, shape: [7, 1], values: [1, 2, 3, 4, 5, 6, -7.03125]),
    TestTensor("scalar", .f32, shape: [], values: [42]),
    TestTensor("empty", .f16, shape: [0, 4], values: []),
  ]
  try writeSafetensors(path: directory.path + "/model.safetensors", tensors: written)
  let checkpoint = try Checkpoint.open(directory.path)
  #expect(checkpoint.tensors.count == written.count)
  for tensor in written {
    let read = try checkpoint.tensor(tensor.name)
    #expect(read.name == tensor.name)
    #expect(read.type.name == tensor.type.rawValue)
    #expect(read.shape == tensor.shape)
    #expect(Array(read.bytes) == tensor.bytes)
    #expect(read.byteCount == tensor.values.count * (read.type == .f32 ? 4 : 2))
  }
}

/// Three Boolean bytes before it put an F32 tensor at an odd place.
@Test func unalignedTensorsAreRead() throws {
  let directory = try modelDirectory()
  try writeSafetensors(
    path: directory.path + "/model.safetensors",
    header: """
      {"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},
       "w":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}}
      """,
    data: [1, 0, 1] + TestTensor("w", shape: [1], values: [1.25]).bytes)
  let tensor = try Checkpoint.open(directory.path).tensor("w")
  #expect(tensor.bytes.loadUnaligned(as: Float.self) == 1.25)
}

@Test func shardsMakeOneCheckpoint() throws {
  let directory = try modelDirectory(configuration: #"{"hidden_size": 8}"#)
  let a = TestTensor("a", shape: [1], values: [1])
  let b = TestTensor("b", shape: [1], values: [2])
  try writeSafetensors(path: directory.path + "/one.safetensors", tensors: [a])
  try writeSafetensors(path: directory.path + "/two.safetensors", tensors: [b])
  try directory.write(
    #"{"metadata":{},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#,
    to: "model.safetensors.index.json")
  let checkpoint = try Checkpoint.open(directory.path)
  #expect(checkpoint.files.count == 2)
  #expect(Set(checkpoint.tensors.keys) == ["a", "b"])
  #expect(Array(try checkpoint.tensor("b").bytes) == b.bytes)
  #expect(try checkpoint.configuration.int("hidden_size") == 8)
}

@Test func builtInModelHasTheShapesOfItsConfiguration() throws {
  let checkpoint = try Checkpoint.open(packageRoot + "/Assets/model")
  let configuration = checkpoint.configuration
  let embedding = try checkpoint.tensor("model.embed_tokens.weight")
  #expect(
    embedding.shape == [
      try configuration.int("vocab_size"), try configuration.int("hidden_size"),
    ])
  #expect(try configuration.string("model_type") == "llama")
  #expect(try configuration.double("rms_norm_eps") == 1e-5)
}
