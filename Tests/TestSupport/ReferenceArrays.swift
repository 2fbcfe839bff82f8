// Reads reference values: float32 arrays by name from a safetensors file, independent of Checkpoints.

import Foundation

/// An array of reference values, row-major.
public struct ReferenceArray: Sendable {
  public let shape: [Int]
  public let values: [Float]
}

public enum ReferenceError: Error, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case missing(name: String, file: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): \(reason)"
    case .missing(let name, let file): "\(file) has no array \(name)"
    }
  }
}

/// The named arrays of one fixture file.
public struct ReferenceArrays: Sendable {
  public let path: String
  public let arrays: [String: ReferenceArray]

  /// Reads every float32 array of a safetensors file.
  public init(path: String) throws {
    let data = try Data(contentsOf: URL(filePath: path))
    guard data.count >= 8 else {
      throw ReferenceError.unreadable(file: path, reason: "shorter than its header")
    }
    let headerEnd = 8 + data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    guard headerEnd <= data.count,
      let header = try JSONSerialization.jsonObject(with: data[8..<headerEnd]) as? [String: Any]
    else { throw ReferenceError.unreadable(file: path, reason: "its header is not an object") }

    var arrays: [String: ReferenceArray] = [:]
    for (name, value) in header where name != "__metadata__" {
      guard let entry = value as? [String: Any], entry["dtype"] as? String == "F32",
        let shape = entry["shape"] as? [Int], let range = entry["data_offsets"] as? [Int],
        range.count == 2, range[1] - range[0] == 4 * shape.reduce(1, *),
        headerEnd + range[1] <= data.count
      else { throw ReferenceError.unreadable(file: path, reason: "\(name) is not a float32 array") }
      let values = data.withUnsafeBytes { bytes in
        (0..<shape.reduce(1, *)).map {
          bytes.loadUnaligned(fromByteOffset: headerEnd + range[0] + 4 * $0, as: Float.self)
        }
      }
      arrays[name] = ReferenceArray(shape: shape, values: values)
    }
    self.path = path
    self.arrays = arrays
  }

  /// The array of that name.
  public func array(_ name: String) throws -> ReferenceArray {
    guard let array = arrays[name] else { throw ReferenceError.missing(name: name, file: path) }
    return array
  }

  /// The values of the array of that name, row-major.
  public func values(_ name: String) throws -> [Float] { try array(name).values }
}
