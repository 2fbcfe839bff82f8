// Reads the arrays that the program writes and the reference values they are held against.

import Foundation
import TestSupport
import Testing

/// Floats with a shape.
struct Floats {
  let shape: [Int]
  let values: [Float]
}

/// Reads a `.npy` file as NumPy defines it: magic, version, header length, header, data.
func readNumPy(_ path: String) throws -> Floats {
  let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
  #expect(Array(bytes[..<8]) == [0x93] + Array("NUMPY".utf8) + [1, 0])
  let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
  #expect(start.isMultiple(of: 64))
  let header = String(decoding: bytes[10..<start], as: UTF8.self)
  #expect(header.contains("'descr': '<f4'") && header.contains("'fortran_order': False"))
  let sizes = try #require(header.firstMatch(of: /'shape': \(([0-9, ]*)\)/)).1
  let shape = sizes.split(separator: ",").compactMap { Int($0.filter(\.isNumber)) }
  return Floats(shape: shape, values: floats(bytes[start...]))
}

/// Reads one float32 array of a safetensors file.
func readReference(_ path: String, _ name: String) throws -> Floats {
  let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
  let length = bytes[..<8].enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
  let header = try #require(
    try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any])
  let entry = try #require(header[name] as? [String: Any], "no array \(name)")
  let offsets = try #require(entry["data_offsets"] as? [Int])
  return Floats(
    shape: try #require(entry["shape"] as? [Int]),
    values: floats(bytes[8 + length + offsets[0]..<8 + length + offsets[1]]))
}

private func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
  stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
    let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) }
    return Float(bitPattern: word)
  }
}

/// Holds two arrays together, to a share of the largest reference value.
func expectEqual(
  _ found: Floats, _ expected: Floats, tolerance: Float,
  location: SourceLocation = #_sourceLocation
) {
  #expect(found.shape == expected.shape, sourceLocation: location)
  guard found.values.count == expected.values.count else { return }
  let largest = expected.values.reduce(0) { max($0, abs($1)) }
  let worst = found.values.indices.max {
    abs(found.values[$0] - expected.values[$0]) < abs(found.values[$1] - expected.values[$1])
  }
  guard let worst else { return }
  let (x, y) = (found.values[worst], expected.values[worst])
  #expect(
    abs(x - y) <= tolerance * largest, "at \(worst): \(x), expected \(y)",
    sourceLocation: location)
}

/// The tokens of a reference run, as options take them.
struct ReferenceRun {
  let tokens: String
  let corrupted: String
  let target: String
  let foil: String

  init(_ model: String) throws {
    let path = fixture("EngineTests", "reference/\(model).json")
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        as? [String: Any])
    func list(_ key: String) throws -> String {
      try #require(root[key] as? [Int]).map(String.init).joined(separator: ",")
    }
    tokens = try list("tokens")
    corrupted = try list("corrupted")
    target = "\(try #require(root["target"] as? Int))"
    foil = "\(try #require(root["foil"] as? Int))"
  }
}
