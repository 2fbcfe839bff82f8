// Damaged and foreign checkpoints: each gives its own error, in one line that names the remedy.

import Checkpoints
import Foundation
import TestSupport
import Testing

/// What opening the directory throws.
private func failure(_ path: String) throws -> CheckpointError {
  try #require(throws: CheckpointError.self) { _ = try Checkpoint.open(path) }
}

/// The error for a directory whose `model.safetensors` is that header and that many zero bytes.
private func failure(
  header: String, dataCount: Int = 0, claimedLength: UInt64? = nil
) throws -> CheckpointError {
  let directory = try modelDirectory()
  try writeSafetensors(
    path: directory.path + "/model.safetensors", header: header,
    data: [UInt8](repeating: 0, count: dataCount), claimedLength: claimedLength)
  let error = try failure(directory.path)
  #expect(!error.description.contains("\n"))
  #expect(error.description.contains(directory.path + "/model.safetensors"))
  return error
}

private func singleTensor(_ type: String, _ shape: String, _ offsets: String) -> String {
  #"{"w":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
}

// MARK: - Directories

@Test func missingDirectoryIsNamed() throws {
  let error = try failure("/nowhere/model")
  #expect(error == .missing(path: "/nowhere/model"))
  #expect(
    error.description
      == "/nowhere/model: no such file or directory; give the path of a model, "
      + "or a name that `gar models` lists")
}

@Test func fileInPlaceOfDirectoryIsNamed() throws {
  let directory = try TemporaryDirectory()
  let gguf = try directory.write("GGUF", to: "llama.gguf")
  let other = try directory.write("{}", to: "other.gguf")
  let weights = try directory.write("", to: "model.safetensors")
  #expect(try failure(gguf).description.contains("the file ends inside"))
  #expect(try failure(other).description.contains("does not begin with the letters GGUF"))
  #expect(try failure(weights).description.contains("or a directory with config.json"))
}

@Test func directoryWithoutConfigurationSaysWhatItHas() throws {
  let directory = try TemporaryDirectory()
  #expect(try failure(directory.path).description.contains("the directory is empty"))
  try directory.write("", to: "model.safetensors")
  let error = try failure(directory.path)
  #expect(error == .noConfiguration(directory: directory.path, found: ["model.safetensors"]))
  #expect(error.description.contains("has no config.json (found model.safetensors)"))
}

@Test(arguments: [
  ("pytorch_model.bin", "safe_serialization=True"), ("model.gguf", "own path"),
  ("README.md", "fetch the model's weights"),
])
func directoryWithoutWeightsSaysWhatToDo(name: String, remedy: String) throws {
  let directory = try modelDirectory()
  try directory.write("", to: name)
  let error = try failure(directory.path)
  #expect(error == .noWeights(directory: directory.path, found: ["config.json", name].sorted()))
  #expect(error.description.contains(name) && error.description.contains(remedy))
}

@Test func directoryWithOnlyAGGUFFileIsThatFile() throws {
  let directory = try TemporaryDirectory()
  try directory.write("", to: "model.gguf")
  #expect(try failure(directory.path).description.contains("model.gguf: not a GGUF file"))
}

// MARK: - Headers

@Test func truncatedFilesAreRefusedAtEveryLength() throws {
  let directory = try modelDirectory()
  let path = directory.path + "/model.safetensors"
  try writeSafetensors(path: path, tensors: [TestTensor("w", shape: [3], values: [1, 2, 3])])
  let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
  for count in 0..<whole.count {
    try replaceFile(path, with: Array(whole.prefix(count)))
    #expect(throws: CheckpointError.self, "\(count) bytes") { try Checkpoint.open(directory.path) }
  }
}

@Test(arguments: [
  (UInt64(3), "its header is not JSON: expected a value, found '?'"),
  (1000, "its header claims 1000 bytes, but the file has 11"),
  (100_000_001, "more than the format's 100,000,000"),
  (UInt64.max, "its header claims 18446744073709551615 bytes"),
])
func headerLengthIsChecked(claimed: UInt64, reason: String) throws {
  #expect(try failure(header: "???", claimedLength: claimed).description.contains(reason))
}

@Test func shortFileIsNamed() throws {
  let directory = try modelDirectory()
  try directory.write("1234567", to: "model.safetensors")
  let error = try failure(directory.path).description
  #expect(error.contains("it has 7 bytes, and the header's length alone takes 8"))
}

