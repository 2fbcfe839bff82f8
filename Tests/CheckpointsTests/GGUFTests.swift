// GGUF files: what is read from good ones, and what each kind of damage is called.

import Checkpoints
import Foundation
import TestSupport
import Testing

private func open(_ bytes: [UInt8]) throws -> GGUFFile {
  try GGUFFile(MappedFile(path: "/model.gguf", copying: bytes))
}

private func failure(_ file: GGUFBytes) throws -> String { try failure(file.bytes) }

private func failure(_ bytes: [UInt8]) throws -> String {
  let error = try #require(throws: CheckpointError.self) { _ = try open(bytes) }
  #expect(error.description.contains("/model.gguf: ") && !error.description.contains("\n"))
  return error.description
}

/// One value of each of the 13 kinds.
private func allKinds() -> GGUFBytes {
  var file = GGUFBytes()
  file.add("a", .uint8(200))
  file.add("b", .int8(-100))
  file.add("c", .uint16(60_000))
  file.add("d", .int16(-30_000))
  file.add("e", .uint32(4_000_000_000))
  file.add("f", .int32(-2_000_000_000))
  file.add("g", .float32(1.5))
  file.add("h", .bool(1))
  file.add("i", .text("naïve"))
  file.add("j", .array(5, 2, [.int32(7), .int32(-7)]))
  file.add("k", .uint64(1 << 40))
  file.add("l", .int64(-1 << 40))
  file.add("m", .float64(0.1))
  return file
}

@Test(arguments: [UInt32(2), 3])
func everyKindOfMetadataIsRead(version: UInt32) throws {
  var bytes = allKinds()
  bytes.version = version
  let file = try open(bytes.bytes)
  #expect(file.version == Int(version) && file.alignment == 32 && file.tensors.isEmpty)
  #expect(file.keys == "abcdefghijklm".map(String.init))
  let integers = [
    "a": 200, "b": -100, "c": 60_000, "d": -30_000, "e": 4_000_000_000, "f": -2_000_000_000,
    "k": 1 << 40, "l": -1 << 40,
  ]
  for (key, value) in integers { #expect(try file.int(key) == value) }
  #expect(try file.double("g") == 1.5 && file.double("m") == 0.1 && file.double("a") == 200)
  #expect(try file.bool("h") && file.string("i") == "naïve" && file.array("j").ints() == [7, -7])
  #expect(try file.int("z", default: 3) == 3 && file.value("z") == nil && !file.contains("z"))
  #expect(throws: CheckpointError.missingKey(key: "z", file: file.path)) { try file.bool("z") }
}

/// What `make_gguf.py` wrote, as the gguf package reads it.
@Test func referenceFileIsReadAsTheReferenceReadsIt() throws {
  func json(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: fixture("CheckpointsTests", name)))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
  let file = try GGUFFile(path: fixture("CheckpointsTests", "sample.gguf"))
  let reference = try json("sample.json")
  let values = try #require(reference["values"] as? [String: Any])
  #expect(file.keys.count == values.count && values.count == 16 && file.alignment == 64)
  for key in file.keys {
    let found = try #require(try file.value(key))
    #expect(try equal(found, try #require(values[key])), "\(key)")
  }
  let tensors = try #require(reference["tensors"] as? [[String: Any]])
  #expect(file.tensors.count == tensors.count && tensors.count == 6)
  for (tensor, expected) in zip(file.tensors, tensors) {
    #expect(tensor.name == expected["name"] as? String)
    #expect(tensor.type.name == expected["type"] as? String)
    #expect(tensor.shape == expected["shape"] as? [Int])
    #expect(tensor.offset == expected["offset"] as? Int)
    #expect(tensor.byteCount == expected["byteCount"] as? Int)
    let bytes = file.file.bytes[tensor.offset..<tensor.offset + tensor.byteCount]
    #expect(bytes.reduce(0) { $0 + Int($1) } == expected["byteSum"] as? Int)
  }
  let types = try json("types.json")
  for type in GGUFTensorType.all {
    let size = [Int(type.id), type.elementsPerBlock, type.bytesPerBlock]
    #expect(types[type.name] as? [Int] == size, "\(type.name)")
  }
}

