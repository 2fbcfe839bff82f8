// A file of answers that a run adds to and a later run goes on from: one JSON object a line.

import Foundation
import JSONText

/// Why a file of answers cannot be used.
public enum AnswerFileError: Error, Equatable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case unwritable(file: String, reason: String)
  /// Another run writes to it.
  case busy(file: String)
  case badLine(file: String, line: Int, problem: String)
  /// The answers are to another question: another model, other questions, other settings.
  case foreign(file: String, line: Int, problem: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason): "\(file): cannot be written: \(reason)"
    case .busy(let file): "\(file): another run is writing to it; wait for it or name another file"
    case .badLine(let file, let line, let problem):
      "\(file), line \(line): \(problem); remove the line to have its item asked again"
    case .foreign(let file, let line, let problem):
      "\(file), line \(line): \(problem); name another file with --results"
    }
  }
}

/// What every line of a file must agree on.
struct AnswerKey: Equatable {
  var model: String
  var api: EndpointAPI
  var scoring: EndpointScoring
  var maxTokens: Int
}

/// An open file of answers, locked against other runs.
final class AnswerFile {
  let path: String
  private let descriptor: Int32
  /// As the file's lines have it; `nil` while there are none.
  private(set) var key: AnswerKey?
  private var answers: [String: EndpointAnswer] = [:]

  /// Opens or makes a file and reads what it holds. A last line without its end was cut short
  /// when a run was killed, and is removed.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - questions: those whose answers it may hold.
  ///   - settings: those that its answers must have been asked with.
  /// - Throws: `AnswerFileError`.
  init(
    _ path: String, questions: [EndpointQuestion], settings: EndpointSettings
  ) throws(AnswerFileError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(file: path, reason: Self.systemReason()) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .busy(file: path) }
    let bytes = try contents()
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    try read(bytes[..<end], questions: questions, settings: settings)
    if end < bytes.count, ftruncate(descriptor, off_t(end)) != 0 {
      throw .unwritable(file: path, reason: Self.systemReason())
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The kept answer to a question, if there is one.
  func answer(to question: EndpointQuestion) -> EndpointAnswer? { answers[question.id] }

  /// Adds an answer as one line, which is on the disk when this returns.
  func append(_ answer: EndpointAnswer, to question: EndpointQuestion, key: AnswerKey)
    throws(AnswerFileError)
  {
    let line = JSONValue.object([
      ("id", .string(question.id)), ("prompt", .string(Self.hash(of: question, key.api))),
      ("model", .string(key.model)), ("api", .string(key.api.rawValue)),
      ("scoring", .string(key.scoring.rawValue)), ("maxTokens", .int(key.maxTokens)),
      ("answer", answer.json),
    ])
    var rest = Array((line.text + "\n").utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written >= 0 else { throw .unwritable(file: path, reason: Self.systemReason()) }
      rest = rest.dropFirst(written)
    }
    // A pipe or a device has nothing to flush, and says so.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .unwritable(file: path, reason: Self.systemReason())
    }
  }

  // MARK: Reading

  private func contents() throws(AnswerFileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(file: path, reason: Self.systemReason()) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  private func read(
    _ bytes: ArraySlice<UInt8>, questions: [EndpointQuestion], settings: EndpointSettings
  ) throws(AnswerFileError) {
    let known = Dictionary(questions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.dropLast().enumerated() {
      let (id, hash, key, answer) = try parse(Array(line), line: index + 1)
      try check(key, settings, line: index + 1)
      guard let question = known[id], Self.hash(of: question, key.api) == hash else {
        throw .foreign(
          file: path, line: index + 1, problem: "item \(id) is not one of those to be asked")
      }
      answers[id] = answer
    }
  }

  private func check(
    _ found: AnswerKey, _ settings: EndpointSettings, line: Int
  ) throws(AnswerFileError) {
    func foreign(_ problem: String) -> AnswerFileError {
      .foreign(file: path, line: line, problem: problem)
    }
    guard found.model == settings.model else {
      throw foreign("the answer is of the model \(found.model), not \(settings.model)")
    }
    if let api = settings.api, api != found.api {
      throw foreign("the answer was asked with --api \(found.api.rawValue), not \(api.rawValue)")
    }
    guard found.maxTokens == settings.maxTokens else {
      throw foreign(
        "the answer was asked with --max-tokens \(found.maxTokens), not \(settings.maxTokens)")
    }
    guard key == nil || key == found else {
      throw foreign("the answer was not asked in the same way as the lines above it")
    }
    key = found
  }

  private func parse(
    _ line: [UInt8], line number: Int
  ) throws(AnswerFileError) -> (id: String, hash: String, AnswerKey, EndpointAnswer) {
    let value: JSONValue
    do {
      value = try JSONValue.read(line, rules: .strict, firstLine: number)
    } catch {
      throw .badLine(file: path, line: number, problem: error.problem)
    }
    guard let id = value["id"]?.string, let hash = value["prompt"]?.string,
      let model = value["model"]?.string,
      let api = value["api"]?.string.flatMap(EndpointAPI.init(rawValue:)),
      let scoring = value["scoring"]?.string.flatMap(EndpointScoring.init(rawValue:)),
      let maxTokens = value["maxTokens"]?.int, let found = value["answer"],
      let answer = EndpointAnswer(found)
    else {
      throw .badLine(file: path, line: number, problem: "this is no answer of gar evaluate")
    }
    return (
      id, hash, AnswerKey(model: model, api: api, scoring: scoring, maxTokens: maxTokens), answer
    )
  }

  private static func systemReason() -> String { String(cString: strerror(errno)) }

  /// FNV-1a of all that the answer depends on: what is sent, and the answers it is judged by.
  static func hash(of question: EndpointQuestion, _ api: EndpointAPI) -> String {
    let sent = (api == .chat ? Dialect.instruction : "") + "\0" + question.prompt
    let text = ([sent, question.answer, question.foil] + question.candidates).joined(
      separator: "\0")
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
