// Arrays as NumPy's `.npy` files.

import Foundation

/// NumPy's format 1.0: float32, little-endian, C order.
///
/// Source: numpy.lib.format; the header is padded so that the data starts at a multiple of 64.
public enum NumPyFile {
  /// The bytes of a file that holds `values` in the shape given.
  /// - Precondition: `values` holds as many numbers as the shape says.
  public static func data(_ values: [Float], shape: [Int]) -> Data {
    precondition(
      values.count == shape.reduce(1, *), "npy: \(values.count) values for shape \(shape)")
    let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sizes)), }"
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    let length = UInt16(header.utf8.count)
    data.append(contentsOf: [UInt8(length & 0xff), UInt8(length >> 8)])
    data.append(contentsOf: header.utf8)
    data.reserveCapacity(data.count + 4 * values.count)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  /// Writes the file whole or not at all.
  public static func write(_ values: [Float], shape: [Int], to path: String) throws {
    try data(values, shape: shape).write(to: URL(filePath: path), options: .atomic)
  }
}
