// A cursor over a GGUF file's head: little-endian values, never beyond the file's end.

/// Reads a mapped file from front to back; every length is checked before it is used.
struct GGUFReader {
  let file: MappedFile
  private(set) var offset: Int

  init(file: MappedFile, offset: Int = 0) { (self.file, self.offset) = (file, offset) }

  var remaining: Int { file.bytes.count - offset }

  /// An error at the place that the cursor has reached.
  func fault(_ reason: String) -> CheckpointError {
    .invalidGGUF(file: file.path, reason: "byte \(offset): \(reason)")
  }

  /// The next integer; `what` names it in the error.
  mutating func integer<T: FixedWidthInteger>(
    _ type: T.Type, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> T {
    let size = MemoryLayout<T>.size
    guard size <= remaining else { throw fault("the file ends inside \(what())") }
    defer { offset += size }
    return T(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// The next 64-bit count of things of which each takes at least `least` bytes.
  mutating func count(
    least: Int, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> Int {
    let count = try integer(UInt64.self, "the count of \(what())")
    guard count <= UInt64(remaining / least) else {
      throw fault("\(count) \(what()) cannot lie in the \(remaining) bytes that are left")
    }
    return Int(count)
  }

  /// The bytes of the next string.
  mutating func string(
    _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> UnsafeBufferPointer<UInt8> {
    let length = try integer(UInt64.self, "the length of \(what())")
    guard length <= UInt64(remaining) else {
      throw fault("\(what()) claims \(length) bytes, but \(remaining) are left")
    }
    defer { offset += Int(length) }
    return UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + Int(length)])
      .assumingMemoryBound(to: UInt8.self)
  }

  /// The next string as a name: UTF-8, not empty, and of at most 65,535 bytes, as the format says.
  mutating func name(_ what: @autoclosure () -> String) throws(CheckpointError) -> String {
    let bytes = try string(what())
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw fault("\(what()) is not UTF-8")
    }
    guard (1...65_535).contains(bytes.count) else {
      throw fault("\(what()) has \(bytes.count) bytes, not 1 to 65,535")
    }
    return name
  }

  mutating func skip(_ count: Int, _ what: @autoclosure () -> String) throws(CheckpointError) {
    guard count <= remaining else { throw fault("the file ends inside \(what())") }
    offset += count
  }
}
