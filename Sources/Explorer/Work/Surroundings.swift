// What the explorer can reach beyond its own model and items.

import Engine
import Tokenization

/// Other models, given by the program that opens the explorer.
public struct Surroundings: Sendable {
  /// The models on this machine.
  public var models: @Sendable () -> [ModelListing]
  /// Loads one by a path or a name; throws an error that says why it cannot.
  public var open: @Sendable (String) throws -> (model: Model, tokenizer: Tokenizer)

  /// Keeps a snapshot under a name; gives the path of the file.
  public var saveSession: @Sendable (String, Snapshot) throws -> String

  public init(
    models: @escaping @Sendable () -> [ModelListing] = { [] },
    open: @escaping @Sendable (String) throws -> (model: Model, tokenizer: Tokenizer) = {
      throw SurroundingsError.nothingKnown($0)
    },
    saveSession: @escaping @Sendable (String, Snapshot) throws -> String = { name, _ in
      throw SurroundingsError.noPlace(name)
    }
  ) {
    self.models = models
    self.open = open
    self.saveSession = saveSession
  }
}

/// What is asked for does not lie around this explorer.
public enum SurroundingsError: Error, CustomStringConvertible {
  case nothingKnown(String)
  case noPlace(String)

  public var description: String {
    switch self {
    case .nothingKnown(let name): "\(name): no other model can be opened here"
    case .noPlace(let name): "session \(name) cannot be kept here"
    }
  }
}
