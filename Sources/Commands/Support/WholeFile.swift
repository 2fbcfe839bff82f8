// A file that appears whole or not at all: written beside its place and then renamed.

import Foundation

/// A file being written. Until `commit` its old content stands; without it the new is removed.
final class WholeFile {
  private let path: String
  /// Where the bytes go; `nil` where `path` is a device or a pipe, which is written as it is.
  private let draft: String?
  private var descriptor: Int32

  /// - Throws: `CommandError.failed`, naming the file and the system's reason.
  init(_ path: String) throws {
    self.path = path
    var target = path
    var status = stat()
    let exists = stat(path, &status) == 0
    let isSpecial = exists && status.st_mode & S_IFMT != S_IFREG
    if exists, !isSpecial {
      // What a link names is replaced, not the link.
      target = URL(filePath: path).resolvingSymlinksInPath().path
    }
    let draft = "\(target).\(getpid()).part"
    self.draft = isSpecial ? nil : draft
    self.target = target
    if isSpecial {
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      Interruption.removeOnExit(draft)
      descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    }
    if descriptor < 0 { throw failure() }
  }

  private let target: String

  deinit {
    if descriptor >= 0 { close(descriptor) }
    guard let draft else { return }
    unlink(draft)
    Interruption.keep(draft)
  }

  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      if written < 0 { throw failure() }
      rest = rest.dropFirst(written)
    }
  }

  /// Puts the file in its place.
  func commit() throws {
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw failure() }
    guard let draft else { return }
    guard rename(draft, target) == 0 else { throw failure() }
  }

  private func failure() -> CommandError {
    .failed("\(path): cannot be written: \(String(cString: strerror(errno)))")
  }
}

/// Writes a file whole or not at all.
/// - Throws: `CommandError.failed`, naming the file.
func save(_ data: Data, to path: String) throws {
  let file = try WholeFile(path)
  try file.write([UInt8](data))
  try file.commit()
}

func save(_ text: String, to path: String) throws { try save(Data(text.utf8), to: path) }
