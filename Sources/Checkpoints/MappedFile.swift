// A file mapped into memory, read-only: weights are read where they lie and never copied.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A whole file as bytes, paged in by the system as they are touched.
///
/// The file must not be shortened while it is mapped: reading beyond its new end ends the process.
public final class MappedFile: Sendable {
  public let path: String

  /// The file's bytes, valid while this object lives.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Maps the file.
  /// - Throws: `CheckpointError.unreadable` with the system's reason.
  public init(path: String) throws(CheckpointError) {
    self.path = path
    isMapped = true
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemReason()) }
    defer { _ = close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is not a regular file")
    }
    let count = Int(status.st_size)
    if count == 0 {  // mmap refuses an empty range
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let base, base != MAP_FAILED else {
      throw .unreadable(path: path, reason: systemReason())
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  /// Bytes in memory as if they stood in the file `path`, so that damage can be tried by the
  /// thousand.
  package init(path: String, copying contents: [UInt8]) {
    self.path = path
    isMapped = false
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 16)
    copy.copyBytes(from: contents)
    bytes = UnsafeRawBufferPointer(copy)
  }

  deinit {
    guard isMapped else {
      bytes.deallocate()
      return
    }
    if let base = bytes.baseAddress {
      _ = munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// Asks the system to start reading the whole file, which will soon be needed.
  public func prefetch() {
    guard let base = bytes.baseAddress else { return }
    // Advice only: where it fails, pages come in as they are touched.
    _ = madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_WILLNEED)
  }
}

private func systemReason() -> String { String(cString: strerror(errno)) }

/// What stands at a path.
package enum PathKind: Sendable {
  case nothing, directory, other

  package init(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      self = .nothing
      return
    }
    self = status.st_mode & S_IFMT == S_IFDIR ? .directory : .other
  }
}

/// The names in a directory, sorted, without hidden ones; empty where it cannot be read.
package func visibleNames(inDirectory path: String) -> [String] {
  guard let directory = opendir(path) else { return [] }
  defer { _ = closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { field in
      String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted()
}
