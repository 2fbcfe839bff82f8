// One safetensors file: an 8-byte length, a JSON header, then the tensors' bytes.

import JSONText

/// The tensors of one safetensors file, checked and mapped.
///
/// Source: the reference implementation's `SafeTensors::read_metadata` and `Metadata::validate`
/// (huggingface/safetensors). As there, tensors must follow one another without a hole, cover the
/// file to its end, and take exactly shape × element size bytes; they need not be aligned.
struct SafetensorsFile {
  let file: MappedFile
  /// Tensors of the types that the engine computes with.
  let tensors: [CheckpointTensor]
  /// Name and type of the others, such as Boolean attention masks, which some exports carry along.
  let unsupported: [(name: String, type: String)]

  init(path: String) throws(CheckpointError) {
    file = try MappedFile(path: path)
    let (header, dataStart) = try Self.header(of: file)
    let entries = try Self.entries(of: header, path: path)
    try Self.checkCoverage(entries, byteCount: file.bytes.count - dataStart, path: path)
    var tensors: [CheckpointTensor] = []
    var unsupported: [(name: String, type: String)] = []
    for entry in entries {
      if let type = ElementType.plain.first(where: { $0.name == entry.type }) {
        tensors.append(
          CheckpointTensor(
            name: entry.name, type: type, shape: entry.shape, file: file,
            offset: dataStart + entry.range.lowerBound, byteCount: entry.range.count))
      } else {
        unsupported.append((entry.name, entry.type))
      }
    }
    (self.tensors, self.unsupported) = (tensors, unsupported)
  }

  /// The reference implementation's limit, which bounds what a damaged length can ask for.
  private static let largestHeader = 100_000_000

  private static func header(
    of file: MappedFile
  ) throws(CheckpointError) -> (JSONObject, dataStart: Int) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidHeader(file: file.path, reason: reason)
    }
    let bytes = file.bytes
    guard bytes.count >= 8 else {
      throw fault("it has \(bytes.count) bytes, and the header's length alone takes 8")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= largestHeader else {
      throw fault("its header claims \(length) bytes, more than the format's 100,000,000")
    }
    let end = 8 + Int(length)
    guard end <= bytes.count else {
      throw fault("its header claims \(length) bytes, but the file has \(bytes.count)")
    }
    do throws(JSONError) {
      let text = UnsafeRawBufferPointer(rebasing: bytes[8..<end])
      let value = try JSONValue.read(text, rules: .python)
      if let object = value.object { return (object, end) }
      throw JSONError(
        position: TextPosition(line: 1, column: 1),
        problem: "an object was expected, not \(value.kind)")
    } catch {
      throw fault("its header is not JSON: \(error.problem)")
    }
  }
}

// MARK: - Entries

extension SafetensorsFile {
  struct Entry {
    let name: String
    let type: String
    let shape: [Int]
    /// Bytes, from the first one after the header.
    let range: Range<Int>
  }

  /// Bits for each element of every type of the format (safetensors 0.8).
  private static let bitsOfType: [String: Int] = [
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
  ]

  private static func entries(
    of header: JSONObject, path: String
  ) throws(CheckpointError) -> [Entry] {
    var names: Set<String> = []
    var entries: [Entry] = []
    for member in header.members {
      if member.key == "__metadata__" {
        try checkMetadata(member.value, path: path)
        continue
      }
      guard names.insert(member.key).inserted else {
        throw .duplicateTensor(name: member.key, first: path, second: path)
      }
      entries.append(try entry(member.key, member.value, path: path))
    }
    return entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
  }

  /// Metadata is not used, but where it is no dictionary of texts the header is damaged.
  private static func checkMetadata(_ value: JSONValue, path: String) throws(CheckpointError) {
    let isText = value.object?.members.allSatisfy { $0.value.string != nil } ?? value.isNull
    guard isText else {
      throw .invalidHeader(file: path, reason: "its __metadata__ is not an object of strings")
    }
  }

  private static func entry(
    _ name: String, _ value: JSONValue, path: String
  ) throws(CheckpointError) -> Entry {
    func fault(_ reason: String) -> CheckpointError {
      .invalidTensor(name: name, file: path, reason: reason)
    }
    guard let object = value.object, !object.hasDuplicateKeys,
      let type = object["dtype"]?.string, let shape = object["shape"]?.array,
      let offsets = object["data_offsets"]?.array
    else { throw fault("its entry needs one dtype (text), shape and data_offsets (arrays)") }
    let sizes = shape.compactMap(\.int).filter { $0 >= 0 }
    guard sizes.count == shape.count else {
      throw fault("its shape must be whole numbers of 0 or more")
    }
    let ends = offsets.compactMap(\.int)
    guard ends.count == 2, offsets.count == 2, ends[0] >= 0, ends[0] <= ends[1] else {
      throw fault("its data_offsets must be a start and an end, start first")
    }
    guard let bits = bitsOfType[type] else {
      throw .unknownType(tensor: name, type: type, file: path)
    }
    let needed = try byteCount(shape: sizes, bits: bits, fault: fault)
    guard needed == ends[1] - ends[0] else {
      throw fault(
        "\(type) of shape \(sizes) takes \(needed) bytes, but data_offsets span "
          + "\(ends[1] - ends[0])")
    }
    return Entry(name: name, type: type, shape: sizes, range: ends[0]..<ends[1])
  }

  /// Unsigned like the reference, so that both call the same shapes too large.
  private static func byteCount(
    shape: [Int], bits: Int, fault: (String) -> CheckpointError
  ) throws(CheckpointError) -> Int {
    var total: UInt = 1
    for factor in shape + [bits] {
      let (product, overflows) = total.multipliedReportingOverflow(by: UInt(factor))
      guard !overflows else { throw fault("shape \(shape) is larger than any memory") }
      total = product
    }
    guard total % 8 == 0 else { throw fault("shape \(shape) does not fill whole bytes") }
    return Int(total / 8)
  }

  /// Checks that the entries, sorted by place, tile the data without hole or overlap.
  private static func checkCoverage(
    _ entries: [Entry], byteCount: Int, path: String
  ) throws(CheckpointError) {
    var end = 0
    for entry in entries {
      let (start, problem) = (entry.range.lowerBound, entry.range)
      guard problem.upperBound <= byteCount else {
        throw .invalidTensor(
          name: entry.name, file: path,
          reason: "its bytes \(problem) reach beyond the file's \(byteCount) bytes of data")
      }
      guard start == end else {
        let what = start < end ? "overlap the tensor before it" : "leave a hole before it"
        throw .invalidTensor(
          name: entry.name, file: path,
          reason: "its bytes \(problem) \(what), which ends at \(end)")
      }
      end = entry.range.upperBound
    }
    guard end == byteCount else {
      throw .invalidHeader(
        file: path, reason: "its tensors end at byte \(end) of \(byteCount) bytes of data")
    }
  }
}
