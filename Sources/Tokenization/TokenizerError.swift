// Everything that can be wrong with a tokenizer's files, each as one line that names the remedy.

import Checkpoints

/// Why a tokenizer cannot be loaded.
public enum TokenizerError: Error, Equatable, Sendable {
  /// The directory has neither `tokenizer.json` nor `tokenizer.model`; `found` is what it has.
  case noTokenizer(directory: String, found: [String])
  /// A GGUF file holds no tokenizer.
  case noVocabulary(file: String)
  /// A file is unreadable, is not JSON, or lacks a key or has one of the wrong kind.
  case file(CheckpointError)
  /// A part of the tokenizer is of a kind that is not implemented.
  case unsupported(part: String, found: String, known: [String], file: String)
  /// The pre-tokenizer splits by a regular expression for which there is no scanner.
  case unknownPattern(pattern: String, known: [String], file: String)
  /// Two pieces have one id.
  case duplicateID(id: Int, first: String, second: String, file: String)
  /// One piece is listed twice.
  case duplicatePiece(piece: String, file: String)
  /// An id is negative, or so large that the vocabulary would be mostly empty.
  case idOutOfRange(id: Int, piece: String, limit: Int, file: String)
  /// A merge is malformed or speaks of a piece that the vocabulary lacks; `index` is from 0.
  case invalidMerge(index: Int, reason: String, file: String)
  /// A `tokenizer.model` is damaged.
  case invalidModel(reason: String, file: String)
  /// A piece cannot be used, for the reason given.
  case invalidPiece(id: Int, reason: String, file: String)
  /// Two lists that must be of one length are not.
  case countMismatch(key: String, found: Int, expected: Int, file: String)
  /// A setting names a token that the vocabulary lacks.
  case unknownToken(token: String, key: String, file: String)
}

extension TokenizerError: CustomStringConvertible {
  public var description: String { printableLine(text) }

  private var text: String {
    switch self {
    case .noTokenizer(let directory, let found):
      "\(directory): has no tokenizer.json or tokenizer.model (found "
        + (found.isEmpty ? "nothing" : found.prefix(8).joined(separator: ", "))
        + "); fetch one from where the model came from"
    case .noVocabulary(let file):
      "\(file): holds no tokenizer (tokenizer.ggml.model); convert the model again, with one"
    case .file(let error): error.description
    case .unsupported(let part, let found, let known, let file):
      "\(file): \(part) \(found) is not supported; known are \(known.joined(separator: ", ")): "
        + "use a model with one of these"
    case .unknownPattern(let pattern, let known, let file):
      "\(file): the pre-tokenizer's pattern is unknown: \(pattern) ; known are those of "
        + "\(known.joined(separator: ", ")): use a model with one of these"
    case .duplicateID(let id, let first, let second, let file):
      "\(file): id \(id) belongs to both \(first) and \(second); take the original file"
    case .duplicatePiece(let piece, let file):
      "\(file): piece \(piece) is listed twice; take the original file"
    case .idOutOfRange(let id, let piece, let limit, let file):
      "\(file): id \(id) of piece \(piece) is not in 0..<\(limit); take the original file"
    case .invalidMerge(let index, let reason, let file):
      "\(file): merge \(index): \(reason); take the original file"
    case .invalidModel(let reason, let file):
      "\(file): not a readable SentencePiece model: \(reason); fetch the file again"
    case .invalidPiece(let id, let reason, let file):
      "\(file): piece \(id) \(reason); take the original file"
    case .countMismatch(let key, let found, let expected, let file):
      "\(file): \(key) has \(found) entries for \(expected) pieces; take the original file"
    case .unknownToken(let token, let key, let file):
      "\(file): \(key) names the token \(token), which is not defined; take the original file"
    }
  }
}