/// Header, data bytes, and what the message must say.
@Test(arguments: [
  ("[]", 0, "an object was expected, not an array"),
  ("{}", 5, "its tensors end at byte 0 of 5 bytes of data"),
  (singleTensor("F32", "[2]", "[0,8]"), 4, "tensor w: its bytes 0..<8 reach beyond the file's 4"),
  (
    singleTensor("F32", "[2]", "[0,7]"), 7,
    "F32 of shape [2] takes 8 bytes, but data_offsets span 7"
  ),
  (singleTensor("F32", "[1]", "[4,8]"), 8, "its bytes 4..<8 leave a hole before it"),
  (singleTensor("F32", "[-1]", "[0,4]"), 4, "its shape must be whole numbers of 0 or more"),
  (singleTensor("F32", "[1.5]", "[0,4]"), 4, "its shape must be whole numbers of 0 or more"),
  (singleTensor("F32", "[4611686018427387904,2]", "[0,8]"), 8, "is larger than any memory"),
  (singleTensor("F32", "[1]", "[4,0]"), 4, "its data_offsets must be a start and an end"),
  (singleTensor("F4", "[3]", "[0,1]"), 1, "does not fill whole bytes"),
  (singleTensor("F31", "[1]", "[0,4]"), 4, "unknown element type F31; known are F32, F16, BF16"),
  (#"{"w":{"dtype":"F32"}}"#, 0, "its entry needs one dtype (text)"),
  (#"{"__metadata__":{"a":1}}"#, 0, "its __metadata__ is not an object of strings"),
])
func damagedHeadersAreExplained(header: String, dataCount: Int, reason: String) throws {
  let text = try failure(header: header, dataCount: dataCount).description
  #expect(text.contains(reason), "\(text)")
}

@Test func overlappingTensorsAreRefused() throws {
  let error = try failure(
    header: """
      {"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},
       "b":{"dtype":"F16","shape":[2],"data_offsets":[2,6]}}
      """, dataCount: 6)
  #expect(error.description.contains("tensor b: its bytes 2..<6 overlap the tensor before it"))
}

@Test func controlCharactersInNamesStayOnOneLine() throws {
  let header = #"{"a\n\u001b[31m":{"dtype":"F31","shape":[],"data_offsets":[0,0]}}"#
  #expect(try failure(header: header).description.contains(#"tensor a\n\u{1B}[31m: unknown"#))
}

// MARK: - Tensors and shards

@Test func absentAndForeignTensorsAreTold() throws {
  let directory = try modelDirectory()
  try writeSafetensors(
    path: directory.path + "/model.safetensors", header: singleTensor("I64", "[1]", "[0,8]"),
    data: [UInt8](repeating: 0, count: 8))
  let checkpoint = try Checkpoint.open(directory.path)
  #expect(checkpoint.unsupportedTensors == ["w": "I64"])
  #expect(throws: CheckpointError.missingTensor(name: "v", path: directory.path)) {
    try checkpoint.tensor("v")
  }
  #expect(throws: CheckpointError.unsupportedType(tensor: "w", type: "I64", file: directory.path)) {
    try checkpoint.tensor("w")
  }
}

@Test func tensorTwiceInOneHeaderIsRefused() throws {
  let entry = #""w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
  let error = try failure(header: "{\(entry),\(entry)}")
  #expect(error.description.contains("tensor w: is also in"))
}

@Test func shardsAreChecked() throws {
  let directory = try modelDirectory()
  let index = directory.path + "/model.safetensors.index.json"
  let one = directory.path + "/one.safetensors"
  let two = directory.path + "/two.safetensors"
  let tensor = TestTensor("a", shape: [1], values: [1])
  func open(_ map: String) throws -> CheckpointError {
    try directory.write(#"{"weight_map":\#(map)}"#, to: "model.safetensors.index.json")
    return try failure(directory.path)
  }
  try writeSafetensors(path: one, tensors: [tensor])
  #expect(
    try open(#"{"a":"one.safetensors","b":"two.safetensors"}"#)
      == .missingShard(name: "two.safetensors", index: index))
  #expect(
    try open(#"{"a":"../one.safetensors"}"#)
      == .missingShard(name: "../one.safetensors", index: index))
  #expect(
    try open(#"{"a":"one.safetensors","b":"one.safetensors"}"#)
      == .tensorNotInShard(name: "b", shard: one, index: index))
  try writeSafetensors(path: two, tensors: [tensor, TestTensor("b", shape: [0], values: [])])
  #expect(
    try open(#"{"a":"one.safetensors","b":"two.safetensors"}"#)
      == .duplicateTensor(name: "a", first: one, second: two))
  #expect(
    try open("[]")
      == .wrongType(key: "weight_map", file: index, expected: "an object", found: "an array"))
  #expect(
    try open(#"{"a":5}"#)
      == .wrongType(key: "weight_map.a", file: index, expected: "a string", found: "an integer"))
  try directory.write("{}", to: "model.safetensors.index.json")
  #expect(try failure(directory.path) == .missingKey(key: "weight_map", file: index))
}

/// No damage to a header may crash, and whatever is still accepted must lie inside the file.
@Test func damagedBytesNeverCrash() throws {
  let directory = try modelDirectory()
  let path = directory.path + "/model.safetensors"
  try writeSafetensors(
    path: path,
    tensors: [
      TestTensor("first", shape: [2, 3], values: [1, 2, 3, 4, 5, 6]),
      TestTensor("second", .bf16, shape: [5], values: [1, 2, 3, 4, 5]),
    ])
  let whole = try [UInt8](Data(contentsOf: URL(filePath: path)))
  var random = SeededGenerator(seed: 11)
  for _ in 0..<1000 {
    var damaged = whole
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      damaged[Int.random(in: 0..<damaged.count, using: &random)] =
        UInt8.random(in: 0...255, using: &random)
    }
    try replaceFile(path, with: damaged)
    guard let checkpoint = try? Checkpoint.open(directory.path) else { continue }
    for tensor in checkpoint.tensors.values {
      #expect(tensor.offset + tensor.byteCount <= tensor.file.bytes.count)
      #expect(tensor.bytes.count == tensor.shape.reduce(tensor.type == .f32 ? 4 : 2, *))
    }
  }
}
