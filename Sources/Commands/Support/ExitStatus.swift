// What the program's exit statuses mean, and which errors mean what.

import ArgumentParser
import Checkpoints
import Endpoints
import Engine
import GAR
import Interpretability
import Results
import Terminal
import Tokenization

/// What a command itself finds wrong.
enum CommandError: Error, CustomStringConvertible {
  /// The arguments cannot be meant so.
  case usage(String)
  /// A file or a model cannot be used.
  case unusable(String)
  /// The work could not be done.
  case failed(String)

  var description: String {
    switch self {
    case .usage(let text), .unusable(let text), .failed(let text): text
    }
  }
}

/// An error about one item of a set.
struct ItemError: Error, CustomStringConvertible {
  var item: String
  var cause: any Error

  var description: String { "item \(item): \(cause)" }
}

enum ExitStatus {
  static let done: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  static let unusable: Int32 = 3
  static let interrupted: Int32 = 130
}

extension ExitStatus {
  /// The status of an error of this project; `nil` for those of others.
  static func of(_ error: any Error) -> Int32? {
    switch error {
    case let error as CommandError: of(error)
    case let error as ItemError: of(error.cause) ?? failed
    case let error as SweepItemError: of(error.cause) ?? failed
    case let error as ResultsError: of(error)
    case let error as GenerationError: of(error)
    case let error as EndpointRunError: of(error.cause)
    case let error as EndpointError: of(error)
    case let error as AnswerFileError: of(error)
    case ItemFileError.unwritable: failed
    case is CheckpointError, is TokenizerError, is EngineError, is ItemFileError,
      is VocabularyError, is TerminalError, is TokenizedItemError, is HeadSetError,
      is AttributionError, is CircuitFileError, is FeatureFileError, is ProbeDataError,
      is TrainedProbeError:
      unusable
    default: nil
    }
  }

  private static func of(_ error: CommandError) -> Int32 {
    switch error {
    case .usage: usage
    case .unusable: unusable
    case .failed: failed
    }
  }

  /// What a try at another time may mend is a failure; the rest is unusable as it is.
  private static func of(_ error: EndpointError) -> Int32 {
    switch error {
    case .badURL, .badKey: usage
    case .refused, .limited, .exhausted, .noAnswer: failed
    default: unusable
    }
  }

  private static func of(_ error: AnswerFileError) -> Int32 {
    switch error {
    case .unwritable, .busy: failed
    case .unreadable, .badLine, .foreign: unusable
    }
  }

  /// As for `AnswerFileError`.
  private static func of(_ error: ResultsError) -> Int32 {
    switch error {
    case .busy, .readOnly, .full, .failed: failed
    case .missing, .noDatabase, .foreign, .damaged, .newer, .otherModel, .noRun: unusable
    }
  }

  /// Most are about options; two are about what the vocabulary holds.
  private static func of(_ error: GenerationError) -> Int32 {
    switch error {
    case .tooFewEntities, .rowsRepeat: unusable
    default: usage
    }
  }
}
