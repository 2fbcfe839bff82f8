// Reading a whole file that a person named: one that may be a pipe, or a directory by mistake.

import Foundation

/// Why a file cannot be read, in words for an error message.
package struct UnreadableFile: Error {
  package let reason: String
}

/// A file's bytes, without the mark of the encoding that some editors put first.
package func fileBytes(_ path: String) throws(UnreadableFile) -> [UInt8] {
  var isDirectory: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
    throw UnreadableFile(reason: "there is no such file")
  }
  guard !isDirectory.boolValue else {
    throw UnreadableFile(reason: "it is a directory; give a file in it")
  }
  let bytes: [UInt8]
  do {
    // A pipe has no size, and is read to its end all the same.
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? file.close() }
    bytes = [UInt8](try file.readToEnd() ?? Data())
  } catch {
    throw UnreadableFile(reason: error.localizedDescription)
  }
  return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
}
