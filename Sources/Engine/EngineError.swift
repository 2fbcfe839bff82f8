// What can be wrong with a model's files, or with what a pass is asked to do.

/// A model that cannot be used, or an input that does not fit it.
public enum EngineError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `config.json` names an architecture that the engine does not know.
  case unknownArchitecture(String, known: [String], file: String)
  /// `config.json` asks for something that the engine does not do.
  case unsupported(what: String, file: String, remedy: String)
  /// `config.json` holds sizes that contradict each other.
  case badConfiguration(String, file: String)
  case shapeMismatch(name: String, expected: [Int], found: [Int], file: String)
  /// A weight is NaN or infinite.
  case nonFiniteWeight(tensor: String, index: Int, file: String)
  /// Finite weights gave a logit that is not.
  case nonFiniteLogits(position: Int)
  case emptyPrompt
  case promptTooLong(tokens: Int, contextLength: Int)
  case tokenOutOfRange(token: Int, index: Int, vocabularySize: Int)
  /// The tokenizer can produce ids that the model has no embedding for.
  case tokenizerMismatch(tokenizer: Int, model: Int, directory: String)
  case headOutOfRange(HeadIndex, layerCount: Int, headCount: Int)
  /// A head is to attend as a head does that is computed after it.
  case rowOfLaterLayer(HeadIndex, source: HeadIndex)
  /// A head is to attend to a position beyond its own or out of its window.
  case keyNotSeen(HeadIndex, position: Int, key: Int, seen: Range<Int>)

  public var description: String {
    switch self {
    case .unknownArchitecture(let name, let known, let file):
      "\(file): unknown architecture '\(name)'; known: \(known.joined(separator: ", "))"
    case .unsupported(let what, let file, let remedy):
      "\(file): \(what) is not supported; \(remedy)"
    case .badConfiguration(let what, let file):
      "\(file): \(what)"
    case .shapeMismatch(let name, let expected, let found, let file):
      "\(file): tensor '\(name)' has shape \(found), config.json implies \(expected)"
    case .nonFiniteWeight(let tensor, let index, let file):
      "\(file): tensor '\(tensor)' holds a NaN or an infinity at element \(index); "
        + "the file is damaged or the training diverged"
    case .nonFiniteLogits(let position):
      "the logits at position \(position) are not finite: "
        + "activations overflow under the interventions given"
    case .emptyPrompt:
      "the prompt has no tokens"
    case .promptTooLong(let tokens, let contextLength):
      "the prompt has \(tokens) tokens, the model's context holds \(contextLength); "
        + "use fewer demonstrations or pairs"
    case .tokenOutOfRange(let token, let index, let vocabularySize):
      "token \(token) at index \(index) is outside the vocabulary of \(vocabularySize)"
    case .tokenizerMismatch(let tokenizer, let model, let directory):
      "\(directory): tokenizer.json has ids up to \(tokenizer - 1), the model embeds \(model) tokens; "
        + "they are not of one model"
    case .headOutOfRange(let head, let layerCount, let headCount):
      "head \(head.dotted) does not exist: the model has layers 0…\(layerCount - 1) "
        + "of heads 0…\(headCount - 1)"
    case .rowOfLaterLayer(let head, let source):
      "head \(head.dotted) cannot attend as head \(source.dotted) does, which is computed later; "
        + "take a head of layer \(head.layer) or before"
    case .keyNotSeen(let head, let position, let key, let seen):
      "head \(head.dotted) cannot attend from position \(position) to \(key): "
        + "it sees positions \(seen.lowerBound)…\(seen.upperBound - 1)"
    }
  }
}
