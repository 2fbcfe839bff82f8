// A GGUF file: a header, metadata by key, a directory of tensors, then their bytes.

/// The head of a GGUF file, read and checked; metadata and tensors stay where they are mapped.
///
/// Versions 2 and 3, little-endian. Every count, length and offset is held against the file before
/// it is used.
///
/// Source: the format's description in ggml, `docs/gguf.md`.
public struct GGUFFile: Sendable {
  public let file: MappedFile
  public let version: Int
  /// Every tensor's place is a multiple of this.
  public let alignment: Int
  /// Keys of the metadata, in the file's order.
  public let keys: [String]
  /// In the file's order.
  public let tensors: [GGUFTensor]
  private let places: [String: (type: GGUFValueType, offset: Int)]

  public var path: String { file.path }

  /// Maps a file and checks its head.
  /// - Throws: `CheckpointError`: `unreadable`; `foreignGGUF`; `invalidGGUF` with the byte where the
  ///   fault lies; `invalidTensor`, `duplicateTensor`; `wrongType` for `general.alignment`.
  public init(path: String) throws(CheckpointError) {
    try self.init(try MappedFile(path: path))
  }

  /// Checks the head of a file that is mapped already.
  /// - Throws: as above.
  package init(_ file: MappedFile) throws(CheckpointError) {
    self.file = file
    var reader = GGUFReader(file: file)
    version = try Self.version(&reader)
    // An entry has at least a name with its length, and a type and a value or a rank and an offset.
    let tensorCount = try reader.count(least: 25, "tensors")
    let keyCount = try reader.count(least: 14, "metadata keys")
    var keys: [String] = []
    var places: [String: (type: GGUFValueType, offset: Int)] = [:]
    for _ in 0..<keyCount {
      let key = try reader.name("a metadata key")
      let type = try reader.valueType(key)
      guard places.updateValue((type, reader.offset), forKey: key) == nil else {
        throw reader.fault("the metadata key \(key) is there twice")
      }
      try reader.skipValue(type, key)
      keys.append(key)
    }
    (self.keys, self.places) = (keys, places)
    let directory = try GGUFDirectory(&reader, count: tensorCount)
    alignment = try Self.alignment(file, places["general.alignment"])
    let (sum, overflows) = reader.offset.addingReportingOverflow(alignment - 1)
    guard !overflows else { throw reader.fault("the alignment \(alignment) is too large") }
    tensors = try directory.tensors(
      in: file, dataStart: sum / alignment * alignment, alignment: alignment)
  }

  /// Whether a file begins as GGUF files do.
  package static func hasMagic(_ file: MappedFile) -> Bool { file.bytes.starts(with: magic) }

  private static let magic = Array("GGUF".utf8)

  private static func version(_ reader: inout GGUFReader) throws(CheckpointError) -> Int {
    let bigEndian = "it is big-endian; convert the model for a little-endian machine"
    let path = reader.file.path
    if reader.file.bytes.starts(with: magic.reversed()) {
      throw .foreignGGUF(file: path, reason: bigEndian)
    }
    guard hasMagic(reader.file) else {
      throw .foreignGGUF(
        file: path, reason: "it does not begin with the letters GGUF; give a GGUF file")
    }
    _ = try reader.integer(UInt32.self, "the magic")
    let version = try reader.integer(UInt32.self, "the version")
    // No version comes near 65,536, but each one's bytes swapped are beyond it.
    guard version & 0xFFFF != 0 || version == 0 else {
      throw .foreignGGUF(file: path, reason: bigEndian)
    }
    guard version == 2 || version == 3 else {
      throw .foreignGGUF(
        file: path,
        reason: "it has version \(version), and known are 2 and 3; convert the model again")
    }
    return Int(version)
  }

  private static func alignment(
    _ file: MappedFile, _ place: (type: GGUFValueType, offset: Int)?
  ) throws(CheckpointError) -> Int {
    guard let place else { return 32 }
    var reader = GGUFReader(file: file, offset: place.offset)
    let value = try reader.value(place.type, "general.alignment")
    guard let alignment = value.int, alignment > 0, alignment.nonzeroBitCount == 1 else {
      throw .wrongType(
        key: "general.alignment", file: file.path, expected: "a power of two", found: value.kind)
    }
    return alignment
  }
}

// MARK: - Metadata

extension GGUFFile {
  public func contains(_ key: String) -> Bool { places[key] != nil }

  /// The value of a key, or `nil` where it is absent.
  public func value(_ key: String) throws(CheckpointError) -> GGUFValue? {
    guard let place = places[key] else { return nil }
    var reader = GGUFReader(file: file, offset: place.offset)
    return try reader.value(place.type, key)
  }

  public func int(_ key: String) throws(CheckpointError) -> Int {
    try required(key, "an integer", \.int)
  }
  public func int(_ key: String, default value: Int) throws(CheckpointError) -> Int {
    try optional(key, "an integer", \.int) ?? value
  }
  /// Any number, integers included.
  public func double(_ key: String) throws(CheckpointError) -> Double {
    try required(key, "a number", \.double)
  }
  public func double(_ key: String, default value: Double) throws(CheckpointError) -> Double {
    try optional(key, "a number", \.double) ?? value
  }
  public func bool(_ key: String) throws(CheckpointError) -> Bool {
    try required(key, "a Boolean", \.bool)
  }
  public func bool(_ key: String, default value: Bool) throws(CheckpointError) -> Bool {
    try optional(key, "a Boolean", \.bool) ?? value
  }
  public func string(_ key: String) throws(CheckpointError) -> String {
    try required(key, "a string", \.string)
  }
  public func string(_ key: String, default value: String) throws(CheckpointError) -> String {
    try optional(key, "a string", \.string) ?? value
  }
  public func array(_ key: String) throws(CheckpointError) -> GGUFArray {
    try required(key, "an array", \.array)
  }
  /// An array, or `nil` where the key is absent.
  public func arrayIfPresent(_ key: String) throws(CheckpointError) -> GGUFArray? {
    try optional(key, "an array", \.array)
  }

  private func optional<T>(
    _ key: String, _ expected: String, _ read: (GGUFValue) -> T?
  ) throws(CheckpointError) -> T? {
    guard let value = try value(key) else { return nil }
    if let typed = read(value) { return typed }
    throw .wrongType(key: key, file: path, expected: expected, found: value.kind)
  }

  private func required<T>(
    _ key: String, _ expected: String, _ read: (GGUFValue) -> T?
  ) throws(CheckpointError) -> T {
    if let value = try optional(key, expected, read) { return value }
    throw .missingKey(key: key, file: path)
  }
}
