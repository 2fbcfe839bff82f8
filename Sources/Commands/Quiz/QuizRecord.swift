// The answers of a quiz as a file of JSON lines that grows as they are given.
//
// A cut terminal or a power failure loses no whole answer: each is one write of one line, on the disk
// before the next item is asked.

import Foundation
import GAR
import JSONText

/// One answer of a person.
struct QuizAnswer: Equatable {
  /// Which of the quiz's items, from 0.
  var item: Int
  var typed: String
  var isRight: Bool
  var seconds: Double
}

/// An open file of answers to one set of items.
final class QuizRecord {
  /// Answers that the file already held, in its order.
  private(set) var answers: [QuizAnswer] = []
  private let path: String
  private let items: [Item]
  private let descriptor: Int32
  /// A record of a thousand answers has some 200 KB.
  private static let largest = 64 << 20

  /// Opens a record, or begins one where there is no file.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - items: what is asked.
  /// - Throws: `CommandError.unusable` for a file that is no record of these items, or that another
  ///   quiz has open; `CommandError.failed` where it cannot be written.
  init(_ path: String, items: [Item]) throws {
    self.path = path
    self.items = items
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw CommandError.unusable("\(path): another quiz is writing to it")
    }
    try readAll()
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds an answer to the file.
  func append(_ answer: QuizAnswer) throws {
    let item = items[answer.item]
    try write(
      .object([
        ("item", .string(item.id)), ("typed", .string(answer.typed)),
        ("answer", .string(item.answer)), ("right", .bool(answer.isRight)),
        ("seconds", .double((answer.seconds * 1000).rounded() / 1000)),
        ("form", .string(item.task.form.rawValue)),
        ("polarity", .string(item.task.isNegated ? "negated" : "affirmative")),
        ("relationCount", .int(item.task.relationCount)),
      ]))
    answers.append(answer)
  }

  // MARK: Reading

  /// Tells sets of items apart: FNV-1a over prompts and answers.
  static func fingerprint(of items: [Item]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for item in items {
      for byte in "\(item.id)\n\(item.prompt)\n\(item.answer)\n".utf8 {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private var header: JSONValue {
    .object([
      ("quiz", .string("gar")), ("set", .string(Self.fingerprint(of: items))),
      ("items", .int(items.count)),
    ])
  }

  private func readAll() throws {
    let bytes = try content()
    let head = Array((header.text + "\n").utf8)
    // A header that was cut off before its end is written anew.
    if bytes.count < head.count, head.starts(with: bytes) {
      try truncate(to: 0)
      return try write(header)
    }
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    try check(header: Array(lines.removeFirst()))
    // What follows the last line break is an answer whose writing was cut off.
    let rest = lines.popLast() ?? []
    var seen: Set<String> = []
    for (index, line) in lines.enumerated() {
      let answer = try answer(Array(line), line: index + 2)
      guard seen.insert(items[answer.item].id).inserted else {
        throw problem(line: index + 2, "the item was answered before")
      }
      answers.append(answer)
    }
    if !rest.isEmpty { try truncate(to: bytes.count - rest.count) }
  }

  private func check(header line: [UInt8]) throws {
    guard let found = try? JSONValue.read(line, rules: .strict), found["quiz"]?.string == "gar",
      let set = found["set"]?.string
    else {
      throw CommandError.unusable("\(path): is no record of a quiz; give the name of a new file")
    }
    guard set == Self.fingerprint(of: items) else {
      throw CommandError.unusable(
        "\(path): holds answers to other items; repeat the options it was begun with, "
          + "or give the name of a new file")
    }
  }

  /// The answer on a line; whether it is right is judged again.
  private func answer(_ bytes: [UInt8], line: Int) throws -> QuizAnswer {
    let value: JSONValue
    do { value = try JSONValue.read(bytes, rules: .strict, firstLine: line) } catch {
      throw CommandError.unusable("\(path), \(error)")
    }
    guard let id = value["item"]?.string, let typed = value["typed"]?.string,
      let seconds = value["seconds"]?.double, seconds >= 0, seconds.isFinite
    else { throw problem(line: line, "an answer needs \"item\", \"typed\" and \"seconds\"") }
    guard let index = items.firstIndex(where: { $0.id == id }) else {
      throw problem(line: line, "no item of this quiz has the id \"\(id)\"")
    }
    return QuizAnswer(
      item: index, typed: typed, isRight: items[index].judge(typed) == .right, seconds: seconds)
  }

  private func problem(line: Int, _ text: String) -> CommandError {
    .unusable("\(path), line \(line): \(text)")
  }

  private func content() throws -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.largest else {
      throw CommandError.unusable("\(path): is no record of a quiz; give the name of a new file")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled, off_t(filled))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      filled += count
    }
    return bytes
  }

  // MARK: Writing

  private func truncate(to size: Int) throws {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure() }
  }

  private func write(_ value: JSONValue) throws {
    var rest = Array((value.text + "\n").utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      if written < 0 { throw failure() }
      rest = rest.dropFirst(written)
    }
    guard fsync(descriptor) == 0 else { throw failure() }
  }

  private func failure() -> CommandError {
    .failed("\(path): cannot be written: \(String(cString: strerror(errno)))")
  }
}