/// Whether a value is what JSON has for it.
private func equal(_ value: GGUFValue, _ json: Any) throws -> Bool {
  if let number = value.double { return number == (json as? NSNumber)?.doubleValue }
  if let bool = value.bool { return bool == json as? Bool }
  if let text = value.string { return text == json as? String }
  let (found, expected) = (try #require(value.array).values(), try #require(json as? [Any]))
  return try found.count == expected.count && zip(found, expected).allSatisfy(equal)
}

@Test func arraysNest() throws {
  var bytes = GGUFBytes()
  let inner = GGUFBytes.Value.array(8, 2, [.text("x"), .text("yz")])
  bytes.add("nested", .array(9, 2, [inner, .array(7, 1, [.bool(0)])]))
  bytes.add("after", .uint8(9))
  let file = try open(bytes.bytes)
  let outer = try file.array("nested").values()
  var texts: [String] = []
  try #require(outer[0].array).forEachString { _, text in
    texts.append(String(decoding: text, as: UTF8.self))
  }
  #expect(texts == ["x", "yz"])
  #expect(try outer[1].array?.values().first?.bool == false)
  #expect(try file.int("after") == 9)
}

@Test func valuesOfAnotherKindAreNamed() throws {
  let file = try open(allKinds().bytes)
  func text(_ read: () throws -> Void) throws -> String {
    try #require(throws: CheckpointError.self, performing: read).description
  }
  #expect(try text { _ = try file.int("i") }.contains("key i is a string, not an integer"))
  #expect(try text { _ = try file.bool("a") }.contains("key a is uint8 200, not a Boolean"))
  #expect(try text { _ = try file.array("m") }.contains("key m is float64 0.1, not an array"))
  #expect(try text { _ = try file.string("j") }.contains("key j is an array of int32"))
  let strings = try text { try file.array("j").forEachString { _, _ in } }
  #expect(strings.contains("key j is an array of int32, not an array of strings"))
}

@Test func tensorsAreFoundWhereTheyLie() throws {
  var bytes = GGUFBytes()
  bytes.alignment = 64
  bytes.add("general.alignment", .uint32(64))
  bytes.addTensor("second", sizes: [3, 2], type: 1, offset: 128)
  bytes.addTensor("first", sizes: [256, 5], type: 12, offset: 192)
  bytes.addTensor("scalar", sizes: [], offset: 0)
  bytes.data = [UInt8](repeating: 1, count: 192 + 5 * 144)
  let file = try open(bytes.bytes)
  #expect(file.alignment == 64)
  #expect(file.tensors.map(\.name) == ["second", "first", "scalar"])
  #expect(file.tensors.map(\.shape) == [[2, 3], [5, 256], []])
  #expect(file.tensors.map(\.type.name) == ["F16", "Q4_K", "F32"])
  #expect(file.tensors.map(\.byteCount) == [12, 720, 4])
  #expect(file.tensors.allSatisfy { $0.offset % 64 == 0 })
  #expect(file.tensors[1].offset + 720 == bytes.bytes.count)
}

@Test func foreignFilesAreNamed() throws {
  var file = allKinds()
  file.version = UInt32(3).byteSwapped
  #expect(try failure(file).contains("it is big-endian; convert the model"))
  file.version = 1
  #expect(try failure(file).contains("it has version 1, and known are 2 and 3"))
  file.version = 0
  #expect(try failure(file).contains("it has version 0"))
  file.magic = Array("FUGG".utf8)
  #expect(try failure(file).contains("it is big-endian"))
  file.magic = Array("GGML".utf8)
  #expect(try failure(file).contains("does not begin with the letters GGUF"))
  #expect(try failure([]).contains("does not begin with the letters GGUF"))
  #expect(try failure(Array("GGUF".utf8)).contains("byte 4: the file ends inside the version"))
}

