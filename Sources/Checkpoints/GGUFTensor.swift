// The directory of tensors in a GGUF file: name, type, shape and place of each.

/// How a GGUF tensor's elements are stored: in blocks of a fixed number of elements and bytes.
///
/// To compute with one, give `ElementType` a case of the same name.
public struct GGUFTensorType: Sendable, Equatable {
  /// The number by which the format knows the type.
  public let id: UInt32
  /// The name that ggml gives it.
  public let name: String
  public let elementsPerBlock: Int
  public let bytesPerBlock: Int

  private init(_ id: UInt32, _ name: String, _ elementsPerBlock: Int, _ bytesPerBlock: Int) {
    (self.id, self.name) = (id, name)
    (self.elementsPerBlock, self.bytesPerBlock) = (elementsPerBlock, bytesPerBlock)
  }

  /// Every type that files hold. Source: `GGML_QUANT_SIZES` of the `gguf` package 0.19; types that
  /// exist only during a computation are left out.
  public static let all = [
    GGUFTensorType(0, "F32", 1, 4), GGUFTensorType(1, "F16", 1, 2),
    GGUFTensorType(2, "Q4_0", 32, 18), GGUFTensorType(3, "Q4_1", 32, 20),
    GGUFTensorType(6, "Q5_0", 32, 22), GGUFTensorType(7, "Q5_1", 32, 24),
    GGUFTensorType(8, "Q8_0", 32, 34), GGUFTensorType(10, "Q2_K", 256, 84),
    GGUFTensorType(11, "Q3_K", 256, 110), GGUFTensorType(12, "Q4_K", 256, 144),
    GGUFTensorType(13, "Q5_K", 256, 176), GGUFTensorType(14, "Q6_K", 256, 210),
    GGUFTensorType(16, "IQ2_XXS", 256, 66), GGUFTensorType(17, "IQ2_XS", 256, 74),
    GGUFTensorType(18, "IQ3_XXS", 256, 98), GGUFTensorType(19, "IQ1_S", 256, 50),
    GGUFTensorType(20, "IQ4_NL", 32, 18), GGUFTensorType(21, "IQ3_S", 256, 110),
    GGUFTensorType(22, "IQ2_S", 256, 82), GGUFTensorType(23, "IQ4_XS", 256, 136),
    GGUFTensorType(24, "I8", 1, 1), GGUFTensorType(25, "I16", 1, 2),
    GGUFTensorType(26, "I32", 1, 4), GGUFTensorType(27, "I64", 1, 8),
    GGUFTensorType(28, "F64", 1, 8), GGUFTensorType(29, "IQ1_M", 256, 56),
    GGUFTensorType(30, "BF16", 1, 2), GGUFTensorType(34, "TQ1_0", 256, 54),
    GGUFTensorType(35, "TQ2_0", 256, 66), GGUFTensorType(39, "MXFP4", 32, 17),
    GGUFTensorType(40, "NVFP4", 64, 36), GGUFTensorType(41, "Q1_0", 128, 18),
  ]
}

/// One tensor of a GGUF file.
public struct GGUFTensor: Sendable, Equatable {
  public let name: String
  public let type: GGUFTensorType
  /// Sizes, outermost first, as everywhere in this program; the file lists the innermost first.
  public let shape: [Int]
  /// Where the tensor starts, in bytes from the start of the file.
  public let offset: Int
  public let byteCount: Int
}

/// Reads and checks the directory.
struct GGUFDirectory {
  /// One tensor's entry, before the start of the data is known.
  private struct Entry {
    let name: String
    let type: GGUFTensorType
    let shape: [Int]
    let dataOffset: UInt64
    let byteCount: Int
  }

  private var entries: [Entry] = []

  init(_ reader: inout GGUFReader, count: Int) throws(CheckpointError) {
    var names: Set<String> = []
    for _ in 0..<count {
      let entry = try Self.entry(&reader)
      guard names.insert(entry.name).inserted else {
        throw .duplicateTensor(
          name: entry.name, first: reader.file.path, second: reader.file.path)
      }
      entries.append(entry)
    }
  }

  private static func entry(_ reader: inout GGUFReader) throws(CheckpointError) -> Entry {
    let name = try reader.name("a tensor's name")
    let path = reader.file.path
    func fault(_ reason: String) -> CheckpointError {
      .invalidTensor(name: name, file: path, reason: reason)
    }
    let rank = try reader.integer(UInt32.self, "tensor \(name)")
    guard rank <= 4 else { throw fault("has \(rank) dimensions; the format has at most 4") }
    var sizes: [Int] = []
    for _ in 0..<rank {
      let size = try reader.integer(UInt64.self, "tensor \(name)")
      guard let size = Int(exactly: size) else { throw fault("has a size of \(size)") }
      sizes.append(size)
    }
    let raw = try reader.integer(UInt32.self, "tensor \(name)")
    guard let type = GGUFTensorType.all.first(where: { $0.id == raw }) else {
      throw fault("has the unknown type \(raw)")
    }
    let offset = try reader.integer(UInt64.self, "tensor \(name)")
    return Entry(
      name: name, type: type, shape: sizes.reversed(), dataOffset: offset,
      byteCount: try byteCount(sizes, type, fault))
  }

  private static func byteCount(
    _ sizes: [Int], _ type: GGUFTensorType, _ fault: (String) -> CheckpointError
  ) throws(CheckpointError) -> Int {
    let row = sizes.first ?? 1
    guard row % type.elementsPerBlock == 0 else {
      throw fault("rows of \(row) elements do not fill blocks of \(type.elementsPerBlock)")
    }
    var total = type.bytesPerBlock
    for factor in [row / type.elementsPerBlock] + sizes.dropFirst() {
      let (product, overflows) = total.multipliedReportingOverflow(by: factor)
      guard !overflows else { throw fault("shape \(sizes) is larger than any memory") }
      total = product
    }
    return total
  }

  /// The tensors with their places, in the order of the file's directory.
  /// - Throws: `invalidTensor` for one that is not aligned, reaches beyond the file, or overlaps.
  func tensors(
    in file: MappedFile, dataStart: Int, alignment: Int
  ) throws(CheckpointError) -> [GGUFTensor] {
    var tensors: [GGUFTensor] = []
    for entry in entries {
      func fault(_ reason: String) -> CheckpointError {
        .invalidTensor(name: entry.name, file: file.path, reason: reason)
      }
      let space = file.bytes.count - dataStart
      guard let offset = Int(exactly: entry.dataOffset), offset <= space,
        entry.byteCount <= space - offset
      else {
        throw fault(
          "its \(entry.byteCount) bytes from \(entry.dataOffset) reach beyond the file's "
            + "\(max(space, 0)) bytes of data")
      }
      guard offset % alignment == 0 else {
        throw fault("its offset \(offset) is not a multiple of the alignment \(alignment)")
      }
      tensors.append(
        GGUFTensor(
          name: entry.name, type: entry.type, shape: entry.shape, offset: dataStart + offset,
          byteCount: entry.byteCount))
    }
    try Self.checkApart(tensors, path: file.path)
    return tensors
  }

  private static func checkApart(
    _ tensors: [GGUFTensor], path: String
  ) throws(CheckpointError) {
    let sorted = tensors.filter { $0.byteCount > 0 }.sorted { $0.offset < $1.offset }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where first.offset + first.byteCount > second.offset {
      throw .invalidTensor(
        name: second.name, file: path, reason: "its bytes overlap those of \(first.name)")
    }
  }
}
