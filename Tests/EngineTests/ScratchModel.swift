// A copy of a fixture's model that a test may change: its configuration, its tensors, their bytes.

import Foundation
import TestSupport
import Testing

/// A copy of a fixture that a test may damage.
final class ScratchModel {
  private let directory: TemporaryDirectory
  var path: String { directory.path }
  private var weights: URL { URL(filePath: path).appending(path: "model.safetensors") }

  init(_ name: String) throws {
    directory = try TemporaryDirectory()
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        atPath: ReferenceCase.directory(name) + "/" + file, toPath: directory.path + "/" + file)
    }
  }

  /// Takes another file of the fixture as `config.json`.
  func useConfiguration(_ file: String, of name: String) throws {
    let from = URL(filePath: ReferenceCase.directory(name)).appending(path: file)
    try Data(contentsOf: from).write(to: URL(filePath: path).appending(path: "config.json"))
  }

  func configure(_ change: (inout [String: Any]) -> Void) throws {
    let url = URL(filePath: path).appending(path: "config.json")
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    var configuration = try #require(object as? [String: Any])
    change(&configuration)
    try JSONSerialization.data(withJSONObject: configuration).write(to: url)
  }

  /// Replaces text of the same length in the header.
  func replaceInHeader(_ old: String, by new: String) throws {
    #expect(old.utf8.count == new.utf8.count)
    var data = try Data(contentsOf: weights)
    let range = try #require(data.range(of: Data(old.utf8)), "the header lacks \(old)")
    data.replaceSubrange(range, with: Data(new.utf8))
    try data.write(to: weights)
  }

  /// Writes one float32 element of a tensor.
  func poke(_ value: Float, into tensor: String, at index: Int) throws {
    var data = try Data(contentsOf: weights)
    let headerCount = data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let object = try JSONSerialization.jsonObject(with: data[8..<8 + headerCount])
    let entry = try #require((object as? [String: Any])?[tensor] as? [String: Any])
    let start = try #require(entry["data_offsets"] as? [Int])[0]
    let offset = 8 + headerCount + start + 4 * index
    data.replaceSubrange(
      offset..<offset + 4, with: withUnsafeBytes(of: value.bitPattern.littleEndian) { Data($0) })
    try data.write(to: weights)
  }

  /// Writes every tensor anew, as `change` gives it, and some more. The fixture's tensors are BF16.
  func rewrite(adding more: [TestTensor] = [], _ change: (TestTensor) -> TestTensor) throws {
    let data = try Data(contentsOf: weights)
    let headerCount = data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let object = try JSONSerialization.jsonObject(with: data[8..<8 + headerCount])
    let entries = try #require(object as? [String: Any])
    let tensors = try entries.filter { $0.key != "__metadata__" }.map { name, value in
      let entry = try #require(value as? [String: Any])
      #expect(entry["dtype"] as? String == "BF16")
      let shape = try #require(entry["shape"] as? [Int])
      let start = 8 + headerCount + (try #require(entry["data_offsets"] as? [Int])[0])
      let values = (0..<shape.reduce(1, *)).map { index in
        let low = UInt32(data[start + 2 * index]), high = UInt32(data[start + 2 * index + 1])
        return Float(bitPattern: (high << 8 | low) << 16)
      }
      return change(TestTensor(name, .bf16, shape: shape, values: values))
    }
    try writeSafetensors(path: weights.path, tensors: tensors + more)
  }
}
