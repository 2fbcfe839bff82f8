// Writes small safetensors files for tests: good ones from values, damaged ones from raw headers.

import Foundation

/// A tensor to be written.
public struct TestTensor: Sendable {
  public enum ElementType: String, Sendable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
  }

  public let name: String
  public let type: ElementType
  public let shape: [Int]
  public let values: [Float]

  /// - Precondition: as many values as the shape says.
  public init(_ name: String, _ type: ElementType = .f32, shape: [Int], values: [Float]) {
    precondition(
      shape.reduce(1, *) == values.count, "\(name): shape \(shape), \(values.count) values")
    (self.name, self.type, self.shape, self.values) = (name, type, shape, values)
  }

  /// The values as they stand in a file, little-endian, rounded to nearest even.
  public var bytes: [UInt8] {
    switch type {
    case .f32: littleEndian(values.map(\.bitPattern))
    case .f16: littleEndian(values.map { Float16($0).bitPattern })
    case .bf16: littleEndian(values.map(bfloat16Bits))
    }
  }
}

private func littleEndian<T: FixedWidthInteger>(_ words: [T]) -> [UInt8] {
  words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
}

private func bfloat16Bits(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  if value.isNaN { return UInt16(bits >> 16) | 0x40 }
  return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
}

/// Writes tensors, in the order given, as one safetensors file.
public func writeSafetensors(path: String, tensors: [TestTensor]) throws {
  var entries: [String] = []
  var data: [UInt8] = []
  for tensor in tensors {
    let bytes = tensor.bytes
    let range = "[\(data.count),\(data.count + bytes.count)]"
    entries.append(
      "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":\(tensor.shape),"
        + "\"data_offsets\":\(range)}")
    data += bytes
  }
  try writeSafetensors(path: path, header: "{\(entries.joined(separator: ","))}", data: data)
}

/// Writes a safetensors file from a header's text and raw data, whether or not they agree.
/// `claimedLength` replaces the header's true length.
public func writeSafetensors(
  path: String, header: String, data: [UInt8], claimedLength: UInt64? = nil
) throws {
  let length = claimedLength ?? UInt64(header.utf8.count)
  let bytes = littleEndian([length]) + Array(header.utf8) + data
  try replaceFile(path, with: bytes)
}

/// Writes a file anew. Some file systems flush a file that is overwritten, which takes milliseconds;
/// removing it first avoids that.
public func replaceFile(_ path: String, with bytes: [UInt8]) throws {
  try? FileManager.default.removeItem(atPath: path)
  try Data(bytes).write(to: URL(filePath: path))
}

/// A directory that lives as long as this object.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() throws {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "gar-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a text file into the directory and returns its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try replaceFile("\(path)/\(name)", with: Array(text.utf8))
    return "\(path)/\(name)"
  }
}