@Test func everyCutIsNoticed() throws {
  var file = allKinds()
  file.addTensor("t", sizes: [4], offset: 0)
  file.data = [UInt8](repeating: 0, count: 16)
  let whole = file.bytes
  _ = try open(whole)
  for count in whole.indices { _ = try failure(Array(whole[..<count])) }
}

@Test func damagedMetadataIsNamed() throws {
  func text(_ change: (inout GGUFBytes) -> Void) throws -> String {
    var file = GGUFBytes()
    change(&file)
    return try failure(file)
  }
  #expect(
    try text { $0.extraKeys = .max }.contains("18446744073709551615 metadata keys cannot lie in"))
  #expect(try text { $0.extraTensors = 9 }.contains("9 tensors cannot lie in the 8 bytes"))
  #expect(
    try text { $0.add("a", .array(4, .max, [])) }
      .contains("18446744073709551615 elements of a cannot lie in the 0 bytes"))
  #expect(
    try text { $0.add(key: [97], type: 8, bytes: [255, 255, 255, 255, 255, 255, 255, 127]) }
      .contains("a claims 9223372036854775807 bytes, but 0 are left"))
  #expect(
    try text { $0.add(key: [97], type: 13, bytes: [0, 0]) }
      .contains("a has the value type 13; the format has 0 to 12"))
  #expect(try text { $0.add("a", .bool(2)) }.contains("the Boolean of a is 2, not 0 or 1"))
  #expect(
    try text { $0.add(key: [0xFF], type: 0, bytes: [0]) }.contains("a metadata key is not UTF-8"))
  #expect(try text { $0.add("", .text("x")) }.contains("a metadata key has 0 bytes"))
  #expect(
    try text {
      $0.add("a", .uint8(1))
      $0.add("a", .uint8(1))
    }.contains("the metadata key a is there twice"))
  #expect(
    try text { $0.add("general.alignment", .uint32(24)) }
      .contains("key general.alignment is uint32 24, not a power of two"))
  #expect(
    try text {
      $0.add("general.alignment", .uint64(1 << 62))
      $0.addTensor("t", sizes: [1], offset: 0)
    }.contains("reach beyond the file's 0 bytes of data"))
  let deep = (0..<20).reduce(GGUFBytes.Value.uint8(0)) { inner, depth in
    .array(depth == 0 ? 0 : 9, 1, [inner])
  }
  #expect(try text { $0.add("a", deep) }.contains("a nests arrays more than 16 deep"))
  var notText = GGUFBytes()
  notText.add("a", .string([0xC3, 0x28]))
  let file = try open(notText.bytes)
  let error = try #require(throws: CheckpointError.self) { try file.string("a") }
  #expect(error.description.contains("the string of a is not UTF-8"))
}

@Test func damagedTensorsAreNamed() throws {
  func text(
    _ sizes: [UInt64] = [4], type: UInt32 = 0, offset: UInt64 = 0, rank: UInt32? = nil,
    twice: Bool = false
  ) throws -> String {
    var file = GGUFBytes()
    file.addTensor("t", sizes: sizes, type: type, offset: offset, rank: rank)
    file.addTensor(twice ? "t" : "u", sizes: [8], offset: 0)
    file.data = [UInt8](repeating: 0, count: 64)
    return try failure(file)
  }
  #expect(try text(rank: 5).contains("tensor t: has 5 dimensions; the format has at most 4"))
  #expect(try text([.max]).contains("tensor t: has a size of 18446744073709551615"))
  #expect(try text([1 << 40, 1 << 40]).contains("is larger than any memory"))
  #expect(try text([48], type: 2).contains("rows of 48 elements do not fill blocks of 32"))
  #expect(try text(type: 4).contains("tensor t: has the unknown type 4"))
  #expect(try text(offset: 8).contains("its offset 8 is not a multiple of the alignment 32"))
  #expect(try text(offset: 64).contains("its 16 bytes from 64 reach beyond the file's 64 bytes"))
  #expect(try text(offset: .max).contains("reach beyond the file's"))
  #expect(try text().contains("tensor u: its bytes overlap those of t"))
  #expect(try text(offset: 32, twice: true).contains("tensor t: is also in"))
}
